"""The feed shows what the page shows: pictures, labels, callouts; and says when it changed and who wrote."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

import pytest

from awaited.finish.drawings import drawings
from awaited.finish.feed import full_text
from awaited.finish.markup import Page, Tree
from awaited.read.project import Project
from awaited.timeline import Lane, Run
from awaited.timeline.drawing.page import figure

URL = "https://trial.example"
RUNS = [Run("a b", [Lane("main", "main", 0.0, ended=1.0)], seconds=1.0)]


@pytest.fixture
def trial(make_project: Callable[..., Project], tmp_path: Path) -> Project:
    return make_project(tmp_path, {}, f"project: {{type: website}}\nwebsite: {{title: Trial, site-url: {URL}}}\n")


def page(body: str) -> Page:
    return Page(PurePosixPath("posts/one/index.html"), Tree(f"<html><body><main>{body}</main></body></html>"))


def test_a_timeline_is_a_picture_with_its_sentence(trial: Project) -> None:
    drawn = page(f"<h2>x</h2>{figure(RUNS)}")
    tree = Tree(full_text(drawn, trial, None))
    (image,) = tree.css("img")
    (file,) = drawings(drawn, [".timeline-run{stroke:red}"]).items()
    assert image.attributes["src"] == f"{URL}/{file[0]}"
    assert image.attributes["alt"] == "Timeline of a b"
    assert tree.css_first("svg, script") is None
    assert "1.0 s" in tree.body.text()  # type: ignore[union-attr]


def test_the_file_of_a_timeline_is_whole(trial: Project) -> None:
    (text,) = drawings(page(figure(RUNS)), [".timeline-run{stroke:red}"]).values()
    root = ElementTree.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.attrib["width"] == "640"
    assert ".timeline-run{stroke:red}" in text
    assert "--timeline-run:#" in text, "a picture knows no variables of the page around it"


@pytest.mark.parametrize(("name", "label"), [("stdout", "Output"), ("stderr", "Standard error"), ("error", "Error")])
def test_an_output_has_its_label_as_text(trial: Project, name: str, label: str) -> None:
    text = full_text(page(f'<div class="cell-output cell-output-{name}"><pre><code>x</code></pre></div>'), trial, None)
    assert text == f"<div><p><strong>{label}</strong></p><pre><code>x</code></pre></div>"


def test_a_callout_is_a_quotation_that_begins_with_what_it_is(trial: Project) -> None:
    callout = (
        '<div class="callout callout-warning callout-titled"><div class="callout-header">'
        '<div class="callout-title-container">Files &amp; more</div></div>'
        '<div class="callout-body"><p>Block.</p></div></div>'
    )
    text = full_text(page(callout), trial, None)
    assert text == "<blockquote><p><strong>Warning: Files &amp; more</strong></p><p>Block.</p></blockquote>"
