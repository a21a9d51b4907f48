"""The Pythons of a machine, and the packages that scripts need."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from awaited.progress import Progress
from awaited.prove.environments import locked
from awaited.prove.pythons import Python, find_pythons, imported_packages, prepare
from awaited.read.errors import AwaitedError
from awaited.read.project import Project


def program(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    file.chmod(0o755)
    return file


def test_each_minor_version_is_found_once_in_its_newest_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "python3.15", "echo CPython 3.15.1 /here/python3.15")
    program(tmp_path, "python3.16", "echo PyPy 3.16.0 /here/pypy")
    program(tmp_path, "python3.17", "echo 'pyenv: python3.17: command not found' >&2; exit 127")
    old = tmp_path / "pyenv/versions/3.9.1/bin"
    newer = tmp_path / "pyenv/versions/3.15.4/bin"
    for folder, version in ((old, "3.9.1"), (newer, "3.15.4")):
        folder.mkdir(parents=True)
        program(folder, "python", f"echo CPython {version} {folder}/python")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    found = {python.minor: python for python in find_pythons()}
    assert found["3.15"].version == "3.15.4"
    assert found[".".join(map(str, sys.version_info[:2]))].is_current
    assert not {"3.9", "3.16", "3.17"} & set(found)


def test_the_packages_of_a_script_are_those_it_imports_with_what_they_need() -> None:
    assert imported_packages(["import asyncio, json\nfrom collections.abc import Iterable\n"]) == []
    found = imported_packages(["import aiohttp\n", "from . import sibling\n"])
    assert {"aiohttp", "multidict", "yarl"} <= set(found)
    assert "pytest" not in found


def test_the_lock_is_cut_down_to_the_packages_wanted() -> None:
    entries = ["aiohttp==1.0", "Async_Timeout==2 ; python_version < '3.11'", "yarl==3"]
    lock = "# comment\n" + "".join(f"{entry} \\\n    --hash=sha256:aa\n" for entry in entries)
    assert locked(lock, ["async-timeout", "yarl"]).splitlines() == lock.splitlines()[3:]


def test_an_environment_that_cannot_be_made_is_said(
    project: Callable[..., Project], tmp_path: Path, progress: Progress
) -> None:
    broken = program(tmp_path, "python", "echo 'no venv here' >&2; exit 1")
    with pytest.raises(AwaitedError, match="could not be set up: no venv here"):
        asyncio.run(prepare(project(), Python("3.15.0", str(broken)), ["import asyncio"], progress))


def test_an_environment_is_made_once(project: Callable[..., Project], tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    maker = program(tmp_path, "python", f'echo "$@" >> {calls}; mkdir -p "$3/bin"')
    other, here = Python("3.15.0", str(maker)), project()
    progress = Progress(io.StringIO())
    first = asyncio.run(prepare(here, other, ["import asyncio"], progress))
    assert asyncio.run(prepare(here, other, ["import asyncio"], progress)) == first
    assert first.executable.startswith(str(here.root / ".envs" / "3.15-"))
    assert len(calls.read_text(encoding="utf-8").splitlines()) == 1


def test_the_current_python_needs_no_environment(project: Callable[..., Project], progress: Progress) -> None:
    current = Python.current()
    assert asyncio.run(prepare(project(), current, ["import aiohttp"], progress)) is current
