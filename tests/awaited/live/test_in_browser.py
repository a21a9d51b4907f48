"""What asyncio does in the browser is what it does in CPython: the same program prints the same in both."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.awaited.live.conftest import RunHere, RunThere

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
