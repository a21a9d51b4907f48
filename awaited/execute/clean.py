"""Runs an article again where the machine, and not its program, was late: a picture of that would teach a wrong thing.

The recorder tells how long the machine let it wait (``Recording.delay``), beside each picture that it draws.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from awaited.execute.cells import Results
from awaited.memory.outputs import Output
from awaited.memory.results import CellResult
from awaited.progress import Progress
from awaited.timeline.notebook import DELAY

LIMIT = 0.02
"""Seconds that the machine may be late in all while a recording lasts: no lane then begins or ends later than that."""
TRIES = 3


async def run_cleanly(article: Path, run: Callable[[], Awaitable[Results]], progress: Progress) -> Results:
    """The results of the first run in which the machine was not late, else of the best of three.

    Whoever builds is told of it then.
    """
    best, least = await _once(run)
    for _ in range(TRIES - 1):
        if least <= LIMIT:
            return best
        progress.say(f"running {article} again: the machine was {1000 * least:.0f} ms late while it was recorded")
        results, delay = await _once(run)
        if delay < least:
            best, least = results, delay
    if least > LIMIT:
        busy = f"the machine was busy, so times in its pictures are up to {1000 * least:.0f} ms late"
        progress.say(f"{article}: {busy}; build again with --fresh when it is less so")
    return best


async def _once(run: Callable[[], Awaitable[Results]]) -> tuple[Results, float]:
    results, inline = await run()
    return (tuple(map(_without_delays, results)), inline), max(map(_delay, results), default=0.0)


def _delay(result: CellResult) -> float:
    return max((output.get("metadata", {}).get(DELAY, 0.0) for output in result.outputs), default=0.0)


def _without_delays(result: CellResult) -> CellResult:
    """The same without what differs from run to run and no page shows."""
    return replace(result, outputs=tuple(map(_without_delay, result.outputs)))


def _without_delay(output: Output) -> Output:
    if "metadata" not in output:
        return output
    return {**output, "metadata": {key: value for key, value in output["metadata"].items() if key != DELAY}}
