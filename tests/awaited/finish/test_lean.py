"""What a page does without: notes that engines write to themselves, and white space that is never shown."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from awaited.finish.lean import take_out_needless, without_gaps
from awaited.finish.markup import Page, Tree
from awaited.timeline import Lane, Run
from awaited.timeline.drawing.page import figure

CELL = '<div id="a" class="cell" data-broken="true" data-execution_count="3" data-varies="x" data-own="y"></div>'


def lean(main: str, *undressed: str) -> Tree:
    page = Page(PurePosixPath("a.html"), Tree(f"<main>{main}</main>"))
    take_out_needless(page, undressed)
    return page.tree


def test_a_class_goes_that_says_nothing() -> None:
    section = '<section class="level2 mine"></section>'
    assert lean(section, "level2", "level3").css_first("section").attributes["class"] == "mine"  # type: ignore[union-attr]
    assert lean(section).css_first("section").attributes["class"] == "level2 mine"  # type: ignore[union-attr]


def test_a_cell_keeps_what_is_shown_and_what_is_its_author_s() -> None:
    cell = lean(CELL).css_first("div")
    assert cell is not None
    assert set(cell.attributes) == {"id", "class", "data-broken", "data-own"}


def test_a_picture_keeps_its_name_and_its_description() -> None:
    run = Run("a", [Lane("main", "main", 0.0, ended=1.0)], seconds=1.0)
    picture = lean(figure([run])).css_first("svg.timeline-picture")
    assert picture is not None
    assert picture.attributes["role"] == "img"
    title, description = picture.css_first("title"), picture.css_first("desc")
    assert title is not None
    assert description is not None
    assert title.text() == "Timeline of a"
    assert description.text().startswith("Nothing overlapped")
    assert "id=" not in (picture.html or "")


@pytest.mark.parametrize(("link", "ids"), [("", 0), ('<a href="#cb1">above</a>', 1)])
def test_a_block_of_code_keeps_its_number_where_something_leads_to_it(link: str, ids: int) -> None:
    assert len(lean(f'<div class="sourceCode" id="cb1"></div>{link}').css("[id]")) == ids


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<p>a</p>\n\n<p>b</p>", "<p>a</p><p>b</p>"),
        ("<ul>\n<li>a</li>\n</ul>\n", "<ul><li>a</li></ul>\n"),
        ("<p><b>a</b>\n<i>b</i></p>", "<p><b>a</b>\n<i>b</i></p>"),
        ("<p>a\n<b>b</b>\nc</p>", "<p>a\n<b>b</b>\nc</p>"),
        ("<pre><code><b>a</b>\n<b>b</b>\n</code></pre>\n<p>", "<pre><code><b>a</b>\n<b>b</b>\n</code></pre><p>"),
        ("<pre><div>a</div>\n<div>b</div></pre>", "<pre><div>a</div>\n<div>b</div></pre>"),
        ("<script>'<p>\n<p>'</script>\n<p>", "<script>'<p>\n<p>'</script><p>"),
        ("<b>a</b>\n<picture>", "<b>a</b>\n<picture>"),
        ("</p>\n<b>", "</p><b>"),
        ("<nav>\n  <a>b</a>  \n  <!-- c -->\n</nav>", "<nav><a>b</a></nav>"),
        ("<a>b</a>\n<svg></svg>\n<i>c</i>", "<a>b</a>\n<svg></svg>\n<i>c</i>"),
    ],
)  # fmt: skip
def test_white_space_goes_only_where_it_is_never_shown(html: str, left: str) -> None:
    assert without_gaps(html) == left
