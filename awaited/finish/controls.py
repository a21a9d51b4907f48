"""Gives the pages of both engines the same controls: navigation, search, light and dark, copying, listings.

The engines come with controls and scripts of their own, which differ, weigh much, and leave out keyboards and screen
readers here and there. What stands on a page after this step is one markup, served by one script (``page.js``).
"""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote, urljoin

from awaited.finish.markup import (
    Node,
    Page,
    Tree,
    address_of,
    append,
    classes,
    drop_attributes,
    element,
    remove,
    set_classes,
    text_of,
)
from awaited.read.cells import Article

ENGINE_SCRIPTS = re.compile(
    r"(?:^|/)site_libs/(?:bootstrap|fuse|smalldocs|clipboard|quarto-(?:nav|html|search|listing))(?:/|\.)"
)
WORDS_PER_MINUTE = 200
TOOLS = """<div class="tools">
<button type="button" class="theme-toggle" aria-pressed="false"><span>Dark mode</span></button>
<div class="search" role="search">
<input type="text" inputmode="search" role="combobox" aria-label="Search this site" aria-expanded="false"
 aria-controls="search-results" aria-autocomplete="list" placeholder="Search" autocomplete="off" spellcheck="false">
<ul id="search-results" role="listbox" aria-label="Search results" hidden></ul>
</div></div>"""
WAYS = {"prev": "previous", "next": "next"}
"""The relations of HTML, and their names for a reader."""
COPY = '<button type="button" class="code-copy-button">Copy</button>'


def replace_controls(page: Page, listing: PurePosixPath | None) -> None:
    """Rewrites a page's controls; ``listing`` is the page that lists the articles, to which their categories lead."""
    _drop_engine_scripts(page)
    _navigation(page)
    _side_bars(page)
    _headings(page)
    _code(page)
    _tabs(page)
    _tables(page)
    if listing is not None:
        _link_categories(page, listing)


def _drop_engine_scripts(page: Page) -> None:
    # for any HTML that a cell displays, Quarto loads require.js and jQuery from afar, which the pages' policy forbids
    remove(page.tree.css('script:is([src^="https:"], [src^="http:"], [src^="//"])'))
    remove(s for s in page.tree.css("script[src]") if ENGINE_SCRIPTS.search(s.attributes["src"] or ""))
    remove(s for s in page.tree.css("script:not([src])") if "json" not in (s.attributes.get("type") or ""))
    remove(page.tree.css("#quarto-search-options, #quarto-search-results"))
    for node in page.tree.css("[onclick], [onchange]"):
        drop_attributes(node, "onclick", "onchange")


def _navigation(page: Page) -> None:
    tree = page.tree
    remove(tree.css("#quarto-search, .quarto-color-scheme-toggle, .quarto-navbar-tools"))
    remove(item for item in tree.css(".navbar-nav > li") if not text_of(item))
    for header in tree.css("#quarto-header"):
        set_classes(header, ["site-header"])
    for nav in tree.css("#quarto-header nav"):
        nav.attrs["aria-label"] = "Site"
        drop_attributes(nav, "data-bs-theme")
    remove(tree.css(".navbar-toggler"))  # few links: they are always in sight, and need no menu that opens
    for menu in tree.css(".navbar-collapse"):
        set_classes(menu, [name for name in classes(menu) if name != "collapse"])
    append(tree.css_first("#quarto-header .navbar-container"), TOOLS)
    body = tree.body
    if body is not None:
        set_classes(body, [name for name in classes(body) if name not in ("nav-fixed", "quarto-light", "quarto-dark")])


def _side_bars(page: Page) -> None:
    """Their titles are no headings: they come before the page's own first one."""
    for title in page.tree.css("#toc-title, .quarto-listing-category-title"):
        name = title.id or "categories-title"
        title.replace_with(element(f'<p class="side-title" id="{name}">{html.escape(text_of(title))}</p>'))
    for side in page.tree.css("#quarto-margin-sidebar:has(.quarto-listing-category)"):
        side.attrs["role"] = "complementary"
        side.attrs["aria-labelledby"] = "categories-title"
    for toc in page.tree.css("nav#TOC"):
        toc.attrs["aria-labelledby"] = "toc-title"
        heading, entries = toc.css_first("#toc-title"), toc.css_first("ul")
        if heading is not None and entries is not None:  # where there is no room beside the text it can be folded
            summary = f'<summary class="side-title" id="toc-title">{html.escape(text_of(heading))}</summary>'
            entries.replace_with(element(f"<details open>{summary}{entries.html}</details>"))
            remove([heading])
        for node in toc.css("[id^='toc-']:not(#toc-title)"):
            drop_attributes(node, "id", "data-scroll-target")
    for box in page.tree.css("div.quarto-listing-category"):
        counted = [(_category(node), text_of(node)) for node in box.css(".category")]
        buttons = "".join(
            f'<button type="button" data-category="{html.escape(name)}" aria-pressed="{str(not name).lower()}">'
            f"{html.escape(text)}</button>"
            for name, text in counted
        )
        box.replace_with(
            element(f'<div class="categories" role="group" aria-labelledby="categories-title">{buttons}</div>')
        )


