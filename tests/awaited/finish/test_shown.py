"""A run on the front page: what stands there is from the article's page, and what is not there stops the build."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest

from awaited.finish.markup import Page, Tree, to_html
from awaited.finish.replays import take_runs
from awaited.finish.shown import show_runs, shows_run
from awaited.read.errors import AwaitedError
from awaited.timeline import Lane, Run
from awaited.timeline.drawing.page import figure

CODE = '<span class="kw">async</span> def main():\n    x = <span class="st">"a"</span>\n    return x\n\nmain()'
RUNS = [
    Run(name, [Lane("main", "main", 0.0, ended=seconds)], seconds=seconds) for name, seconds in (("a", 1.0), ("b", 2.0))
]
ARTICLE = (
    f'<h1>One &amp; two</h1><div class="cell" id="b"><pre><code>{CODE}</code></pre>'
    '<div class="cell-output cell-output-stdout"><pre><code>1 &lt; 2\n</code></pre></div></div>'
    f"{figure(RUNS)}"
)
PAGE = Page(PurePosixPath("posts/one/index.html"), Tree(ARTICLE))
KNOWN = take_runs(PAGE)
FINISHED = to_html(PAGE.tree)


def shown(attributes: str = "", target: str = "posts/one/index.html#b") -> tuple[Page, dict[str, Any]]:
    box = f'<main><div class="shown" {attributes}><p><a href="{target}">A run</a></p></div></main>'
    page = Page(PurePosixPath("index.html"), Tree(box))
    return page, show_runs(page, {"posts/one/": (FINISHED, KNOWN)})


def test_a_page_asks_for_a_run_with_a_box() -> None:
    assert shows_run('<div class="shown"></div>')
    assert not shows_run("<p>shown</p>")


def test_code_output_and_timeline_are_those_of_the_article() -> None:
    page, runs = shown()
    tree = page.tree
    assert tree.css_first("#b code").inner_html == CODE
    assert tree.css_first(".cell-output code").text() == "1 < 2"
    assert [title.text() for title in tree.css(".timeline-view svg > title")] == ["Timeline of a", "Timeline of b"], (
        "with what it is compared to"
    )
    assert not tree.css(".timeline-data")
    assert list(runs) == [tree.css_first(".timeline").id]
    assert [run["seconds"] for run in runs["timeline-a-b"]] == [1.0, 2.0]
    assert [link.attributes["href"] for link in tree.css(".shown-from a")] == [
        *("posts/one/index.html#b", "posts/one/index.html"),
    ]
    assert "One & two" in tree.css_first(".shown-from").text()


@pytest.mark.parametrize("name", ["lines", "data-lines"])  # as smalldocs writes an attribute, and as Quarto does
@pytest.mark.parametrize(
    ("lines", "code"), [("2-3", 'x = "a"\nreturn x'), ("3", "return x"), ("1-2", 'async def main():\n    x = "a"')]
)
def test_lines_are_chosen_and_moved_to_the_left(name: str, lines: str, code: str) -> None:
    assert shown(f'{name}="{lines}"')[0].tree.css_first("#b code").text() == code


@pytest.mark.parametrize("lines", ["0", "4-9", "3-2", "x", "1-x"])
def test_lines_that_are_not_there_are_said(lines: str) -> None:
    with pytest.raises(
        AwaitedError, match=rf"^index\.qmd: the snippet has lines 1 to 5, not '{lines}'; correct lines="
    ):
        shown(f'lines="{lines}"')


@pytest.mark.parametrize("target", ["posts/one/index.html#c", "posts/two/index.html#b", "#b", "https://example.org/#b"])
def test_a_snippet_that_is_not_there_is_said(target: str) -> None:
    with pytest.raises(AwaitedError, match=r"^index\.qmd: a box '\.shown' needs a link to a snippet of an article"):
        shown(target=target)
