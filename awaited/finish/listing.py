"""The ways from article to article: the list with a card for each, and the links at an article's end."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from urllib.parse import urljoin

from awaited.finish import dates
from awaited.finish.articles import published, reading_minutes
from awaited.finish.drawings import liveliness
from awaited.finish.markup import Node, Page, Tree, append, element, remove, set_classes, text_of
from awaited.finish.path import Place
from awaited.read.articles import Article

WAYS = {"prev": "previous", "next": "next"}
"""The relations of HTML, and their names for a reader."""

ENOUGH = 6
"""How many articles it takes until there is something to sort and to filter; a category shows these controls, too."""


POSTS = ".quarto-post, .g-col-1:has(.quarto-grid-item), .quarto-listing-table tbody tr"
"""The entries of a listing, whatever its type, as both engines make them."""


@dataclass(frozen=True)
class Entry:
    """One page that a listing lists."""

    post: Node
    """What the engine has made of it."""
    article: Article | None
    target: str
    """The way to it from the listing."""
    picture: str
    """Its small picture, as SVG; empty where it has none."""
    place: Place | None
    """Where it stands on the path."""
    number: int = 0
    """Its place in the listing, from 1, where that has an order of its own."""

    def says(self, field: str) -> str:
        """What the engine has written of one of its fields; empty where the listing does not show that."""
        node = self.post.css_first(f".listing-{field}")
        return text_of(node) if node is not None else ""


def is_listing(text: str) -> bool:
    """Whether a page, as HTML, lists others."""
    return "quarto-listing" in text and Tree(text).css_first(".quarto-listing") is not None


def list_articles(
    page: Page, articles: Mapping[str, Article], pictures: Mapping[str, str], path: Mapping[str, Place]
) -> None:
    """Each listed article as a card with what a reader chooses by; sorting and filtering are the script's work.

    ``articles`` are those that may be listed, by their address; ``pictures`` are their small pictures, as SVG. Those
    on the ``path`` come first, in its order.
    """
    for listing in page.tree.css(".quarto-listing"):
        entries: list[Entry] = []
        for post in listing.css(POSTS):
            link = post.css_first("a[href]")
            target = urljoin(f"/{page.address}", link.attributes["href"] or "") if link is not None else ""
            address = target.removeprefix("/").removesuffix("index.html")
            place = path.get(address)
            entries.append(Entry(post, articles.get(address), page.up + address, pictures.get(address, ""), place))
        if not entries and text_of(listing):
            continue  # made by a template of the author's
        kind, table = _kind(listing), listing.css_first("table")
        if not path and not _is_by_date(entries):
            entries = [replace(entry, number=number) for number, entry in enumerate(entries, 1)]
        entries.sort(key=lambda entry: entry.place.number if entry.place else math.inf)
        categories = page.tree.css_first(".categories")
        filters = categories.html or "" if categories is not None else ""
        remove(page.tree.css("#quarto-margin-sidebar:has(.categories)"))
        first = "the path" if path else "as listed" if any(entry.number for entry in entries) else ""
        by_order = f'<option value="order:asc">{first}</option>' if first else ""
        in_order = "".join(_row(entry) if kind == "table" else _card(entry) for entry in entries)
        if kind == "table" and table is not None:
            in_order = _table(table, in_order)
        else:
            in_order = f'<div class="list{" listing-grid" * (kind == "grid")}">{in_order}</div>'
        listing.inner_html = (
            f'<div class="listing-tools"{" hidden" * (len(entries) < ENOUGH)}>{filters}'
            '<label>Sort by <select class="listing-sort">'
            f"{by_order}"
            '<option value="date:desc">newest</option><option value="date:asc">oldest</option>'
            '<option value="title:asc">title</option></select></label>'
            '<label>Filter <input type="search" class="listing-filter" autocomplete="off"></label></div>'
            f'{in_order}<p class="listing-status" role="status"></p>'
        )


def _kind(listing: Node) -> str:
    """The type of a listing: ``default``, ``grid`` or ``table``."""
    if listing.css_first("table.quarto-listing-table") is not None:
        return "table"
    return "grid" if listing.css_first(".quarto-grid-item") is not None else "default"


def _is_by_date(entries: Sequence[Entry]) -> bool:
    """Whether entries stand with the newest first, as a listing does unless it says otherwise."""
    dates = [str((entry.article and published(entry.article)) or "") for entry in entries]
    return dates == sorted(dates, reverse=True)


def _card(entry: Entry) -> str:
    article, place = entry.article, entry.place
    if article is None:
        return entry.post.html or ""
    when = published(article)
    names = article.categories
    count = sum(cell.is_visible and cell.is_evaluated for cell in article.cells)
    tags = "".join(f'<li><a href="#category={html.escape(name)}">{html.escape(name)}</a></li>' for name in names)
    facts = [f"Part {place.number} of {place.count}"] if place else []
    facts += [html.escape(author)] if (author := entry.says("author")) else []
    facts += [dates.marked_up(when)] if when else []
    facts += [f"{reading_minutes(article)} min"] + ([f"{count} snippet{'s' * (count != 1)}"] if count else [])
    subtitle = f'<p class="listing-subtitle">{html.escape(said)}</p>' if (said := entry.says("subtitle")) else ""
    description = str(article.metadata.get("description") or entry.says("description"))
    title, picture = html.escape(article.title), entry.picture or _image(entry.post)
    return (
        f'<article class="post-card" {_data(entry)}>'
        f'<h2 class="listing-title"><a href="{html.escape(entry.target)}">{title}</a></h2>{subtitle}'
        f'<p class="listing-description">{html.escape(description)}</p>'
        f'<p class="listing-facts">{" · ".join(facts)}</p>'
        f'<ul class="listing-categories" aria-label="Categories">{tags}</ul>{picture}</article>'
    )


def _data(entry: Entry) -> str:
    """What the page's script sorts and filters by, as attributes."""
    number = entry.place.number if entry.place else entry.number
    names, when = (entry.article.categories, published(entry.article)) if entry.article else ([], None)
    order = f'data-order="{number:04}" ' if number else ""
    return f'{order}data-date="{when or ""}" data-categories="{html.escape(json.dumps(names))}"'


