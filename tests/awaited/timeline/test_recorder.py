"""Recordings say what happened, to the instant."""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import multiprocessing
import re
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import looptime
import pytest

from awaited import timeline
from awaited.execute.clean import LIMIT
from awaited.timeline import Lane, Run
from awaited.timeline.drawing import words
from awaited.timeline.drawing.reasons import reason
from tests.awaited.timeline.programs import (
    PROGRAMS,
    Program,
    compute,
    fetch,
    gathered,
    limited,
    nested,
    observe,
    queued,
    record,
    told,
)


def real_run(_: int) -> tuple[object, str]:
    """What a recording tells of a script that waits for half a second by the real clock: its lanes, and in words."""
    from examples.async_python_basics.handle_errors import handle_errors

    for _ in range(10):
        with contextlib.redirect_stdout(io.StringIO()), timeline.record() as run:
            asyncio.run(handle_errors())
        if run.delay <= LIMIT:  # else a build would run it again, too
            break
    for lane in (lane for lane in run.lanes if lane.kind == "task"):
        waited, late, ran = (sum(s.seconds for s in spans) for spans in (lane.waiting(9), lane.late(9), lane.running))
        assert waited == pytest.approx(0.5, abs=0.01), "it slept for half a second, however late a busy machine is"
        assert lane.created + waited + late + ran == pytest.approx(lane.ended), "it is always in one state"
        assert [wait.what for wait in lane.waits(run.seconds)] in ([None, 0.5], [0.5])
    return tuple((lane.label, lane.depth, lane.outcome) for lane in run.lanes), words.sentence(run)


@pytest.mark.alone
def test_fifty_real_runs_give_the_same_picture() -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(25, context) as pool:  # they wait, and so many do it at once
        lanes, sentences = zip(*pool.map(real_run, range(50)), strict=True)
    assert set(lanes) == {
        (
            ("main", 0, "returned"),
            ("might_fail 1", 1, "returned"),
            ("might_fail 2", 1, "raised"),
            ("might_fail 3", 1, "returned"),
        )
    }
    assert {re.sub(r"\d+\.\d+", "N", sentence) for sentence in sentences} == {
        "3 tasks overlapped: N s of waiting took N s. 1 failed."
    }


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
    assert second.late(run.seconds)[0].seconds >= 0.04, "the pool has one thread only"


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


# ------------------------------------------------------------------------------------------------ the three states


def states(lane: Lane, until: float) -> str:
    """What a lane did all the time, in a line."""
    found = [(span.start, span.end, "runs") for span in lane.running]
    found += [(span.start, span.end, "waits") for span in lane.waiting(until)]
    found += [(span.start, span.end, "late") for span in lane.late(until)]
    spans = sorted(span for span in found if span[1] > span[0])
    assert all(before[1] == after[0] for before, after in itertools.pairwise(spans)), (
        "one after the other, without gaps"
    )
    return ", ".join(f"{what} {start:g}-{end:g}" for start, end, what in spans)


async def tick() -> None:
    for _ in range(3):
        await asyncio.sleep(1)


async def hog() -> None:
    await asyncio.sleep(1.5)
    compute(2)


async def timers_while_another_computes() -> None:
    await asyncio.gather(tick(), hog())


async def made_while_its_maker_computes() -> None:
    task = asyncio.create_task(tick())
    compute(1)
    await task


async def woken_while_another_computes() -> None:
    event = asyncio.Event()

    async def waits() -> None:
        await event.wait()

    async def sets() -> None:
        await asyncio.sleep(1)
        event.set()
        compute(1)

    await asyncio.gather(waits(), sets())


async def gathered_while_another_computes() -> None:
    async def computes() -> None:
        await asyncio.sleep(1)
        await asyncio.sleep(0)
        compute(1)

    other = asyncio.create_task(computes())
    await asyncio.gather(fetch(1))
    await other


async def called_back_late() -> None:
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(1, future.set_result, None)
    asyncio.get_running_loop().call_later(0.5, compute, 1)
    await future


STATES: list[Any] = [
    (timers_while_another_computes, "tick", "waits 0-1, waits 1-2, late 2-3.5, waits 3.5-4.5"),
    (timers_while_another_computes, "hog", "waits 0-1.5, runs 1.5-3.5"),
    (made_while_its_maker_computes, "tick", "late 0-1, waits 1-2, waits 2-3, waits 3-4"),
    (woken_while_another_computes, "waits", "waits 0-1, late 1-2"),
    (gathered_while_another_computes, "main", "waits 0-1, late 1-2"),
    (called_back_late, "main", "waits 0-1, late 1-1.5"),
]


@pytest.mark.parametrize(("program", "label", "told"), STATES, ids=lambda value: getattr(value, "__name__", None))
def test_states(program: Program, label: str, told: str) -> None:
    run = observe(program)
    (lane,) = (lane for lane in run.lanes if lane.label == label)
    assert states(lane, run.seconds) == told


def test_a_task_that_is_due_when_the_recording_ends_is_kept_waiting() -> None:
    async def main() -> None:
        asyncio.create_task(fetch(1))  # noqa: RUF006
        compute(2)

    run = observe(main)
    assert states(run.lanes[1], run.seconds) == "late 0-2"


def test_a_thread_that_is_done_wakes_its_task_late() -> None:
    async def main() -> None:
        call = asyncio.create_task(asyncio.to_thread(time.sleep, 0.05))
        await asyncio.sleep(0)
        time.sleep(0.2)  # noqa: ASYNC251
        await call

    run = asyncio.run(record(main))
    (lane,) = (lane for lane in run.lanes if lane.label == "to_thread")
    (late,) = (span for span in lane.late(run.seconds) if span.seconds > 0.05)
    assert late.start == pytest.approx(0.05, abs=0.05)
    assert late.end >= 0.2
    assert words.sentence(run).partition(". ")[2].startswith("to_thread was kept waiting 0.")


