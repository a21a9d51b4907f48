"""Renders with smalldocs only those pages whose Markdown, options or links are not as they were in the last build.

What the rendering of a page depends on is in its key, but for where its links lead, which the other pages decide: so
each link is followed again, and a kept page holds only if all lead where they did.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import PurePath, PurePosixPath
from typing import Any, TypedDict

from smalldocs.config import BuildError, Project
from smalldocs.site import Page, Site

from awaited.memory.keeper import Keeper, digest

NOT_KEPT = ("link", "symbols", "meta", "footnotes")
"""What rendering a page is told by the site, or finds for itself alone."""


class Rendered(TypedDict):
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
    """A site of smalldocs that takes from a keeper what it need not render."""

    def __init__(self, project: Project, keeper: Keeper, pages: Iterable[PurePath]) -> None:
        """``pages`` are the sources to make pages of: smalldocs reads ``render`` in another way than Quarto."""
        super().__init__(project, quiet=True)
        self._keeper, self._chosen = keeper, {page.as_posix() for page in pages}
        self._rendered: dict[PurePosixPath, Rendered] = {}
        self._followed: list[list[str]] | None = None

    def discover(self) -> list[PurePosixPath]:
        """The sources of the pages."""
        self.project.project.pop("render", None)
        return [source for source in super().discover() if source.as_posix() in self._chosen]

    def theme_file(self, name: str, mode: str) -> Any:
        """The stylesheet of a theme; that of the default one in the place of one that there is not."""
        try:
            return super().theme_file(name, mode)
        except BuildError:
            self.warn(f"theme {name}: there is no such theme without Quarto; the default one stands for it")
            return super().theme_file("default", mode)

    def resolve(self, href: str, page: Page | None, record: bool = True) -> str:
        """Where a link leads; the engine doubles the slash of a picture that a header names from the top."""
        href = href[1:] if href.startswith("//") and (self.root / href.lstrip("/")).is_file() else href
        return self._noted("resolve", href, super().resolve(href, page, record))

    def llms_link(self, href: str, page: Page) -> str:
        """Where a link leads from a page's copy."""
        return self._noted("llms_link", href, super().llms_link(href, page))

    def render_page(self, page: Page) -> None:
        """Gives a page its HTML."""
        key = self._key(page)
        rendered: Rendered | None = self._keeper.get(key)
        if rendered and all(getattr(self, how)(href, page) == target for how, href, target in rendered["links"]):
            page.html, page.env = rendered["html"], {**rendered["found"], **self._told(page)}
            for warning in rendered["warnings"]:
                self.warn(warning)
        else:
            rendered = self._render(page)
        if rendered:
            self._rendered[page.src] = rendered
            self._keeper.put(key, rendered)

    def _render(self, page: Page) -> Rendered | None:
        """Renders a page; None where the result cannot be kept as it is."""
        warned = len(self.warnings)
        with self._following() as links:
            super().render_page(page)
        found = {name: value for name, value in page.env.items() if name not in NOT_KEPT and name[0] != "_"}
        if not _is_json(found):
            return None
        return Rendered(html=page.html, found=found, copy=None, links=links, warnings=self.warnings[warned:])

    def llms_copy(self, page: Page) -> tuple[str, dict[str, bytes]]:
        """A page as Markdown, and the pictures beside it."""
        rendered = self._rendered.get(page.src)
        if rendered and rendered["copy"] is not None:
            return rendered["copy"], {}
        with self._following() as links:
            text, pictures = super().llms_copy(page)
        if rendered and not pictures:
            self._keeper.put(self._key(page), {**rendered, "copy": text, "links": rendered["links"] + links})
        return text, pictures

    @contextmanager
    def _following(self) -> Iterator[list[list[str]]]:
        """The links that are followed meanwhile."""
        links: list[list[str]] = []
        self._followed = links
        try:
            yield links
        finally:
            self._followed = None

    def _noted(self, how: str, href: str, target: str) -> str:
        if self._followed is not None:
            self._followed.append([how, href, target])
        return target

    def _told(self, page: Page) -> dict[str, Any]:
        return {"link": lambda href, _: self.resolve(href, page), "symbols": self.symbols, "meta": page.meta}

    def _key(self, page: Page) -> str:
        return digest(page.src, page.body, page.front, page.meta, self.symbols, os.environ.get("QUARTO_PROFILE"))


def _is_json(value: object) -> bool:
    try:
        return bool(json.loads(json.dumps(value)) == value)
    except (TypeError, ValueError):
        return False
