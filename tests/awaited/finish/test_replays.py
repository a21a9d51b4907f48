"""What timelines know of their runs leaves their pages, and stands in a file whose name tells of its content."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

from awaited.finish.markup import Page, Tree
from awaited.finish.replays import BEGIN, file_of, publish_runs, take_runs
from awaited.finish.styles import FOLDER
from awaited.timeline import Lane, Run
from awaited.timeline.drawing.page import figure

HOSTILE = "</script><b>\u2028"


def page_of(*names: str) -> Page:
    runs = [Run(name, [Lane(HOSTILE, "main", 0.0, ended=1.0)], seconds=1.0) for name in names]
    return Page(PurePosixPath("a.html"), Tree("".join(figure([run]) for run in runs)))


def test_each_run_is_taken_by_the_name_of_its_timeline(tmp_path: Path) -> None:
    page = page_of("one", "two")
    runs = take_runs(page)
    assert {name: [run["cell"] for run in known] for name, known in runs.items()} == {
        "timeline-one": ["one"],
        "timeline-two": ["two"],
    }
    assert not page.tree.css(".timeline-data")
    publish_runs(tmp_path, runs)
    text = (tmp_path / FOLDER / file_of(runs)).read_text(encoding="utf-8")
    assert json.loads(text.removeprefix(BEGIN)) == runs


def test_other_runs_have_another_file_and_none_have_none(tmp_path: Path) -> None:
    assert file_of(take_runs(page_of("one"))) == file_of(take_runs(page_of("one")))
    assert file_of(take_runs(page_of("one"))) != file_of(take_runs(page_of("two")))
    assert file_of({}) == ""
    publish_runs(tmp_path, {})
    assert list(tmp_path.iterdir()) == []
