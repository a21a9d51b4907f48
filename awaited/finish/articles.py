"""What pages say of articles: when they appeared, how long they take to read, in which order they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from awaited.finish.markup import address_of
from awaited.read.articles import Article
from awaited.tangle.scripts import Script

WORDS_PER_MINUTE = 200


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


def by_date(articles: Mapping[str, Article]) -> list[str]:
    """The addresses of the articles that have a date, the oldest first."""
    dated = sorted((when, address) for address, article in articles.items() if (when := published(article)))
    return [address for _, address in dated]


def by_page(scripts: Iterable[Script]) -> dict[Path, list[Script]]:
    """Scripts under the pages that they come from, in their order."""
    found: dict[Path, list[Script]] = {}
    for script in scripts:
        found.setdefault(script.article.path, []).append(script)
    return found
