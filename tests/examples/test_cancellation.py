"""What the article "Cancelled, Not Killed" claims of its snippets, and of cancellation besides."""

import asyncio
import contextlib
import gc
import warnings
from collections.abc import Awaitable, Callable, Coroutine
from types import ModuleType
from typing import Any

import pytest

from examples.cancellation import (
    cancel,
    never_started,
    shield,
    shield_broken,
    stop,
    stop_broken,
    swallow,
    swallow_broken,
)

Measure = Callable[[Awaitable[object]], Awaitable[float]]
Lines = Callable[[], list[str]]
virtual_clock = pytest.mark.looptime
ON_THE_ROAD = "parcel 7 is on the road"


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Lines:
    return lambda: capsys.readouterr().out.splitlines()


async def cancelled_after(seconds: float, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """The task of a coroutine that was asked to stop after some time, once it is over."""
    task = asyncio.create_task(coroutine)
    await asyncio.sleep(seconds)
    task.cancel()
    await asyncio.wait([task])
    return task


# A request, not an order


@virtual_clock
async def test_a_task_ends_in_its_own_time_after_it_was_asked(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(cancel.main()) == pytest.approx(0.2)  # cancelled after 0.1, then 0.1 of goodbye
    assert printed() == [
        "Calling the courier",
        "Asked to stop: True",
        "Cancelled: False",
        "Hung up",
        "Cancelled: True",
    ]


@virtual_clock
async def test_the_error_climbs_through_each_function_that_waits() -> None:
    passed = []

    async def inner() -> None:
        try:
            await asyncio.sleep(1)
        finally:
            passed.append("inner")

    async def outer() -> None:
        try:
            await inner()
        finally:
            passed.append("outer")

    task = await cancelled_after(0.5, outer())
    assert passed == ["inner", "outer"]
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_task_that_never_waits_cannot_be_stopped() -> None:
    asked = []

    async def compute() -> int:
        return sum([await double(number) for number in range(10_000)])

    async def double(number: int) -> int:
        return 2 * number

    task = asyncio.create_task(compute())
    asyncio.get_running_loop().call_soon(lambda: asked.append(task.cancel()))  # its turn comes after the first step
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert task.result() == 99_990_000
    assert asked == [False]


def test_asyncio_run_cancels_what_is_left() -> None:
    left: list[asyncio.Task[None]] = []

    async def main() -> None:
        left.append(asyncio.create_task(cancel.track("7")))

    asyncio.run(main())
    assert left[0].cancelled()


# Let it pass


@virtual_clock
async def test_who_catches_everything_cannot_be_stopped(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(swallow_broken.close_page()) == pytest.approx(0.5)  # cut off at 0.1, and 0.2 twice
    assert printed() == [
        "1: no answer, CancelledError()",
        f"2: {ON_THE_ROAD}",
        f"3: {ON_THE_ROAD}",
        "The page is closed, cancelled: False",
    ]


@virtual_clock
async def test_who_catches_what_it_expects_is_stopped(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(swallow.close_page()) == pytest.approx(0.1)
    assert printed() == ["The page is closed, cancelled: True"]


@virtual_clock
@pytest.mark.parametrize("script", [swallow, swallow_broken])
async def test_a_courier_who_does_not_answer_is_asked_again(
    script: ModuleType, printed: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(parcel: str) -> str:
        raise OSError("busy")

    monkeypatch.setattr(script, "ask_courier", refuse)
    await script.track("7")
    assert printed() == [f"{attempt}: no answer, OSError('busy')" for attempt in (1, 2, 3)]


@virtual_clock
async def test_a_courier_who_answers_is_asked_three_times(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(swallow.track("7")) == pytest.approx(0.6)
    assert printed() == [f"{attempt}: {ON_THE_ROAD}" for attempt in (1, 2, 3)]


@virtual_clock
async def test_a_timeout_around_a_function_that_swallows_does_not_work(seconds_of: Measure) -> None:
    async def limited() -> None:
        async with asyncio.timeout(0.3):
            await swallow_broken.track("7")

    assert await seconds_of(limited()) == pytest.approx(0.5)  # and no TimeoutError


@virtual_clock
async def test_a_group_waits_for_a_task_that_swallows(seconds_of: Measure) -> None:
    async def fail() -> None:
        await asyncio.sleep(0.3)
        raise ValueError

    async def both() -> None:
        with contextlib.suppress(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                group.create_task(swallow_broken.track("7"))
                group.create_task(fail())

    assert await seconds_of(both()) == pytest.approx(0.5)


@virtual_clock
async def test_except_exception_lets_it_pass() -> None:
    async def careful() -> None:
        with contextlib.suppress(Exception):
            await asyncio.sleep(1)

    assert (await cancelled_after(0.5, careful())).cancelled()


@virtual_clock
@pytest.mark.parametrize("leave", ["return", "break", "continue"])
async def test_leaving_a_finally_swallows_it(leave: str) -> None:
    code = f"async def f():\n for _ in 1,:\n  try: await asyncio.sleep(1)\n  finally: {leave}\n return 'went on'"
    with warnings.catch_warnings(action="ignore"):  # from Python 3.14 such code gives a SyntaxWarning
        exec(code, space := {"asyncio": asyncio})
    assert not (await cancelled_after(0.5, space["f"]())).cancelled()  # type: ignore[operator]


@virtual_clock
async def test_an_error_of_the_clean_up_takes_the_place_of_the_cancellation() -> None:
    async def clean_up_badly() -> str:
        try:
            try:
                await asyncio.sleep(1)
            finally:
                raise OSError("the line is dead")
        except Exception as error:
            return f"everyday failure: {error}"

    task = await cancelled_after(0.5, clean_up_badly())
    assert task.result() == "everyday failure: the line is dead"


@virtual_clock
async def test_a_request_that_is_caught_stays_on_the_books_until_uncancel() -> None:
    books = []

    async def refuse() -> str:
        task = asyncio.current_task()
        assert task is not None
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(1)
        books.append(task.cancelling())
        books.append(task.uncancel())
        return "went on"

    assert (await cancelled_after(0.5, refuse())).result() == "went on"
    assert books == [1, 0]


# Clean up what you have taken


@virtual_clock
async def test_a_task_that_nobody_stops_asks_again_and_again(printed: Lines) -> None:
    await cancelled_after(0.5, cancel.track("7"))
    assert printed() == ["Calling the courier", ON_THE_ROAD, ON_THE_ROAD, "Hung up"]


@virtual_clock
async def test_a_second_request_cuts_the_clean_up_short(printed: Lines) -> None:
    task = asyncio.create_task(cancel.track("7"))
    for _ in range(2):
        await asyncio.sleep(0.05)
        task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert printed() == ["Calling the courier"]


@virtual_clock
async def test_a_task_that_never_began_does_not_clean_up(printed: Lines) -> None:
    await never_started.change_your_mind()
    assert printed() == ["Cancelled: True"]
    await never_started.hello_and_goodbye()
    assert printed() == ["Hello", "Goodbye"]


@virtual_clock
async def test_what_was_taken_before_such_a_task_is_lost() -> None:
    lines = asyncio.Semaphore(1)

    async def call() -> None:
        try:
            await asyncio.sleep(1)
        finally:
            lines.release()

    await lines.acquire()
    task = asyncio.create_task(call())
    task.cancel()
    await asyncio.wait([task])
    assert lines.locked()


# What must not be cut short


@virtual_clock
async def test_a_task_that_awaits_another_cancels_that_one_first_and_then_stops() -> None:
    stopped: list[str] = []

    async def inner() -> None:
        try:
            await asyncio.sleep(10)
        finally:
            await asyncio.sleep(1)
            stopped.append("inner")

    async def outer() -> None:
        task = asyncio.create_task(inner())
        try:
            await task
        finally:
            stopped.append("outer")

    assert (await cancelled_after(0.5, outer())).cancelled()
    assert stopped == ["inner", "outer"]


@virtual_clock
async def test_a_shield_leaves_the_writing_to_itself(printed: Lines) -> None:
    await shield_broken.close_shop()
    assert printed() == ["The register is closed", "Parcel 7 is lost"]


@virtual_clock
async def test_shield_makes_a_task_of_its_own() -> None:
    task = asyncio.create_task(shield_broken.deliver("7", shield_broken.Register()))
    await asyncio.sleep(0.1)
    names = {other.get_coro().__qualname__ for other in asyncio.all_tasks()}  # type: ignore[union-attr]
    assert "Register.write" in names
    await task


@virtual_clock
async def test_who_owns_the_writing_waits_for_it_and_is_cancelled_then(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(shield.close_shop()) == pytest.approx(0.9)
    assert printed() == ["Parcel 7 is in the register", "The register is closed"]
    register = shield.Register()
    assert (await cancelled_after(0.1, shield.deliver("7", register))).cancelled()


@virtual_clock
async def test_an_error_of_a_writing_left_to_itself_is_only_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    async def write(register: shield_broken.Register, parcel: str) -> None:
        await asyncio.sleep(0.2)
        raise OSError("no ink")

    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context["exception"]))
    monkeypatch.setattr(shield_broken.Register, "write", write)
    await cancelled_after(0.1, shield_broken.deliver("7", shield_broken.Register()))
    await asyncio.sleep(0.2)
    gc.collect()
    assert [repr(error) for error in complaints] == ["OSError('no ink')"]


@virtual_clock
async def test_an_error_of_the_writing_does_not_take_the_place_of_the_cancellation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def write(register: shield.Register, parcel: str) -> None:
        await asyncio.sleep(0.2)
        raise OSError("no ink")

    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context["exception"]))
    monkeypatch.setattr(shield.Register, "write", write)
    task = await cancelled_after(0.1, shield.deliver("7", shield.Register()))
    assert task.cancelled()
    del task
    await asyncio.sleep(0)
    gc.collect()
    assert {repr(error) for error in complaints} == {"OSError('no ink')"}


@virtual_clock
async def test_after_a_second_request_the_writing_goes_on_alone(printed: Lines, seconds_of: Measure) -> None:
    task = asyncio.create_task(shield.deliver("7", shield.Register()))
    for _ in range(2):
        await asyncio.sleep(0.05)
        task.cancel()
    assert await seconds_of(asyncio.wait([task])) == 0
    assert task.cancelled()
    assert printed() == []
    await asyncio.sleep(1)
    assert printed() == ["Parcel 7 is in the register"]


def test_no_shield_helps_when_main_returns_before_the_writing_is_done(printed: Lines) -> None:
    async def main(seconds: float) -> None:
        delivery = asyncio.create_task(shield.deliver("7", shield.Register()))
        await asyncio.wait([delivery], timeout=seconds)

    asyncio.run(main(0.05))
    assert printed() == []
    asyncio.run(main(5))
    assert printed() == ["Parcel 7 is in the register"]


@virtual_clock
@pytest.mark.parametrize("script", [shield, shield_broken])
async def test_a_delivery_that_nobody_stops_is_written_down(script: ModuleType, printed: Lines) -> None:
    await script.deliver("7", script.Register())
    assert printed() == ["Parcel 7 is in the register"]


# Stop it, and wait


@virtual_clock
async def test_suppressing_the_error_of_another_swallows_your_own(printed: Lines) -> None:
    await stop_broken.leave()
    assert printed() == [
        "Turning to parcel 8",
        "Parcel 8 is on the road",
        "The customer has left, cancelled: False",
    ]  # and the old call has not hung up: its goodbye was cut short


@virtual_clock
async def test_waiting_with_wait_does_not(printed: Lines) -> None:
    await stop.leave()
    assert printed() == ["The customer has left, cancelled: True", "Hung up on parcel 7"]


@virtual_clock
@pytest.mark.parametrize("script", [stop, stop_broken])
async def test_where_nobody_leaves_both_ways_stop_the_old_call(script: ModuleType, printed: Lines) -> None:
    await script.switch()
    assert printed() == ["Hung up on parcel 7", "Turning to parcel 8", "Parcel 8 is on the road"]


@virtual_clock
@pytest.mark.parametrize("script", [stop, stop_broken])
async def test_a_call_goes_on_until_it_is_stopped(script: ModuleType, printed: Lines) -> None:
    assert (await cancelled_after(5, script.call("7"))).cancelled()
    assert printed() == ["Hung up on parcel 7"]


@virtual_clock
async def test_stopping_a_task_that_fails_on_its_way_out_raises_its_error() -> None:
    async def fail() -> None:
        try:
            await asyncio.sleep(1)
        finally:
            raise OSError("the line is dead")

    task = asyncio.create_task(fail())
    await asyncio.sleep(0)
    with pytest.raises(OSError, match="the line is dead"):
        await stop.stop(task)


@virtual_clock
async def test_the_result_of_a_cancelled_task_is_a_cancellation() -> None:
    task = await cancelled_after(0.5, cancel.track("7"))
    with pytest.raises(asyncio.CancelledError):
        task.result()


@virtual_clock
async def test_wait_never_raises_what_its_tasks_raise() -> None:
    async def fail() -> None:
        raise ValueError("failed")

    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    assert repr(task.exception()) == "ValueError('failed')"
    with pytest.raises(ValueError, match="failed"):
        task.result()