# ------------------------------------------------------------------------------------------------ where, and for what

SNIPPET = """
import asyncio

async def sleeps():
    await asyncio.sleep(2)

async def main():
    lock, queue, event = asyncio.Lock(), asyncio.Queue(), asyncio.Event()

    async def holds():
        async with lock:
            await sleeps()

    async def wants():
        async with lock:
            pass

    async def eats():
        await queue.get()

    async def listens():
        await event.wait()

    async def joins():
        await task

    task = asyncio.create_task(holds())
    tasks = [asyncio.create_task(each()) for each in (wants, eats, listens, joins)]
    await asyncio.gather(tasks[0], tasks[3])
    async with asyncio.timeout(1):
        await asyncio.wait(tasks)
"""


def test_each_wait_tells_its_line_and_what_for() -> None:
    names: dict[str, Any] = {}
    exec(compile(SNIPPET, "/home/me/snippet.py", "exec"), names)

    async def main() -> None:
        with contextlib.suppress(TimeoutError):
            await names["main"]()

    run = observe(main)
    found = {
        lane.label: (wait.place and (wait.place.file, wait.place.line), reason(wait))
        for lane in run.lanes
        for wait in [max(lane.waits(run.seconds), key=lambda wait: wait.ready - wait.start)]
    }
    lines = SNIPPET.splitlines()
    told = {label: (lines[place[1] - 1].strip(), why) for label, (place, why) in found.items() if place}
    assert told == {
        "main": ("await asyncio.gather(tasks[0], tasks[3])", "wants and joins"),
        "holds": ("await asyncio.sleep(2)", "a sleep of 2.00 s"),
        "wants": ("async with lock:", "a lock, held by holds"),
        "eats": ("await queue.get()", "a queue"),
        "listens": ("await event.wait()", "an event"),
        "joins": ("await task", "holds"),
    }
    assert {place[0] for place, _ in found.values() if place} == {"/home/me/snippet.py"}


def test_a_deadlock_says_who_holds_what() -> None:
    async def main() -> None:
        plate, fork = asyncio.Lock(), asyncio.Lock()

        async def one(first: asyncio.Lock, second: asyncio.Lock) -> None:
            async with first:
                await asyncio.sleep(1)
                async with second:
                    pass

        tasks = [
            asyncio.create_task(one(plate, fork), name="ann"),
            asyncio.create_task(one(fork, plate), name="bob"),
        ]
        await asyncio.sleep(3)
        assert not any(task.done() for task in tasks)

    run = observe(main)
    assert words.sentence(run) == (
        "2 tasks overlapped: 6.0 s of waiting took 3.0 s. 2 never ended. "
        "ann never got the lock fork, held by bob; bob never got the lock plate, held by ann."
    )
    assert "never ended: it waits for the lock fork, held by bob" in run.html()
    assert [(held.lane.label, held.start, held.end) for held in run.resources[0].holdings(3)] == [("ann", 0, 3)]


def test_semaphores_and_queues_tell_who_holds_them_and_what_is_in_them() -> None:
    run = observe(limited)
    (limit,) = run.resources
    assert (limit.kind, limit.name) == ("semaphore", "limit")
    assert [(held.lane.label, held.start, held.end) for held in limit.holdings(9)] == [
        ("work 1", 0, 1.5),
        ("work 2", 1.5, 3),
    ]
    run = observe(queued)
    (queue,) = run.resources
    assert (queue.kind, queue.name) == ("queue", "queue")
    assert [count for _, count in queue.items()] == [1, 0, 1, 0, 1, 0]
    assert "held by work 1 from 0.00 to 1.50 s" in observe(limited).html(queues=True)
    assert "waited for by work 2" in observe(limited).html(queues=True)


def test_who_gave_up_waiting_for_a_lock_never_held_it() -> None:
    async def main() -> None:
        lock = asyncio.Lock()

        async def impatient() -> None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await lock.acquire()
            await asyncio.sleep(1)

        async with lock:
            await asyncio.create_task(impatient())

    (lock,) = observe(main).resources
    assert [(held.lane.label, held.start, held.end) for held in lock.holdings(2)] == [("main", 0, 2)]


# ------------------------------------------------------------------------------------------------ other ways to run


def test_tasks_made_directly_are_recorded() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        tasks = [asyncio.Task(fetch(seconds), loop=loop, name=name) for seconds, name in ((1, "a"), (2, "b"))]
        await asyncio.gather(*tasks)

    assert [told(lane) for lane in observe(main).lanes] == [
        "main: 0 2 returned 2", "  a: 0 1 returned 1", "  b: 0 2 returned 2",
    ]  # fmt: skip


class ForeignLoop(asyncio.AbstractEventLoop):
    """A loop of another kind, as uvloop's."""

    def run_until_complete(self, future: Any) -> Any:
        future.close()
        return "has run"

    def run_forever(self) -> None:
        pass


def test_loops_of_other_kinds_refuse_to_run_what_is_recorded() -> None:
    refused = r"cannot record on a .*ForeignLoop: it is no asyncio\.BaseEventLoop; to record, run on asyncio's own loop"
    loop, coroutine = ForeignLoop(), fetch(0)
    with timeline.record():
        with pytest.raises(TypeError, match=refused):
            loop.run_until_complete(coroutine)
        with pytest.raises(TypeError, match=refused):
            loop.run_forever()
        kind: Any = type("Later", (ForeignLoop,), {"run_forever": lambda self: None})
        with pytest.raises(TypeError, match="Later"):
            kind().run_forever()
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(loop.run_forever).result() is None, "in a thread that is not recorded"
    assert loop.run_until_complete(coroutine) == "has run"
