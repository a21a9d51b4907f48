"""Words say what a picture shows, and nothing that is recorded breaks out of the page."""

from __future__ import annotations

import json
import re

from hypothesis import given, settings
from selectolax.lexbor import LexborHTMLParser

from awaited.timeline import Line, Run
from awaited.timeline.drawing.page import figure
from awaited.timeline.drawing.words import sentence
from tests.awaited.timeline.drawing.samples import (
    fan,
    kept,
    lane,
    mixed,
    names,
    parsed,
    run,
)


def test_a_figure_says_in_a_table_what_it_shows() -> None:
    tree = LexborHTMLParser(mixed().html())
    details = tree.css_first("details.timeline-table")
    assert details is not None
    assert "open" not in details.attributes
    rows = [[cell.text() for cell in row.css("th, td")] for row in details.css("tbody tr")]
    raised = "raised ConnectionResetError: by peer"
    assert rows[2] == ["fail", "0.000", "0.000", "1.000", "0.000", "1.000", raised, ""]
    assert len(rows) == 6
    caption = details.css_first("caption")
    assert caption is not None
    assert caption.text() == sentence(mixed())


def test_a_picture_has_a_name_and_a_description() -> None:
    tree = LexborHTMLParser(fan(3).html(name="gather"))
    (svg,) = [node for node in tree.css("svg") if node.attributes.get("role") == "img"]
    for attribute, text in (("aria-labelledby", "Timeline of trial"), ("aria-describedby", sentence(fan(3)))):
        node = tree.css_first(f"#{svg.attributes[attribute]}")
        assert node is not None
        assert node.text() == text


def test_ids_are_unique_where_several_are_compared() -> None:
    one, other = fan(0, 6), fan(3)
    page = figure([one, other], name="a") + figure([one], name="b")
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    references = re.findall(r'(?:href="#|aria-\w+by=")([^"]+)"', page)
    assert set(references) <= set(ids)


def test_runs_that_are_compared_have_one_scale() -> None:
    page = figure([run(*fan(0, 6).lanes, name="sequential"), run(*fan(3).lanes, name="gather")])
    assert re.findall(r'data-seconds="([^"]+)"', page) == ["6.12", "6.12"]
    tree = LexborHTMLParser(page)
    assert [node.text() for node in tree.css(".timeline-heading")] == ["sequential", "gather"]
    sentences = [node.text() for node in tree.css(".timeline-view .timeline-said")]
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
    assert (data["cell"], data["seconds"]) == ("trial", 3)
    assert data["lanes"][0] == [0, 3]
    assert data["lines"] == [[0.5, 0, "one\n"], [1, None, "two\n"], [2, 3, "three\n"]], (
        "the last row is that of the rest"
    )


def test_the_waits_that_can_be_pointed_at() -> None:
    (data,) = json.loads(LexborHTMLParser(kept().html()).css("script.timeline-data")[0].text())
    assert [moment[:4] for moment in data["moments"] if moment[0] == 1] == [
        [1, 0, 1, "waited 1.00 s"],
        [1, 1, 3, "was kept waiting 2.00 s by report"],
        [1, 3, 4, "waited 1.00 s"],
    ]


def test_runs_that_are_compared_have_one_legend_and_one_axis() -> None:
    tree = LexborHTMLParser(figure([kept(), fan(3)], name="pair"))
    texts = [[text.text() for text in picture.css("text")] for picture in tree.css("svg.timeline-picture")]
    assert [said in texts[0] for said in ("runs", "waits", "ready, but kept waiting", "0 s")] == [True] * 3 + [False]
    assert [said in texts[1] for said in ("runs", "waits", "ready, but kept waiting", "0 s")] == [False] * 3 + [True]
