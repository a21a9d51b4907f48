"""Recordings say what happened, to the instant; and the code that they record cannot tell that they do."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import io
import json
import re
import runpy
import sys
import sysconfig
import time
import traceback
import types
import warnings
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import looptime
import pytest
from IPython.core.interactiveshell import InteractiveShell

from awaited import httpbin, timeline
from awaited.timeline import draw, recorder
from awaited.timeline.recorder import Lane, Run

ROOT = Path(__file__).parents[3]
SCRIPTS = sorted((ROOT / "examples").rglob("*.py"))
EAGER = pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks are new in Python 3.12")

Program = Callable[[], Coroutine[Any, Any, object]]


# ------------------------------------------------------------------------------------------------ fifty real runs


def test_fifty_real_runs_give_the_same_picture(capsys: pytest.CaptureFixture[str]) -> None:
    from examples.async_python_basics.handle_errors import handle_errors

    runs = []
    for _ in range(50):
        with timeline.record() as run:
            asyncio.run(handle_errors())
        runs.append(run)
    capsys.readouterr()
    orders = {tuple((lane.label, lane.depth, lane.outcome) for lane in run.lanes) for run in runs}
    assert orders == {
        (
            ("main", 0, "returned"),
            ("might_fail 1", 1, "returned"),
            ("might_fail 2", 1, "raised"),
            ("might_fail 3", 1, "returned"),
        )
    }
    number = r"\d+\.\d+"
    assert {re.sub(number, "N", draw.sentence(run)) for run in runs} == {
        "3 tasks overlapped: N s of waiting took N s. 1 failed."
    }
    waited, took = zip(*([float(n) for n in re.findall(number, draw.sentence(run))] for run in runs), strict=True)
    assert waited == pytest.approx([1.5] * 50, abs=0.3), "three sleeps of half a second, and how late a busy machine is"
    assert took == pytest.approx([0.5] * 50, abs=0.1)
    ends = [lane.ended for run in runs for lane in run.lanes]
    assert ends == pytest.approx([0.5] * 200, abs=0.15)


# ------------------------------------------------------------------------------------------------ on a virtual clock


async def record(program: Program) -> Run:
    with timeline.record() as run:
        await program()
    return run


def observe(program: Program) -> Run:
    with asyncio.Runner(loop_factory=looptime.new_event_loop) as runner:
        return runner.run(record(program))


def told(lane: Lane) -> str:
    """A lane in a line: when it was made, its stretches of running, its end."""
    spans = [f"{s.start:g}" if s.start == s.end else f"{s.start:g}-{s.end:g}" for s in lane.running]
    end = "" if lane.ended is None else f" {lane.ended:g}"
    made = f" @{lane.created:g}" if lane.created else ""
    return f"{'  ' * lane.depth}{lane.label}{made}: {' '.join(spans)} {lane.outcome}{end}".replace(":  ", ": ")


def compute(seconds: float) -> None:
    """Work that takes time on the virtual clock."""
    loop: Any = asyncio.get_running_loop()
    loop.setup_looptime(start=loop.time() + seconds)


async def fetch(seconds: float, result: object = None) -> object:
    await asyncio.sleep(seconds)
    if isinstance(result, BaseException):
        raise result
    return result


async def one_after_the_other() -> None:
    await fetch(1)
    await fetch(2)


async def computing() -> None:
    compute(1)
    await fetch(1)
    compute(0.5)


async def gathered() -> None:
    await asyncio.gather(fetch(2), fetch(1), fetch(2))


async def gathered_failing() -> None:
    with contextlib.suppress(ValueError):
        await asyncio.gather(fetch(1, ValueError("no")), fetch(2))
    await asyncio.sleep(2)


async def own_work() -> None:
    task = asyncio.create_task(fetch(3), name="background")
    await asyncio.sleep(1)
    compute(0.5)
    await task


async def grouped() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(fetch(1))
        group.create_task(fetch(2), name="other")


async def grouped_failing() -> None:
    with contextlib.suppress(ExceptionGroup):
        async with asyncio.TaskGroup() as group:
            group.create_task(fetch(1, KeyError("gone")))
            group.create_task(fetch(2))


async def nested() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(grouped())
        group.create_task(fetch(1.5))


async def timed_out() -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1):
            await asyncio.gather(fetch(2))


async def waited_for() -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.create_task(fetch(2)), 1)


async def shielded() -> None:
    async def impatient() -> None:
        await asyncio.shield(fetch(2))

    task = asyncio.create_task(impatient())
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.sleep(2)


async def queued() -> None:
    queue: asyncio.Queue[int] = asyncio.Queue(1)

    async def produce() -> None:
        for number in range(3):
            await queue.put(number)

    async def consume() -> None:
        for _ in range(3):
            await queue.get()
            await asyncio.sleep(1)

    await asyncio.gather(produce(), consume())


async def limited() -> None:
    limit = asyncio.Semaphore(1)

    async def work() -> None:
        async with limit:
            compute(0.5)
            await asyncio.sleep(1)

    await asyncio.gather(work(), work())


async def signalled() -> None:
    event = asyncio.Event()

    async def wait() -> None:
        await event.wait()

    task = asyncio.create_task(wait())
    await asyncio.sleep(1)
    event.set()
    await task


async def pages() -> AsyncIterator[int]:
    for number in range(2):
        await asyncio.sleep(1)
        yield number


async def generated() -> None:
    async def read() -> None:
        async for _ in pages():
            compute(0.5)

    await asyncio.create_task(read())


async def generator_step_as_task() -> None:
    generator = pages()
    await asyncio.ensure_future(anext(generator))
    await generator.aclose()


async def cancelled_before_it_began() -> None:
    task = asyncio.create_task(fetch(1))
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def cancellation_refused() -> None:
    async def stubborn() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(2)
        await asyncio.sleep(1)

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(1)
    task.cancel()
    await task


async def cancels_itself() -> None:
    async def give_up() -> None:
        task = asyncio.current_task()
        assert task
        task.cancel()

    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.create_task(give_up())


async def by_a_callback() -> None:
    tasks = []
    asyncio.get_running_loop().call_later(1, lambda: tasks.append(asyncio.create_task(fetch(1))))
    await asyncio.sleep(3)


async def first_of_two() -> None:
    tasks = [asyncio.create_task(fetch(1)), asyncio.create_task(fetch(3))]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


async def as_they_come() -> None:
    for next_one in asyncio.as_completed([asyncio.create_task(fetch(2)), asyncio.create_task(fetch(1))]):
        await next_one
        compute(0.25)


async def one_made_by_another() -> None:
    async def outer() -> asyncio.Task[object]:
        await asyncio.sleep(1)
        return asyncio.create_task(fetch(1))

    await (await asyncio.create_task(outer()))


async def eager() -> None:
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)

    async def compute_first() -> None:
        compute(0.5)
        await asyncio.gather(fetch(1), ready())
        compute(0.5)

    async def ready() -> None:
        compute(0.25)

    async def in_turns() -> None:
        await asyncio.sleep(0)
        compute(0.5)

    await asyncio.gather(compute_first(), ready(), in_turns())


WAKES = " 1" if sys.version_info < (3, 12) else ""
"""Up to Python 3.11, wait_for wakes once to cancel, and once more when that is done."""
PROGRAMS: list[Any] = [
    (one_after_the_other, ["main: 0 1 3 returned 3"]),
    (computing, ["main: 0-1 2-2.5 returned 2.5"]),
    (gathered, ["main: 0 2 returned 2", "  fetch 1: 0 2 returned 2", "  fetch 2: 0 1 returned 1",
                "  fetch 3: 0 2 returned 2"]),
    (gathered_failing, ["main: 0 1 3 returned 3", "  fetch 1: 0 1 raised 1", "  fetch 2: 0 2 returned 2"]),
    (own_work, ["main: 0 1-1.5 3 returned 3", "  background: 0 3 returned 3"]),
    (grouped, ["main: 0 2 returned 2", "  fetch: 0 1 returned 1", "  other: 0 2 returned 2"]),
    (grouped_failing, ["main: 0 1 1 returned 1", "  fetch 1: 0 1 raised 1", "  fetch 2: 0 1 cancelled 1"]),
    (nested, ["main: 0 2 returned 2", "  grouped: 0 2 returned 2", "    fetch 1: 0 1 returned 1",
              "    other: 0 2 returned 2", "  fetch 2: 0 1.5 returned 1.5"]),
    (timed_out, ["main: 0 1 returned 1", "  fetch: 0 1 cancelled 1"]),
    (waited_for, [f"main: 0 1{WAKES} returned 1", "  fetch: 0 1 cancelled 1"]),
    (shielded, ["main: 0 1 3 returned 3", "  impatient: 0 1 cancelled 1", "    fetch: 0 2 returned 2"]),
    (queued, ["main: 0 3 returned 3", "  produce: 0 0 1 returned 1", "  consume: 0 1 2 3 returned 3"]),
    (limited, ["main: 0 3 returned 3", "  work 1: 0-0.5 1.5 returned 1.5", "  work 2: 0.5 1.5-2 3 returned 3"]),
    (signalled, ["main: 0 1 1 returned 1", "  wait: 0 1 returned 1"]),
    (generated, ["main: 0 3 returned 3", "  read: 0 1-1.5 2.5-3 returned 3"]),
    (generator_step_as_task, ["main: 0 1 returned 1", "  async_generator_asend: 0 1 returned 1"]),
    (cancelled_before_it_began, ["main: 0 0 returned 0", "  fetch: 0 cancelled 0"]),
    (cancellation_refused, ["main: 0 1 2 returned 2", "  stubborn: 0 1 2 returned 2"]),
    (cancels_itself, ["main: 0 0 returned 0", "  give_up: 0 cancelled 0"]),
    (by_a_callback, ["main: 0 3 returned 3", "  fetch @1: 1 2 returned 2"]),
    (first_of_two, ["main: 0 1 returned 1", "  fetch 1: 0 1 returned 1", "  fetch 2: 0 unfinished"]),
    (as_they_come, ["main: 0 1-1.25 2-2.25 returned 2.25", "  fetch 1: 0 2 returned 2", "  fetch 2: 0 1 returned 1"]),
    (one_made_by_another, ["main: 0 1 2 returned 2", "  outer: 0 1 returned 1", "    fetch @1: 1 2 returned 2"]),
    pytest.param(
        eager,
        ["main: 0-1 2 returned 2", "  compute_first: 0-0.75 1.5-2 returned 2",
         "    fetch @0.5: 0.5 1.5 returned 1.5", "    ready 1 @0.5: 0.5-0.75 returned 0.75",
         "  ready 2 @0.75: 0.75-1 returned 1", "  in_turns @1: 1 1-1.5 returned 1.5"],
        marks=EAGER,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("program", "lanes"), PROGRAMS, ids=lambda value: getattr(value, "__name__", ""))
def test_spans(program: Program, lanes: list[str]) -> None:
    assert [told(lane) for lane in observe(program).lanes] == lanes


@pytest.mark.parametrize(("program", "lanes"), PROGRAMS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_loop_started_inside_the_block_gives_the_same_lanes(program: Program, lanes: list[str]) -> None:
    async def main() -> None:
        await program()

    with timeline.record() as run, asyncio.Runner(loop_factory=looptime.new_event_loop) as runner:
        runner.run(main())
    # what ran before the loop took real time; so compare without times
    names = [line.partition(":")[0].partition(" @")[0] for line in lanes]
    assert ["  " * lane.depth + lane.label for lane in run.lanes] == names


def test_failures_are_told_as_a_traceback_does() -> None:
    class UnknownError(Exception):
        pass

    async def main() -> None:
        errors = [ValueError("bad\nluck"), UnknownError(), asyncio.CancelledError()]
        await asyncio.gather(*(fetch(1, error) for error in errors), return_exceptions=True)

    (_, *tasks) = observe(main).lanes
    assert [(lane.outcome, lane.error.rpartition(".")[2]) for lane in tasks] == [
        ("raised", "ValueError: bad"),
        ("raised", "UnknownError"),
        ("cancelled", ""),
    ]


class Unspeakable(ValueError):  # noqa: N818
    """An error that cannot even be shown."""

    def __str__(self) -> str:
        raise ValueError


@pytest.mark.parametrize(
    ("error", "outcome", "said"),
    [
        (ValueError("no"), "raised", "ValueError: no"),
        (SyntaxError("odd", ("<file>", 1, 1, "code")), "raised", "SyntaxError: odd"),
        (KeyboardInterrupt(), "raised", "KeyboardInterrupt"),
        (asyncio.CancelledError(), "cancelled", ""),
    ],
)
def test_main_has_an_outcome_too(error: BaseException, outcome: str, said: str) -> None:
    runs = []

    async def main() -> None:
        with timeline.record() as run:
            runs.append(run)
            await asyncio.sleep(0)
            raise error

    with pytest.raises(type(error)):
        asyncio.run(main())
    (lane,) = runs[0].lanes
    assert (lane.outcome, lane.error) == (outcome, said)


def test_events_tell_it_in_order() -> None:
    async def main() -> None:
        print("before")
        await asyncio.create_task(fetch(1, OSError("full")))

    runs: list[Run] = []

    async def caught() -> None:
        with contextlib.suppress(OSError), timeline.record() as run:
            runs.append(run)
            await main()

    with asyncio.Runner(loop_factory=looptime.new_event_loop) as runner:
        runner.run(caught())
    events = [(event.time, event.lane and event.lane.label, event.what, event.detail) for event in runs[0].events]
    assert sorted(events, key=str) == sorted(
        [
            (0.0, "main", "printed", "before\n"),
            (0.0, "main", "created", ""),
            (0.0, "main", "running", ""),
            (0.0, "main", "waiting", ""),
            (0.0, "fetch", "created", ""),
            (0.0, "fetch", "running", ""),
            (0.0, "fetch", "waiting", ""),
            (1.0, "fetch", "running", ""),
            (1.0, "fetch", "raised", "OSError: full"),
            (1.0, "main", "running", ""),
            (1.0, "main", "raised", "OSError: full"),
        ],
        key=str,
    )
    assert [event[0] for event in events] == sorted(event[0] for event in events)


def test_lanes_know_their_parents() -> None:
    run = observe(nested)
    assert [lane.parent and lane.parent.label for lane in run.lanes] == [None, "main", "grouped", "grouped", "main"]


def test_several_loops_one_after_the_other() -> None:
    with timeline.record() as run:
        for _ in range(2):
            with asyncio.Runner(loop_factory=looptime.new_event_loop) as runner:
                runner.run(gathered())
    main, *tasks = run.lanes
    assert [task.label for task in tasks] == [f"fetch {number}" for number in range(1, 7)]
    assert [round(task.created) for task in tasks] == [0, 0, 0, 2, 2, 2]
    assert run.seconds == pytest.approx(4, abs=1)
    assert main.outcome == "returned"


def test_code_without_a_loop() -> None:
    with timeline.record() as run:
        time.sleep(0.01)
    (main,) = run.lanes
    assert main.running == [timeline.Span(0.0, run.seconds)]
    assert run.seconds >= 0.01


# ------------------------------------------------------------------------------------------------ threads and lines


def test_threads_have_lanes() -> None:
    def crunch(seconds: float) -> None:
        time.sleep(seconds)

    def fail() -> None:
        raise OSError("full")

    async def main() -> None:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as pool:
            await asyncio.gather(
                asyncio.to_thread(time.sleep, 0.05),
                loop.run_in_executor(pool, crunch, 0.05),
                loop.run_in_executor(pool, crunch, 0.05),
                loop.run_in_executor(None, fail),
                return_exceptions=True,
            )

    run = asyncio.run(record(main))
    lanes = {lane.label: lane for lane in run.lanes}
    expected = {"main", "to_thread", "sleep (thread)", "crunch 1 (thread)", "crunch 2 (thread)", "fail (thread)"}
    assert lanes.keys() == expected
    assert lanes["fail (thread)"].error == "OSError: full"
    sleeping = lanes["sleep (thread)"]
    assert sleeping.kind == "thread"
    assert sleeping.parent is lanes["to_thread"]
    assert sleeping.running[0].seconds >= 0.05
    second = lanes["crunch 2 (thread)"]
    assert second.waiting(run.seconds)[0].seconds >= 0.04, "the pool has one thread only"


def test_other_executors_work_as_ever() -> None:
    async def main() -> int:
        with ProcessPoolExecutor(1, mp_context=__import__("multiprocessing").get_context("spawn")) as pool:
            return await asyncio.get_running_loop().run_in_executor(pool, pow, 2, 10)

    async def recorded() -> Run:
        with timeline.record() as run:
            assert await main() == 1024
        return run

    assert [lane.label for lane in asyncio.run(recorded()).lanes] == ["main"]


def test_lines_have_a_time_and_a_lane(capsys: pytest.CaptureFixture[str]) -> None:
    async def talk(name: str, seconds: float) -> None:
        print("Starting", name)
        await asyncio.sleep(seconds)
        print(name, end="")
        print(" done")

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon(print, "a callback")
        await asyncio.gather(talk("a", 2), talk("b", 1))
        with ThreadPoolExecutor(1) as pool:
            await loop.run_in_executor(pool, print, "a thread")
        sys.stdout.write("by hand\n")

    run = observe(main)
    written = "a callback\nStarting a\nStarting b\nb done\na done\na thread\nby hand\n"
    assert capsys.readouterr().out == written
    assert "".join(line.text for line in run.lines) == written
    assert [(round(line.time), line.lane and line.lane.label, line.text) for line in run.lines] == [
        (0, None, "a callback\n"),
        (0, "talk 1", "Starting a\n"),
        (0, "talk 2", "Starting b\n"),
        (1, "talk 2", "b done\n"),
        (2, "talk 1", "a done\n"),
        (2, "print (thread)", "a thread\n"),
        (2, "main", "by hand\n"),
    ]


def test_a_stream_that_allows_no_attributes_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Bare:
        __slots__ = ("text",)

        def __init__(self) -> None:
            self.text = ""

        def write(self, text: str) -> None:
            self.text += text

    for stream in (Bare(), None):
        monkeypatch.setattr(sys, "stdout", stream)
        run = observe(gathered)
        print("still works")
        assert (run.lines, len(run.lanes)) == ([], 4)


# ------------------------------------------------------------------------------------------------ nothing can be seen

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
        assert recorder.__file__ not in {str(entry.path) for entry in raised.traceback}
        with pytest.raises(TypeError):
            loop.run_in_executor(None, 42)  # type: ignore[type-var]

    run = asyncio.run(record(main), debug=True)
    assert "Unspeakable" in run.lanes[1].error
    with timeline.record():
        loop = asyncio.new_event_loop()
        loop.close()
        with pytest.raises(RuntimeError) as raised:
            loop.call_soon(print)
        assert recorder.__file__ not in {str(entry.path) for entry in raised.traceback}
    with contextlib.suppress(Unspeakable), timeline.record():
        raise Unspeakable


def test_a_stream_that_fails_shows_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "ascii"))
    with timeline.record() as run, pytest.raises(UnicodeEncodeError) as raised:
        print("ünï")
    assert recorder.__file__ not in {str(entry.path) for entry in raised.traceback}
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


SHADOWED = ("call_soon", "create_task", "run_in_executor")


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    before = [vars(asyncio.BaseEventLoop)[name] for name in SHADOWED]
    write = vars(sys.stdout).get("write")  # IPython leaves one there
    yield
    assert [vars(asyncio.BaseEventLoop)[name] for name in SHADOWED] == before
    assert vars(sys.stdout).get("write") is write


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
    assert str(recorder.__file__) not in {str(entry.path) for entry in raised.traceback}
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


# ------------------------------------------------------------------------------------------------ whose a task is

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


# ------------------------------------------------------------------------------------------------ real programs


def printed(script: Path) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as stream, httpbin.running():
        runpy.run_path(str(script), run_name="__main__")
    return re.sub(r"\d+\.\d+", "N", stream.getvalue())


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_the_sites_scripts_print_the_same(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "aiohttp" not in script.read_text(encoding="utf-8"):  # real connections need the real clock
        monkeypatch.setattr("asyncio.events.new_event_loop", looptime.new_event_loop)
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


# ------------------------------------------------------------------------------------------------ in a notebook


class Kernel:
    """Cells that run on a loop, as ipykernel runs them; and what they displayed."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell

    def run(self, *cells: str) -> list[Any]:
        async def run_all() -> list[Any]:
            return [await self.run_one(cell) for cell in cells]

        return asyncio.run(run_all())

    async def run_one(self, cell: str) -> Any:
        shell = self.shell
        result = await asyncio.ensure_future(
            shell.run_cell_async(cell, store_history=True, transformed_cell=shell.transform_cell(cell))
        )
        shell.events.trigger("post_execute")
        shell.events.trigger("post_run_cell", result)
        return result


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setattr(recorder, "_notebook", None)
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(history_load_length=0, colors="nocolor")
    shell.history_manager.enabled = False
    yield Kernel(shell)
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """All that has been displayed, by kind."""
    found: list[dict[str, str]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: found.append(data))
    return found


