"""A person can read what is proven, and each claim on a page leads to what it rests on."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path, PurePosixPath

import pytest
from selectolax.lexbor import LexborHTMLParser
from trial_site import Trial

from awaited.finish.frame import Frame
from awaited.finish.markup import read, text_of
from awaited.finish.proof_page import proof_page
from awaited.prove.compare import TOLERANCE
from awaited.prove.proofs import Proof

HELD = f"aiohttp {version('aiohttp')}"


def page(trial: Trial) -> LexborHTMLParser:
    return read(trial.site / "proofs.html")


def row(tree: LexborHTMLParser, name: str) -> list[str]:
    """The cells of a script's row."""
    found = tree.css_first(f"tbody#{name} > tr")
    assert found is not None
    return [text_of(cell) for cell in found.css("th, td")]


def test_it_says_how_with_what_and_when(trial: Trial) -> None:
    tree = page(trial)
    text = text_of(tree.css_first("main"))
    seconds, part = TOLERANCE
    assert f"off by {seconds:g} s, or by {part:.0%} of the longer one" in text
    assert "On Linux. The last run began on 3 February 2026, 04:05 UTC." in text
    rows = [[text_of(cell) for cell in line.css("th, td")] for line in tree.css("#pythons tbody tr")]
    assert rows == [
        ["3.11.7", HELD, "2 of 4"],
        ["3.13.1", HELD, "3 of 4"],
        ["3.14.2", HELD, "4 of 4"],
        ["3.15.0", "not used: no venv <here>"],
    ]


def test_each_script_has_a_row_with_the_seconds_of_each_run(trial: Trial) -> None:
    tree = page(trial)
    assert [text_of(head) for head in tree.css("#one thead th")] == ["Script", "3.11", "3.13", "3.14"]
    assert row(tree, "one-hello") == ["hello.py", "0.50", "1.50", "2.50"]
    assert row(tree, "one-newest") == ["newest.py", "\N{EN DASH}", "\N{EN DASH}", "2.50"]
    assert row(tree, "one-changed") == ["changed.py", "other", "1.50", "2.50"]
    assert "They ran on 3 February 2026." in text_of(tree.css_first("#one caption"))


def test_what_varies_differs_or_could_not_run_is_said(trial: Trial) -> None:
    notes = {body.id: [text_of(note) for note in body.css(".note")] for body in page(trial).css("#one tbody")}
    assert notes == {
        "one-hello": [],
        "one-sum_up": ["May differ: 0x[0-9a-f]+, <b>."],
        "one-newest": ["Not run on Python 3.11 and 3.13: needs Python >=3.14."],
        "one-changed": ["On Python 3.11 it prints something else:text <of> 3.11"],
    }


def test_every_claim_leads_there_and_only_that_page_leads_to_the_json(trial: Trial) -> None:
    anchors = {node.attributes["id"] for node in page(trial).css("[id]")}
    for file in trial.site.rglob("*.html"):
        links = [link.attributes["href"] or "" for link in read(file).css("main a[href]")]
        found = [link.partition("#") for link in links if "proofs.html" in link]
        assert all(not fragment or fragment in anchors for _, _, fragment in found)
        assert any("proofs.json" in link for link in links) is (file.name == "proofs.html")
    for name in ("posts/one/index.html", "examples.html", "about.html"):
        assert "proofs.html" in (trial.site / name).read_text(encoding="utf-8")
    assert len(json.loads((trial.site / "proofs.json").read_text(encoding="utf-8"))["scripts"]) == 4


def test_the_feet_of_snippets_say_where_they_are_proven(trial: Trial) -> None:
    feet = read(trial.site / "posts/one/index.html").css(".cell-script")
    assert [text_of(foot) for foot in feet][:2] == [
        "hello.py Python 3.11 and 3.13 \N{EN DASH} 3.14 #",
        "sum_up.py Python 3.11 and 3.13 \N{EN DASH} 3.14 #",
    ]
    (proven,) = feet[0].css(".proven")
    assert proven.attributes["href"] == "../../proofs.html#one-hello"


