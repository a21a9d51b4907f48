"""Writes what an ``about:`` page shows besides its text: its picture and its links (Quarto's "About Pages")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from awaited.read.articles import Article
from awaited.read.metadata import as_list, split_front_matter


def with_about(markdown: str, page: Article) -> str:
    """A page's Markdown, with its picture before its text, and its links behind; or in the div that ``about`` names."""
    about = page.front_matter.get("about")
    if not about:
        return markdown
    settings = about if isinstance(about, dict) else {"template": about}
    lines, header = markdown.split("\n"), split_front_matter(markdown, page.path)[1]
    picture, links = "\n".join(_picture(settings, page)), "\n".join(_links(settings))
    return "\n\n".join(["\n".join(lines[:header]), picture, "\n".join(lines[header:]), links])


def _picture(settings: dict[str, Any], page: Article) -> Iterator[str]:
    image = settings.get("image") or page.front_matter.get("image")
    if image:
        alt = settings.get("image-alt") or page.front_matter.get("image-alt") or ""
        width = settings.get("image-width") or "15em"
        yield f'![]({image}){{.about-image width="{width}" fig-alt="{alt}"}}'


def _links(settings: dict[str, Any]) -> Iterator[str]:
    links = [link for link in as_list(settings.get("links") or []) if isinstance(link, dict)]
    if links:
        yield "::: {.about-links}"
        yield from (f"- [{_words(link)}]({link.get('href') or link.get('url') or '#'})" for link in links)
        yield ":::"


def _words(link: dict[str, Any]) -> str:
    words = str(link.get("text") or link.get("aria-label") or link.get("icon") or link.get("href") or "")
    return words.replace("[", "\\[").replace("]", "\\]")
