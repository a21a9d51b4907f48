"""Tangles an article whose code this Python cannot read, since a cell is written for a newer one: with that one."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from awaited.read.articles import Article
from awaited.read.project import Project
from awaited.read.versions import admits, pythons_on_path

PROGRAM = """
import json, sys
from pathlib import Path
from awaited.read.project import load
from awaited.tangle.scripts import tangle

project = load(sys.argv[1])
made = tangle(project.read(Path(sys.argv[2])), project, None if project.settings.is_strict else []).values()
print(json.dumps([[script.cell.number, script.path.as_posix(), script.text] for script in made]))
"""


def tangle_with_newer(article: Article, project: Project, versions: str) -> list[tuple[int, Path, str]] | None:
    """Each script as the newest Python on the PATH that a range admits makes it: its cell's number, path and text.

    None where there is no such Python, or it cannot do it either.
    """
    for python in _newer(versions):
        done = _run(python, str(project.root), article.path.as_posix(), article.text)
        if done is not None:
            return [(number, Path(path), text) for number, path, text in json.loads(done)]
    return None


def _newer(versions: str) -> Iterator[str]:
    for minor, path in sorted(pythons_on_path().items(), reverse=True):
        if minor > sys.version_info.minor and admits(versions, f"3.{minor}.99"):
            yield path


@functools.lru_cache(maxsize=100)
def _run(python: str, root: str, page: str, text: str) -> str | None:
    """What the program prints; it needs no package but those that are Python alone, and takes them from here."""
    path = os.pathsep.join([str(Path(__file__).parents[2]), sysconfig.get_paths()["purelib"]])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [python, "-c", PROGRAM, root, page]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
