"""What asyncio does in the browser is what it does in CPython: the same program prints the same in both."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from awaited.live.files import Runtime
from tests.awaited.live.conftest import RunHere, RunThere

pytestmark = pytest.mark.slow

BEHAVIOUR = {
    "time.sleep blocks the loop": """
import asyncio, time
async def polite(): print("asks"); await asyncio.sleep(0.05); print("goes on")
async def rude(): print("blocks"); time.sleep(0.2); print("has blocked")
async def main(): await asyncio.gather(polite(), rude())
asyncio.run(main())
""",
    "run cancels what is left": """
import asyncio
async def forever():
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        print("cancelled"); raise
async def main():
    task = asyncio.create_task(forever())
    await asyncio.sleep(0)
    print("main returns")
asyncio.run(main())
""",
    "a run in a run is refused": """
import asyncio
async def inner(): pass
async def main():
    coroutine = inner()
    try:
        asyncio.run(coroutine)
    except RuntimeError as error:
        print(error)
    coroutine.close()
    try:
        asyncio.get_running_loop().run_until_complete(asyncio.sleep(0))
    except RuntimeError as error:
        print(error)
asyncio.run(main())
""",
    "a runner keeps its loop and its context": """
import asyncio, contextvars
seen = contextvars.ContextVar("seen", default=0)
async def count(): seen.set(seen.get() + 1); return seen.get(), id(asyncio.get_running_loop())
with asyncio.Runner() as runner:
    first, second = runner.run(count()), runner.run(count())
    print(first[0], second[0], first[1] == second[1])
try:
    runner.run(count())
except RuntimeError as error:
    print(error)
""",
    "eager tasks run at once": """
import asyncio
async def work(name): print(name, "begins"); await asyncio.sleep(0); print(name, "ends")
async def main():
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    task = asyncio.create_task(work("eager")); print("made"); await task
asyncio.run(main())
""",
    "callbacks come in their order": """
import asyncio
async def main():
    loop = asyncio.get_running_loop()
    loop.call_later(0, print, "later 0")
    loop.call_soon(print, "soon 1")
    loop.call_at(loop.time(), print, "at now")
    loop.call_soon(print, "soon 2")
    loop.call_later(0.01, print, "later 0.01")
    loop.call_later(0.005, print, "later 0.005")
    await asyncio.sleep(0); print("one turn")
    await asyncio.sleep(0.05)
asyncio.run(main())
""",
    "tasks are named and shown": """
import asyncio
async def child(): print(asyncio.current_task().get_name()); await asyncio.sleep(0)
async def main():
    print(asyncio.current_task().get_name(), type(asyncio.get_running_loop()))
    await asyncio.gather(child(), child())
    async with asyncio.TaskGroup() as group:
        task = group.create_task(child(), name="mine")
    print(task)
asyncio.run(main())
""",
    "a lost exception is told": """
import asyncio, gc
async def fails(): raise ValueError("lost")
async def main():
    asyncio.create_task(fails()); await asyncio.sleep(0); gc.collect(); print("main returns")
asyncio.run(main())
""",
    "a coroutine that nobody awaits is told": """
import asyncio
async def work(): pass
async def main(): work(); await asyncio.sleep(0)
asyncio.run(main())
""",
    "timeouts, groups and shields": """
import asyncio
async def slow(): await asyncio.sleep(60)
async def fails(error): await asyncio.sleep(0.01); raise error
async def main():
    try:
        async with asyncio.timeout(0.05): await slow()
    except TimeoutError as error: print(type(error), error)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails(KeyError("a"))); group.create_task(slow()); group.create_task(fails(OSError("b")))
    except* KeyError as errors: print(errors)
    except* OSError as errors: print(errors)
    task = asyncio.create_task(asyncio.sleep(0.05, "kept"))
    try: await asyncio.wait_for(asyncio.shield(task), 0.01)
    except TimeoutError: print(await task)
    print(await asyncio.gather(fails(OSError("c")), asyncio.sleep(0, 1), return_exceptions=True))
asyncio.run(main())
""",
    "asynchronous generators are closed": """
import asyncio
async def numbers():
    try:
        for number in range(5): yield number; await asyncio.sleep(0)
    finally: print("closed")
async def main():
    async for number in numbers():
        print(number)
        if number: break
    print("left")
asyncio.run(main())
""",
    "queues, locks, events, conditions": """
import asyncio
async def producer(queue):
    for number in range(3): await queue.put(number); print("put", number)
    queue.shutdown()
async def main():
    queue, lock, event = asyncio.Queue(1), asyncio.Lock(), asyncio.Event()
    async def consumer():
        while True:
            try: number = await queue.get()
            except asyncio.QueueShutDown: print("shut down"); return
            async with lock: print("got", number); await asyncio.sleep(0)
            event.set()
    async with asyncio.TaskGroup() as group:
        group.create_task(producer(queue)); group.create_task(consumer()); await event.wait(); print("event", lock)