def _category(node: Node) -> str:
    count = text_of(node).rpartition(" (")
    return "" if node.attributes.get("data-category") in ("", None) else count[0] or count[2]


def _headings(page: Page) -> None:
    """A link to each section at its heading."""
    for heading in page.tree.css("main .anchored[data-anchor-id]"):
        if not re.fullmatch("h[1-6]", heading.tag or "") or heading.css_first(".anchorjs-link"):
            continue
        name, target = html.escape(text_of(heading)), heading.attributes["data-anchor-id"]
        append(heading, f'<a class="anchorjs-link" href="#{target}" aria-label="Link to “{name}”">#</a>')


def _code(page: Page) -> None:
    """Code with one button that copies it; output as it is; no empty links at the start of lines."""
    remove(page.tree.css("pre.sourceCode a[aria-hidden]"))
    remove(page.tree.css(".code-copy-button"))
    for output in page.tree.css(".cell-output .code-copy-outer-scaffold"):
        code = output.css_first("pre")
        if code is not None:
            output.replace_with(element(f"<pre><code>{html.escape(code.text())}</code></pre>"))
    for scaffold in page.tree.css(".code-copy-outer-scaffold"):
        append(scaffold, COPY)
    for pre in page.tree.css("main pre"):
        pre.attrs["translate"] = "no"
    for cell in page.tree.css("div.cell[execution_count]"):
        cell.attrs["data-execution_count"] = cell.attributes["execution_count"] or ""
        drop_attributes(cell, "execution_count")
    for output in page.tree.css(".cell-output[execution_count]"):
        drop_attributes(output, "execution_count")
    for box in page.tree.css("div[alt]"):
        drop_attributes(box, "alt")  # Quarto leaves a figure's text alternative on its box, too


def _tabs(page: Page) -> None:
    """A tab leads to its panel, which bears its name: the script shows one at a time; without it, all are there."""
    for tab in page.tree.css('.panel-tabset a[role="tab"][aria-controls]'):
        name = tab.attributes["aria-controls"]
        tab.attrs["href"] = f"#{name}"
        drop_attributes(tab, "data-bs-toggle", "data-bs-target")
        for panel in page.tree.css(f'.tab-pane[id="{name}"]'):
            panel.attrs["data-title"] = text_of(tab)


def _tables(page: Page) -> None:
    """A wide table scrolls in a box of its own, which the keyboard can reach."""
    for number, table in enumerate(page.tree.css("main table"), 1):
        parent = table.parent
        if parent is not None and "table-box" in classes(parent):
            continue
        caption = table.css_first("caption")
        name = text_of(caption) if caption is not None else f"Table {number}"
        box = f'<div class="table-box" role="region" tabindex="0" aria-label="{html.escape(name)}">{table.html}</div>'
        (parent if parent is not None and "sd-table" in classes(parent) else table).replace_with(element(box))


def is_listing(text: str) -> bool:
    """Whether a page, as HTML, lists others."""
    return "quarto-listing" in text and Tree(text).css_first(".quarto-listing") is not None


def list_articles(page: Page, articles: Mapping[str, Article], pictures: Mapping[str, str]) -> None:
    """Each listed article as a card with what a reader chooses by; sorting and filtering are the script's work.

    ``articles`` are those that may be listed, by their address; ``pictures`` are their small pictures, as SVG.
    """
    for listing in page.tree.css(".quarto-listing"):
        cards = []
        for post in listing.css(".quarto-post"):
            link = post.css_first("a[href]")
            target = urljoin(f"/{page.address}", link.attributes["href"] or "") if link is not None else ""
            address = target.removeprefix("/").removesuffix("index.html")
            article = articles.get(address)
            picture = pictures.get(address, "")
            cards.append(_card(article, page.up + address, picture) if article else post.html or "")
        listing.inner_html = (
            '<div class="listing-tools"><label>Sort by <select class="listing-sort">'
            '<option value="date:desc">newest</option><option value="date:asc">oldest</option>'
            '<option value="title:asc">title</option></select></label>'
            '<label>Filter <input type="search" class="listing-filter" autocomplete="off"></label></div>'
            f'<div class="list">{"".join(cards)}</div><p class="listing-status" role="status"></p>'
        )


def _card(article: Article, target: str, picture: str) -> str:
    when = published(article)
    names = article.categories
    count = sum(cell.is_visible and cell.is_evaluated for cell in article.cells)
    tags = "".join(f'<li><a href="#category={html.escape(name)}">{html.escape(name)}</a></li>' for name in names)
    facts = [f'<time datetime="{when}">{when.day} {when:%B %Y}</time>'] if when else []
    facts += [f"{reading_minutes(article)} min"] + ([f"{count} snippet{'s' * (count != 1)}"] if count else [])
    return (
        f'<article class="post-card" data-date="{when or ""}" data-categories="{html.escape(json.dumps(names))}">'
        f'<h2 class="listing-title"><a href="{html.escape(target)}">{html.escape(article.title)}</a></h2>'
        f'<p class="listing-description">{html.escape(str(article.metadata.get("description") or ""))}</p>'
        f'<p class="listing-facts">{" · ".join(facts)}</p>'
        f'<ul class="listing-categories" aria-label="Categories">{tags}</ul>{picture}</article>'
    )


