"""What a recording costs: the same programs with and without one, in turns, in one run.

Run it: python bench/timeline.py
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import platform
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from awaited import timeline

LIMIT = 5.0
"""Microseconds that a switch from the loop to a task may cost more."""
GROWTH = 2.0
"""How much more a task may cost among 100,000 than among 1,000, beyond what it costs more without a recording."""


async def take_turns(switches: int) -> None:
    """Two tasks that do nothing but let each other go on."""

    async def spin() -> None:
        for _ in range(switches // 2):
            await asyncio.sleep(0)

    await asyncio.gather(spin(), spin())


async def wait_for_futures(switches: int) -> None:
    """A task that waits for one future after the other."""
    loop = asyncio.get_running_loop()
    for _ in range(switches):
        future = loop.create_future()
        loop.call_soon(future.set_result, None)
        await future


async def make_tasks(tasks: int) -> None:
    """Many tasks at once, each of which is made, begins, waits, goes on and ends."""

    async def wait() -> None:
        await asyncio.sleep(0)

    await asyncio.gather(*(wait() for _ in range(tasks)))


def seconds_of(program: Callable[[int], Awaitable[None]], count: int, context: Any) -> float:
    """How long a program computes, the recording's own start and end included; other processes do not count."""

    async def main() -> float:
        start = time.process_time()
        with context:
            await program(count)
        return time.process_time() - start

    gc.collect()
    return asyncio.run(main())


def main() -> int:
    """Measures and prints; the exit status is 1 where a switch costs more than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured; the best counts")
    rounds = parser.parse_args().rounds
    print(f"Python {platform.python_version()}, best of {rounds}; microseconds of computing for each")
    print(f"{'':24}{'without':>9}{'with':>9}{'more':>9}")

    def measure(program: Callable[[int], Awaitable[None]], count: int, what: str) -> tuple[float, float]:
        contexts = [(nullcontext(), timeline.record()) for _ in range(rounds)]
        times = [[seconds_of(program, count, context) for context in pair] for pair in contexts]
        without, recorded = (min(column) / count * 1e6 for column in zip(*times, strict=True))
        print(f"{what:24}{without:9.2f}{recorded:9.2f}{recorded - without:9.2f}")
        return without, recorded

    switches = [measure(program, 100_000, f"switch ({program.__name__})") for program in (take_turns, wait_for_futures)]
    tasks = [measure(make_tasks, count, f"task among {count:,}") for count in (1_000, 10_000, 100_000)]
    more = max(recorded - without for without, recorded in switches)
    grown, grown_anyway = (tasks[-1][with_it] / tasks[0][with_it] for with_it in (1, 0))
    print(f"a switch costs at most {more:.2f} more; the limit is {LIMIT:.2f}")
    print(f"among 100 times as many, a task costs {grown:.2f} times as much; without, {grown_anyway:.2f} times")
    return int(more > LIMIT or grown > grown_anyway * GROWTH)


if __name__ == "__main__":
    raise SystemExit(main())
