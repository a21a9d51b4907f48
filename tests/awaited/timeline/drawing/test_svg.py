"""Pictures are legible whatever they show: nothing overlaps, and nothing leaves them."""

from __future__ import annotations

import itertools
import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awaited.timeline import Run
from awaited.timeline.drawing import svg
from tests.awaited.timeline.drawing.samples import (
    SVG,
    WIDTHS,
    fan,
    lane,
    mixed,
    overlaps,
    parsed,
    run,
    runs,
)


@settings(deadline=None)
@given(runs(), st.booleans())
def test_labels_stay_inside_and_apart(given: Run, has_heading: bool) -> None:
    texts = svg.texts(given, heading=given.name if has_heading else "")
    for width in WIDTHS:
        assert not overlaps(texts, width)
    baselines = sorted({text.y for text in texts})
    assert all(after - before >= 12 for before, after in itertools.pairwise(baselines))


@settings(deadline=None)
@given(runs())
def test_pictures_are_well_formed_and_all_within(given: Run) -> None:
    picture = parsed(given.svg())
    height = float(picture.get("height", ""))
    for element in picture.iter():
        for name in ("x", "x1", "x2", "width"):
            value = element.get(name, "")
            if value.endswith("%"):
                assert 0 <= float(value[:-1]) <= 100
        for name in ("y", "y1", "y2"):
            assert 0 <= float(element.get(name, 0)) <= height
    for path in picture.iter(f"{SVG}path"):
        if path.get("data-lane"):
            for start, length in re.findall(r"M([\d.]+) [\d.]+h([\d.]+)", path.get("d", "")):
                assert 0 <= float(start) <= float(start) + float(length) <= 1000.1
                assert float(length) >= 4, "else it could not be seen"
    drawn = {text.text for text in svg.texts(given)}
    assert drawn == {element.text or "" for element in picture.iter(f"{SVG}text")}, "what was measured is what is drawn"


def test_a_short_name_is_shown_in_full_on_the_narrowest_screen() -> None:
    texts = [text.text for text in svg.texts(fan(3))]
    assert {"main", "fetch_data 0", "fetch_data 1", "fetch_data 2", "2.00 s", "runs", "waits"} <= set(texts)


@pytest.mark.parametrize(
    ("seconds", "labels"),
    [
        (2, "0.0 s 0.5 s 1.0 s 1.5 s 2.0 s"),
        (3, "0 s 1 s 2 s 3 s"),
        (0.0004, "0.0000 s 0.0002 s 0.0004 s"),
        (90, "0 s 20 s 40 s 60 s 80 s"),
    ],
)
def test_ticks_are_easy_to_read(seconds: float, labels: str) -> None:
    assert " ".join(label for _, label in svg.ticks(seconds * svg.MARGIN)) == labels


@given(st.floats(1e-7, 1e7))
def test_there_are_always_ticks(seconds: float) -> None:
    ticks = svg.ticks(seconds)
    assert 1 <= len(ticks) <= 7
    assert ticks[0][0] == 0
    assert all(float(label.removesuffix(" s")) == pytest.approx(time) for time, label in ticks)


def test_how_lanes_end_is_drawn_and_said() -> None:
    picture = parsed(mixed().svg(name="one"))
    ends = [use.get("href", "").removeprefix("#timeline-one-") for use in picture.iter(f"{SVG}use")]
    assert ends == ["raised", "cancelled", "unfinished"], "what just returned needs no mark"
    shapes = {path.get("id"): path.get("d") for path in picture.iter(f"{SVG}path") if path.get("id")}
    assert len(set(shapes.values())) == 3, "each has a shape of its own"
    said = {text.text for text in picture.iter(f"{SVG}text")}
    assert {"raised Connection…", "cancelled", "unfinished", "3.00 s", "1.00 s"} <= said
    titles = [title.text for title in picture.iter(f"{SVG}title")]
    assert "fail: ran 0.00 s, waited 1.00 s, raised ConnectionResetError: by peer after 1.00 s" in titles


def test_running_and_waiting_differ_by_shape() -> None:
    assert "stroke-width:10" in svg.STYLE.partition(".timeline-run){")[2].partition("}")[0]
    assert "stroke-dasharray" in svg.STYLE.partition(".timeline-wait){")[2].partition("}")[0]


def test_colours_are_the_pages() -> None:
    picture = mixed().svg()
    assert not re.search(r"#[0-9a-f]{3,6}\b(?!-)|rgb\(", re.sub(r'href="[^"]*"', "", picture))
    properties = re.findall(r"var\((--timeline-[\w-]+)(,?)", svg.STYLE)
    assert all(comma for _, comma in properties), "each has something to fall back on"
    assert "forced-colors" in svg.STYLE
    assert "<script" not in picture


def test_children_are_indented_under_their_parents() -> None:
    texts = {text.text: text.indent for text in svg.texts(mixed()) if text.anchor == "start"}
    assert (texts["main"], texts["fail"], texts["sibling"]) == (0, 12, 24)


def test_a_lane_with_many_stretches_keeps_its_widest_gaps() -> None:
    starts = [n / 100 for n in [*range(40), *range(80, 90)]]
    spans = [(start, start + 0.001) for start in starts]
    found = svg.blocks(spans, 1, 4)
    assert len(found) <= 4
    gaps = [after[0] - before[1] for before, after in itertools.pairwise(found)]
    assert max(gaps) == pytest.approx(1000 * 0.41 - 1000 / 120, abs=0.1)  # each is drawn wide enough to be seen
    assert svg.blocks([(0, 1e-9), (1, 1)], 1, 10) == [(0, 1000 / 120), (1000 - 1000 / 120, 1000)]


def test_sizes() -> None:
    assert len(fan(9).svg().encode()) <= 8_000
    assert len(fan(7).thumbnail().encode()) <= 1_500
    never_at_rest = [n / 1000 for n in range(2000)]
    ragged = sorted((n * 7919 % 2000) / 1000 for n in range(400))
    for edges, name in itertools.product((never_at_rest, ragged), ("main", "m" * 90, "数" * 90)):
        outcome = "returned" if name == "main" else "raised"
        busy = run(*(lane(name, 0, *edges, outcome=outcome, error=name) for _ in range(10)), seconds=2)
        assert len(busy.svg().encode()) <= 8_000
        assert len(busy.thumbnail().encode()) <= 1_500


def test_a_thumbnail_scales_and_is_silent() -> None:
    picture = parsed(fan(20).thumbnail())
    assert picture.get("viewBox") == "0 0 160 90"
    assert picture.get("aria-hidden") == "true"
    assert not list(picture.iter(f"{SVG}text"))
    assert not math.isnan(float(picture[0].get("stroke-width", "nan")))
