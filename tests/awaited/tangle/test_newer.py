"""Cells in the syntax of a Python that is newer than the one which tangles them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from awaited.read.errors import AwaitedError
from awaited.read.project import Project
from awaited.tangle.examples import drift, write
from awaited.tangle.scripts import tangle_project

needs_newer = pytest.mark.skipif(
    sys.version_info >= (3, 14) or not shutil.which("python3.14"), reason="takes an older Python, and a 3.14 beside it"
)
PAGE = """\
```{{python}}
#| label: before
name = "you"
print("before")
```

```{{python}}
#| label: template
{option}
print(type({code}).__name__)
```

```{{python}}
#| label: after
print(name)
```
"""
MakeProject = Callable[..., Project]


def made(project: MakeProject, option: str = '#| python: ">=3.14"', code: str = 't"{name}"') -> Project:
    return project({"new.qmd": PAGE.format(option=option, code=code)})


def names(project: Project) -> list[str]:
    return [script.path.name for script in tangle_project(project)]


@needs_newer
def test_the_newer_python_tangles_them(project: MakeProject) -> None:
    page = made(project)
    scripts = {script.cell.label: script.text for script in tangle_project(page)}
    assert list(scripts) == ["before", "template", "after"]
    assert 'name = "you"\n\n\ndef main() -> None:\n    print(type(t"{name}").__name__)\n' in scripts["template"]
    assert scripts["before"] == tangle_project(made(project, "#| example: true", "name"))[0].text


def test_without_one_such_a_cell_makes_no_script(project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert names(made(project, '#| python: ">=3.99"', "new syntax")) == ["before.py", "after.py"]


@needs_newer
def test_without_one_a_script_that_stands_there_stays(project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    page = made(project)
    write(page, tangle_project(page))
    template = page.root / "examples/new/template.py"
    before = template.read_text()
    monkeypatch.setenv("PATH", "/nowhere")
    assert set(names(page)) == {"before.py", "template.py", "after.py"}
    assert drift(page) == ""
    write(page, tangle_project(page))
    assert template.read_text() == before


def test_what_no_python_can_read_is_an_error_where_this_one_is_to_run_it(project: MakeProject) -> None:
    for option in ("#| example: true", '#| python: ">=3.11"'):
        with pytest.raises(AwaitedError, match=r"^new\.qmd:\d+: cell 'template' is not Python \(invalid syntax"):
            tangle_project(made(project, option, "new syntax"))


def test_the_files_of_others_are_not_touched(project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    page = made(project, '#| python: ">=3.99"', "new syntax")
    theirs = Path(page.root, "examples/new/other.py")
    theirs.parent.mkdir(parents=True)
    theirs.write_text("print('mine')\n")
    write(page, tangle_project(page))
    assert theirs.read_text() == "print('mine')\n"
