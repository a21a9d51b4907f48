"""A page was last changed when git says so, or when its file does."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from awaited.read.changes import last_changes, state
from awaited.read.project import Project

FIRST, SECOND, LATER = (datetime(2026, month, 1, 12, tzinfo=UTC) for month in (1, 2, 3))


def git(folder: Path, *command: str, when: datetime = FIRST) -> None:
    names = {f"GIT_{role}_{field}": "x" for role in ("AUTHOR", "COMMITTER") for field in ("NAME", "EMAIL")}
    dates = {"GIT_AUTHOR_DATE": when.isoformat(), "GIT_COMMITTER_DATE": when.isoformat()}
    environment = {**os.environ, **names, **dates, "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", *command], cwd=folder, env=environment, check=True, capture_output=True)


def touch(file: Path, text: str) -> None:
    file.write_text(text)
    os.utime(file, (LATER.timestamp(), LATER.timestamp()))


@pytest.fixture
def committed(project: Callable[..., Project]) -> Project:
    """A project of two pages in a folder of a repository, one of them changed by a second commit."""
    made = project({"one.qmd": "One\n", "posts/täg & two.qmd": "Two\n"})
    git(made.root, "init", "-q")
    git(made.root, "add", ".")
    git(made.root, "commit", "-qm", "x")
    touch(made.root / "one.qmd", "One, again\n")
    git(made.root, "commit", "-qam", "y", when=SECOND)
    return made


def changes(project: Project) -> list[datetime]:
    return list(last_changes(project, project.read_pages()).values())


def test_the_last_commit_of_each_page_counts(committed: Project) -> None:
    touch(committed.root / "one.qmd", "One, again\n")
    assert changes(committed) == [SECOND, FIRST]


def test_what_is_not_committed_has_the_time_of_its_file(committed: Project) -> None:
    touch(committed.root / "one.qmd", "One, once more\n")
    touch(committed.root / "three.qmd", "Three\n")
    assert changes(committed) == [LATER, FIRST, LATER]


def test_without_git_the_file_counts(project: Callable[..., Project], monkeypatch: pytest.MonkeyPatch) -> None:
    made = project({"one.qmd": "One\n"})
    touch(made.root / "one.qmd", "One\n")
    assert changes(made) == [LATER]
    monkeypatch.setenv("PATH", "")
    assert changes(made) == [LATER]
    assert state(made) == ""


def test_a_project_may_be_a_part_of_a_repository(committed: Project, make_project: Callable[..., Project]) -> None:
    inner = make_project(committed.root / "inner", {"x.qmd": "X\n"})
    git(committed.root, "add", ".")
    git(committed.root, "commit", "-qm", "z", when=LATER)
    assert changes(inner) == [LATER]
    assert state(inner) == state(committed)


def test_a_commit_is_noticed_though_no_file_has_changed(committed: Project) -> None:
    before = state(committed)
    git(committed.root, "commit", "-q", "--allow-empty", "-m", "z")
    assert state(committed) != before
    git(committed.root, "worktree", "add", "-q", str(committed.root / "tree"))
    from awaited.read.project import load

    assert state(load(committed.root / "tree"))
