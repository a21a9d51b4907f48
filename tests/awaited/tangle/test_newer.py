"""Cells in the syntax of a Python that is newer than the one which tangles them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from awaited.read.errors import AwaitedError
from awaited.read.project import Project, load
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


def made(folder: Path, option: str = '#| python: ">=3.14"', code: str = 't"{name}"') -> Project:
    (folder / "_quarto.yml").write_text("project: {type: website}\nawaited: {examples: strict}\n")
    (folder / "new.qmd").write_text(PAGE.format(option=option, code=code))
    return load(folder)


def names(project: Project) -> list[str]:
    return [script.path.name for script in tangle_project(project)]


@needs_newer
def test_the_newer_python_tangles_them(tmp_path: Path) -> None:
    page = made(tmp_path)
    scripts = {script.cell.label: script.text for script in tangle_project(page)}
    assert list(scripts) == ["before", "template", "after"]
    assert 'name = "you"\n\n\ndef main() -> None:\n    print(type(t"{name}").__name__)\n' in scripts["template"]
    assert scripts["before"] == tangle_project(made(tmp_path, "#| example: true", "name"))[0].text


def test_without_one_such_a_cell_makes_no_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert names(made(tmp_path, '#| python: ">=3.99"', "new syntax")) == ["before.py", "after.py"]


@needs_newer
def test_without_one_a_script_that_stands_there_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = made(tmp_path)
    write(page, tangle_project(page))
    template = page.root / "examples/new/template.py"
    before = template.read_text()
    monkeypatch.setenv("PATH", "/nowhere")
    assert set(names(page)) == {"before.py", "template.py", "after.py"}
    assert drift(page) == ""
    write(page, tangle_project(page))
    assert template.read_text() == before


def test_what_no_python_can_read_is_an_error_where_this_one_is_to_run_it(tmp_path: Path) -> None:
    for option in ("#| example: true", '#| python: ">=3.11"'):
        with pytest.raises(AwaitedError, match=r"^new\.qmd:\d+: cell 'template' is not Python \(invalid syntax"):
            tangle_project(made(tmp_path, option, "new syntax"))


def test_the_files_of_others_are_not_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    page = made(tmp_path, '#| python: ">=3.99"', "new syntax")
    theirs = Path(page.root, "examples/new/other.py")
    theirs.parent.mkdir(parents=True)
    theirs.write_text("print('mine')\n")
    write(page, tangle_project(page))
    assert theirs.read_text() == "print('mine')\n"
