"""Cells run again when something that they depend on has changed, and only then."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from awaited.execute import inputs as module
from awaited.execute.inputs import changes, inputs, kernel_name, working_directory
from awaited.read.project import Project

ARTICLE = """\
---
title: One
jupyter: python3
---

Prose.

```{python}
#| label: one
import near
from package import inner
```

```{python}
#| label: two
#| eval: false
import unused
```
"""
FILES = {
    "index.qmd": ARTICLE,
    "near.py": "def f():\n    import far\n",
    "far.py": "",
    "unused.py": "",
    "package/__init__.py": "from .sibling import name\n",
    "package/sibling.py": "from . import cousin\nname = 1\n",
    "package/cousin.py": "",
    "package/inner.py": "from .deep.down import x\n",
    "package/deep/down.py": "from .. import cousin\nfrom ..aunt import z\n",
    "package/aunt.py": "",
    "package/stranger.py": "",
}
IMPORTED = [
    "far.py",
    "near.py",
    "package/__init__.py",
    "package/aunt.py",
    "package/cousin.py",
    "package/deep/down.py",
    "package/inner.py",
    "package/sibling.py",
]


def of(project: Project, page: str = "index.qmd") -> dict[str, Any]:
    return inputs(project, project.read(Path(page)))


def with_cell(code: str) -> dict[str, str]:
    return {"index.qmd": f"```{{python}}\n{code}\n```\n"}


@pytest.fixture
def made(project: Callable[..., Project]) -> Project:
    return project(FILES)


def test_imported_modules_are_found_also_indirect_and_relative_ones(made: Project) -> None:
    assert list(of(made)["modules"]) == IMPORTED


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".py")])
def test_a_changed_module_counts_where_it_is_imported(made: Project, name: str) -> None:
    before = of(made)
    (made.root / name).write_text(FILES[name] + "# changed\n")
    assert changes(before, of(made)) == ([name] if name in IMPORTED else [])


def test_a_removed_and_a_new_module_count(made: Project) -> None:
    before = of(made)
    (made.root / "far.py").unlink()
    (made.root / "package/aunt/").mkdir()
    (made.root / "package/aunt/__init__.py").touch()
    assert changes(before, of(made)) == ["far.py", "package/aunt.py", "package/aunt/__init__.py"]


CHANGED_RESULTS = [
    ("import near", "import near  # why"),
    ("import near\n", ""),
    ("#| label: one\n", "#| label: one\n#| error: true\n"),
    ("#| label: one\n", "#| label: one\n#| fig-width: 3\n"),
    ("#| label: one\n", "#| label: one\n#| eval: false\n"),
    ("#| eval: false\n", ""),
    ("#| label: one", "#| label: other"),  # the kernel is told the labels: a timeline is drawn by its cell's label
    ("#| label: one\n", '#| label: one\n#| python: ">=3.99"\n'),
    ("title: One\n", "title: One\nexecute:\n  fig-format: svg\n"),
    ("title: One\n", "title: One\nexecute:\n  error: true\n"),
    ("jupyter: python3\n", "jupyter: other\n"),
]
CHANGED_PAGE = [
    ("Prose.", "Better prose."),
    ("title: One", "title: Two"),
    ("#| label: one\n", "#| label: one\n#| echo: false\n#| fig-cap: A\n#| output: asis\n#| include: false\n"),
    ("#| label: one\n", "\n#| label: one\n\n"),
    ("import unused", "import near"),
    ("Prose.", "```{python}\n#| eval: false\nimport other\n```"),
    ("\n", "\r\n"),
    ("---\ntitle", "\ufeff---\ntitle"),
    ("```{python}\n#| label: one\nimport near\nfrom package import inner\n```",
     "- a\n\n  ```{python}\n  #| label: one\n  import near\n  from package import inner\n  ```"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), CHANGED_RESULTS)
def test_changes_that_count(made: Project, old: str, new: str) -> None:
    before = of(made)
    assert old in ARTICLE
    (made.root / "index.qmd").write_text(ARTICLE.replace(old, new), newline="")
    assert of(made) != before
    assert changes(before, of(made))


@pytest.mark.parametrize(("old", "new"), CHANGED_PAGE)
def test_changes_of_the_page_alone_do_not_count(made: Project, old: str, new: str) -> None:
    before = of(made)
    assert old in ARTICLE
    (made.root / "index.qmd").write_text(ARTICLE.replace(old, new), newline="")
    assert of(made) == before


def test_the_python_version_counts(made: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    before = of(made)
    monkeypatch.setattr(platform, "python_version", lambda: "3.99.0")
    assert changes(before, of(made)) == [f"python {before['python']} -> 3.99.0"]


@pytest.mark.parametrize(
    ("code", "packages"),
    [
        ("import pytest", ["pytest"]),
        ("import yaml", ["yaml"]),
        ("from selectolax.lexbor import LexborHTMLParser", ["selectolax"]),
        ("import asyncio, sys, zoneinfo", []),
        ("import no_such_package_anywhere", []),
        ("from near import f", ["pytest"]),
    ],
)
def test_a_changed_version_of_an_imported_package_counts(
    project: Callable[..., Project], monkeypatch: pytest.MonkeyPatch, code: str, packages: list[str]
) -> None:
    made = project(with_cell(code) | {"near.py": "import pytest\n"})
    before = of(made)
    assert list(before["packages"]) == packages

    real = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: real(name) + ".new")
    module._version.cache_clear()
    try:
        assert changes(before, of(made)) == packages
    finally:
        monkeypatch.undo()
        module._version.cache_clear()


def test_modules_beside_the_article_are_found_where_cells_run_there(project: Callable[..., Project]) -> None:
    files = {"posts/a.qmd": "```{python}\nimport helper\n```\n", "posts/helper.py": "", "helper.py": ""}
    made = project(files)
    assert list(of(made, "posts/a.qmd")["modules"]) == ["posts/helper.py"]
    made = project(files, "project: {execute-dir: project}\n")
    assert list(of(made, "posts/a.qmd")["modules"]) == ["helper.py"]


def test_the_folder_that_cells_run_in(project: Callable[..., Project]) -> None:
    page = {"posts/a/index.qmd": ""}
    for config, folder in [("", "posts/a"), ("project: {execute-dir: project}\n", "")]:
        made = project(page, config)
        assert working_directory(made, made.read(Path("posts/a/index.qmd"))) == made.root / folder


@pytest.mark.parametrize(
    "code",
    [
        "await f()\nimport near",
        "async with x:\n    import near",
        "%matplotlib inline\nimport near",
        "!ls\nfrom near import (\n    f,\n)\nimport near",
        "%%time\nfrom near import (\n    f,\n)",
        "def broken(:\nimport near",
        "from . import far\nimport near",
    ],
)
def test_imports_are_found_in_cells_that_are_not_plain_python(project: Callable[..., Project], code: str) -> None:
    made = project(with_cell(code) | {"near.py": ""})
    assert list(of(made)["modules"]) == ["near.py"]


@pytest.mark.parametrize(
    "source", [b"\xff\xfe import far", b"from ... import far", b"def broken(:\nimport far\n", b"\0", b""]
)
def test_a_module_that_is_no_python_does_no_harm(project: Callable[..., Project], source: bytes) -> None:
    made = project(with_cell("import near") | {"near.py": source})
    assert list(of(made)["modules"]) == ["near.py"]


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({}, "python3"),
        ({"jupyter": "other"}, "other"),
        ({"jupyter": {"kernel": "other"}}, "other"),
        ({"jupyter": {"kernelspec": {"name": "other", "language": "python"}}}, "other"),
        ({"jupyter": {}}, "python3"),
        ({"jupyter": None}, "python3"),
    ],
)
def test_kernel_name(project: Callable[..., Project], asked: Mapping[str, Any], name: str) -> None:
    made = project({"index.qmd": f"---\n{asked}\n---\n".replace("None", "null")})
    assert kernel_name(made.read(Path("index.qmd"))) == name


def test_inputs_survive_json(made: Project) -> None:
    assert json.loads(json.dumps(of(made))) == of(made)
