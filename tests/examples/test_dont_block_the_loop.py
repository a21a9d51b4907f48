"""What the article "Don't Block the Loop" claims of its snippets, and of the event loop besides."""

import asyncio
import asyncio.constants
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from examples.dont_block_the_loop import (
    await_is_no_pause,
    await_is_no_pause_broken,
    blocked,
    blocked_broken,
    cpu,
    debug_slow,
    file_work,
    pool_size,
    ticker,
    timeout_in_vain,
    timeout_in_vain_broken,
)

ROOT = Path(__file__).parents[2]

Measure = Callable[[Awaitable[object]], Awaitable[float]]
Lines = Callable[[], list[str]]
virtual_clock = pytest.mark.looptime


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Lines:
    """The lines printed so far, ticks without their times: their order is what counts."""
    return lambda: [line.partition(" at ")[0] for line in capsys.readouterr().out.splitlines()]


# A heartbeat


@virtual_clock
async def test_the_heart_beats_on_while_the_report_waits(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(ticker.main()) == pytest.approx(0.6)
    assert printed() == ["tick", "report: waiting for the numbers", "tick", "tick", "tick", "report: done"]


async def test_a_tick_tells_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    await ticker.tick(1)
    assert capsys.readouterr().out == "tick at 0.0s\n"


@pytest.mark.alone
async def test_a_late_tick_does_not_make_the_next_one_late(capsys: pytest.CaptureFixture[str]) -> None:
    ticking = asyncio.create_task(ticker.tick(4))
    await asyncio.sleep(0.05)
    time.sleep(0.1)  # noqa: ASYNC251  # the second tick comes at about 0.15
    await ticking
    times = [float(line.removeprefix("tick at ").removesuffix("s")) for line in capsys.readouterr().out.splitlines()]
    assert times[0] == 0
    assert times[2:] == [0.2, 0.3]


# Whose turn is it?


@virtual_clock
async def test_a_turn_lasts_until_an_await_that_waits() -> None:
    turns = []

    async def task(name: str) -> None:
        for _ in range(2):
            turns.append(name)
            await asyncio.sleep(0)

    await asyncio.gather(task("a"), task("b"), task("c"))
    assert "".join(turns) == "abcabc"


async def test_no_timer_rings_and_no_connection_is_served_during_a_turn() -> None:
    loop, happened = asyncio.get_running_loop(), []
    reading, writing = os.pipe()
    loop.add_reader(reading, lambda: happened.append(os.read(reading, 1)))
    loop.call_later(0.01, happened.append, "timer")
    os.write(writing, b"x")
    time.sleep(0.05)  # noqa: ASYNC251
    assert happened == []
    await asyncio.sleep(0.05)
    assert set(happened) == {b"x", "timer"}
    loop.remove_reader(reading)
    os.close(reading)
    os.close(writing)


# A call that blocks


async def test_a_call_that_blocks_stops_the_heart(printed: Lines) -> None:
    await blocked_broken.main_blocked()
    assert printed() == ["tick", "report: loading", "report: 42", "tick", "tick", "tick"]


async def test_in_a_thread_it_does_not(printed: Lines) -> None:
    await blocked.main_free()
    assert printed() == ["tick", "report: loading", "tick", "tick", "tick", "report: 42"]


async def test_to_thread_calls_the_function_in_another_thread() -> None:
    assert await asyncio.to_thread(threading.get_ident) != threading.get_ident()


async def test_a_pool_lets_the_next_call_wait_until_a_thread_is_free(printed: Lines) -> None:
    start = time.perf_counter()
    await pool_size.six_calls()
    assert time.perf_counter() - start >= 0.6
    assert printed() == ["Six calls, never more than 2 together"]


def test_the_pool_behind_to_thread_has_as_many_threads_as_a_pool_without_a_number() -> None:
    async def main() -> tuple[int, set[str]]:
        names = set(await asyncio.gather(*(asyncio.to_thread(_thread_name) for _ in range(100))))
        return len(names), {name.partition("_")[0] for name in names}

    count, prefixes = asyncio.run(main())
    processors = getattr(os, "process_cpu_count", os.cpu_count)() or 1
    assert prefixes == {"asyncio"}
    assert count <= ThreadPoolExecutor()._max_workers == min(32, processors + 4)


def _thread_name() -> str:
    time.sleep(0.01)  # so that one thread cannot take all the calls
    return threading.current_thread().name


# A timeout that comes too late


async def test_a_timeout_around_a_call_that_blocks_raises_nothing(printed: Lines) -> None:
    await timeout_in_vain_broken.report_in_time()
    assert printed() == ["report: 42"]


async def test_not_even_where_the_turn_is_given_away_once_before_the_end(printed: Lines) -> None:
    async with asyncio.timeout(0.05):
        time.sleep(0.1)  # noqa: ASYNC251
        await asyncio.sleep(0)


async def test_a_timeout_around_a_thread_raises_in_time(printed: Lines) -> None:
    start = time.perf_counter()
    await timeout_in_vain.report_in_time_or_not()
    assert printed() == ["report: no numbers in time"]
    assert time.perf_counter() - start < 0.6  # which is what load_numbers takes


def test_asyncio_run_waits_for_a_thread_that_nobody_waits_for_any_more() -> None:
    ended = threading.Event()

    def work() -> None:
        time.sleep(0.3)
        ended.set()

    async def main() -> bool:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await asyncio.to_thread(work)
        return ended.is_set()

    assert asyncio.run(main()) is False
    assert ended.is_set()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="before 3.12 it waits for as long as it takes")
