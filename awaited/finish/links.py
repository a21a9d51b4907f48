"""Sees to it that every link of the site leads somewhere, and tells of those that do not."""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from awaited.finish.completed import Completed
from awaited.finish.styles import FILES
from awaited.memory.files import is_file
from awaited.read.articles import Article
from awaited.read.errors import AwaitedError
from awaited.read.metadata import as_list
from awaited.read.project import Project

ELSEWHERE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")
"""An address outside the site, or no address at all (``mailto:``)."""
SOURCES = (".qmd", ".md", ".ipynb", ".rmd")
"""How files end whose pages are published, not they themselves."""


def publish_named(project: Project, site: Path, pages: Sequence[Completed]) -> None:
    """Copies the project's files that pages name and the engine has not copied, such as those in raw HTML."""
    for _, path, _ in _inside(project, pages):
        file = PurePosixPath(path)
        if file.is_absolute() or file.suffix.lower() in SOURCES or any(part[:1] in "._" for part in file.parts):
            continue
        theirs, published = project.root / file, site / file
        if is_file(theirs) and not published.exists() and theirs.resolve().is_relative_to(project.root):
            published.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(theirs, published)


def dead_links(
    project: Project, site: Path, pages: Sequence[Completed], sources: Mapping[str, Article]
) -> list[AwaitedError]:
    """What is wrong with each link that leads to no file, or no anchor, of the site; ``sources`` by their addresses."""
    anchors = {page.path: set(page.anchors) for page in pages}
    drafts = {
        article.path.with_suffix(".html").as_posix() for article in sources.values() if _is_draft(project, article)
    }
    find = functools.cache(lambda path: _find(site, path))
    found: dict[str, AwaitedError] = {}
    for page, path, target in _inside(project, pages):
        file, fragment = find(path), unquote(urlsplit(target).fragment)
        if file is None and path in drafts:
            problem = "leads to a draft, which is not published; publish it, or take the link out"
        elif file is None:
            problem = "leads to no file of the site; correct it"
        elif fragment and "=" not in fragment and fragment not in anchors.get(file, {fragment}):
            problem = f"names no heading or snippet of {file}; correct it"
        else:
            continue
        where, line = _source(project, page.path, path, target)
        shown = path if where == project.config_file else target  # from there it stands on each page
        error = AwaitedError(f"the link '{shown}' {problem}", where, line)
        found.setdefault(str(error), error)
    return list(found.values())


def _inside(project: Project, pages: Sequence[Completed]) -> Iterator[tuple[Completed, str, str]]:
    """Each link of a page that stays in the site: the page, the path that it leads to, the address as it stands."""
    base = urlsplit(project.url or "").path.rstrip("/") + "/"
    for page in pages:
        for target in page.links:
            if not ELSEWHERE.match(target) and not target.endswith(FILES):
                yield page, unquote(urlsplit(urljoin(base + page.path, target)).path).removeprefix(base), target


def _is_draft(project: Project, article: Article) -> bool:
    website = project.config.get("website")
    named = as_list(website.get("drafts") or []) if isinstance(website, dict) else []
    return article.metadata.get("draft") is True or article.path.as_posix() in named


def _find(site: Path, path: str) -> str | None:
    """The file that a path of the site leads to, relative to the site; None where it leads to none."""
    file = PurePosixPath(path)
    if file.is_absolute():
        return None  # beside the site, on the same server
    if is_file(site / file / "index.html"):
        file /= "index.html"
    return file.as_posix() if is_file(site / file) else None


def _source(project: Project, page: str, leads_to: str, target: str) -> tuple[str, int | None]:
    """The source of a page, and the line in it where a link is most likely written; or that of the configuration."""
    sources = (PurePosixPath(page).with_suffix(suffix) for suffix in SOURCES)
    source = str(next((name for name in sources if (project.root / name).is_file()), page))
    path, hash_mark, fragment = unquote(target).partition("#")
    from_top = path.lstrip("./")
    wanted = (target, hash_mark + fragment, from_top, from_top.rpartition(".")[0])  # the source may say /x.qmd
    if line := _line(project.root / source, map(re.escape, filter(None, wanted))):
        return source, line
    stem = re.escape(leads_to.rpartition(".")[0] or leads_to)
    if line := _line(project.root / project.config_file, [rf"(?<![\w./-])(?:\./|/)?{stem}(?:\.(?:html|qmd|md)\b|$)"]):
        return project.config_file, line
    return (source if (project.root / source).is_file() else page), None


def _line(file: Path, wanted: Iterable[str]) -> int | None:
    """The first line of a file in which a pattern is found, of the first of some patterns that any line holds."""
    lines = file.read_text(encoding="utf-8", errors="replace").split("\n") if file.is_file() else []
    found = (number for pattern in wanted for number, line in enumerate(lines, 1) if re.search(pattern, line))
    return next(found, None)
