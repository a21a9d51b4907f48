"""Gives pages that no source stands for the frame that the engine has put around the project's own."""

from __future__ import annotations

import html
import posixpath
from collections.abc import Mapping
from pathlib import PurePosixPath

from awaited.finish.listing import is_listing
from awaited.finish.markup import (
    Node,
    Tree,
    classes,
    drop_attributes,
    is_for_errors,
    links,
    remove,
    set_classes,
    way_up,
)
from awaited.read.project import Project

CONTENT = "<!-- what the page says -->"
OF_ONE_PAGE = (
    'link:is([rel="canonical"], [rel="prev"], [rel="next"], [type="text/markdown"])',
    'meta:is([property^="og:"], [property^="article:"], [name^="twitter:"], [name="author"], [name="keywords"])',
    'meta:is([name="description"], [name^="dcterms."], [name^="citation_"]), script[type="application/ld+json"], style',
    "#quarto-margin-sidebar, .page-navigation, .nav-page, #quarto-appendix, .quarto-page-breadcrumbs",
)
"""What an engine says of the page that it has made, and of no other."""


class Frame:
    """What stands around the content of the engine's pages."""

    def __init__(self, project: Project, pages: Mapping[PurePosixPath, str], section: PurePosixPath | None) -> None:
        """``pages`` are the engine's, as HTML; ``section`` is the one whose place in the navigation ours share."""
        self._name = project.title
        self._path = min(pages, key=lambda path: (is_for_errors(path), is_listing(pages[path]), len(path.parts), path))
        self._text = pages[self._path]
        self._section = section
        self._empty: dict[PurePosixPath, str] = {}
        """The frame without content, by the folder that its links hold for."""

    def around(self, path: PurePosixPath, title: str, description: str, content: str) -> str:
        """A page with this path and content, to be completed like all others."""
        if path.parent not in self._empty:
            self._empty[path.parent] = self._for(path)
        names = html.escape(f"{title} \N{EN DASH} {self._name}" if self._name else title)
        said = html.escape(description)
        head = (
            f'<title>{names}</title><meta name="description" content="{said}">'
            f'<meta property="og:title" content="{names}"><meta property="og:description" content="{said}">'
        )
        if self._name:
            head += f'<meta property="og:site_name" content="{html.escape(self._name)}">'
        return self._empty[path.parent].replace("<title></title>", head, 1).replace(CONTENT, content, 1)

    def _for(self, path: PurePosixPath) -> str:
        tree = Tree(self._text)
        remove(tree.css(", ".join(OF_ONE_PAGE)))
        for name in tree.css("title"):
            name.inner_html = ""
        for main in tree.css("main"):
            main.inner_html = CONTENT
        for offset in tree.css('meta[name$=":offset"]'):
            offset.attrs["content"] = way_up(path) or "./"
        for node, attribute, target in links(tree):
            node.attrs[attribute] = moved(target, self._path, path)
        for link in tree.css("#quarto-header .nav-link"):
            self._mark(link, path)
        return tree.html or ""

    def _mark(self, link: Node, path: PurePosixPath) -> None:
        """Marks an entry of the navigation where it leads to the page that ours belong to."""
        drop_attributes(link, "aria-current")
        names = [name for name in classes(link) if name != "active"]
        target = posixpath.normpath(posixpath.join(path.parent.as_posix(), link.attributes.get("href") or ""))
        if self._section is not None and target == self._section.as_posix():
            names.append("active")
            link.attrs["aria-current"] = "true"
        set_classes(link, names)


def moved(target: str, before: PurePosixPath, after: PurePosixPath) -> str:
    """The address of a link that a page with one path has, for a page with another."""
    file, mark, fragment = target.partition("#")
    if ":" in file or file.startswith("/") or (not file and before == after):
        return target
    name = file or before.name
    found = posixpath.relpath(posixpath.join(before.parent.as_posix(), name), after.parent.as_posix())
    return f"{found}{'/' * name.endswith('/')}{mark}{fragment}"
