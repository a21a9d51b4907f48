"""What an article shows never to happen does happen once its cause is gone: so every line of every script has run."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import ModuleType
from typing import Any

import pytest

from examples.async_python_basics import (
    cancelled_call,
    cancelled_call_broken,
    cut_off,
    forgotten_await_broken,
    run_inside_broken,
)
from examples.dont_block_the_loop import timeout_in_vain, timeout_in_vain_broken
from examples.timeline import deadlock_broken

virtual_clock = pytest.mark.looptime


@virtual_clock
@pytest.mark.parametrize("module", [cancelled_call, cancelled_call_broken])
async def test_a_call_that_nobody_cancels(module: ModuleType) -> None:
    assert await module.might_fail("task1", False) == "task1 succeeded"
    with pytest.raises(ValueError, match="task1 failed!"):
        await module.might_fail("task1", True)


async def test_a_call_that_is_over_cannot_be_cancelled(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    over = asyncio.get_running_loop().create_future()

    def create_task(coroutine: Coroutine[Any, Any, str]) -> asyncio.Future[str]:
        coroutine.close()
        return over

    monkeypatch.setattr(asyncio, "create_task", create_task)
    over.set_result("task1 succeeded")
    await cancelled_call.notice_cancelled()
    over = asyncio.get_running_loop().create_future()
    over.set_exception(ValueError("task1 failed!"))
    await cancelled_call_broken.overlook_cancelled()
    assert capsys.readouterr().out == "Success: task1 succeeded\nError: task1 failed!\n"


@virtual_clock
async def test_calls_that_are_awaited() -> None:
    assert await forgotten_await_broken.fetch_data("task1", 0.1) == "Result from task1"
    assert await run_inside_broken.fetch_data("task1", 0.1) == "Result from task1"
    assert await cut_off.fetch_later() == "Result from fetch_later"


async def test_a_run_that_is_not_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(asyncio, "run", lambda coroutine: coroutine.close() or "Result from task1")
    await run_inside_broken.save_result()
    assert capsys.readouterr().out == "Saved: Result from task1\n"


async def test_a_report_in_time(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(timeout_in_vain, "load_numbers", lambda: 42)
    await timeout_in_vain.report_in_time_or_not()
    assert capsys.readouterr().out == "report: 42\n"


async def test_a_time_limit_that_is_not_in_vain(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def load_numbers() -> int:
        raise TimeoutError

    monkeypatch.setattr(timeout_in_vain_broken, "load_numbers", load_numbers)
    await timeout_in_vain_broken.report_in_time()
    assert capsys.readouterr().out == "report: no numbers in time\n"


@virtual_clock
async def test_a_move_that_nobody_is_in_the_way_of(capsys: pytest.CaptureFixture[str]) -> None:
    await deadlock_broken.move("ann", asyncio.Lock(), asyncio.Lock())
    assert capsys.readouterr().out == "ann moved\n"
