"""Recordings to draw, by hand and at random."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from awaited.timeline import Lane, Run
from awaited.timeline.drawing import svg
from awaited.timeline.recording import NOWHERE

WIDTHS = (svg.NARROWEST, 320, 600, 1280)
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '</title><script>alert("x")</script>&amp;\u202e\x00\x1b[31m\n\ud800 "quoted"'


def strokes(path: str) -> list[tuple[int, int, int]]:
    """The horizontal strokes of a path: where each begins, its height, and how long it is."""
    found, x, y = [], 0, 0
    for command, right, down, length in re.findall(r"([Mm])(-?\d+) ?(-?\d+)h(\d+)", path):
        x, y = (x * (command == "m") + int(right), y * (command == "m") + int(down))
        found.append((x, y, int(length)))
        x += int(length)
    return found


def lane(
    label: str,
    *edges: float,
    parent: Lane | None = None,
    outcome: str = "returned",
    kind: str = "task",
    error: str = "",
    late: float = 0.0,
) -> Lane:
    """A lane that is made at the first of some times, runs between each two of the others, and ends at the last.

    Each of its steps has been due for so long before it began.
    """
    created, *spans = edges
    ended = None if outcome == "unfinished" else edges[-1]
    depth = parent.depth + 1 if parent else 0
    steps = [(start - late, start, end, NOWHERE) for start, end in zip(spans[::2], spans[1::2], strict=True)]
    return Lane(kind, label, created, parent, label, label, ended, outcome, error, depth, steps)


def run(*lanes: Lane, seconds: float | None = None, name: str = "trial") -> Run:
    return Run(name, lanes, [], seconds if seconds is not None else lanes[0].ended or 0)


def fan(count: int, seconds: float = 2.0) -> Run:
    """So many tasks at once."""
    main = lane("main", 0, 0, 0.001, seconds, seconds, kind="main")
    return run(main, *(lane(f"fetch_data {n}", 0, 0, 0.001, seconds, seconds, parent=main) for n in range(count)))


def mixed() -> Run:
    """One of each kind."""
    main = lane("main", 0, 0, 0.5, 1, 1.5, 3, 3, kind="main")
    return run(
        main,
        lane("a task with a name that goes on and on and on", 0, 0.5, 0.5, 2, 2, parent=main),
        failed := lane("fail", 0, 0.5, 0.5, 1, 1, parent=main, outcome="raised", error="ConnectionResetError: by peer"),
        lane("sibling", 0.5, 0.5, 0.5, 1, 1, parent=failed, outcome="cancelled"),
        lane("crunch (thread)", 1, 1.1, 2, kind="thread", parent=main),
        lane("late", 2, 2, 2.5, parent=main, outcome="unfinished"),
    )


def kept() -> Run:
    """One that is kept waiting from 1 s to 3 s by another, which runs meanwhile."""
    main = lane("main", 0, 0, 0, 4, 4, kind="main")
    ticker = Lane("task", "ticker", 0, main, "", "ticker", 4.0, "returned", "", 1)
    ticker.steps = [(0.0, 0.0, 0.0, NOWHERE), (1.0, 3.0, 3.0, NOWHERE), (4.0, 4.0, 4.0, NOWHERE)]
    return run(main, ticker, lane("report", 0, 0, 0, 0.5, 3, parent=main))


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)


names = st.text(max_size=60) | st.sampled_from(["数据" * 30, "m" * 90, HOSTILE, "e\u0301" * 40, "🙂" * 30, ""])
times = st.floats(0, 1, allow_subnormal=False)


@st.composite
def runs(draw_from: st.DrawFn) -> Run:
    seconds = draw_from(st.sampled_from([1e-6, 1e-4, 0.37, 1.0, 2.5, 86400.0]))
    main = lane("main", 0, 0, seconds, kind="main")
    lanes = [main]
    for name in draw_from(st.lists(names, max_size=30)):
        edges = sorted(draw_from(st.lists(times, min_size=3, max_size=9).filter(lambda found: len(found) % 2)))
        outcome = draw_from(st.sampled_from(["returned", "raised", "cancelled", "unfinished"]))
        error = draw_from(names) if outcome == "raised" else ""
        late = seconds * draw_from(times)
        parent = draw_from(st.sampled_from(lanes))
        lanes.append(lane(name, *(seconds * t for t in edges), parent=parent, outcome=outcome, error=error, late=late))
    return run(*lanes, seconds=seconds, name=draw_from(names))


def overlaps(texts: Sequence[svg.Text], width: float) -> list[Any]:
    found = []
    lines: dict[int, list[svg.Text]] = {}
    for text in texts:
        lines.setdefault(text.y, []).append(text)
        left, right = text.box(width)
        if left < -0.01 or right > width + 0.01:
            found.append((text, left, right))
    for line in lines.values():
        for one, other in itertools.combinations(line, 2):
            (left, right), (low, high) = one.box(width), other.box(width)
            if left < high and low < right:
                found.append((one, other))
    return found
