"""A run on the front page: lines of an article's snippet, what they printed and when, all from the article's page.

A page asks for one with a link to the snippet in a box of its own; ``lines`` says which of them are shown::

    ::: {.shown lines="5-9"}
    [Three calls that wait at the same time](/posts/async-python-basics/index.qmd#gather)
    :::
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any
from urllib.parse import unquote, urljoin

from awaited.finish.markup import Node, Page, Tree, element, remove, text_of
from awaited.finish.replays import Runs
from awaited.read.errors import AwaitedError

PLACE = "div.shown"


def shows_run(text: str) -> bool:
    """Whether a page, as HTML, asks for a run."""
    return "shown" in text and Tree(text).css_first(PLACE) is not None


def show_runs(page: Page, pages: Mapping[str, tuple[str, Runs]]) -> dict[str, Any]:
    """Shows each run that a page asks for, and gives what is known of it, as ``take_runs`` does.

    ``pages`` are the finished articles as HTML, with what is known of their runs, by their addresses.

    Raises AwaitedError where the link leads to no snippet, or the lines are not in it.
    """
    known: dict[str, Any] = {}
    for place in page.tree.css(PLACE):
        link = place.css_first("a[href]")
        href = (link.attributes["href"] or "") if link is not None else ""
        address, _, label = urljoin(f"/{page.address}", href).removeprefix("/").partition("#")
        address, label = unquote(address).removesuffix("index.html"), unquote(label)
        text, runs = pages.get(address, ("", {}))
        article = Tree(text)
        cell = article.css_first(f'div.cell[id="{label}"], div.cell[id="cell-{label}"]')
        source = Path(page.path.with_suffix(".qmd"))
        if link is None or cell is None:
            raise AwaitedError("a box '.shown' needs a link to a snippet of an article", source)
        lines = place.attributes.get("lines") or place.attributes.get("data-lines") or ""
        code = _lines(cell.css_first("code"), lines, source)
        title, timeline = article.css_first("h1"), _timeline(article, label)
        if timeline is not None and (name := timeline.id or "") in runs:
            known[name] = runs[name]
        place.replace_with(
            element(
                f'<div class="shown" role="group" aria-label="{html.escape(text_of(link))}">'
                f'<div class="cell" id="{html.escape(cell.id or label)}"><div class="sourceCode">'
                f'<pre class="sourceCode" translate="no"><code class="sourceCode">{code}</code></pre></div>'
                f"{_printed(cell)}</div>"
                f'<div class="shown-timeline">{(timeline.html if timeline is not None else "") or ""}</div>'
                f"{_whence(href, text_of(link), text_of(title) if title is not None else address)}</div>"
            )
        )
    return known


def _printed(cell: Node) -> str:
    return "".join(
        '<div class="cell-output cell-output-stdout">'
        f'<pre translate="no"><code>{html.escape(output.text().rstrip())}</code></pre></div>'
        for output in cell.css(".cell-output-stdout pre")
    )


def _whence(href: str, name: str, title: str) -> str:
    snippet, page = html.escape(href), html.escape(href.partition("#")[0])
    return (
        f'<p class="shown-from"><a href="{snippet}">{html.escape(name)}</a>, from '
        f'<a href="{page}">{html.escape(title)}</a>. It ran when this site was built, and what it printed and when '
        "is from that run.</p>"
    )


def _lines(code: Node | None, lines: str, source: Path) -> str:
    """Some lines of highlighted code, moved to the left; all of them for no ``lines``."""
    text = re.sub(r' (?:id|href|aria-hidden|tabindex)="[^"]*"', "", (code.inner_html if code is not None else "") or "")
    every = text.rstrip("\n").split("\n")
    first, _, last = lines.partition("-")
    try:
        start, end = int(first or 1), int(last or first or len(every))
    except ValueError:
        start, end = 0, 0
    if not 1 <= start <= end <= len(every):
        raise AwaitedError(f"the snippet has lines 1 to {len(every)}, not '{lines}'; correct lines=", source)
    chosen = every[start - 1 : end]
    bare = [re.sub("<[^>]*>", "", line) for line in chosen]
    indent = len(bare[0]) - len(dedent("\n".join(bare)).split("\n")[0])
    return "\n".join(re.sub(rf"^((?:<[^>]*>)*) {{{indent}}}", r"\1", line) for line in chosen)


def _timeline(article: Tree, label: str) -> Node | None:
    """The smallest of an article's figures that draw a run, with what it is compared to; None where there is none."""
    found = []
    for timeline in article.css(".timeline"):
        titles = [text_of(title) for title in timeline.css(".timeline-view svg > title")]
        if f"Timeline of {label}" in titles:
            found.append((len(titles), timeline))
    if not found:
        return None
    drawn = element(min(found, key=lambda entry: entry[0])[1].html or "")
    remove(drawn.css(".timeline-table"))  # the article has it
    return drawn
