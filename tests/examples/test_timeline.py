"""What the page "Timeline" claims of its snippets, both of which fail on purpose."""

import asyncio

import pytest

from examples.timeline import deadlock_broken, kept_waiting_broken


async def test_a_call_that_blocks_keeps_the_ticker_waiting(capsys: pytest.CaptureFixture[str]) -> None:
    loop = asyncio.get_running_loop()
    start = loop.time()
    await kept_waiting_broken.main()
    assert loop.time() - start >= 0.3 + 0.5 + 0.2, "two ticks could not come while it blocked"
    assert capsys.readouterr().out.splitlines() == ["tick 0", "report done", "tick 1", "tick 2", "tick 3"]


@pytest.mark.looptime
async def test_two_that_wait_for_each_other_never_end(capsys: pytest.CaptureFixture[str]) -> None:
    await deadlock_broken.main()
    assert capsys.readouterr().out.splitlines() == ["2 still wait"]
    waiting = [task for task in asyncio.all_tasks() if task.get_name() in ("ann", "bob")]
    assert len(waiting) == 2
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
