"""Gives each Python an environment that holds just the packages which scripts import, and keeps it."""

from __future__ import annotations

import asyncio
import hashlib
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

from awaited.progress import Progress
from awaited.prove.pythons import Python
from awaited.read.errors import AwaitedError
from awaited.read.packages import imported, normal, version, with_requirements
from awaited.read.project import Project

FOLDER = ".envs"


@dataclass(frozen=True)
class Environment:
    """A Python with the packages that scripts import; ``make`` sees to it that it is there."""

    python: Python
    executable: str
    """The interpreter that sees the packages."""
    key: str
    """What changes when this Python or the versions that it was asked for do."""
    folder: Path | None
    """Where it is kept; None for the Python itself: the one that we run in, or one that needs no packages."""
    requirements: str
    """What it holds, in the form of a requirements file."""


def plan(project: Project, python: Python, texts: Sequence[str]) -> Environment:
    """The environment for what some Python texts import: one of its own, where they import packages at all.

    The versions are those of ``requirements.txt``, where that is a lock with hashes; else those installed here.
    """
    wanted = _requirements(project, with_requirements(imported(texts)))
    key = _digest(python.version, wanted)  # wherever it is: another machine's results hold here as well
    if python.is_current or not wanted:
        return Environment(python, python.executable, key, None, wanted)
    folder = project.root / FOLDER / f"{python.minor}-{_digest(python.executable, python.version, wanted)}"
    return Environment(python, str(folder / "bin" / "python"), key, folder, wanted)


async def make(environment: Environment, progress: Progress) -> None:
    """Makes an environment, unless it is there; raises AwaitedError where that cannot be done."""
    folder, python = environment.folder, environment.python
    if folder is None or (folder / "ready").exists():
        return
    job = f"Python {python.version}"
    progress.doing(job, "setting up an environment for it (once)")
    try:
        shutil.rmtree(folder, ignore_errors=True)
        without_pip = [] if environment.requirements else ["--without-pip"]
        await _call(python.executable, "-m", "venv", *without_pip, str(folder))
        if environment.requirements:
            file = folder / "requirements.txt"
            file.write_text(f"{environment.requirements}\n", encoding="utf-8")
            by_hash = ["--require-hashes"] if "--hash=" in environment.requirements else []
            pip = [environment.executable, "-m", "pip", "--disable-pip-version-check"]
            await _call(*pip, "install", "--quiet", *by_hash, "--requirement", str(file))
        (folder / "ready").touch()
        progress.say(f"  {job}: its environment is ready")
    finally:
        progress.end(job)


def packages(environment: Environment, texts: Sequence[str]) -> dict[str, str]:
    """The packages that some texts import themselves, and their versions in an environment."""
    direct = imported(texts)
    if environment.folder is None:
        return {name: version(name) or "" for name in direct}
    path = [str(folder) for folder in environment.folder.glob("lib/python3.*/site-packages")]
    installed = {normal(package.name): package.version for package in distributions(path=path)}
    return {name: installed.get(name, "") for name in direct}


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _requirements(project: Project, packages: Sequence[str]) -> str:
    file = project.root / "requirements.txt"
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    if "--hash=" in text:  # else it may name no versions, or other packages than those that scripts import
        return locked(text, packages)
    return "\n".join(f"{name}=={version(name)}" for name in packages)


def locked(lock: str, packages: Iterable[str]) -> str:
    """The part of a lock file that concerns some packages, hashes included."""
    wanted = set(packages)
    entries = re.split(r"\n(?=[A-Za-z0-9])", lock)
    return "\n".join(entry for entry in entries if normal(re.split(r"[=\[ ;]", entry, maxsplit=1)[0]) in wanted)


async def _call(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        _, stderr = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.communicate()  # asyncio hears of its end once all is read
        raise
    if process.returncode:
        last = stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise AwaitedError(f"its environment could not be set up: {last}")
