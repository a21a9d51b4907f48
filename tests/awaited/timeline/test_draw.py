"""Pictures are legible whatever they show: nothing overlaps, nothing leaves them, and words say the same."""

from __future__ import annotations

import itertools
import json
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from awaited.timeline import draw
from awaited.timeline.recorder import Lane, Line, Run

WIDTHS = (draw.NARROWEST, 320, 600, 1280)
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '</title><script>alert("x")</script>&amp;\u202e\x00\x1b[31m\n\ud800 "quoted"'


def lane(
    label: str,
    *edges: float,
    parent: Lane | None = None,
    outcome: str = "returned",
    kind: str = "task",
    error: str = "",
) -> Lane:
    """A lane that is made at the first of some times, runs between each two of the others, and ends at the last."""
    created, *spans = edges
    ended = None if outcome == "unfinished" else edges[-1]
    depth = parent.depth + 1 if parent else 0
    return Lane(kind, label, created, parent, label, label, ended, outcome, error, depth, spans)


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


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)


# ------------------------------------------------------------------------------------------------ the sentence


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (fan(0), "Nothing overlapped: 2.0 s of waiting took 2.0 s."),
        (fan(1), "1 task ran alone: 2.0 s of waiting took 2.0 s."),
        (fan(3), "3 tasks overlapped: 6.0 s of waiting took 2.0 s."),
        (fan(3, 0.05), "3 tasks overlapped: 0.1 s of waiting took 0.05 s."),
        (run(lane("main", 0, 0, 4, kind="main")), "Nothing overlapped: 4.0 s of running took 4.0 s."),
        (
            mixed(),
            "4 of 5 tasks and threads overlapped: 3.6 s of waiting took 3.0 s. 1 failed, 1 cancelled and 1 unfinished.",
        ),
    ],
)
def test_sentence(given: Run, sentence: str) -> None:
    assert draw.sentence(given) == sentence


def test_tasks_that_follow_each_other_do_not_overlap() -> None:
    main = lane("main", 0, 0, 0, 4, 4, kind="main")
    first, second = lane("a", 0, 0, 0, 2, 2, parent=main), lane("b", 2, 2, 2, 4, 4, parent=main)
    assert draw.sentence(run(main, first, second)) == "2 tasks ran one after the other: 4.0 s of waiting took 4.0 s."
    third = lane("c", 3, 3, 3, 4, 4, parent=main)
    assert draw.sentence(run(main, first, second, third)).startswith("2 of 3 tasks overlapped: 5.0 s of waiting took")


def test_waiting_for_ones_own_tasks_is_not_counted_twice() -> None:
    main = lane("main", 0, 0, 0, 3, 3, kind="main")
    parent = lane("parent", 0, 0, 0, 3, 3, parent=main)
    children = [lane(name, 1, 1, 1, 3, 3, parent=parent) for name in "ab"]
    assert draw.sentence(run(main, parent, *children)) == "3 tasks overlapped: 5.0 s of waiting took 3.0 s."


@given(st.floats(0, 1e6, allow_subnormal=False))
def test_numbers_are_near_and_plain(seconds: float) -> None:
    for said in (draw.rounded(seconds), draw.duration(seconds)):
        assert re.fullmatch(r"\d+\.\d+", said)
        assert float(said) == pytest.approx(seconds, abs=0.06 if seconds >= 0.095 else max(seconds, 1e-6))


# ------------------------------------------------------------------------------------------------ labels and boxes

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
        parent = draw_from(st.sampled_from(lanes))
        lanes.append(lane(name, *(seconds * t for t in edges), parent=parent, outcome=outcome, error=error))
    return run(*lanes, seconds=seconds, name=draw_from(names))


def overlaps(texts: Sequence[draw.Text], width: float) -> list[Any]:
    found = []
    lines: dict[int, list[draw.Text]] = {}
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


@settings(deadline=None)
@given(runs(), st.booleans())
def test_labels_stay_inside_and_apart(given: Run, has_heading: bool) -> None:
    texts = draw.texts(given, heading=given.name if has_heading else "")
    for width in WIDTHS:
        assert not overlaps(texts, width)
    baselines = sorted({text.y for text in texts})
    assert all(after - before >= 12 for before, after in itertools.pairwise(baselines))


