"""The ways from article to article: the list with a card for each, and the links at an article's end."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from urllib.parse import urljoin

from awaited.finish import dates
from awaited.finish.articles import published, reading_minutes
from awaited.finish.drawings import liveliness
from awaited.finish.markup import Node, Page, Tree, append, remove, set_classes
from awaited.finish.path import Place
from awaited.read.articles import Article

WAYS = {"prev": "previous", "next": "next"}
"""The relations of HTML, and their names for a reader."""

ENOUGH = 6
"""How many articles it takes until there is something to sort and to filter; a category shows these controls, too."""


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
        cards: list[tuple[float, str]] = []
        for post in listing.css(".quarto-post"):
            link = post.css_first("a[href]")
            target = urljoin(f"/{page.address}", link.attributes["href"] or "") if link is not None else ""
            address = target.removeprefix("/").removesuffix("index.html")
            article = articles.get(address)
            picture = pictures.get(address, "")
            place = path.get(address)
            card = _card(article, page.up + address, picture, place) if article else post.html or ""
            cards.append((place.number if place else math.inf, card))
        categories = page.tree.css_first(".categories")
        filters = categories.html or "" if categories is not None else ""
        remove(page.tree.css("#quarto-margin-sidebar:has(.categories)"))
        by_path = '<option value="order:asc">the path</option>' if path else ""
        in_order = "".join(card for _, card in sorted(cards, key=lambda entry: entry[0]))
        listing.inner_html = (
            f'<div class="listing-tools"{" hidden" * (len(cards) < ENOUGH)}>{filters}'
            '<label>Sort by <select class="listing-sort">'
            f"{by_path}"
            '<option value="date:desc">newest</option><option value="date:asc">oldest</option>'
            '<option value="title:asc">title</option></select></label>'
            '<label>Filter <input type="search" class="listing-filter" autocomplete="off"></label></div>'
            f'<div class="list">{in_order}</div><p class="listing-status" role="status"></p>'
        )


def _card(article: Article, target: str, picture: str, place: Place | None) -> str:
    when = published(article)
    names = article.categories
    count = sum(cell.is_visible and cell.is_evaluated for cell in article.cells)
    tags = "".join(f'<li><a href="#category={html.escape(name)}">{html.escape(name)}</a></li>' for name in names)
    order = f'data-order="{place.number:04}" ' if place else ""
    facts = [f"Part {place.number} of {place.count}"] if place else []
    facts += [dates.marked_up(when)] if when else []
    facts += [f"{reading_minutes(article)} min"] + ([f"{count} snippet{'s' * (count != 1)}"] if count else [])
    categories = html.escape(json.dumps(names))
    return (
        f'<article class="post-card" {order}data-date="{when or ""}" data-categories="{categories}">'
        f'<h2 class="listing-title"><a href="{html.escape(target)}">{html.escape(article.title)}</a></h2>'
        f'<p class="listing-description">{html.escape(str(article.metadata.get("description") or ""))}</p>'
        f'<p class="listing-facts">{" · ".join(facts)}</p>'
        f'<ul class="listing-categories" aria-label="Categories">{tags}</ul>{picture}</article>'
    )


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