SETUP = "from awaited import timeline; timeline.enable(); timeline.enable()"
DEFINED = """\
#| label: fetch-data
import asyncio
async def fetch_data(delay):
    await asyncio.sleep(delay)
await fetch_data(0.01)
"""
GATHER = """\
#| label: gather
#| echo: true
async def main():
    await asyncio.gather(*(fetch_data(0.02) for _ in range(3)))
await main()
"""


def test_a_cell_is_drawn_by_its_label(kernel: Kernel, displayed: list[dict[str, str]]) -> None:
    results = kernel.run(SETUP, DEFINED, GATHER, "1 + 1", "timeline.show('gather')")
    assert all(result.success for result in results)
    (data,) = displayed
    assert 'id="timeline-gather"' in data["text/html"]
    assert data["text/html"].count('class="timeline-picture"') == 1
    assert [line.split()[0] for line in data["text/plain"].splitlines()[:4]] == ["main", *["fetch_data"] * 3]


@pytest.mark.parametrize("call", ["'main'", "'fetch_data', 'main'", "-2", "-1", ""])
def test_a_cell_is_also_found_by_what_it_ran_or_by_its_place(
    kernel: Kernel, displayed: list[dict[str, str]], call: str
) -> None:
    kernel.run(SETUP, DEFINED, GATHER, f"timeline.show({call})")
    (data,) = displayed
    name = {"-2": "fetch-data", "'fetch_data', 'main'": "fetch-data-gather"}.get(call, "gather")
    assert f'id="timeline-{name}"' in data["text/html"]


