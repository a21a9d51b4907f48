"""Tells when a build has nothing to do: all that it reads is as it was, and so is all that it wrote.

Two digests are kept in ``.awaited/`` after a build that has succeeded. The first covers what a build reads: the
project's own files, this tool, Python with its packages, the engine, and the day (a page may show it). The second
covers the site, the frozen results and the scripts. Where either differs, a build goes its normal way.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from awaited.memory.files import write_whole
from awaited.memory.keeper import TOOL, packages
from awaited.read.project import EXAMPLES, LEFT_OUT, Project


def read(project: Project, engine: str | None, around: object = None) -> str | None:
    """A digest of everything that a build reads; None where that cannot be told.

    ``engine`` is what weaves the pages, with its version; None where that is not known. ``around`` is what else counts.

    To be taken before the build reads anything: what is edited meanwhile then counts as changed.
    """
    made = {project.site, project.freezer, project.scratch, project.root / EXAMPLES}
    try:
        files = [_content(file) for file in _sources(project.root, made)]
        return _digest([engine, around, *_surroundings(), *files, *_tool(TOOL)]) if engine else None
    except OSError:
        return None


def written(project: Project) -> str | None:
    """A digest of the names, sizes and times of everything that a build has written; None where that cannot be told."""
    made = (project.site, project.freezer, project.root / EXAMPLES)
    try:
        return _digest(state for folder in made if folder.exists() for state in _states(folder))
    except OSError:
        return None


def keep(project: Project, was_read: str | None) -> None:
    """Keeps what a build that has succeeded read and wrote, so that the next one can tell whether that still holds."""
    write_whole(_record(project), json.dumps({"read": was_read, "written": written(project)}).encode())


def holds(project: Project, now_read: str | None) -> bool:
    """Whether the last build's site is what a build that reads this would make."""
    with contextlib.suppress(OSError, ValueError):
        kept = json.loads(_record(project).read_bytes())
        now = {"read": now_read, "written": written(project)}
        return kept == now and None not in now.values() and project.site.is_dir()
    return False


def _record(project: Project) -> Path:
    return project.scratch / "last-build.json"


def _digest(parts: Iterable[object]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(repr(part).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _surroundings() -> Iterator[object]:
    yield from (sys.version, sys.executable, date.today().isoformat(), packages())
    yield sorted((name, value) for name, value in os.environ.items() if name.startswith("QUARTO"))


@functools.cache
def _tool(folder: Path) -> list[tuple[str, int, bytes]]:
    """The files of this tool as they are when it first asks: what runs in this process is that."""
    return [_content(file) for file in _sources(folder, set())]


def _sources(folder: Path, made: set[Path]) -> Iterator[os.DirEntry[str]]:
    """The files below a folder that are not generated. Raises OSError for a link to a folder: nothing knows its end."""
    for entry in _sorted(folder):
        if entry.name in LEFT_OUT or Path(entry.path) in made:
            continue
        if entry.is_file():
            yield entry
        elif entry.is_symlink():
            raise OSError(f"{entry.path} is a link to a folder, or to nothing")
        elif entry.is_dir() and not entry.name.startswith("."):
            yield from _sources(Path(entry.path), made)


def _content(entry: os.DirEntry[str]) -> tuple[str, int, bytes]:
    """A file's name, its time (pages may show when they were changed) and what is in it."""
    return entry.path, entry.stat().st_mtime_ns, hashlib.sha256(Path(entry.path).read_bytes()).digest()


def _states(folder: Path) -> Iterator[tuple[str, int, int]]:
    for entry in _sorted(folder):
        if entry.is_dir(follow_symlinks=False):
            yield from _states(Path(entry.path))
        else:
            state = entry.stat(follow_symlinks=False)
            yield entry.path, state.st_size, state.st_mtime_ns


def _sorted(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)
