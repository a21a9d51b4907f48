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
from literate import timeline

LIMIT = 5.0
"""Microseconds that a switch may cost more."""


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
    """Many tasks at once, each of which is made, waits, goes on and ends: three switches, its making counted as one."""

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
    programs: list[tuple[Callable[[int], Awaitable[None]], int, int]] = [
        (take_turns, 100_000, 1),
        (wait_for_futures, 100_000, 1),
        *((make_tasks, count, 3) for count in (1_000, 10_000, 100_000)),
    ]
    print(f"Python {platform.python_version()}, best of {rounds}; microseconds per switch")
    print(f"{'program':18} {'count':>8} {'without':>8} {'with':>8} {'more':>8}")
    worst = 0.0
    for program, count, switches in programs:
        times = [
            (seconds_of(program, count, nullcontext()), seconds_of(program, count, timeline.record()))
            for _ in range(rounds)
        ]
        without, recorded = (min(column) / count / switches * 1e6 for column in zip(*times, strict=True))
        worst = max(worst, recorded - without)
        print(f"{program.__name__:18} {count:8,} {without:8.2f} {recorded:8.2f} {recorded - without:8.2f}")
    print(f"at most {worst:.2f} more; the limit is {LIMIT:.2f}")
    return int(worst > LIMIT)


if __name__ == "__main__":
    raise SystemExit(main())
