"""Pictures are legible whatever they show: nothing overlaps, and nothing leaves them."""

from __future__ import annotations

import itertools
import math
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awaited.timeline import Line, Run
from awaited.timeline.drawing import svg
from awaited.timeline.drawing.style import STYLE
from tests.awaited.timeline.drawing.samples import (
    SVG,
    WIDTHS,
    fan,
    kept,
    lane,
    mixed,
    overlaps,
    parsed,
    run,
    runs,
    strokes,
)


@settings(deadline=None)
@given(runs())
def test_labels_stay_inside_and_apart(given: Run) -> None:
    texts = svg.layout(given, legend=[*svg.LEGENDS]).texts()
    for width in WIDTHS:
        assert not overlaps(texts, width)
    baselines = sorted({text.y for text in texts})
    assert all(after - before >= 14 for before, after in itertools.pairwise(baselines))


@pytest.mark.untraced
@settings(deadline=None)
@given(runs())
def test_pictures_are_well_formed_and_all_within(given: Run) -> None:
    picture = parsed(given.svg())
    height = float(picture.get("height", ""))
    for element in picture.iter():
        if (value := element.get("x", "")).endswith("%"):
            assert 0 <= float(value[:-1]) <= 100
        assert 0 <= float(element.get("y", 0)) <= height
    for path in picture.find(f"{SVG}svg").iter(f"{SVG}path"):  # type: ignore[union-attr]
        state = path.get("class")
        for start, _, length in strokes(path.get("d", "")):
            assert 0 <= start <= start + length <= 1000
            assert state not in ("timeline-run", "timeline-late") or length >= 4, "else it could not be seen"
    drawn = {text.text for text in svg.layout(given).texts()}
    assert drawn == {element.text or "" for element in picture.iter(f"{SVG}text")}, "what was measured is what is drawn"


def test_short_names_and_errors_are_shown_in_full_on_the_narrowest_screen() -> None:
    texts = [text.text for text in svg.layout(fan(3)).texts()]
    assert {"main", "fetch_data 0", "fetch_data 1", "fetch_data 2", "2.00 s", "runs", "waits"} <= set(texts)
    failed = lane("might_fail 2", 0, 0, 2, outcome="raised", error="ValueError: no")
    assert {"might_fail 2", "ValueError"} <= {text.text for text in svg.layout(run(failed)).texts()}