asyncio.run(main())
""",
    "an exit ends the loop": """
import asyncio, sys
async def leaves(): sys.exit(0)
async def main():
    task = asyncio.create_task(leaves())
    try: await asyncio.sleep(60)
    finally: print("main is cancelled")
asyncio.run(main())
""",
}
STEADY = (
    (re.compile(r"^[ |+]*[~^]+\n", re.M), ""),
    (re.compile(r"0x[0-9a-f]+"), "0x0"),
    (re.compile(r"/\S*/(?=program\.py)"), ""),
)
FRAME = re.compile(r'(?P<indent>[ |+]*)File "(?P<file>.*)", line \d+, in ')


def steady(text: str) -> str:
    """A text without what differs between two runs."""
    for pattern, instead in STEADY:
        text = pattern.sub(instead, text)
    return "\n".join(own(text.splitlines()))


def own(lines: Iterable[str]) -> Iterator[str]:
    """The lines of a text, without the frames of tracebacks that are in the library."""
    inside = None
    for line in lines:
        if frame := FRAME.match(line):
            inside = frame["indent"] if frame["file"] != "program.py" else None
        elif inside is not None and not line.startswith(f"{inside}  "):
            inside = None
        if inside is None:
            yield line


@pytest.mark.parametrize("name", BEHAVIOUR)
def test_a_program_prints_what_it_prints_in_cpython(
    name: str, run_there: RunThere, run_here: RunHere, tmp_path: Path
) -> None:
    is_named = "Task-" in (here := run_here(BEHAVIOUR[name], tmp_path)).stdout + here.stderr
    there = run_there(BEHAVIOUR[name], fresh=is_named)  # tasks go on being counted
    assert (steady(there.stdout), steady(there.stderr)) == (steady(here.stdout), steady(here.stderr))
    assert there.outcome == "finished"
    assert here.returncode == 0


FAILING = """
import asyncio
async def fails(error):
    await asyncio.sleep(0)
    raise error
async def main():
    try:
        1 / 0
    except ZeroDivisionError as error:
        cause = error
    async with asyncio.TaskGroup() as group:
        group.create_task(fails(KeyError("a")))
        group.create_task(fails(OSError("b")))
asyncio.run(main())
"""


def test_a_traceback_is_that_of_cpython_without_the_library(
    run_there: RunThere, run_here: RunHere, tmp_path: Path
) -> None:
    here, there = run_here(FAILING, tmp_path), run_there(FAILING)
    assert there.outcome == "raised"
    assert steady(there.error) == steady(here.stderr)
    assert there.error == "\n".join(own(there.error.splitlines())) + "\n"
    assert "    |     raise error" in there.error


def test_a_figure_has_the_same_bytes(run_there: RunThere, run_here: RunHere, tmp_path: Path, root: Path) -> None:
    """For the same recording, which is made by hand here: no two runs take the same times."""
    program = """
import hashlib
import io
from awaited.timeline.drawing.page import figure
from awaited.timeline.recording import NOWHERE, Lane, Line, Recording
main = Lane("main", "main", 0.0, None, "main", "main", 2.04, "returned", steps=[(0.0, 0.0, 0.001, NOWHERE)])
lanes = [main]
for n in range(23):
    steps = [(0.01 * n, 0.01 * n + 0.002, 0.3 + 0.01 * n, NOWHERE), (1.0, 1.07, 1.1 + n / 7, NOWHERE)]
    lanes.append(Lane("task", f"work{n}", 0.01 * n, main, f"Task-{n}", f"w{n} <\u00e9>", 2.0 - n / 31, "raised",
                      "ValueError: <no>", 1, steps))