def test_from_3_12_asyncio_run_waits_five_minutes_at_most() -> None:
    assert asyncio.constants.THREAD_JOIN_TIMEOUT == 300  # type: ignore[attr-defined]


def test_asyncio_run_does_not_wait_for_a_pool_of_your_own() -> None:
    go_on = threading.Event()

    async def main(pool: ThreadPoolExecutor) -> None:
        asyncio.get_running_loop().run_in_executor(pool, go_on.wait, 60)

    with ThreadPoolExecutor(max_workers=1) as pool:
        start = time.perf_counter()
        asyncio.run(main(pool))
        assert time.perf_counter() - start < 30
        go_on.set()


# An await that is no pause


@virtual_clock
async def test_an_await_that_need_not_wait_lets_nobody_else_run(printed: Lines) -> None:
    await await_is_no_pause_broken.main_greedy()
    assert printed() == ["report: line 1", "report: line 2", "report: line 3", "tick"]


@virtual_clock
async def test_sleep_0_lets_others_have_a_turn(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(await_is_no_pause.main_polite()) == pytest.approx(0.1, abs=0.05)  # as the tick alone
    assert printed() == ["report: line 1", "tick", "report: line 2", "report: line 3"]


def queue_with_an_item() -> Awaitable[object]:
    queue: asyncio.Queue[int] = asyncio.Queue()
    queue.put_nowait(1)
    return queue.get()


def free_lock() -> Awaitable[object]:
    return asyncio.Lock().acquire()


def semaphore_with_a_place() -> Awaitable[object]:
    return asyncio.Semaphore(1).acquire()


def line_that_is_here() -> Awaitable[object]:
    reader = asyncio.StreamReader()
    reader.feed_data(b"line\n")
    return reader.readline()


def new_task() -> Awaitable[object]:
    return asyncio.create_task(asyncio.sleep(0))


@pytest.mark.parametrize(
    ("make", "others_run"),
    [
        pytest.param(queue_with_an_item, False, id="queue"),
        pytest.param(free_lock, False, id="lock"),
        pytest.param(semaphore_with_a_place, False, id="semaphore"),
        pytest.param(line_that_is_here, False, id="line"),
        pytest.param(new_task, True, id="task"),
    ],
)
async def test_what_is_there_already_is_no_pause(make: Callable[[], Awaitable[object]], others_run: bool) -> None:
    others: list[str] = []
    asyncio.get_running_loop().call_soon(others.append, "ran")
    await make()
    assert bool(others) == others_run
    await asyncio.sleep(0)


async def test_three_hundred_thousand_of_them_freeze_the_program() -> None:
    late = []

    async def beat() -> None:
        due = time.perf_counter() + 0.001
        await asyncio.sleep(0.001)
        late.append(time.perf_counter() - due)

    beating = asyncio.create_task(beat())
    await asyncio.sleep(0)
    start = time.perf_counter()
    for _ in range(300_000):
        await await_is_no_pause_broken.cached_numbers()
    took = time.perf_counter() - start
    assert not beating.done()
    await beating
    assert late[0] >= took - 0.001


async def test_a_pause_in_every_thousandth_round_is_enough() -> None:
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.001)
            beats += 1

    beating = asyncio.create_task(beat())
    for number in range(300_000):
        await await_is_no_pause_broken.cached_numbers()
        if number % 1000 == 0:
            await asyncio.sleep(0)
    beating.cancel()
    await asyncio.wait([beating])
    assert beats >= 3


# Work that computes


async def test_on_the_loop_a_computation_lets_nobody_else_run(printed: Lines) -> None:
    await cpu.watch("on the loop", cpu.add_up_here(1_000_000))
    assert printed() == ["Computing on the loop: the event loop stands still"]


@pytest.mark.alone
async def test_in_a_process_or_in_a_thread_it_does(printed: Lines) -> None:
    count, loop = 3_000_000, asyncio.get_running_loop()
    with ProcessPoolExecutor(max_workers=1) as pool:
        await cpu.watch("in a process", loop.run_in_executor(pool, cpu.add_up, count))
    await cpu.watch("in a thread", asyncio.to_thread(cpu.add_up, count))
    assert printed() == [f"Computing in a {place}: the event loop goes on" for place in ("process", "thread")]


