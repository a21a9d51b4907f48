"""Programs on a virtual clock, and what they come to in a recording."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import looptime
import pytest

from awaited import timeline
from awaited.timeline import Lane, Run

EAGER = pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks are new in Python 3.12")

Program = Callable[[], Coroutine[Any, Any, object]]


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
    until = lane.ended if lane.ended is not None else 1e9
    end += "".join(f", late {span.start:g}-{span.end:g}" for span in lane.late(until))
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
    (limited, ["main: 0 3 returned 3", "  work 1: 0-0.5 1.5 returned 1.5",
               "  work 2: 0.5 1.5-2 3 returned 3, late 0-0.5"]),
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
