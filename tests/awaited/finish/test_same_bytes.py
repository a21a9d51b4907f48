"""What is made of the same text and the same results is the same, wherever and however often it is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from trial_site import CONFIG, PAGES, Trial, make_trial

from awaited.read.project import Project


def contents(site: Path) -> dict[str, bytes]:
    return {file.relative_to(site).as_posix(): file.read_bytes() for file in site.rglob("*") if file.is_file()}


def test_another_build_gives_the_same_bytes(trial: Trial, make_project: Callable[..., Project], tmp_path: Path) -> None:
    before = contents(trial.site)
    elsewhere = make_trial(make_project(tmp_path, PAGES, CONFIG))
    assert contents(elsewhere.site) == before
    again = make_trial(elsewhere.project)  # with what the last build has kept
    assert contents(again.site) == before
    assert "examples/one/hello.html" in before
