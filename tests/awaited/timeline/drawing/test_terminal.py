"""A recording as text."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from awaited.timeline import Run
from awaited.timeline.drawing import letters, rows, words
from tests.awaited.timeline.drawing.samples import (
    kept,
    mixed,
    runs,
)


def test_text() -> None:
    assert mixed().text(72).splitlines() == [
        "main                     █████───█████────────────█ 3.00 s",
        "  a task with a name th… ────█───────────█          2.00 s",
        "  fail                   ────█───×                  ConnectionResetError",
        "    sibling                  █───┃                  cancelled",
        "  crunch (thread)                ─████████          1.00 s",
        "  late                                   ██████───> never ended",
        "                         0 s     1 s     2 s    3 s",
        words.sentence(mixed()),
    ]


@settings(deadline=None)
@given(runs(), st.integers(40, 200))
def test_text_keeps_to_its_width(given: Run, width: int) -> None:
    *lines, sentence = given.text(width).splitlines()
    assert all(letters.cells(line) <= width for line in lines)
    assert sentence == words.sentence(given)
    assert len(lines) == len(rows.rows(given)) + 1


def test_the_third_state() -> None:
    assert kept().text(60).splitlines()[1] == "  ticker █─────────░░░░░░░░░░░░░░░░░░░░░░█──────────█ 4.00 s"
