"""A recording as text in a terminal."""

from __future__ import annotations

import shutil

from awaited.timeline.drawing.letters import cells, cut, padded
from awaited.timeline.drawing.rows import Row, rows
from awaited.timeline.drawing.svg import MARGIN, ticks
from awaited.timeline.drawing.words import sentence
from awaited.timeline.recording import Recording


def text(run: Recording, width: int | None = None) -> str:
    """A run as text for a terminal of some width, else for this one."""
    width = width or min(shutil.get_terminal_size().columns, 120)
    shown = rows(run)
    labels = ["  " * row.depth + row.label for row in shown]
    ends = [cut(row.end_label, min(width // 3, 24)) for row in shown]
    left = min(max(map(cells, labels)), width // 3)
    room = max(width - left - max(map(cells, ends)) - 2, 10)
    scale = (run.seconds or 1e-6) * MARGIN
    lines = [
        f"{padded(cut(label, left), left)} {_bar(row, scale, room)} {end}".rstrip()
        for label, row, end in zip(labels, shown, ends, strict=True)
    ]
    axis = ""
    for time, said in ticks(scale, room):
        axis = axis.ljust(min(int(time / scale * room), room - len(said))) + said
    return "\n".join([*lines, " " * (left + 1) + axis, sentence(run)])


def _bar(row: Row, scale: float, room: int) -> str:
    def place(time: float) -> int:
        return min(int(time / scale * room), room - 1)

    bar = [" "] * room
    first, last = place(row.created), place(row.ended)
    bar[first : last + 1] = "─" * (last + 1 - first)
    for start, end in row.late:
        if place(end) > place(start):
            bar[place(start) : place(end)] = "░" * (place(end) - place(start))
    for start, end in row.running:
        bar[place(start) : place(end) + 1] = "█" * (place(end) + 1 - place(start))
    if row.outcome in ("raised", "cancelled", "unfinished"):
        bar[last] = {"raised": "\N{MULTIPLICATION SIGN}", "cancelled": "┃", "unfinished": ">"}[row.outcome]
    return "".join(bar)
