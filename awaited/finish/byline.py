"""Who wrote an article, when it appeared and was last changed, and under which licences it may be used."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import date
from typing import Any

from awaited.finish import dates
from awaited.finish.articles import published
from awaited.finish.markup import Page, append, remove
from awaited.read.articles import Article
from awaited.read.metadata import as_list

KNOWN = ("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "GPL-3.0-or-later", "ISC", "MIT", "MPL-2.0")
"""Licences that are named as SPDX names them."""
CREATIVE_COMMONS = {"by", "by-sa", "by-nd", "by-nc", "by-nc-sa", "by-nc-nd"}


@dataclass(frozen=True)
class Licence:
    """Under which terms something may be used."""

    name: str
    url: str | None


def authors(article: Article) -> list[str]:
    """The names of those who wrote an article."""
    return list(filter(None, map(_name, as_list(article.metadata.get("author") or []))))


def _name(author: Any) -> str:
    name = author.get("name") if isinstance(author, dict) else author
    if isinstance(name, dict):
        name = name.get("literal") or " ".join(str(name[part]) for part in ("given", "family") if name.get(part))
    return str(name or "")


def licences(article: Article) -> tuple[Licence | None, Licence | None]:
    """The licences of an article's text (``license``, as Quarto has it) and of its code (``code-license``)."""
    text, code = (_licence(article.metadata.get(name)) for name in ("license", "code-license"))
    return text, code


def _licence(value: Any) -> Licence | None:
    if isinstance(value, dict):
        name = value.get("text") or value.get("url")
        return Licence(str(name), str(value["url"]) if value.get("url") else None) if name else None
    name = str(as_list(value)[0] or "") if value else ""
    kind = name.lower().removeprefix("cc").strip(" -").replace(" ", "-")
    if name in KNOWN:
        return Licence(name, f"https://spdx.org/licenses/{name}.html")
    if name.lower().startswith("cc") and kind in CREATIVE_COMMONS:
        return Licence(f"CC {kind.upper()} 4.0", f"https://creativecommons.org/licenses/{kind}/4.0/")
    return Licence(name, name if name.startswith("https://") else None) if name else None


def write_byline(page: Page, article: Article | None, changed: date | None) -> None:
    """Says at the head of an article who wrote it, and when; on other pages only the form of days is changed."""
    header = page.tree.css_first("#title-block-header")
    when = published(article) if article else None
    if header is None or article is None or when is None:
        for day in page.tree.css("#title-block-header *:is(.date, .date-modified)"):
            if found := dates.from_engine(day.text()):
                day.inner_html = dates.marked_up(found)
        return
    remove(header.css(".quarto-title-meta, .quarto-title-meta-author"))
    names = ", ".join(map(html.escape, authors(article)))
    facts = [f"By {names}"] if names else []
    facts += [f"Published {dates.marked_up(when)}"]
    facts += [f"Changed {dates.marked_up(changed)}"] if changed else []
    append(header, f'<p class="byline">{"".join(f"<span>{fact}</span> " for fact in facts)}</p>')


def write_foot(page: Page, article: Article | None, source: str) -> None:
    """Says at the end of an article under which licences it may be used; ``source`` are the ways to its source."""
    remove(page.tree.css("#quarto-reuse"))
    remove(box for box in page.tree.css("#quarto-appendix") if box.css_first("section") is None)
    if article is None or published(article) is None:
        return
    text, code = licences(article)
    said = [("Text and code", text)] if text == code else [("Text", text), ("Code", code)]
    parts = [f"<span>{what}: {_link(licence)}</span>" for what, licence in said if licence]
    parts += [f"<span>{source}</span>"] if source else []
    if parts:
        append(page.tree.css_first("main"), f'<footer class="article-foot">{" ".join(parts)}</footer>')


def _link(licence: Licence) -> str:
    name = html.escape(licence.name)
    return f'<a rel="license" href="{html.escape(licence.url)}">{name}</a>' if licence.url else name
