"""The code that is recorded cannot tell that it is."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import io
import re
import sys
import time
import traceback
import types
import warnings
import weakref
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import looptime
import pytest

from awaited import timeline
from awaited.timeline import Run, hooks
from tests.awaited.timeline.programs import EAGER, fetch, gathered, observe, record, told


class Unspeakable(ValueError):  # noqa: N818
    """An error that cannot even be shown."""

    def __str__(self) -> str:
        raise ValueError


variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


async def look_around() -> list[object]:
    """All that code can see of itself and of asyncio."""
    seen: list[object] = []
    loop = asyncio.get_running_loop()

    def look(what: str) -> None:
        task = asyncio.current_task()
        assert task
        coroutine = task.get_coro()
        stack = [(frame.name, frame.lineno) for frame in traceback.extract_stack()]
        context = {variable.name: value for variable, value in contextvars.copy_context().items()}
        seen.extend([what, task.get_name(), type(task), type(coroutine), stack, context, task.cancelling()])
        seen.append([frame.f_code.co_name for frame in task.get_stack()])
        seen.append(re.sub("0x[0-9a-f]+", "", repr(task)))

    async def child(depth: int) -> str:
        look(f"child {depth}")
        variable.set(f"set by {depth}")
        await asyncio.sleep(0.001)
        look(f"child {depth} again")
        if depth:
            return str(await asyncio.create_task(child(depth - 1)))
        raise LookupError("at the bottom")

    look("main")
    variable.set("set by main")
    for coroutine, name in ((child(0), None), (child(2), "named")):
        task = asyncio.create_task(coroutine, name=name)
        seen.append(task.get_coro() is coroutine)
        try:
            await task
        except LookupError as error:
            lines = [(frame.name, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
            seen.extend([lines, "".join(traceback.format_exception(error))])
        look("after an error")
    try:
        asyncio.create_task(42)  # type: ignore[arg-type]  # noqa: RUF006
    except TypeError as error:
        seen.append([frame.filename for frame in traceback.extract_tb(error.__traceback__)])
    try:
        await asyncio.to_thread(int, "no number")
    except ValueError as error:
        seen.append([(frame.filename, frame.name) for frame in traceback.extract_tb(error.__traceback__)])
    try:
        await asyncio.wait_for(asyncio.sleep(1), 0.001)
    except TimeoutError as error:
        seen.append([frame.name for frame in traceback.extract_tb(error.__traceback__)])
    seen.append(variable.get())
    seen.extend([loop.get_task_factory(), sorted(vars(loop)), loop.get_exception_handler()])
    seen.append(asyncio.create_task(asyncio.sleep(0)).get_name())
    return seen


def numbered_from(names: object, first: int) -> object:
    """Task-N, counted from the first: every interpreter has but one counter."""
    return re.sub(r"Task-(\d+)", lambda found: f"Task-{int(found[1]) - first}", str(names))


@pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])
@pytest.mark.parametrize("factory", [None, pytest.param("eager", marks=EAGER)])
def test_what_code_can_see_is_as_without(debug: bool, factory: str | None) -> None:
    async def main(context: contextlib.AbstractContextManager[object]) -> object:
        task = asyncio.current_task()
        assert task
        if factory:
            asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        with context:
            seen = await look_around()
        return numbered_from(seen, int(task.get_name().removeprefix("Task-")))

    contexts: list[Any] = [contextlib.nullcontext(), timeline.record()]
    bare, recorded = (str(asyncio.run(main(context), debug=debug)) for context in contexts)
    if factory:  # an eager first step runs inside create_task(): in its stack, ours can be seen, but in no traceback
        bare, recorded = (re.sub(r"'create_task', |\('create_task', \d+\), ", "", seen) for seen in (bare, recorded))
    assert recorded == bare


def test_errors_of_the_loop_itself_show_no_trace() -> None:
    async def main() -> None:
        with contextlib.suppress(Unspeakable):
            await asyncio.create_task(fetch(0, Unspeakable()))
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as pool:
            pool.shutdown()
            with pytest.raises(RuntimeError) as raised:
                loop.run_in_executor(pool, print)
        assert hooks.__file__ not in {str(entry.path) for entry in raised.traceback}
        with pytest.raises(TypeError):
            loop.run_in_executor(None, 42)  # type: ignore[type-var]

    run = asyncio.run(record(main), debug=True)
    assert "Unspeakable" in run.lanes[1].error
    with timeline.record():
        loop = asyncio.new_event_loop()
        loop.close()
        with pytest.raises(RuntimeError) as raised:
            loop.call_soon(print)
        assert hooks.__file__ not in {str(entry.path) for entry in raised.traceback}
    with contextlib.suppress(Unspeakable), timeline.record():
        raise Unspeakable


def test_a_stream_that_fails_shows_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "ascii"))
    with timeline.record() as run, pytest.raises(UnicodeEncodeError) as raised:
        print("ünï")
    assert hooks.__file__ not in {str(entry.path) for entry in raised.traceback}
    assert not run.lines


def test_tasks_are_numbered_as_without() -> None:
    async def main(context: contextlib.AbstractContextManager[object]) -> list[str]:
        names = []
        with context:
            for name in (None, "named", None):
                task = asyncio.create_task(fetch(0), name=name)
                names.append(task.get_name())
                await task
        return names

    bare, recorded = (asyncio.run(main(context)) for context in (contextlib.nullcontext(), timeline.record()))
    first = [int(names[0].removeprefix("Task-")) for names in (bare, recorded)]
    assert numbered_from(recorded, first[1]) == numbered_from(bare, first[0])


def test_a_task_factory_in_place_stays_in_place() -> None:
    made: list[object] = []

    def factory(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> Any:
        made.append(coroutine)
        return asyncio.Task(coroutine, loop=loop, **options)

    async def main() -> Run:
        loop = asyncio.get_running_loop()
        loop.set_task_factory(factory)  # type: ignore[arg-type]
        with timeline.record() as run:
            await gathered()
            assert loop.get_task_factory() is factory
        assert loop.get_task_factory() is factory
        assert len(made) == 3
        return run

    with asyncio.Runner(loop_factory=looptime.new_event_loop) as runner:
        run = runner.run(main())
    assert [lane.label for lane in run.lanes] == ["main", "fetch 1", "fetch 2", "fetch 3"]


def test_a_factory_that_wraps_coroutines() -> None:
    async def wrapped(coroutine: Awaitable[object]) -> object:
        return await coroutine

    def factory(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> Any:
        return asyncio.Task(wrapped(coroutine), loop=loop, **options)

    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(factory)  # type: ignore[arg-type]
        await asyncio.gather(fetch(1))

    assert [told(lane) for lane in observe(main).lanes] == ["main: 0 1 returned 1", "  fetch: 0 1 returned 1"]


def test_all_is_put_back_after_an_error() -> None:
    async def main() -> None:
        with timeline.record():
            asyncio.create_task(fetch(1))  # noqa: RUF006
            raise OSError

    for _ in range(2):
        with pytest.raises(OSError):  # noqa: PT011
            asyncio.run(main())
    with pytest.raises(OSError), timeline.record():  # noqa: PT011
        raise OSError


def test_what_others_put_over_it_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    original = asyncio.BaseEventLoop.call_soon
    with timeline.record():

        def theirs(*args: Any, **options: Any) -> Any:
            return original(*args, **options)

        asyncio.BaseEventLoop.call_soon = theirs  # type: ignore[method-assign]
    assert asyncio.BaseEventLoop.call_soon is theirs
    asyncio.BaseEventLoop.call_soon = original  # type: ignore[method-assign]


def test_recordings_within_recordings() -> None:
    async def main() -> None:
        with timeline.record("inner") as inner:
            await gathered()
        await fetch(1)
        assert [told(lane) for lane in inner.lanes][1] == "  fetch 1: 0 2 returned 2"

    assert [told(lane) for lane in observe(main).lanes][:2] == ["main: 0 2 3 returned 3", "  fetch 1: 0 2 returned 2"]


def test_recordings_of_two_tasks_at_once_know_their_own() -> None:
    async def watched(seconds: float) -> Run:
        with timeline.record() as run:
            await asyncio.gather(fetch(seconds))
            await asyncio.sleep(seconds)
        return run

    async def main() -> list[Run]:
        return await asyncio.gather(watched(1), watched(2))

    with asyncio.Runner(loop_factory=looptime.new_event_loop) as runner:
        runs = runner.run(main())
    assert [[told(lane) for lane in run.lanes] for run in runs] == [
        ["main: 0 1 2 returned 2", "  fetch: 0 1 returned 1"],
        ["main: 0 2 4 returned 4", "  fetch: 0 2 returned 2"],
    ]


def test_recordings_in_two_threads_know_their_own() -> None:
    def work(seconds: float) -> Run:
        with timeline.record() as run:
            asyncio.run(fetch(seconds))
            asyncio.run(gathered_briefly())
        return run

    async def gathered_briefly() -> None:
        await asyncio.gather(fetch(0.01), fetch(0.01))

    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(work, [0.05] * 4))
    assert [[lane.label for lane in run.lanes] for run in runs] == [["main", "fetch 1", "fetch 2"]] * 4


def test_lost_exceptions_are_still_told() -> None:
    async def main() -> list[str]:
        told: list[str] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["message"]))
        with timeline.record():
            asyncio.create_task(fetch(0, OSError("lost")))  # noqa: RUF006
            await asyncio.sleep(0.01)
            gc.collect()
            assert told == ["Task exception was never retrieved"]
        return told

    asyncio.run(main())


def test_lost_tasks_are_still_lost() -> None:
    async def main() -> None:
        messages: list[str] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: messages.append(context["message"]))

        async def wait_for_nothing() -> None:
            await loop.create_future()

        with timeline.record() as run:
            lost = weakref.ref(asyncio.create_task(wait_for_nothing()))
            await asyncio.sleep(0.01)
            gc.collect()
            assert lost() is None
            assert messages == ["Task was destroyed but it is pending!"]
        assert run.lanes[1].outcome == "unfinished"

    asyncio.run(main())


def test_results_can_be_freed() -> None:
    class Big:
        pass

    async def make() -> Big:
        await asyncio.sleep(0)
        return Big()

    async def main() -> None:
        with timeline.record():
            task = asyncio.create_task(make())
            big = weakref.ref(await task)
            del task
            await asyncio.sleep(0)
            assert big() is None

    asyncio.run(main())


def test_coroutines_never_awaited_are_still_told() -> None:
    with timeline.record(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fetch(1)
        gc.collect()
    assert "never awaited" in str(caught[0].message)


def test_an_interrupt_goes_through() -> None:
    async def interrupt() -> None:
        raise KeyboardInterrupt

    async def main() -> None:
        await asyncio.gather(interrupt(), fetch(1))

    with pytest.raises(KeyboardInterrupt) as raised, timeline.record() as run:
        asyncio.run(main())
    assert str(hooks.__file__) not in {str(entry.path) for entry in raised.traceback}
    assert [lane.outcome for lane in run.lanes] == ["raised", "raised", "cancelled"]


def test_slow_callbacks_are_named_in_debug_mode(caplog: pytest.LogCaptureFixture) -> None:
    async def slow() -> None:
        time.sleep(0.15)  # noqa: ASYNC251

    async def main() -> None:
        with timeline.record():
            await asyncio.create_task(slow(), name="the slow one")

    asyncio.run(main(), debug=True)
    assert any("Executing <Task" in message and "the slow one" in message for message in caplog.messages)


def test_other_loops_are_refused_before_anything_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: types.SimpleNamespace(time=time.monotonic))
    with pytest.raises(TypeError, match=r"no asyncio\.BaseEventLoop"), timeline.record():
        raise AssertionError("unreachable")