@settings(deadline=None)
@given(runs())
def test_pictures_are_well_formed_and_all_within(given: Run) -> None:
    svg = parsed(given.svg())
    height = float(svg.get("height", ""))
    for element in svg.iter():
        for name in ("x", "x1", "x2", "width"):
            value = element.get(name, "")
            if value.endswith("%"):
                assert 0 <= float(value[:-1]) <= 100
        for name in ("y", "y1", "y2"):
            assert 0 <= float(element.get(name, 0)) <= height
    for path in svg.iter(f"{SVG}path"):
        if path.get("data-lane"):
            for start, length in re.findall(r"M([\d.]+) [\d.]+h([\d.]+)", path.get("d", "")):
                assert 0 <= float(start) <= float(start) + float(length) <= 1000.1
                assert float(length) >= 4, "else it could not be seen"
    drawn = {text.text for text in draw.texts(given)}
    assert drawn == {element.text or "" for element in svg.iter(f"{SVG}text")}, "what was measured is what is drawn"


def test_a_short_name_is_shown_in_full_on_the_narrowest_screen() -> None:
    texts = [text.text for text in draw.texts(fan(3))]
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
    assert " ".join(label for _, label in draw.ticks(seconds * draw.MARGIN)) == labels


@given(st.floats(1e-7, 1e7))
def test_there_are_always_ticks(seconds: float) -> None:
    ticks = draw.ticks(seconds)
    assert 1 <= len(ticks) <= 7
    assert ticks[0][0] == 0
    assert all(float(label.removesuffix(" s")) == pytest.approx(time) for time, label in ticks)


# ------------------------------------------------------------------------------------------------ what is drawn


def test_how_lanes_end_is_drawn_and_said() -> None:
    svg = parsed(mixed().svg(name="one"))
    ends = [use.get("href", "").removeprefix("#timeline-one-") for use in svg.iter(f"{SVG}use")]
    assert ends == ["raised", "cancelled", "unfinished"], "what just returned needs no mark"
    shapes = {path.get("id"): path.get("d") for path in svg.iter(f"{SVG}path") if path.get("id")}
    assert len(set(shapes.values())) == 3, "each has a shape of its own"
    said = {text.text for text in svg.iter(f"{SVG}text")}
    assert {"raised Connection…", "cancelled", "unfinished", "3.00 s", "1.00 s"} <= said
    titles = [title.text for title in svg.iter(f"{SVG}title")]
    assert "fail: ran 0.00 s, waited 1.00 s, raised ConnectionResetError: by peer after 1.00 s" in titles


def test_running_and_waiting_differ_by_shape() -> None:
    assert "stroke-width:10" in draw.STYLE.partition(".timeline-run){")[2].partition("}")[0]
    assert "stroke-dasharray" in draw.STYLE.partition(".timeline-wait){")[2].partition("}")[0]


def test_colours_are_the_pages() -> None:
    svg = mixed().svg()
    assert not re.search(r"#[0-9a-f]{3,6}\b(?!-)|rgb\(", re.sub(r'href="[^"]*"', "", svg))
    properties = re.findall(r"var\((--timeline-[\w-]+)(,?)", draw.STYLE)
    assert all(comma for _, comma in properties), "each has something to fall back on"
    assert "forced-colors" in draw.STYLE
    assert "<script" not in svg


def test_children_are_indented_under_their_parents() -> None:
    texts = {text.text: text.indent for text in draw.texts(mixed()) if text.anchor == "start"}
    assert (texts["main"], texts["fail"], texts["sibling"]) == (0, 12, 24)


def test_more_lanes_than_fit_are_grouped() -> None:
    picture, small = draw.rows(fan(100)), draw.rows(fan(23))
    assert (len(picture), len(small)) == (24, 24)
    assert picture[-1].label == "78 more lanes"
    assert picture[-1].end_label == "78 returned"
    assert sum(row.lanes for row in picture) == 101
    assert small[-1].label == "fetch_data 22"
    assert [row.label for row in draw.rows(fan(5), limit=3)] == ["main", "fetch_data 0", "4 more lanes"]


def test_a_lane_with_many_stretches_keeps_its_widest_gaps() -> None:
    starts = [n / 100 for n in [*range(40), *range(80, 90)]]
    spans = [(start, start + 0.001) for start in starts]
    found = draw.blocks(spans, 1, 4)
    assert len(found) <= 4
    gaps = [after[0] - before[1] for before, after in itertools.pairwise(found)]
    assert max(gaps) == pytest.approx(1000 * 0.41 - 1000 / 120, abs=0.1)  # each is drawn wide enough to be seen
    assert draw.blocks([(0, 1e-9), (1, 1)], 1, 10) == [(0, 1000 / 120), (1000 - 1000 / 120, 1000)]


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


# ------------------------------------------------------------------------------------------------ in a page


def test_a_figure_says_in_a_table_what_it_shows() -> None:
    tree = LexborHTMLParser(mixed().html())
    details = tree.css_first("details.timeline-table")
    assert details is not None
    assert "open" not in details.attributes
    rows = [[cell.text() for cell in row.css("th, td")] for row in details.css("tbody tr")]
    assert rows[2] == ["fail", "0.000", "0.000", "1.000", "1.000", "raised ConnectionResetError: by peer"]
    assert len(rows) == 6
    caption = details.css_first("caption")
    assert caption is not None
    assert caption.text() == draw.sentence(mixed())


