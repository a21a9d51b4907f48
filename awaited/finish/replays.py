"""What the runs of a page's timelines did, in a file of its own: it takes a reader who plays or explores one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from awaited.finish.markup import Page, remove
from awaited.finish.styles import FOLDER, RUNS
from awaited.memory.files import write_whole

Runs = Mapping[str, Any]
"""What ``drawing.page.figure`` tells of each run, by the id of the timeline that draws it."""
BEGIN = "awaited.runs="
"""A script rather than JSON: a browser loads that from a disk, too, where nobody serves the site."""


def take_runs(page: Page) -> dict[str, Any]:
    """Takes out of a page what its timelines know of their runs, and what they say of each lane: ``words``."""
    found = {}
    for timeline in page.tree.css(".timeline[id]"):
        for data in timeline.css(".timeline-data"):
            runs = found[timeline.id or ""] = json.loads(data.text())
            remove([data])
            for run, view in zip(runs, timeline.css(".timeline-view"), strict=True):
                run["words"] = [title.text() for title in view.css(".timeline-lane > title")]
                remove(view.css(".timeline-lane > :is(title, rect)"))  # the ground on which a pointer shows the title
    return found


def file_of(runs: Runs) -> str:
    """The name of the file with some runs, which changes with them; empty for none."""
    return f"{RUNS}.{hashlib.sha256(_script(runs)).hexdigest()[:8]}.js" if runs else ""


def publish_runs(site: Path, runs: Runs) -> None:
    """Writes the file with a page's runs into the site, if it has any."""
    if runs:
        write_whole(site / FOLDER / file_of(runs), _script(runs))


def _script(runs: Runs) -> bytes:
    return f"{BEGIN}{json.dumps(runs, ensure_ascii=False, separators=(',', ':'))}\n".encode()
