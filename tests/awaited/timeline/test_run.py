"""A recorded program prints what it prints without, and shows itself."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
import os
import re
import runpy
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from awaited import httpbin, timeline
from awaited.prove.pythons import find_pythons
from awaited.read.project import load
from tests.awaited.timeline.programs import observe

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
SCRIPTS = sorted((ROOT / "examples").rglob("*.py"))


@pytest.fixture(scope="module", autouse=True)
def little_to_collect() -> None:
    """Lets the garbage collector, which each script's run ends with, pass over what earlier tests have left."""
    gc.collect()
    gc.freeze()


def printed(script: Path) -> str:
    """What a script prints, times and addresses aside; one that is broken on purpose may raise and warn."""
    with contextlib.redirect_stdout(io.StringIO()) as stream, httpbin.running(), warnings.catch_warnings():
        if script.stem.endswith("_broken"):
            warnings.simplefilter("ignore")
        try:
            runpy.run_path(str(script), run_name="__main__")
        except Exception as error:
            if not script.stem.endswith("_broken"):
                raise
            print("raised", type(error).__name__)
            del error
        gc.collect()
    return re.sub(r"0x[0-9a-f]+|\d+\.\d+", "N", stream.getvalue())


@pytest.mark.untraced
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_the_sites_scripts_print_the_same(script: Path, virtual_clock: Callable[[], None]) -> None:
    if "aiohttp" not in script.read_text(encoding="utf-8"):  # real connections need the real clock
        virtual_clock()
    without = printed(script)
    with timeline.record():
        assert printed(script) == without
    assert without


def test_many_tasks() -> None:
    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(5_000):
                group.create_task(asyncio.sleep(0))

    run = observe(main)
    assert len(run.lanes) == 5_001
    assert len(run.svg()) < 16_000
    assert "4978 more lanes" in run.text()


def pictured(python: str) -> str:
    """What the recording of a program comes to under some Python, but for its times."""
    command = [python, str(Path(__file__).parent / "states.py")]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    return done.stdout + done.stderr


def test_every_python_gives_the_same_picture(root: Path) -> None:
    pythons = {python.version: python.executable for python in find_pythons(load(root))}
    assert pythons
    here = pictured(sys.executable)
    assert "tick was kept waiting N s by block" in here
    for version, python in pythons.items():
        tries = (pictured(python) for _ in range(5))  # a busy machine may keep anybody waiting
        assert any(told == here for told in tries), version