def _image(post: Node) -> str:
    """The picture that the engine has given an entry."""
    image = post.css_first("img[src]")
    if image is None:
        return ""
    alt = html.escape(image.attributes.get("alt") or "")
    return f'<img class="listing-image" src="{html.escape(image.attributes["src"] or "")}" alt="{alt}" loading="lazy">'


def _row(entry: Entry) -> str:
    """An entry of a table, whose cells stay as the engine has made them."""
    for categories in entry.post.css(".listing-categories"):
        names = entry.article.categories if entry.article else []
        tags = "".join(f'<a href="#category={html.escape(name)}">{html.escape(name)}</a>' for name in names)
        categories.replace_with(element(f'<span class="listing-categories">{tags}</span>'))
    return f'<tr class="listing-row" {_data(entry)}>{entry.post.inner_html}</tr>'


def _table(table: Node, rows: str) -> str:
    names = "".join(f"<th>{html.escape(text_of(cell))}</th>" for cell in table.css("thead th"))
    return f'<table class="listing-table"><thead><tr>{names}</tr></thead><tbody class="list">{rows}</tbody></table>'


def neighbours(
    articles: Mapping[str, Article], order: Sequence[str], path: Mapping[str, Place]
) -> dict[str, list[tuple[str, str, str]]]:
    """The ways from each article to the one before and the one after it: the relation, the address, the title.

    On the ``path`` they are its steps; else ``order`` is that of the articles' addresses.
    """
    found: dict[str, list[tuple[str, str, str]]] = {address: [] for address in (*order, *path)}
    for one, other in [*pairwise(path), *pairwise(address for address in order if address not in path)]:
        found[other].append(("prev", one, articles[one].title))
        if one not in path:
            found[one].append(("next", other, articles[other].title))
    for address, place in path.items():
        if place.next:
            found[address].append(("next", place.next.address, place.next.title))
    return found


def link_neighbours(page: Page, ways: Sequence[tuple[str, str, str]], place: Place | None) -> None:
    """At the end of an article, the ways to its neighbours, with what the next one on the path is about."""
    about = f"<span>{html.escape(place.next.description)}</span>" if place and place.next else ""
    links = "".join(
        f'<div class="nav-page nav-page-{WAYS[relation]}"><a href="{page.up}{address}" rel="{relation}">'
        f"<span>{WAYS[relation].capitalize()}</span> {html.escape(title)}{about * (relation == 'next')}</a></div>"
        for relation, address, title in ways
    )
    if links:
        append(page.tree.css_first("main"), f'<nav class="page-navigation" aria-label="Other articles">{links}</nav>')


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
    """That of its liveliest run."""
    data = timeline.css_first(".timeline-data")
    runs = json.loads(data.text()) if data is not None else []
    return max(map(liveliness, runs), default=0)