async def test_who_watches_a_work_that_fails_hears_of_it() -> None:
    async def fail() -> int:
        await asyncio.sleep(0)
        raise ValueError("no numbers")

    with pytest.raises(ValueError, match="no numbers"):
        await cpu.watch("badly", fail())


def test_the_gil_changes_hands_every_few_milliseconds() -> None:
    assert sys.getswitchinterval() == 0.005


def test_it_gives_the_sum() -> None:
    assert cpu.add_up(5) == 10


def test_the_program_tries_all_three_places(printed: Lines) -> None:
    with ProcessPoolExecutor(max_workers=1) as pool:
        asyncio.run(cpu.main(pool))
    assert [line.partition(":")[0] for line in printed()] == [
        "Computing on the loop",
        "Computing in a process",
        "Computing in a thread",
    ]


def test_what_goes_to_a_process_has_to_be_pickled() -> None:
    with ProcessPoolExecutor(max_workers=1) as pool, pytest.raises((pickle.PicklingError, AttributeError)):
        pool.submit(lambda: None).result()


# Files


async def test_file_work_in_a_thread_gives_its_result(printed: Lines) -> None:
    await file_work.report_to_file()
    assert printed() == ["report: kept 42"]


async def test_opening_and_reading_hold_up_all_that_runs_on_the_loop(tmp_path: Path) -> None:
    path, beats = tmp_path / "slow", 0
    os.mkfifo(path)  # a file whose text comes when somebody writes it: a slow disk, whenever one wants it

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.01)
            beats += 1

    beating = asyncio.create_task(beat())
    await asyncio.sleep(0)

    threading.Timer(0.2, path.write_text, ["text"]).start()
    assert path.read_text() == "text"
    assert beats == 0

    threading.Timer(0.2, path.write_text, ["text"]).start()
    assert await asyncio.to_thread(path.read_text) == "text"
    assert beats > 1
    beating.cancel()
    await asyncio.wait([beating])


@pytest.mark.skipif(sys.platform != "linux", reason="what Linux does")
def test_linux_refuses_to_say_whether_a_file_has_news() -> None:
    with Path(__file__).open() as file, asyncio.Runner() as runner, pytest.raises(PermissionError):
        runner.get_loop().add_reader(file, print)


# Who was it?


def test_debug_mode_says_whose_turn_was_too_long(caplog: pytest.LogCaptureFixture, printed: Lines) -> None:
    asyncio.run(debug_slow.main(), debug=True)
    assert printed() == ["report: 42"]
    (message,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert message.startswith("Executing <Task finished name='report' coro=<report() done, defined at ")
    assert f"{debug_slow.__file__}:{debug_slow.report.__code__.co_firstlineno}>" in message


def test_of_a_task_that_goes_on_it_names_the_await_after_what_blocked(caplog: pytest.LogCaptureFixture) -> None:
    async def block_and_wait() -> None:
        time.sleep(0.15)  # noqa: ASYNC251
        await asyncio.sleep(0.01)

    asyncio.run(block_and_wait(), debug=True)
    (message,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    line = block_and_wait.__code__.co_firstlineno + 2
    assert f"block_and_wait() running at {__file__}:{line}>" in message


def test_without_debug_mode_nobody_says_anything(caplog: pytest.LogCaptureFixture) -> None:
    asyncio.run(debug_slow.main(), debug=False)
    assert not caplog.records


@pytest.mark.parametrize(
    ("options", "environment"), [(["-X", "dev"], {}), ([], {"PYTHONASYNCIODEBUG": "1"})], ids=["-X dev", "variable"]
)
def test_debug_mode_is_turned_on_from_outside(options: list[str], environment: dict[str, str]) -> None:
    code = """
import asyncio
async def main():
    loop = asyncio.get_running_loop()
    print(loop.get_debug(), loop.slow_callback_duration)
asyncio.run(main())
"""
    run = subprocess.run(
        [sys.executable, *options, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )
    assert run.stdout == "True 0.1\n"


RUFF = """
import asyncio
import time

import requests


def load_numbers():
    time.sleep(0.5)


async def report():
    time.sleep(0.5)
    open("report.txt")
    requests.get("https://example.org")


async def hidden():
    load_numbers()


async def report_in_time():
    async with asyncio.timeout(0.2):
        load_numbers()
"""


def test_ruff_knows_calls_that_block_but_not_inside_of_functions() -> None:
    command = [
        "check",
        "--isolated",
        "--select",
        "ASYNC",
        "--output-format",
        "concise",
        "--stdin-filename",
        "report.py",
    ]
    ruff = Path(sys.executable).parent / "ruff"
    found = subprocess.run([ruff, *command, "-"], input=RUFF, capture_output=True, text=True, check=False, cwd=ROOT)
    lines = [line for line in found.stdout.splitlines() if line.startswith("report.py:")]
    places = [(int(line.split(":")[1]), line.split()[1]) for line in lines]
    assert places == [(13, "ASYNC251"), (14, "ASYNC230"), (15, "ASYNC210"), (23, "ASYNC100")]