run = Recording("trial", lanes, [Line(0.5, lanes[3], "printed <b>\\n")], 2.04)
print(hashlib.sha256(figure([run], name="x", caption="A \u201ccaption\u201d", queues=True).encode()).hexdigest())
"""
    here = run_here(f"import sys; sys.path.insert(0, {str(root)!r})\n{program}", tmp_path)
    assert re.fullmatch(f"[0-9a-f]{{{hashlib.sha256().digest_size * 2}}}\n", here.stdout), here.stderr
    assert run_there(program).stdout == here.stdout


def test_what_earlier_snippets_define_is_there(run_there: RunThere) -> None:
    there = run_there("print(await fetch(2))", program=False, prelude="async def fetch(n):\n    return n * 2\n")
    assert (there.outcome, there.stdout, there.error) == ("finished", "4\n", "")


def test_a_definition_that_was_deleted_is_missing(run_there: RunThere) -> None:
    there = run_there("print(await fetch(2))", program=False)
    assert there.outcome == "raised"
    assert there.error.endswith("\nNameError: name 'fetch' is not defined\n")
    assert "    print(await fetch(2))\n                ^^^^^\n" in there.error


ABSENT = {
    "input()": "This asks for input",
    "import threading; threading.Thread(target=print).start()": "This starts a thread",
    "import asyncio; asyncio.run(asyncio.to_thread(print))": "This starts a thread",
    "import asyncio; asyncio.run(asyncio.open_connection('localhost', 80))": "This opens a connection",
    "import socket; socket.create_connection(('localhost', 80))": "This opens a connection",
    "import urllib.request; urllib.request.urlopen('http://localhost')": "This opens a connection",
    "import asyncio; asyncio.run(asyncio.create_subprocess_exec('true'))": "This starts a process",
    "import subprocess; subprocess.run(['true'])": "This starts a process",
    "from concurrent.futures import ProcessPoolExecutor; ProcessPoolExecutor().submit(print)": "This starts a process",
}


@pytest.mark.parametrize("code", ABSENT)
def test_what_a_browser_has_not_is_said_in_a_sentence(code: str, run_there: RunThere) -> None:
    there = run_there(code)
    assert there.outcome == "unavailable"
    assert there.error.startswith(ABSENT[code])
    assert "\n" not in there.error


def test_a_deadlock_is_told(run_there: RunThere) -> None:
    there = run_there("import asyncio\nawait asyncio.Event().wait()", program=False)
    assert (there.outcome, there.error) == (
        "deadlock",
        "It stands still: every task waits for something that nothing can bring about.",
    )
    assert "timeline-picture" in there.figure


def test_endless_output_ends_with_a_word(run_there: RunThere) -> None:
    there = run_there("while True:\n    print('x' * 99)")
    assert (there.outcome, there.error) == ("cut", "The output ends here: a run may print 200 kB.")
    assert len(there.stdout) == 200_000


def test_twenty_thousand_lines_are_few_messages(run_there: RunThere) -> None:
    there = run_there("for n in range(20_000):\n    print(n)")
    assert there.stdout == "".join(f"{n}\n" for n in range(20_000))
    assert len(there.pieces) <= 40 + 20 * there.seconds


def test_lines_are_sent_before_a_sleep(run_there: RunThere) -> None:
    """A sleep keeps the worker from sending anything."""
    there = run_there("import time\nfor n in range(60):\n    print(n)\ntime.sleep(0.3)\nprint('slept')")
    times = {line: at for _, at, text in there.pieces for line in text.splitlines()}
    assert times["slept"] - times["59"] > 0.25


def test_a_figure_has_no_style_and_names_of_its_own(run_there: RunThere) -> None:
    there = run_there(
        "import asyncio\nawait asyncio.gather(*(asyncio.sleep(0.01) for _ in 'ab'))", label="two", program=False
    )
    assert "style" not in there.figure
    assert 'id="timeline-live-two"' in there.figure
    assert '<th scope="row" data-depth="1">sleep 1</th>' in there.figure


def test_too_deep_a_recursion_is_an_error_as_ever(run_there: RunThere) -> None:
    there = run_there("def f():\n    return 1 + f()\nf()")
    assert there.outcome == "raised"
    assert there.error.splitlines()[-1].startswith("RecursionError: maximum recursion depth exceeded")
    assert len(there.error) < 2000


def test_what_breaks_python_itself_is_told(run_there: RunThere) -> None:
    there = run_there("import ctypes\nctypes.string_at(-8, 1 << 30)", fresh=True)
    assert there.outcome == "raised"
    assert there.error.startswith("Python broke down: ")


def test_too_much_memory_is_an_error(run_there: RunThere) -> None:
    there = run_there("x = bytearray(10 ** 10)", fresh=True)
    assert (there.outcome, there.error.splitlines()[-1].partition(":")[0]) in (
        ("raised", "MemoryError"),
        ("raised", "OverflowError"),
    )


def test_a_run_that_takes_too_long_is_stopped(run_there: RunThere) -> None:
    run_there("pass")  # so that Python is ready, and the time for its start can be taken back
    assert run_there("while True: pass", limit=-59).outcome == "late"


def test_the_library_can_be_imported(run_there: RunThere, runtime: Runtime) -> None:
    """Its docstrings are gone, and some code counts on them."""
    with zipfile.ZipFile(io.BytesIO(runtime.files["library.zip"])) as archive:
        names = sorted({name.split("/")[0].partition(".")[0] for name in archive.namelist()})
    unfit = {
        "__phello__",
        "this",
        "_ios_support",
        "_android_support",
        "_apple_support",
        "winreg",
        "dbm",
        "sqlite3",
        "curses",
    }
    program = f"""
import importlib, sys
for name in {[name for name in names if name.isidentifier() and name not in unfit]!r}:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        print(name, "needs", error.name)
    except BaseException as error:
        print(name, repr(error))
"""
    there = run_there(program, fresh=True)
    assert (there.stdout, there.outcome) == ("", "finished")
