"""Checks that every link of the site leads somewhere."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from awaited.finish.completed import Completed
from awaited.finish.styles import NAMED_LATER
from awaited.read.errors import AwaitedError
from awaited.read.project import Project

ELSEWHERE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")
"""An address outside the site, or no address at all (``mailto:``)."""


def check_links(project: Project, site: Path, pages: Sequence[Completed]) -> None:
    """Raises AwaitedError for the first link of a page that leads to no file, or no anchor, of the site."""
    anchors = {page.path: set(page.anchors) for page in pages}
    base = urlsplit(project.url or "").path.rstrip("/") + "/"
    find = functools.cache(lambda path: _find(site, path))
    for page in pages:
        for target in page.links:
            if ELSEWHERE.match(target) or NAMED_LATER in target:
                continue
            parts = urlsplit(urljoin(base + page.path, target))
            file, fragment = find(unquote(parts.path).removeprefix(base)), unquote(parts.fragment)
            if file is None:
                problem = "leads to no file of the site; correct it"
            elif fragment and "=" not in fragment and fragment not in anchors.get(file, {fragment}):
                problem = f"names no heading or snippet of {file}; correct it"
            else:
                continue
            raise AwaitedError(f"the link '{target}' {problem}", *_source(project, page.path, target))


def _find(site: Path, path: str) -> str | None:
    """The file that a path of the site leads to, relative to the site; None where it leads to none."""
    file = PurePosixPath(path)
    if file.is_absolute():
        return None  # beside the site, on the same server
    if (site / file).is_dir():
        file /= "index.html"
    return file.as_posix() if (site / file).is_file() else None


def _source(project: Project, page: str, target: str) -> tuple[str, int | None]:
    """The source of a page, and the line in it where a link is most likely written."""
    source = PurePosixPath(page).with_suffix(".qmd")
    file = project.root / source
    if not file.is_file():
        return page, None
    path, hash_mark, fragment = unquote(target).partition("#")
    from_top = path.lstrip("./")
    lines = file.read_text(encoding="utf-8").split("\n")
    for wanted in (target, hash_mark + fragment, from_top, from_top.rpartition(".")[0]):  # the source may say /x.qmd
        line = next((number for number, line in enumerate(lines, 1) if wanted and wanted in line), None)
        if line:
            return str(source), line
    return str(source), None
