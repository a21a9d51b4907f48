"""Finds the Pythons of a machine, and gives each an environment with just the packages that some scripts import."""

from __future__ import annotations

import ast
import asyncio
import hashlib
import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from awaited.progress import Progress
from awaited.read.errors import AwaitedError
from awaited.read.project import Project

OLDEST = (3, 11)
NEWEST_NAMED = 20
"""Up to which minor version ``python3.N`` is looked for on the PATH."""
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


def find_pythons() -> list[Python]:
    """The current Python, and the newest CPython of every other minor version from 3.11 on, on the PATH or in pyenv."""
    current = Python.current()
    found = {current.minor: current}
    for candidate in _candidates():
        other = _ask(candidate)
        if other is None or other.minor == current.minor or numbers(other.version) < OLDEST:
            continue
        if other.minor not in found or numbers(other.version) > numbers(found[other.minor].version):
            found[other.minor] = other
    return sorted(found.values(), key=lambda python: numbers(python.version))


def _candidates() -> Iterator[str]:
    for minor in range(OLDEST[1], NEWEST_NAMED):
        if path := shutil.which(f"python3.{minor}"):
            yield path
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from (str(path) for path in sorted(pyenv.glob("versions/3.*/bin/python")))


def _ask(executable: str) -> Python | None:
    try:
        done = subprocess.run([executable, "-c", ASK], capture_output=True, text=True, timeout=20, check=False)
        name, version, path = done.stdout.strip().split(" ", 2)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None  # a pyenv shim without a version behind it, for one
    return Python(version, path) if name == "CPython" else None


def numbers(version: str) -> tuple[int, ...]:
    """A version's numbers, to compare it by."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def imported_packages(sources: Iterable[str]) -> list[str]:
    """The distributions that some Python texts import, with all that these need, as installed here."""
    names = {
        name.partition(".")[0]
        for source in sources
        for node in ast.walk(ast.parse(source))
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        )
    }  # fmt: skip
    outside = sorted(name for name in names if name and name not in sys.stdlib_module_names)
    if not outside:
        return []
    providers = importlib.metadata.packages_distributions()
    todo = [distribution for name in outside for distribution in providers.get(name, [])]
    found: set[str] = set()
    while todo:
        name = _normal(todo.pop())
        if name not in found:
            found.add(name)
            todo += _required(name)
    return sorted(found)


def _required(distribution: str) -> list[str]:
    from packaging.requirements import Requirement

    requirements = map(Requirement, importlib.metadata.requires(distribution) or [])
    needed = [r.name for r in requirements if "extra ==" not in str(r.marker or "")]
    return [name for name in needed if _is_installed(name)]


def _is_installed(distribution: str) -> bool:
    try:
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: str, packages: Sequence[str]) -> str:
    """The part of a lock file that concerns some packages, hashes included."""
    entries = re.split(r"\n(?=[A-Za-z0-9])", lock)
    return "\n".join(entry for entry in entries if _normal(re.split(r"[=\[ ;]", entry, maxsplit=1)[0]) in packages)


async def prepare(project: Project, python: Python, sources: Sequence[str], progress: Progress) -> Python:
    """A Python that has the packages which some texts import: the one given, or the one of a cached environment.

    The versions are those of the lock file, ``requirements.txt``, by hash; without one, those installed here. Raises
    AwaitedError where the environment cannot be made.
    """
    if python.is_current:
        return python
    packages = imported_packages(sources)
    lock = project.root / "requirements.txt"
    wanted = (
        locked(lock.read_text(encoding="utf-8"), packages) if lock.is_file()
        else "\n".join(f"{name}=={importlib.metadata.version(name)}" for name in packages)
    )  # fmt: skip
    key = hashlib.sha256(f"{python.executable} {python.version}\n{wanted}".encode()).hexdigest()[:12]
    folder = project.root / ".envs" / f"{python.minor}-{key}"
    ready = replace(python, executable=str(folder / "bin" / "python"))
    if (folder / "ready").exists():
        return ready
    progress.say(f"setting up an environment for Python {python.version} (once)")
    shutil.rmtree(folder, ignore_errors=True)
    await _call(python.executable, "-m", "venv", str(folder))
    if wanted:
        (folder / "requirements.txt").write_text(wanted + "\n", encoding="utf-8")
        by_hash = ["--require-hashes"] if "--hash=" in wanted else []
        pip = [ready.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *by_hash]
        await _call(*pip, "--requirement", str(folder / "requirements.txt"))
    (folder / "ready").touch()
    return ready


async def _call(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, stderr = await process.communicate()
    if process.returncode:
        last = stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise AwaitedError(f"its environment could not be set up: {last}")
