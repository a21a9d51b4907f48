"""A program for every Python that is there: prints what its recording comes to, but for the times."""

from __future__ import annotations

import asyncio
import json
import re
import time

from awaited import timeline
from awaited.timeline.drawing.reasons import reason
from awaited.timeline.drawing.words import sentence

LONG = 0.15
"""Seconds; what is shorter may come from a busy machine."""


async def tick() -> None:
    for _ in range(2):
        await asyncio.sleep(0.2)


async def block() -> None:
    await asyncio.sleep(0.1)
    time.sleep(0.5)  # noqa: ASYNC251


async def want(lock: asyncio.Lock) -> None:
    async with lock:
        await asyncio.sleep(0.2)


async def fail() -> None:
    await asyncio.sleep(0.2)
    raise ValueError("no")


async def lost() -> None:
    await asyncio.Event().wait()


async def main() -> None:
    waits_for_ever = asyncio.create_task(lost())
    lock = asyncio.Lock()
    await asyncio.gather(tick(), block(), asyncio.to_thread(time.sleep, 0.2))
    await asyncio.gather(want(lock), want(lock), fail(), return_exceptions=True)
    await asyncio.wait([waits_for_ever], timeout=0.2)
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(0.2), name="in a group")


async def recorded() -> timeline.Run:
    with timeline.record() as run:
        await main()
    return run


run = asyncio.run(recorded())
for lane in run.lanes:
    waits = [wait for wait in lane.waits(run.seconds) if wait.end - wait.start >= LONG]
    places = [(wait.place and wait.place.line, re.sub(r"\d\.\d+", "N", reason(wait))) for wait in waits]
    states = [(span.seconds >= LONG, state) for state in ("running", "waiting", "late")
              for span in (lane.running if state == "running" else getattr(lane, state)(run.seconds))]  # fmt: skip
    print(lane.label, lane.depth, lane.outcome, json.dumps(places), [state for is_long, state in states if is_long])
print(re.sub(r"\d\.\d+", "N", sentence(run)))