@pytest.mark.parametrize(
    ("seconds", "labels"),
    [
        (2, "0 s 1 s 2 s"),
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


def stretches(picture: str) -> dict[str, list[tuple[int, int, int]]]:
    """What is drawn: by state, where each stretch begins, its height, and how long it is."""
    (inner,) = parsed(picture).findall(f"{SVG}svg[@class='timeline-stretches']")
    return {
        path.get("class", "").removeprefix("timeline-"): strokes(path.get("d", "")) for path in inner.iter(f"{SVG}path")
    }


def test_the_lines_of_the_grid_stand_at_the_labels_of_the_axis() -> None:
    picture = parsed(fan(3).svg())
    (grid,) = (path.get("d", "") for path in picture.iter(f"{SVG}path") if path.get("class") == "timeline-grid")
    (_, _, height), *rest = steps = re.findall(r"[Mm]([\d.]+)[ -]([\d.]+)v([\d.]+)", grid)
    assert {(up, down) for _, up, down in rest} == {(height, height)}
    lowest = max(int(text.get("y", "")) for text in picture.iter(f"{SVG}text"))
    labels = [text.get("x", "") for text in picture.iter(f"{SVG}text") if text.get("y") == str(lowest)]
    lines = itertools.accumulate(float(right) for right, _, _ in steps)
    assert list(lines) == pytest.approx([10 * float(x.rstrip("%")) for x in labels], abs=0.1)


def test_the_three_states_are_drawn_beside_each_other() -> None:
    drawn = stretches(kept().svg())
    ticker = svg.LEGEND * 2 + svg.ROW + svg.BAR
    spans = sorted(
        (x, x + length, state) for state in ("run", "wait", "late") for x, y, length in drawn[state] if y == ticker
    )
    assert [state for *_, state in spans] == ["run", "wait", "late", "run", "wait", "run"]
    for (_, end, _), (start, _, _) in itertools.pairwise(spans):
        assert start == pytest.approx(end, abs=1)
    (late,) = (span[:2] for span in spans if span[2] == "late")
    assert late == pytest.approx((1000 / 4 / svg.MARGIN, 1000 * 3 / 4 / svg.MARGIN), abs=1)


def test_the_legend_explains_what_there_is() -> None:
    assert svg.layout(fan(2)).legend == ["run", "wait"]
    assert svg.layout(kept()).legend == ["run", "wait", "late"]
    printing = fan(2)
    printing.lines = [Line(0.5, printing.lanes[1], "one\n")]
    assert svg.layout(printing).legend == ["run", "wait", "print"]


def test_printed_lines_are_marks_on_their_lanes() -> None:
    printing = fan(2)
    _, first, second = printing.lanes
    printing.lines = [
        Line(0.0, first, "a\n"),
        Line(0.001, first, "b\n"),
        Line(1.0, second, "c\n"),
        Line(1.5, None, "d\n"),
    ]
    top = svg.LEGEND + svg.DOT
    assert stretches(printing.svg())["print"] == [(0, top + svg.ROW, 0), (490, top + 2 * svg.ROW, 0)]


def test_how_lanes_end_is_drawn_and_said() -> None:
    text = mixed().svg(name="one")
    picture = parsed(text)
    groups = {group.get("class"): group for group in picture.iter(f"{SVG}g") if group.get("class") != "timeline-lane"}
    assert set(groups) == {"timeline-raised", "timeline-cancelled"}, "what just returned needs no mark"
    shapes = {path.get("d") for group in groups.values() for path in group.iter(f"{SVG}path")}
    assert len(shapes) == 2, "each has a shape of its own"
    fading = stretches(text)["fade"]
    assert len({y for _, y, _ in fading}) == 1, "the one that never ends"
    assert [length for *_, length in fading] == sorted((length for *_, length in fading), reverse=True), "fades out"
    said = {text.text for text in picture.iter(f"{SVG}text")}
    assert {"ConnectionResetE…", "cancelled", "never ended", "3.00 s", "1.00 s"} <= said
    titles = [title.text for title in picture.iter(f"{SVG}title")]
    assert "fail: ran 0.00 s, waited 1.00 s, raised ConnectionResetError: by peer after 1.00 s" in titles


def test_the_states_differ_by_shape() -> None:
    rules = {state: STYLE.partition(f"{state}{{")[2].partition("}")[0] for state in (".timeline-run", ".timeline-late")}
    assert "stroke-width:12" in rules[".timeline-run"]
    assert "dash" not in rules[".timeline-run"]
    assert "stroke-width:12;stroke-dasharray:2 3" in rules[".timeline-late"]
    assert ".timeline-wait{stroke-dasharray:2 3}" in STYLE


def test_colours_are_the_pages() -> None:
    picture = mixed().svg()
    assert not re.search(r"#[0-9a-f]{3,6}\b(?!-)|rgb\(", picture)
    properties = re.findall(r"var\((--timeline-[\w-]+)(,?)", STYLE)
    assert all(comma for _, comma in properties), "each has something to fall back on"
    assert "forced-colors" in STYLE
    assert "<script" not in picture


def test_children_are_indented_under_their_parents() -> None:
    texts = {text.text: text.indent for text in svg.layout(mixed()).texts() if text.anchor == "start"}
    assert (texts["main"], texts["fail"], texts["sibling"]) == (0, 12, 24)


def test_a_lane_with_many_stretches_keeps_its_widest_gaps() -> None:
    starts = [n / 100 for n in [*range(40), *range(80, 90)]]
    spans = [(start, start + 0.001) for start in starts]
    found = svg.blocks(spans, 1, 4)
    assert len(found) <= 4
    gaps = [after[0] - before[1] for before, after in itertools.pairwise(found)]
    assert max(gaps) == pytest.approx(1000 * 0.41 - 1000 / 120, abs=0.1)  # each is drawn wide enough to be seen
    assert svg.blocks([(0, 1e-9), (1, 1)], 1, 10) == [(0, 1000 / 120), (1000 - 1000 / 120, 1000)]


def bytes_of(page: str) -> int:
    """How long a figure's markup is, without the styles, which a page has once."""
    return len(re.sub(r"<style>.*?</style>", "", page, flags=re.S).encode())


def test_sizes() -> None:
    assert bytes_of(fan(9).html()) <= 8_000
    assert len(fan(7).thumbnail().encode()) <= 1_500
    never_at_rest = [n / 1000 for n in range(2000)]
    ragged = sorted((n * 7919 % 2000) / 1000 for n in range(400))
    for edges, name in itertools.product((never_at_rest, ragged), ("main", "m" * 90, "数" * 90)):
        outcome = "returned" if name == "main" else "raised"
        busy = run(*(lane(name, 0, *edges, outcome=outcome, error=name, late=0.1) for _ in range(10)), seconds=2)
        busy.lines = [Line(n / 100, busy.lanes[n % 10], "x\n") for n in range(200)]
        assert bytes_of(busy.svg()) <= 8_000
        assert len(busy.thumbnail().encode()) <= 1_500


def test_a_lane_of_ten_thousand_switches_stays_small() -> None:
    edges = [n * 0.0001 + part for n in range(10_000) for part in (0, 0.00005)]
    assert bytes_of(run(lane("spin", 0, *edges)).html()) <= 20_000


def test_drawing_is_quick() -> None:
    crowd = fan(23)
    started = time.process_time()
    for _ in range(10):
        crowd.html()
    assert (time.process_time() - started) / 10 <= 0.010


def test_a_thumbnail_scales_and_is_silent() -> None:
    picture = parsed(fan(20).thumbnail())
    assert picture.get("viewBox") == "0 0 160 90"
    assert picture.get("aria-hidden") == "true"
    assert not list(picture.iter(f"{SVG}text"))
    assert not math.isnan(float(picture[0].get("stroke-width", "nan")))