def _link_categories(page: Page, listing: PurePosixPath) -> None:
    """An article's categories lead to the articles that share them."""
    for category in page.tree.css("#title-block-header .quarto-category"):
        name = html.escape(text_of(category))
        category.inner_html = f'<a href="{page.up}{listing}#category={quote(text_of(category))}">{name}</a>'


def take_picture(page: Page) -> str:
    """The small picture of a page that has timelines, as SVG: that of the liveliest one; empty for a page without."""
    picture = ""
    for timeline in sorted(page.tree.css(".timeline"), key=_liveliness):
        drawn = timeline.css_first(".timeline-thumbnail svg")
        if drawn is not None:
            set_classes(drawn, ["listing-picture"])
            picture = drawn.html or ""
    remove(page.tree.css(".timeline-thumbnail"))
    return picture


def _liveliness(timeline: Node) -> int:
    """How many different lanes a timeline has, to a tenth of its length."""
    data = timeline.css_first(".timeline-data")
    runs = json.loads(data.text()) if data is not None else []
    return max((len({_tenths(lane, run["seconds"]) for lane in run["lanes"]}) for run in runs), default=0)


def _tenths(lane: Sequence[Any], seconds: float) -> tuple[int, int]:
    start, end = lane
    return round(10 * start / seconds), round(10 * end / seconds)


def by_date(articles: Mapping[str, Article]) -> list[str]:
    """The addresses of the articles that have a date, the oldest first."""
    dated = sorted((when, address) for address, article in articles.items() if (when := published(article)))
    return [address for _, address in dated]


def neighbours(articles: Mapping[str, Article], order: Sequence[str]) -> dict[str, list[tuple[str, str, str]]]:
    """The ways from each article to the one before and the one after it: the relation, the address, the title.

    ``order`` is that of their addresses.
    """
    found: dict[str, list[tuple[str, str, str]]] = {address: [] for address in order}
    for one, other in pairwise(order):
        found[one].append(("next", other, articles[other].title))
        found[other].append(("prev", one, articles[one].title))
    return found


def link_neighbours(page: Page, ways: Sequence[tuple[str, str, str]]) -> None:
    """At the end of an article, the ways to its neighbours."""
    links = "".join(
        f'<div class="nav-page nav-page-{WAYS[relation]}"><a href="{page.up}{address}" rel="{relation}">'
        f"<span>{WAYS[relation].capitalize()}</span> {html.escape(title)}</a></div>"
        for relation, address, title in ways
    )
    if links:
        append(page.tree.css_first("main"), f'<nav class="page-navigation" aria-label="Other articles">{links}</nav>')


def size_images(page: Page, site: Path) -> list[list[Any]]:
    """Gives each picture of the site its width and height, so that nothing moves when it arrives.

    What it gives holds for ``same_images`` as long as the pictures stay what they are.
    """
    looked_at = []
    for image in page.tree.css("img[src]:not([width]):not([height])"):
        file = site / page.path.parent / unquote(image.attributes["src"] or "")
        looked_at.append([os.path.relpath(file, site), _state(file)])
        if not file.is_file():
            continue
        from PIL import Image, UnidentifiedImageError  # for the pages that have any: it takes a while

        try:
            with Image.open(file) as picture:
                width, height = picture.size
        except UnidentifiedImageError:
            continue  # an SVG brings its own proportions along
        image.attrs["width"], image.attrs["height"] = str(width), str(height)
        image.attrs["loading"] = "lazy"
    return looked_at


def same_images(looked_at: Iterable[Sequence[Any]], site: Path) -> bool:
    """Whether pictures are as they were when ``size_images`` looked at them."""
    return all(_state(site / file) == state for file, state in looked_at)


def _state(file: Path) -> list[int]:
    """A file's length and its time; empty where there is none."""
    try:
        found = file.stat()
    except (OSError, ValueError):
        return []
    return [found.st_size, found.st_mtime_ns]


def published(article: Article) -> date | None:
    """The day an article says it was published on."""
    value = article.metadata.get("date")
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def reading_minutes(article: Article) -> int:
    """How long it takes to read an article's prose, in minutes; its code and its header do not count."""
    prose = article.with_cells({cell.number: "" for cell in article.cells})
    words = re.findall(r"[\w'\u2019-]+", re.sub(r"\]\([^)]*\)|\A---.*?\n---\n", " ", prose, flags=re.S))
    return max(1, round(len(words) / WORDS_PER_MINUTE))


def by_address(articles: Sequence[Article]) -> dict[str, Article]:
    """Articles under their pages' addresses."""
    return {address_of(article.path): article for article in articles}
