"""Where the code of a task stands, and what it waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from weakref import ref

from awaited.timeline.recording import Lane, Resource, Standing
from awaited.timeline.whose import is_installed

_WORDS = {
    "Condition.wait": "a condition",
    "Event.wait": "an event",
    "Barrier.wait": "a barrier",
    "Queue.join": "a queue to be worked off",
    "TaskGroup.__aexit__": "the tasks of its group",
    "wait": "some of its tasks",
    "as_completed.<locals>._wait_for_one": "the next of its tasks",
    "_AsCompletedIterator._wait_for_one": "the next of its tasks",
    "StreamReader.read": "data",
    "StreamReader.readline": "data",
    "StreamReader.readexactly": "data",
    "StreamReader.readuntil": "data",
    "StreamWriter.drain": "data to be sent",
}
"""What the coroutines of asyncio wait for, by the qualified names of their code."""
_USES = {
    "Lock.acquire": "a lock",
    "Semaphore.acquire": "a semaphore",
    "Queue.get": "an item in a queue",
    "Queue.put": "room in a queue",
}
"""Those that wait for a resource, and what to call it where it is not known by name."""


def standing(
    task: asyncio.Task[Any],
    lanes: Mapping[ref[Any], Lane],
    threads: Mapping[ref[Any], Lane],
    resources: Mapping[ref[Any], Resource],
) -> Standing:
    """Of a task that is suspended: the code nearest to what it waits for that is not installed, the place in its
    instructions, and what it waits for; see ``recording.Wait``.

    ``lanes`` are those of tasks, ``threads`` those of the futures of calls in threads, ``resources`` those of locks,
    semaphores and queues.
    """
    coroutine: Any = task.get_coro()
    own = what = None
    while coroutine is not None:
        try:
            code, following = coroutine.cr_code, coroutine.cr_await
        except AttributeError:
            break
        if not is_installed(code.co_filename):
            own, what = coroutine, None
        elif code.co_qualname == "sleep":
            what = coroutine.cr_frame.f_locals.get("delay")
        elif what is None and (words := _USES.get(code.co_qualname)):
            what = resources.get(ref(coroutine.cr_frame.f_locals.get("self")), words)
        elif what is None:
            what = _WORDS.get(code.co_qualname)
        coroutine = following
    if what is None and (waiter := getattr(task, "_fut_waiter", None)) is not None:
        if isinstance(waiter, asyncio.Task):
            what = lanes.get(ref(waiter))
        elif type(waiter) is not asyncio.Future:  # those of gather() know what they stand for
            children = (lanes.get(ref(child)) for child in getattr(waiter, "_children", ()))
            what = tuple(lane for lane in children if lane is not None)
        elif threads:
            what = threads.get(ref(waiter))
    frame = own and own.cr_frame
    return (frame.f_code, frame.f_lasti, what) if frame else (None, 0, what)