def test_without_a_proof_nothing_is_claimed(unproven: Trial) -> None:
    for file in unproven.site.rglob("*.html"):
        tree = read(file)
        assert tree.css_first(".proven") is None
        assert file.name == "proofs.html" or "proven" not in text_of(tree.body).lower()
    assert "claims no proof" in text_of(page(unproven).body)
    assert page(unproven).css_first("table") is None
    assert not (unproven.site / "proofs.json").exists()


def test_an_article_that_nothing_could_be_compared_with_says_why(trial: Trial) -> None:
    proofs = replace(trial.proofs, of={}, unproven={Path("posts/one/index.qmd"): "Quarto froze <it>"})
    other = replace(trial.scripts[0].article, path=Path("two.qmd"))
    one = replace(trial.scripts[0], path=Path("examples/two/other.py"), article=other)
    proofs.of[one.path] = trial.proofs.of[trial.scripts[0].path]
    frame = Frame(trial.project, {PurePosixPath("index.html"): "<title>x</title><main></main>"}, None)
    tree = LexborHTMLParser(proof_page(frame, [*trial.scripts, one], proofs, "proofs.json", trial.project.settings))
    assert text_of(tree.css_first("section#one")) == "One & OnlyNothing is proven: Quarto froze <it>."
    assert row(tree, "two-other")[1:] == ["0.50", "1.50", "2.50"]


@pytest.mark.parametrize("name", ["proofs.html", "examples/one/hello.html"])
def test_the_pages_stand_in_the_sites_own_frame(trial: Trial, name: str) -> None:
    tree = read(trial.site / name)
    assert len(tree.css("h1")) == len(tree.css("main")) == len(tree.css("title")) == 1
    assert (tree.css_first("title").text() or "").endswith(" \N{EN DASH} Trial & Error")
    assert tree.css_first("#TOC, .quarto-listing, .toc-actions") is None
    (active,) = tree.css(".nav-link.active")
    assert (active.text().strip(), active.attributes["aria-current"]) == ("Examples", "true")
    (canonical,) = tree.css('link[rel="canonical"]')
    assert canonical.attributes["href"] == f"https://example.org/blog/{name}"
    assert len(tree.css('meta[name="description"]')) == len(tree.css('meta[property="og:title"]')) == 1
    assert f"https://example.org/blog/{name}</loc>" in (trial.site / "sitemap.xml").read_text(encoding="utf-8")


def test_the_browser_has_a_column_of_its_own(trial: Trial) -> None:
    """Beside the versions; where a script is not proven there, it says why."""
    first, second, *_ = trial.scripts
    in_browser = {
        first.path: Proof("3.14.2", "same", 0.25, "2026-02-03T04:05:06+00:00"),
        second.path: Proof("3.14.2", "left out", text="It needs <a thread>."),
    }
    frame = Frame(trial.project, {PurePosixPath("index.html"): "<title>x</title><main></main>"}, None)
    proofs = replace(trial.proofs, in_browser=in_browser)
    tree = LexborHTMLParser(proof_page(frame, trial.scripts, proofs, "proofs.json", trial.project.settings))
    assert "The last of these Pythons is the one that runs in your browser" in text_of(tree.css_first("#rule"))
    assert ["3.14.2, in the browser", "none", "1 of 4"] in [
        [text_of(cell) for cell in line.css("th, td")] for line in tree.css("#pythons tbody tr")
    ]
    assert [text_of(head) for head in tree.css("#one thead th")][-1] == "browser"
    assert row(tree, "one-hello")[-1] == "0.25"
    assert row(tree, "one-sum_up")[-1] == "\N{EN DASH}"
    assert "Not proven in the browser: It needs <a thread>." in text_of(tree.css_first("#one-sum_up"))
