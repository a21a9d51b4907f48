"""Publishes the former addresses of pages (``aliases:``): a page at each that sends the reader on, without a script."""

from __future__ import annotations

import html
import posixpath
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from awaited.finish.own import is_own
from awaited.memory.files import write_whole
from awaited.read.articles import Article
from awaited.read.metadata import as_list
from awaited.read.project import Project

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><meta name="robots" content="noindex">
<link rel="canonical" href="{way}"><meta http-equiv="refresh" content="0; url={way}"></head>
<body><p>This page has moved to <a href="{way}">{title}</a>.</p></body></html>
"""


def aliases(sources: Sequence[Article]) -> dict[PurePosixPath, Article]:
    """The page that each former address leads to, by the file that stands there."""
    found: dict[PurePosixPath, Article] = {}
    for source in sources:
        for alias in map(str, as_list(source.front_matter.get("aliases") or [])):
            path = posixpath.normpath(posixpath.join("/", source.path.parent.as_posix(), alias)).lstrip("/")
            file = path if path.endswith(".html") else f"{path}/index.html"
            found[PurePosixPath(file)] = source
    return found


def take_out_aliases(project: Project, site: Path, pages: Mapping[PurePosixPath, Article]) -> None:
    """Takes out the pages that Quarto has put there: they need a script."""
    for path in pages:
        if (site / path).is_file() and not is_own(project, site, path):
            (site / path).unlink()


def publish_aliases(site: Path, pages: Mapping[PurePosixPath, Article]) -> None:
    """Writes a page at each former address where there is none; a draft, which has no page, has no aliases."""
    for path, source in pages.items():
        target = PurePosixPath(source.path.with_suffix(".html").as_posix())
        if (site / target).is_file() and not (site / path).exists():
            way = html.escape(posixpath.relpath(target.as_posix(), path.parent.as_posix()))
            write_whole(site / path, PAGE.format(title=html.escape(source.title), way=way).encode())
