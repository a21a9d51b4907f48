"""The environments that scripts run in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from awaited.progress import Progress
from awaited.prove.environments import locked, make, packages, plan
from awaited.prove.pythons import Python
from awaited.read.errors import AwaitedError
from awaited.read.packages import version
from awaited.read.project import Project
from tests.awaited.prove.pretend import program

IMPORTS = ["import asyncio, aiohttp\n"]


def test_the_lock_is_cut_down_to_the_packages_wanted() -> None:
    entries = ["aiohttp==1.0", "Async_Timeout==2 ; python_version < '3.11'", "yarl==3"]
    lock = "# comment\n" + "".join(f"{entry} \\\n    --hash=sha256:aa\n" for entry in entries)
    assert locked(lock, ["async-timeout", "yarl"]).splitlines() == lock.splitlines()[3:]


def test_an_environment_that_cannot_be_made_is_said(
    project: Callable[..., Project], tmp_path: Path, progress: Progress
) -> None:
    broken = program(tmp_path, "python", "echo 'no venv here' >&2; exit 1")
    environment = plan(project(), Python("3.15.0", str(broken)), IMPORTS)
    with pytest.raises(AwaitedError, match="could not be set up: no venv here"):
        asyncio.run(make(environment, progress))


def test_an_environment_is_made_once_with_the_versions_that_are_here(
    project: Callable[..., Project], tmp_path: Path, progress: Progress
) -> None:
    calls = tmp_path / "calls"
    fake = f'echo "$@" >> {calls}; [ "$2" = venv ] && mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; exit 0'
    here = project()
    environment = plan(here, Python("3.15.0", str(program(tmp_path, "python", fake))), IMPORTS)
    for _ in range(2):
        asyncio.run(make(environment, progress))
    assert environment.executable.startswith(str(here.root / ".envs" / "3.15-"))
    venv, install = calls.read_text(encoding="utf-8").splitlines()
    assert venv.startswith("-m venv ")
    assert install.startswith("-m pip --disable-pip-version-check install ")
    assert f"aiohttp=={version('aiohttp')}\n" in environment.requirements


def test_where_no_packages_are_wanted_the_python_itself_will_do(project: Callable[..., Project]) -> None:
    environment = plan(project(), Python("3.15.0", "/here/python3.15"), ["import asyncio"])
    assert (environment.executable, environment.folder, environment.requirements) == ("/here/python3.15", None, "")


def test_the_current_python_needs_no_environment(project: Callable[..., Project]) -> None:
    environment = plan(project(), Python.current(), IMPORTS)
    assert environment.folder is None
    assert packages(environment, IMPORTS) == {"aiohttp": version("aiohttp")}


def test_another_version_of_a_package_is_another_environment(
    project: Callable[..., Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = plan(project(), Python.current(), IMPORTS).key
    monkeypatch.setattr("awaited.prove.environments.version", lambda name: "99")
    assert plan(project(), Python.current(), IMPORTS).key != before