def test_labels_may_come_from_the_environment(
    kernel: Kernel, displayed: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(timeline.LABELS, json.dumps(["setup", None, "told"]))
    without = re.sub(r"^#\|.*\n", "", DEFINED, flags=re.M), re.sub(r"^#\|.*\n", "", GATHER, flags=re.M)
    kernel.run(SETUP, *without, "timeline.show('told')", "timeline.show('told')")
    assert 'id="timeline-told"' in displayed[0]["text/html"]
    assert 'id="timeline-told-2"' in displayed[1]["text/html"], "ids are unique on a page"


def test_labels_may_come_from_the_document_that_quarto_runs(
    kernel: Kernel, displayed: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wait = "await asyncio.sleep(0.01)"
    options = ["setup", None, "one", None, "two"]
    codes = [SETUP, "import asyncio", wait, wait, wait]
    blocks = [
        f"```{{python}}\n{f'#| label: {label}' if label else ''}\n{code}\n```\n"
        for label, code in zip(options, codes, strict=True)
    ]
    (tmp_path / "page.qmd").write_text("\n".join(blocks))
    monkeypatch.setenv("QUARTO_DOCUMENT_PATH", str(tmp_path))
    monkeypatch.setenv("QUARTO_DOCUMENT_FILE", "page.qmd")
    kernel.run(*codes, *codes[2:], "timeline.show('two')")
    (data,) = displayed
    assert 'id="timeline-two"' in data["text/html"]
    assert recorder._notebook is not None
    found = [names[0] for _, names in recorder._notebook.cells if "asyncio.sleep" in names]
    assert found == ["one", "asyncio.sleep", "two"] * 2, "the second time as in Quarto's preview"


def test_a_document_that_cannot_be_read_gives_no_labels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QUARTO_DOCUMENT_PATH", str(tmp_path))
    monkeypatch.setenv("QUARTO_DOCUMENT_FILE", "page.qmd")
    assert recorder._labels_in_document("1") == []
    (tmp_path / "page.qmd").write_text("```{python}\n1")
    assert recorder._labels_in_document("1") == []


def test_a_name_that_is_not_there(kernel: Kernel) -> None:
    *_, result = kernel.run(SETUP, DEFINED, "timeline.show('other')")
    message = str(result.error_in_exec)
    assert message == "no cell 'other' has been recorded; recorded are: fetch-data, fetch_data"


def test_showing_without_enabling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "_notebook", None)
    timeline.enable()  # outside IPython this changes nothing
    with pytest.raises(LookupError, match=r"timeline\.enable\(\)"):
        timeline.show("gather")


def test_cells_that_fail_or_never_wait(kernel: Kernel) -> None:
    kernel.run(SETUP, "1 / 0", "not python!", "value = 1", "import asyncio; await asyncio.sleep(0.01); 1 / 0")
    assert recorder._notebook is not None
    outcomes = [(run.lanes[0].outcome, run.lanes[0].error) for run, _ in recorder._notebook.cells]
    failed = ("raised", "ZeroDivisionError: division by zero")
    assert [outcomes[0], outcomes[2], outcomes[3]] == [failed, ("returned", ""), failed]
    assert outcomes[1][1].startswith("SyntaxError")


def test_a_cell_may_run_another(kernel: Kernel) -> None:
    kernel.run(SETUP, DEFINED, "#| label: outer\nget_ipython().run_cell('#| label: inner\\n1 + 1')")
    assert recorder._notebook is not None
    assert [names for _, names in recorder._notebook.cells][1:] == [["inner"], ["outer", "get_ipython().run_cell"]]


def test_the_kernels_own_tasks_are_left_out(kernel: Kernel) -> None:
    async def main() -> None:
        async def chatter() -> None:
            while True:
                await asyncio.create_task(asyncio.sleep(0.001))

        chat = asyncio.create_task(chatter())
        for cell in (SETUP, DEFINED, GATHER):
            await kernel.run_one(cell)
        chat.cancel()

    asyncio.run(main())
    assert recorder._notebook is not None
    run, _ = recorder._notebook.cells[-1]
    assert [lane.label for lane in run.lanes] == ["main", "fetch_data 1", "fetch_data 2", "fetch_data 3"]
    assert [lane.outcome for lane in run.lanes] == ["returned"] * 4
    assert run.seconds == pytest.approx(0.02, abs=0.05)


def test_a_cell_sees_no_difference(kernel: Kernel, capsys: pytest.CaptureFixture[str]) -> None:
    cell = "import traceback\nasync def f():\n    1 / 0\nawait f()"
    (before,) = kernel.run(cell)
    _, after = kernel.run(SETUP, cell)
    texts = ["".join(traceback.format_exception(result.error_in_exec)) for result in (before, after)]
    assert re.sub(r"\d+", "N", texts[0]) == re.sub(r"\d+", "N", texts[1])
    assert capsys.readouterr().out.count("ZeroDivisionError") >= 2
