"""Keeps files of the author's in a site from being taken for generated ones, or generated ones from replacing them."""

from __future__ import annotations

import filecmp
import shutil
from pathlib import Path, PurePosixPath

from awaited.memory.files import write_whole
from awaited.read.errors import AwaitedError
from awaited.read.project import Project


def is_own(project: Project, site: Path, name: str | PurePosixPath) -> bool:
    """Whether a file in a site is the author's: a copy of one that stands in the project under the same name."""
    theirs, published = project.root / name, site / name
    return theirs.is_file() and published.is_file() and filecmp.cmp(theirs, published, shallow=False)


def write_unless_own(project: Project, site: Path, name: str, data: bytes) -> None:
    """Writes a file into a site; where the project has one of this name, that takes its place."""
    if (project.root / name).is_file():
        shutil.copyfile(project.root / name, site / name)
    else:
        write_whole(site / name, data)


def check_not_own(project: Project, site: Path, name: str) -> None:
    """Raises AwaitedError where a file that pages will link to by its name would replace one of the author's."""
    if is_own(project, site, name):
        raise AwaitedError("has the name of a file that is made for the site; rename it, or publish it elsewhere", name)