def test_a_picture_has_a_name_and_a_description() -> None:
    tree = LexborHTMLParser(fan(3).html(name="gather"))
    (svg,) = [node for node in tree.css("svg") if node.attributes.get("role") == "img"]
    for attribute, text in (("aria-labelledby", "Timeline of trial"), ("aria-describedby", draw.sentence(fan(3)))):
        node = tree.css_first(f"#{svg.attributes[attribute]}")
        assert node is not None
        assert node.text() == text


def test_ids_are_unique_where_several_are_compared() -> None:
    one, other = fan(0, 6), fan(3)
    page = draw.figure([one, other], name="a") + draw.figure([one], name="b")
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    references = re.findall(r'(?:href="#|aria-\w+by=")([^"]+)"', page)
    assert set(references) <= set(ids)


def test_runs_that_are_compared_have_one_scale() -> None:
    page = draw.figure([run(*fan(0, 6).lanes, name="sequential"), run(*fan(3).lanes, name="gather")])
    assert re.findall(r'data-seconds="([^"]+)"', page) == ["6.12", "6.12"]
    tree = LexborHTMLParser(page)
    assert [node.text() for node in tree.css(".timeline-heading")] == ["sequential", "gather"]
    sentences = [node.text() for node in tree.css(".timeline-view > .timeline-sentence")]
    assert sentences == [node.text() for node in tree.css("desc")]
    thumbnail = tree.css_first(".timeline-thumbnail")
    assert thumbnail is not None
    assert fan(3).thumbnail() in page, "of the run with the most lanes"
    assert 'id="timeline-sequential-gather"' in page


def test_a_caption_makes_it_a_figure() -> None:
    page = fan(1).html(caption="One & all")
    assert page.startswith('<figure class="timeline"')
    assert "<figcaption>One &amp; all</figcaption>" in page


@given(names, names)
@settings(deadline=None)
def test_names_cannot_break_out(name: str, printed: str) -> None:
    main = lane("main", 0, 0, 1, kind="main")
    task = lane(name, 0, 0, 1, parent=main, outcome="raised", error=f"{name}: {name}")
    given = Run(name, (main, task), [Line(0.5, task, printed)], 1)
    page = given.html(caption=name)
    page.encode()
    tree = LexborHTMLParser(page)
    assert len(tree.css("script")) == 1
    assert not tree.css("script:not([type='application/json'])")
    parsed(given.svg())
    (data,) = tree.css("script")
    assert json.loads(data.text())[0]["lines"] == [[0.5, 1, printed]]


def test_the_data_for_a_replay() -> None:
    trial = mixed()
    trial.lines = [Line(0.5, trial.lanes[0], "one\n"), Line(1.0, None, "two\n"), Line(2.0, trial.lanes[5], "three\n")]
    (data,) = json.loads(LexborHTMLParser(trial.html(limit=4)).css("script.timeline-data")[0].text())
    assert data["seconds"] == 3
    assert data["lanes"][0] == ["main", 0, 3, "returned"]
    assert data["lines"] == [[0.5, 0, "one\n"], [1, None, "two\n"], [2, 3, "three\n"]], (
        "the last row is that of the rest"
    )


# ------------------------------------------------------------------------------------------------ other forms


def test_text() -> None:
    assert mixed().text(72).splitlines() == [
        "main                     ████───████──────────█ 3.00 s",
        "  a task with a name th… ───█──────────█        2.00 s",
        "  fail                   ───█───×               raised ConnectionResetE…",
        "    sibling                 █───┃               cancelled",
        "  crunch (thread)               ████████        1.00 s",
        "  late                                 ████───> unfinished",
        "                         0 s    1 s    2 s  3 s",
        draw.sentence(mixed()),
    ]


@settings(deadline=None)
@given(runs(), st.integers(40, 200))
def test_text_keeps_to_its_width(given: Run, width: int) -> None:
    *lines, sentence = given.text(width).splitlines()
    assert all(draw.cells(line) <= width for line in lines)
    assert sentence == draw.sentence(given)
    assert len(lines) == len(draw.rows(given)) + 1


def test_a_thumbnail_scales_and_is_silent() -> None:
    svg = parsed(fan(20).thumbnail())
    assert svg.get("viewBox") == "0 0 160 90"
    assert svg.get("aria-hidden") == "true"
    assert not list(svg.iter(f"{SVG}text"))
    assert not math.isnan(float(svg[0].get("stroke-width", "nan")))
