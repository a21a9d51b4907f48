"""Tasks that libraries make for themselves are left out, and so are those of others."""

from __future__ import annotations

import asyncio
import sysconfig
import types
from pathlib import Path
from typing import Any

import looptime
import pytest

from awaited import timeline
from awaited.timeline import Run
from tests.awaited.timeline.programs import fetch, observe, told

LIBRARY = """
import asyncio

def act_for(coroutine):
    return asyncio.get_running_loop().create_task(wrap(coroutine))

async def wrap(coroutine):
    return await coroutine

async def resolve():
    await asyncio.sleep(1)

async def connect(then=None):
    await asyncio.gather(resolve(), resolve())
    if then:
        await asyncio.create_task(run(then))

async def run(then):
    await then()

def later():
    asyncio.get_running_loop().call_later(0.5, lambda: kept.append(asyncio.create_task(resolve())))

kept = []
"""


@pytest.fixture
def library() -> types.SimpleNamespace:
    """An installed package."""
    names: dict[str, Any] = {"__name__": "library"}
    file = Path(sysconfig.get_path("purelib"), "library.py")
    exec(compile(LIBRARY, str(file), "exec"), names)
    return types.SimpleNamespace(**names)


def test_a_librarys_own_tasks_are_left_out(library: types.SimpleNamespace) -> None:
    async def main() -> None:
        library.later()
        await asyncio.gather(library.connect(), library.connect())

    assert [told(lane) for lane in observe(main).lanes] == [
        "main: 0 1 returned 1",
        "  connect 1: 0 1 returned 1",
        "  connect 2: 0 1 returned 1",
    ]


def test_a_library_may_make_tasks_for_its_caller(library: types.SimpleNamespace) -> None:
    async def main() -> None:
        await library.act_for(fetch(1))

    assert [told(lane) for lane in observe(main).lanes] == ["main: 0 1 returned 1", "  wrap: 0 1 returned 1"]


def test_own_tasks_under_a_librarys_hang_from_the_nearest_own(library: types.SimpleNamespace) -> None:
    async def own() -> None:
        await asyncio.gather(fetch(1))

    async def main() -> None:
        await asyncio.create_task(library.connect(own))

    assert [told(lane) for lane in observe(main).lanes] == [
        "main: 0 2 returned 2",
        "  connect: 0 1 2 returned 2",
        "    fetch @1: 1 2 returned 2",
    ]


def test_tasks_of_others_are_left_out() -> None:
    async def others() -> None:
        for _ in range(5):
            await asyncio.create_task(fetch(0.5))

    async def main() -> Run:
        task = asyncio.create_task(others())
        await asyncio.sleep(0.25)
        with timeline.record() as run:
            await asyncio.gather(fetch(1))
        await task
        return run

    with asyncio.Runner(loop_factory=looptime.new_event_loop) as runner:
        run = runner.run(main())
    assert [lane.label for lane in run.lanes] == ["main", "fetch"]
