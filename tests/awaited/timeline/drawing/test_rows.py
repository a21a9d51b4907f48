"""More lanes than fit share a row."""

from __future__ import annotations

from awaited.timeline.drawing import rows
from tests.awaited.timeline.drawing.samples import (
    fan,
)


def test_more_lanes_than_fit_are_grouped() -> None:
    picture, small = rows.rows(fan(100)), rows.rows(fan(23))
    assert (len(picture), len(small)) == (24, 24)
    assert picture[-1].label == "78 more lanes"
    assert picture[-1].end_label == "78 returned"
    assert sum(len(row.lanes) for row in picture) == 101
    assert small[-1].label == "fetch_data 22"
    assert [row.label for row in rows.rows(fan(5), limit=3)] == ["main", "fetch_data 0", "4 more lanes"]
