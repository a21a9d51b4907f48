"""What the tests of faults share: a project with a good site."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from awaited.read.project import Project, load
from tests.faults.injection import ARTICLES, build, nothing_lost


@pytest.fixture(scope="session")
def make_good(make_project: Callable[..., Project]) -> Callable[..., Project]:
    """Makes a project with a good site in a folder; ``articles`` are more files of it."""

    def make(folder: Path, articles: Mapping[str, str] = {}) -> Project:
        project = make_project(folder, {**ARTICLES, **articles})
        assert build(project) == 0
        return project

    return make


@pytest.fixture(scope="session")
def good(make_good: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with a good site that most faults are injected into."""
    return make_good(tmp_path_factory.mktemp("good"))


@pytest.fixture
def project(good: Project, tmp_path: Path) -> Project:
    """A copy of it that a test may spoil."""
    shutil.copytree(good.root, tmp_path / "project")
    return load(tmp_path / "project")


@pytest.fixture
def bad(good: Project, capfd: pytest.CaptureFixture[str]) -> Iterator[Path]:
    """A page that is going to be the fault of that project; all else stays, and the next build goes on as before."""
    file = good.root / "posts/bad.qmd"
    capfd.readouterr()
    with nothing_lost(good):
        yield file
        file.unlink(missing_ok=True)
    capfd.readouterr()
    assert build(good) == 0
    out, errors = capfd.readouterr()
    assert "no cell had to run" in out
    assert errors == ""
