"""Checks that every link of the site leads somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from literate.cells import LiterateError
from literate.finish.markup import Page, links
from literate.project import Project

ELSEWHERE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")
"""An address outside the site, or no address at all (``mailto:``)."""


def check_links(project: Project, site: Path, pages: Iterable[Page]) -> None:
    """Raises LiterateError for the first link of a page that leads to no file, or no anchor, of the site."""
    anchors: dict[PurePosixPath, set[str | None]] = {}
    targets: dict[PurePosixPath, list[str]] = {}
    for page in pages:  # of which only this is kept: a parsed page takes much memory
        anchors[page.path] = {node.attributes.get("id") for node in page.tree.css("[id]")}
        targets[page.path] = [target for _, _, target in links(page.tree) if target and not ELSEWHERE.match(target)]
    base = urlsplit(project.url or "").path.rstrip("/") + "/"
    for path, its_own in targets.items():
        for target in its_own:
            if problem := _problem(target, path, site, anchors, base):
                raise LiterateError(f"the link '{target}' {problem}", *_source(project, path, target))


def _problem(
    target: str, page: PurePosixPath, site: Path, anchors: dict[PurePosixPath, set[str | None]], base: str
) -> str:
    parts = urlsplit(urljoin(base + page.as_posix(), target))
    path = PurePosixPath(unquote(parts.path).removeprefix(base))
    if (site / path).is_dir():
        path /= "index.html"
    if not (site / path).is_file():
        return "leads to no file of the site; correct it"
    fragment = unquote(parts.fragment)
    if fragment and "=" not in fragment and path in anchors and fragment not in anchors[path]:
        return f"names no heading or snippet of {path}; correct it"
    return ""


def _source(project: Project, page: PurePosixPath, target: str) -> tuple[str, int | None]:
    """The source of a page, and the line in it where a link is most likely written."""
    source = page.with_suffix(".qmd")
    file = project.root / source
    if not file.is_file():
        return str(page), None
    path, hash_mark, fragment = unquote(target).partition("#")
    from_top = path.lstrip("./")
    lines = file.read_text(encoding="utf-8").split("\n")
    for wanted in (target, hash_mark + fragment, from_top, from_top.rpartition(".")[0]):  # the source may say /x.qmd
        line = next((number for number, line in enumerate(lines, 1) if wanted and wanted in line), None)
        if line:
            return str(source), line
    return str(source), None
