"""Cells that want another Python than the one that builds the page, on Pythons that are pretended to be there."""

from __future__ import annotations

import io
import platform
from collections.abc import Callable
from pathlib import Path

import pytest

from awaited.build import Wishes, build
from awaited.memory import freezer
from awaited.progress import Progress
from awaited.prove.pythons import PYTHONS
from awaited.prove.trial import kept
from awaited.read.errors import AwaitedError
from awaited.read.project import Project, load
from awaited.tangle.scripts import tangle_project
from tests.awaited.prove.pretend import python

pytestmark = pytest.mark.slow

PAGE = Path("posts/new.qmd")
HERE = platform.python_version()
ARTICLE = """\
```{python}
#| label: start
import os
import sys

year = os.environ.get("YEAR", "now")
print("start")
```

```{python}
#| label: new
OPTIONS
print(f"the year is {year}")
print("careful", file=sys.stderr)
```
"""
Build = Callable[..., str]


@pytest.fixture
def built(project: Callable[..., Project], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    """Builds the article with options at its cell; what was said of it. There is a Python 3.17, and one 3.18.2."""
    for version, year in (("3.17.1", "2028"), ("3.18.2", "2029")):
        python(tmp_path / "machine", version, f"export YEAR={year}")
    monkeypatch.setenv("PATH", str(tmp_path / "machine"))  # not the system's own
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.delenv(PYTHONS)

    def built(options: str) -> str:
        made = project({"index.qmd": "Home\n", str(PAGE): ARTICLE.replace("OPTIONS", options)})
        stream = io.StringIO()
        build(made, Progress(stream), Wishes("smalldocs"))
        return stream.getvalue()

    return built


def page(folder: Path) -> str:
    return freezer.markdown(folder / "_freeze", PAGE)


def outcomes(folder: Path) -> dict[str, dict[str, str]]:
    project = load(folder)
    found = kept(project, tangle_project(project)).of
    return {path.stem: {proof.version: proof.outcome for proof in proofs} for path, proofs in found.items()}


def test_a_cell_runs_under_the_newest_python_that_fits(built: Build, tmp_path: Path) -> None:
    built('#| python: ">=3.18"')
    shown = page(tmp_path)
    assert "::: {.cell-python}\nRan on Python 3.18.2.\n:::" in shown
    assert "the year is 2029" in shown
    assert "careful" in shown
    assert "Ran on Python 3.18.2." in (tmp_path / "_site/posts/new.html").read_text(encoding="utf-8")


def test_it_is_proven_where_it_can_run(built: Build, tmp_path: Path) -> None:
    built('#| python: "==3.18.*"')
    assert outcomes(tmp_path) == {
        "start": {HERE: "same", "3.17.1": "same", "3.18.2": "same"},
        "new": {HERE: "left out", "3.17.1": "left out", "3.18.2": "same"},
    }


def test_where_none_fits_the_page_and_the_build_say_so(built: Build, tmp_path: Path) -> None:
    said = built('#| python: ">=3.19"')
    assert "  note: posts/new.qmd:10: no Python >=3.19 is here to run 'new'; the page says so\n" in said
    assert f"Needs Python 3.19 or later: this page was built with {HERE}." in page(tmp_path)
    assert "the year is 2" not in page(tmp_path)


def test_an_output_that_only_some_versions_print(built: Build, tmp_path: Path) -> None:
    built('#| printed-by: ">=3.18"')
    assert "Ran on Python 3.18.2." in page(tmp_path)
    assert "the year is 2029" in page(tmp_path)
    assert outcomes(tmp_path)["new"] == {HERE: "other", "3.17.1": "other", "3.18.2": "same"}


def test_a_difference_between_versions_that_is_not_declared_stops_the_build(built: Build, tmp_path: Path) -> None:
    with pytest.raises(
        AwaitedError, match=r"^posts/new.qmd:10: the script of 'new' contradicts the page on Python 3.17"
    ):
        built("#| example: true")
    assert not (tmp_path / "_site").exists()
    assert not (tmp_path / "examples").exists()


def test_a_difference_that_is_declared_but_not_there_stops_the_build(built: Build) -> None:
    with pytest.raises(AwaitedError, match=r"contradicts the page on Python 3\.\d+\.\d+, as told above"):
        built("#| printed-by: '>=3.18'\n#| varies: 'year is \\d+|year is now'")


def test_nothing_runs_again_and_a_python_that_is_new_runs_it(built: Build, tmp_path: Path) -> None:
    built('#| python: ">=3.18"')
    assert "executing" not in built('#| python: ">=3.18"')
    python(tmp_path / "machine", "3.19.0", "export YEAR=2029")
    assert "executing posts/new.qmd (changed: new)\n" in built('#| python: ">=3.18"')
    assert "Ran on Python 3.19.0." in page(tmp_path)


def test_a_script_that_fails_is_an_error_of_its_cell(built: Build) -> None:
    with pytest.raises(AwaitedError, match=r"^posts/new\.qmd:10: cell 'new', on Python 3\.18\.2: ZeroDivisionError"):
        built('#| python: ">=3.18"\n1 / 0')


def test_an_error_that_it_shall_raise_is_shown(built: Build, tmp_path: Path) -> None:
    built('#| python: ">=3.18"\n#| error: true\n1 / 0')
    assert "::: {.cell-output .cell-output-error}" in page(tmp_path)
    assert "ZeroDivisionError: division by zero" in page(tmp_path)
    assert outcomes(tmp_path)["new"]["3.18.2"] == "same"
