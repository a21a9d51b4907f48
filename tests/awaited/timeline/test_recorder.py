"""Recordings say what happened, to the instant."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import looptime
import pytest

from awaited import timeline
from awaited.timeline import Run
from awaited.timeline.drawing import words
from tests.awaited.timeline.programs import PROGRAMS, Program, fetch, gathered, nested, observe, record, told


@pytest.mark.alone
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
    assert {re.sub(number, "N", words.sentence(run)) for run in runs} == {
        "3 tasks overlapped: N s of waiting took N s. 1 failed."
    }
    for lane, seconds in ((lane, run.seconds) for run in runs for lane in run.lanes if lane.kind == "task"):
        waited, late, ran = (sum(s.seconds for s in spans) for spans in (lane.waiting(9), lane.late(9), lane.running))
        assert waited == pytest.approx(0.5, abs=0.01), "it slept for half a second, however late a busy machine is"
        assert lane.created + waited + late + ran == pytest.approx(lane.ended), "it is always in one state"
        assert [wait.what for wait in lane.waits(seconds)] in ([None, 0.5], [0.5])


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
