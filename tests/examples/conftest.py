"""What holds for every behaviour test: nothing may be left running, and a virtual clock measures durations exactly."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio


@pytest_asyncio.fixture(autouse=True)
async def nothing_left_running() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    assert not left, f"tasks still pending: {left}"


@pytest.fixture
def seconds_of() -> Callable[[Awaitable[object]], Awaitable[float]]:
    """Awaits something and gives how long it took by the event loop's own clock, which looptime makes virtual."""

    async def measure(awaitable: Awaitable[object]) -> float:
        loop = asyncio.get_running_loop()
        start = loop.time()
        await awaitable
        return loop.time() - start

    return measure
