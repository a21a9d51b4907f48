"""Finds a Quarto project: its configuration, its pages, and the metadata that each page inherits."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awaited.read.articles import Article, decode, parse
from awaited.read.configuration import NAMES, read_configuration, read_folder
from awaited.read.errors import AwaitedError, all_of
from awaited.read.metadata import line_of
from awaited.read.settings import Settings, read_settings

EXAMPLES = Path("examples")
UNFIT = re.compile(r"[#?%\"<>\\\x00-\x1f\x7f]")
"""What a page's path must not hold: its links would lead elsewhere."""
SOURCES = (".qmd", ".ipynb", ".md")
"""What a page may be written in."""
LEFT_OUT = {"node_modules", "__pycache__", "site-packages", "venv", "env"}


@dataclass(frozen=True)
class Project:
    """A folder with a ``_quarto.yml``."""

    root: Path
    """The folder, absolute."""
    config: Mapping[str, Any]
    """What ``_quarto.yml`` says, with the profiles in force."""
    config_file: str = NAMES[0]
    """The name of that file."""

    @property
    def site(self) -> Path:
        """The folder that holds the finished site."""
        return Path(os.path.normpath(self.root / str(self._section("project").get("output-dir") or "_site")))

    @property
    def freezer(self) -> Path:
        """The folder of executed results."""
        return self.root / "_freeze"

    @property
    def scratch(self) -> Path:
        """The folder for work in progress, and for what is kept for the next build; without it, that takes longer."""
        return self.root / ".awaited"

    @property
    def title(self) -> str:
        """The name of the site; empty where it has none."""
        return str(self._section("website").get("title") or "")

    @property
    def url(self) -> str | None:
        """The address that the site is published at, without a slash at its end."""
        address = self._section("website").get("site-url")
        return str(address).rstrip("/") if address else None

    @property
    def runs_in_root(self) -> bool:
        """Whether cells run in the project's folder (``execute-dir: project``) or in their article's."""
        return self._section("project").get("execute-dir") == "project"

    @functools.cached_property
    def settings(self) -> Settings:
        """What it wants of this tool."""
        return read_settings(self.config)

    def _section(self, name: str) -> Mapping[str, Any]:
        section = self.config.get(name)
        return section if isinstance(section, dict) else {}

    def pages(self) -> list[Path]:
        """The files that make pages, relative to the root, in order; as Quarto picks them.

        Raises AwaitedError for a name that cannot stand in an address as it is.
        """
        patterns = self._section("project").get("render")
        chosen = [str(pattern) for pattern in patterns] if isinstance(patterns, list) else []
        pages = [page for page in sorted(self._walk(self.root)) if _is_chosen(page.as_posix(), chosen)]
        for page in pages:
            if found := UNFIT.search(page.as_posix()):
                raise AwaitedError(f"'{found[0]}' means something else in an address; rename this file or folder", page)
        return pages

    def _walk(self, folder: Path) -> Iterator[Path]:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith((".", "_")) or entry.name in LEFT_OUT:
                    continue
                path = Path(entry.path)
                if entry.is_dir(follow_symlinks=False):
                    if path != self.site:
                        yield from self._walk(path)
                elif path.suffix in SOURCES and path.stem.lower() != "readme" and entry.is_file():
                    yield path.relative_to(self.root)

    def articles(self) -> list[Article]:
        """The pages that have code; raises AwaitedError where some cannot be read."""
        return [page for page in self.read_pages() if page.has_code]

    def read_pages(self) -> list[Article]:
        """All pages, parsed; raises AwaitedError for all that cannot be read."""
        return all_of(self.read, self.pages())

    def read(self, page: Path) -> Article:
        """One page, parsed, with the metadata of its folders and of the project."""
        folders = [read_folder(self.root, folder) for folder in reversed(page.parents[:-1])]
        return parse(_read(self.root / page, page), page, self.config, *folders, root=self.root)


def check_folders(project: Project) -> None:
    """Raises AwaitedError where what is made would land outside the project, or in the place of something else."""
    root, site = project.root, project.site
    for folder in (site, project.freezer, project.scratch, root / EXAMPLES):
        if folder.exists() and not folder.is_dir():
            wrong = "is a file, and a folder is to be made in its place; move it away"
            raise AwaitedError(wrong, folder.relative_to(root))
        # the site and the scratch folder are replaced as a whole: what is linked inside them is not followed
        for place in _linked_folders(folder, below=folder in (project.freezer, root / EXAMPLES)):
            if not place.resolve().is_relative_to(root):
                away = f"is a link out of the project, to {place.resolve()}; nothing is written there: remove the link"
                raise AwaitedError(away, place.relative_to(root))
    if (site / ".git").exists():
        raise AwaitedError(
            "holds a git repository, and is to be replaced as a whole; move that away", site.relative_to(root)
        )
    if site.is_dir() and any(site.iterdir()) and not (site / "site_libs").is_dir():
        wrong = "is the place of the site, but holds something else; move that away, or name another 'output-dir'"
        raise AwaitedError(wrong, site.relative_to(root))


def _linked_folders(folder: Path, below: bool) -> Iterator[Path]:
    """A folder, and those below it, if they are symbolic links."""
    if folder.is_symlink():
        yield folder
    for parent, names, _ in os.walk(folder) if below else ():
        yield from (path for name in names if (path := Path(parent, name)).is_symlink())


def load(root: Path | str = ".") -> Project:
    """The project in a folder; raises AwaitedError where it has no ``_quarto.yml``, or an invalid one."""
    root = Path(root).resolve()
    config, name = read_configuration(root)
    project = Project(root, config, name)
    places = {root, project.freezer, project.scratch, root / EXAMPLES}
    if project.site in places or root not in project.site.parents:
        line = line_of(_read(root / name, name).split("\n"), "output-dir")
        raise AwaitedError("'output-dir' must be a folder of its own inside the project", name, line)
    return project


def _read(file: Path, shown: Path | str) -> str:
    try:
        return decode(file.read_bytes(), shown)
    except OSError as error:
        raise AwaitedError(f"cannot be read: {error.strerror}", shown) from None


def _is_chosen(page: str, patterns: list[str]) -> bool:
    wanted = [pattern for pattern in patterns if not pattern.startswith("!")]
    unwanted = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    return (not wanted or any(_matches(page, p, _has_wildcard(p)) for p in wanted)) and not any(
        _matches(page, p, True) for p in unwanted
    )


def _has_wildcard(pattern: str) -> bool:
    return any(mark in pattern for mark in "*?")


def _matches(page: str, pattern: str, anywhere: bool) -> bool:
    """Whether a glob takes in a page; one that holds ``anywhere`` does so in all folders, unless a slash begins it."""
    below = "(?:.*/)?" if anywhere and not pattern.startswith("/") else ""
    marks = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern.strip("/"))
    return bool(re.fullmatch(below + "".join(marks.get(part, re.escape(part)) for part in parts) + "(?:/.*)?", page))
