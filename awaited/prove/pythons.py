"""Finds the Pythons of a machine: the one that runs now, and the newest of each other minor version from 3.11 on."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from awaited.memory.keeper import Keeper
from awaited.read.errors import AwaitedError
from awaited.read.project import Project
from awaited.read.versions import OLDEST, pythons_on_path

PYTHONS = "AWAITED_PYTHONS"
"""The environment variable that names the minor versions to prove on, unless the command line does."""
ASK = "import platform, sys; print(platform.python_implementation(), platform.python_version(), sys.executable)"


@dataclass(frozen=True)
class Python:
    """An interpreter."""

    version: str
    """Such as ``3.12.1``."""
    executable: str
    is_current: bool = False
    """Whether it is the one that runs now, whose packages are at hand."""

    @property
    def minor(self) -> str:
        """Such as ``3.12``."""
        return ".".join(self.version.split(".")[:2])

    @staticmethod
    def current() -> Python:
        """The interpreter that runs now."""
        return Python(platform.python_version(), sys.executable, is_current=True)


def find_pythons(project: Project, wanted: Sequence[str] = ()) -> list[Python]:
    """The Pythons to prove scripts on, in order: all that there are, or those of the minor versions that are wanted.

    They are looked for on the PATH and in pyenv. Raises AwaitedError where a wanted one is not on this machine.
    """
    current, wanted = Python.current(), wanted or _named()
    found = {current.minor: current}
    others = [] if set(wanted) == {current.minor} else candidates()
    for other in _asked(project, others):
        if other.minor == current.minor or numbers(other.version) < OLDEST:
            continue
        if other.minor not in found or numbers(other.version) > numbers(found[other.minor].version):
            found[other.minor] = other
    for minor in wanted:
        if minor not in found:
            raise AwaitedError(f"Python {minor} is wanted, and not on this machine; install it as 'python{minor}'")
    return sorted((found[minor] for minor in wanted or found), key=lambda python: numbers(python.version))


def _named() -> list[str]:
    return os.environ.get(PYTHONS, "").replace(",", " ").split()


def candidates() -> list[str]:
    """The programs that may be Pythons, whatever they are."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return [*pythons_on_path().values(), *(str(path) for path in sorted(pyenv.glob("versions/3.*/bin/python")))]


def state() -> list[object]:
    """What changes when a Python comes, goes, is replaced or is named; told without starting any of them."""
    return [_named(), *((path, *_identity(path)) for path in candidates())]


def _identity(path: str) -> tuple[str, int, int]:
    found = Path(path).stat()
    return os.path.realpath(path), found.st_size, found.st_mtime_ns


def _asked(project: Project, paths: Sequence[str]) -> Iterator[Python]:
    """The CPythons among some programs; each is asked once, and its answer kept for the builds to come."""
    keeper = Keeper(project.scratch / "pythons.json")
    keys = {path: repr((path, *_identity(path))) for path in paths}
    unknown = [path for path, key in keys.items() if keeper.get(key) is None]
    with ThreadPoolExecutor() as pool:
        answers = dict(zip(unknown, pool.map(_ask, unknown), strict=True))
    for path, key in keys.items():
        answer = keeper.get(key) or answers[path]
        keeper.put(key, answer)
        name, version, executable = answer
        if name == "CPython":
            yield Python(version, executable)
    if project.scratch.is_dir():
        keeper.save()


def _ask(executable: str) -> list[str]:
    """The implementation, version and path of an interpreter; nothing of it where it does not tell."""
    try:
        done = subprocess.run([executable, "-c", ASK], capture_output=True, text=True, timeout=20, check=False)
        name, version, path = done.stdout.strip().split(" ", 2)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return ["", "", ""]  # a pyenv shim without a version behind it, for one
    return [name, version, path]


def numbers(version: str) -> tuple[int, ...]:
    """A version's numbers, to compare it by."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def in_words(versions: Sequence[str]) -> str:
    """Versions by their minor ones, neighbours taken together."""
    minors = sorted({numbers(version)[:2] for version in versions})
    spans: list[list[tuple[int, ...]]] = []
    for minor in minors:
        if spans and spans[-1][-1] == (minor[0], minor[1] - 1):
            spans[-1].append(minor)
        else:
            spans.append([minor])
    ends = [[".".join(map(str, end)) for end in dict.fromkeys((span[0], span[-1]))] for span in spans]
    return ", ".join(" \N{EN DASH} ".join(end) for end in ends)
