"""Keeps what smalldocs has made of each page's Markdown, for the builds in which that would come out the same.

A page's HTML depends on its Markdown, its options, smalldocs itself, and on where its links lead, which the other pages
decide: so each link is followed again, and the kept HTML holds only if all lead where they did.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any, TypedDict

from smalldocs.config import Project
from smalldocs.site import Page, Site

from literate.freeze import write_whole

FROM_SITE = ("link", "symbols", "meta")
"""What a page's rendering is told, and need not be kept."""


class Kept(TypedDict):
    """What a page has given."""

    html: str
    found: dict[str, Any]
    """Its headings, its text for search, and so on: smalldocs' ``env``."""
    copy: str | None
    """The page as Markdown, for language models; None where the site has no such copies."""
    links: list[list[str]]
    """Each link: which method followed it, the link as written, and as it stands on the page or in the copy."""
    warnings: list[str]


class KeepingSite(Site):  # type: ignore[misc]  # smalldocs has no types
    """A site of smalldocs that renders only those pages that are not as they were when a file was written."""

    def __init__(self, project: Project, file: Path) -> None:
        """``file`` is where rendered pages are kept; it need not be there."""
        super().__init__(project, quiet=True)
        self._file, self._version = file, version("smalldocs")
        self._before = _read(file)
        self._now: dict[str, Kept] = {}
        self._of_page: dict[PurePosixPath, Kept] = {}
        self._followed: list[list[str]] | None = None
        self._changed = False

    def keep(self) -> None:
        """Writes down what has been rendered, for the next build."""
        if self._changed or self._now.keys() != self._before.keys():
            write_whole(self._file, json.dumps(self._now, ensure_ascii=False).encode())

    def resolve(self, href: str, page: Page | None, record: bool = True) -> str:
        """Where a link leads."""
        target = str(super().resolve(href, page, record))
        if self._followed is not None:
            self._followed.append(["resolve", href, target])
        return target

    def llms_link(self, href: str, page: Page) -> str:
        """Where a link leads from a page's copy."""
        target = str(super().llms_link(href, page))
        if self._followed is not None:
            self._followed.append(["llms_link", href, target])
        return target

    def render_page(self, page: Page) -> None:
        """Gives a page its HTML."""
        key = self._key(page)
        kept = self._before.get(key)
        if kept is None or any(getattr(self, how)(href, page) != target for how, href, target in kept["links"]):
            kept = self._render(page)
        else:
            page.html, page.env = kept["html"], {**kept["found"], **self._told(page)}
            for warning in kept["warnings"]:
                self.warn(warning)
        if kept is not None:
            self._now[key] = self._of_page[page.src] = kept

    def _render(self, page: Page) -> Kept | None:
        """Renders a page; None where the result cannot be kept as it is."""
        warned = len(self.warnings)
        with self._following() as links:
            super().render_page(page)
        found = {name: value for name, value in page.env.items() if name not in FROM_SITE and name[0] != "_"}
        if not _is_json(found):
            return None
        return Kept(html=page.html, found=found, copy=None, links=links, warnings=self.warnings[warned:])

    def llms_copy(self, page: Page) -> tuple[str, dict[str, bytes]]:
        """A page as Markdown, and the pictures beside it."""
        kept = self._of_page.get(page.src)
        if kept is not None and kept["copy"] is not None:
            return kept["copy"], {}
        with self._following() as links:
            text, pictures = super().llms_copy(page)
        if kept is not None and not pictures:
            kept["copy"], self._changed = text, True
            kept["links"] += links
        return text, pictures

    @contextmanager
    def _following(self) -> Iterator[list[list[str]]]:
        """The links that are followed meanwhile."""
        links: list[list[str]] = []
        self._followed = links
        yield links
        self._followed = None

    def _told(self, page: Page) -> dict[str, Any]:
        return {"link": lambda href, _: self.resolve(href, page), "symbols": self.symbols, "meta": page.meta}

    def _key(self, page: Page) -> str:
        settings = page.front, page.meta, self.symbols, os.environ.get("QUARTO_PROFILE")
        parts = self._version, page.src, page.body, *settings
        return hashlib.sha256(repr(parts).encode(errors="surrogatepass")).hexdigest()


def _is_json(value: object) -> bool:
    try:
        return bool(json.loads(json.dumps(value)) == value)
    except (TypeError, ValueError):
        return False


def _read(file: Path) -> dict[str, Kept]:
    """The kept pages in a file; none where it is missing, or not as ``keep`` has written it."""
    try:
        pages = json.loads(file.read_bytes())
        return pages if isinstance(pages, dict) and all(map(_is_kept, pages.values())) else {}
    except (OSError, ValueError, RecursionError):
        return {}


def _is_kept(page: object) -> bool:
    match page:
        case {
            "html": str(),
            "found": dict(),
            "copy": str() | None,
            "links": list(links),
            "warnings": list(warnings),
        }:
            return all(isinstance(warning, str) for warning in warnings) and all(map(_is_link, links))
    return False


def _is_link(link: object) -> bool:
    match link:
        case ["resolve" | "llms_link", str(), str()]:
            return True
    return False
