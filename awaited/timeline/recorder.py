"""Records what the tasks of a piece of code did and when: a lane for each.

What it records cannot tell: tasks, their coroutines, factories and contexts stay untouched; see ``hooks``.
"""

from __future__ import annotations

import asyncio
import functools
import io
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass
from inspect import CORO_CREATED, getcoroutinestate, iscoroutine, iscoroutinefunction
from itertools import repeat, starmap
from operator import call
from pathlib import Path
from typing import Any
from weakref import ref

from awaited.timeline import hooks
from awaited.timeline.lanes import arranged, number
from awaited.timeline.recording import NOWHERE, Lane, Line, Recording, Resource, Standing, Use
from awaited.timeline.waits import standing
from awaited.timeline.whose import frames_of, is_own, name_of, user_of


@dataclass(slots=True, eq=False)
class _Creation:
    """A task that is just being made."""

    lane: Lane
    maker: asyncio.Task[Any] | None
    """The task whose step makes it."""
    is_bound: bool = False
    is_eager: bool = False


class Recorder:
    """Watches one piece of code, and writes down what it sees. ``record`` and ``enable`` are the ways to it."""

    def __init__(self, run: Recording) -> None:
        self.run = run
        self._on = False
        self._thread = threading.get_ident()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_loop_ours = False
        self._clock: Callable[[], float] = time.monotonic
        self._zero = 0.0
        self._delay = 0.0
        self._main = Lane("main", "main", 0.0, name="main")
        self._made = [self._main]
        self._lanes: dict[ref[asyncio.Task[Any]], Lane] = {}
        self._creations: list[_Creation] = []
        self._threads: dict[int, Lane] = {}
        self._futures: dict[ref[Any], Lane] = {}
        """The lanes of threads by the futures that stand for their calls."""
        self._resources: dict[ref[Any], Resource] = {}
        self._lock = threading.RLock()

    def start(self) -> None:
        """Begins the recording; the code that calls is its main lane."""
        with suppress(RuntimeError):
            self._loop = asyncio.get_running_loop()
        if self._loop is None:
            self._is_loop_ours = True
        elif isinstance(self._loop, asyncio.BaseEventLoop):
            self._clock = self._loop.time
        else:
            raise TypeError(hooks.refusal(type(self._loop)))
        self._delay = _delay()
        self._zero = self._clock()
        self._main.since = 0.0
        self._on = True
        if self._loop is not None and (task := asyncio.current_task()) is not None:
            self._lanes[ref(task)] = self._main
            # the step that we are in began unseen; what the loop does next tells that it is over
            self._loop.call_soon(self._first_step_over)
        hooks.begin(self)

    def stop(self, error: BaseException | None = None) -> None:
        """Ends the recording; ``error`` is what the recorded code has raised."""
        if not self._on:
            return
        self._on = False
        hooks.finish(self)
        now, main = self._now(), self._main
        for task, lane in self._tasks():
            if lane is not main and lane.ended is None:
                lane.name = task.get_name()  # Python 3.11 names a task after it has made it
                if task.done():
                    self._end(lane, task, now)  # a step that an interrupt left
        for lane in self._made:
            _close(lane, now)
        if main.ended is None:
            main.ended, main.outcome = now, "returned"
        if error is not None:
            main.outcome = "cancelled" if isinstance(error, asyncio.CancelledError) else "raised"
            main.error = "" if main.outcome == "cancelled" else _said(traceback.format_exception_only(error))
        self.run.seconds = main.ended
        self.run.delay = _delay() - self._delay
        self.run.lanes = arranged(self._made)
        number(self.run.resources)
        self._lanes.clear()
        self._futures.clear()
        self._resources.clear()
        self._creations.clear()

    def _now(self) -> float:
        return self._clock() - self._zero

    def _tasks(self) -> Iterator[tuple[asyncio.Task[Any], Lane]]:
        for reference, lane in self._lanes.items():
            if (task := reference()) is not None:
                yield task, lane

    def _first_step_over(self) -> None:
        if self._on and self._main.ended is None:
            now = self._now()
            for task, lane in self._tasks():
                if lane is self._main:
                    self._over(lane, task, now)

    # Tasks

    def is_here(self) -> bool:
        """Whether it watches this thread."""
        return self._on and threading.get_ident() == self._thread

    def creating(self, loop: asyncio.AbstractEventLoop, coroutine: Any) -> _Creation | None:
        """Notes a task that the code two frames above is about to make; None where it is not the recorded code's."""
        if not self.is_here():
            return None
        maker = asyncio.current_task(loop)
        parent = self._lane_of(maker)
        if parent is None:
            return None
        if self._is_loop_ours and not _is_running() and self._use(loop):
            # asyncio.run() makes its task: that is the code itself, going on in a loop
            self._creations.append(_Creation(self._main, None))
            return self._creations[-1]
        code = getattr(coroutine, "cr_code", None) or getattr(coroutine, "gi_code", None)
        isis_shown = is_own(code, sys._getframe(2), maker is not None and parent.is_shown)
        if not isis_shown and maker is None:
            return None  # a callback of a library
        name = code.co_name if code else getattr(coroutine, "__name__", type(coroutine).__name__)
        lane = Lane("task", name, self._now(), parent, is_shown=isis_shown)
        self._made.append(lane)
        creation = _Creation(lane, maker)
        self._creations.append(creation)
        return creation

    def _use(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Takes up a loop that the recorded code is about to run its main task on; False where it has one already."""
        if any(lane is self._main and not task.done() for task, lane in self._tasks()):
            return False
        if loop is not self._loop:
            passed = self._now()
            self._loop, self._clock = loop, loop.time
            self._zero = self._clock() - passed
        return True

    def created(self, creation: _Creation, task: asyncio.Task[Any] | None) -> None:
        """Notes the task that came of it; None where its making failed."""
        lane = creation.lane
        if task is None:
            lane.is_shown = lane is self._main or creation.is_bound
        elif not creation.is_bound:
            self._bind(task, is_eager=True)
        self._creations.pop()
        if task is None:
            return
        lane.name = lane.name or task.get_name()
        if creation.is_eager and self._on:
            self._over(lane, task, self._now())

    def _lane_of(self, task: asyncio.Task[Any] | None) -> Lane | None:
        """The lane of a task that runs, or that of a callback, which runs outside any task; None for foreign tasks."""
        if task is None:
            return self._main
        # one that runs although its first step never came through call_soon is eager: it runs while it is being made
        return self._lanes.get(ref(task)) or self._bind(task, is_eager=True)

    def _bind(self, task: asyncio.Task[Any], *, is_eager: bool) -> Lane | None:
        """Gives the task that is being made its lane; None where none is."""
        if not self._creations or self._creations[-1].is_bound:
            return None
        creation = self._creations[-1]
        creation.is_bound, creation.is_eager = True, is_eager
        if is_eager:
            creation.lane.since = creation.lane.created
        self._lanes[ref(task)] = creation.lane
        return creation.lane

    def step(
        self, task: asyncio.Task[Any], callback: Callable[..., Any], args: tuple[Any, ...], due: float
    ) -> Iterable[Any] | None:
        """A step of a task as one that is timed; None for a foreign task.

        It is to be exhausted by C functions alone: while it runs, none of our frames is on the stack. It holds the task
        for as long as the loop holds the step, as asyncio does: a task that is lost says so outside its own context.
        """
        lane = self._lanes.get(ref(task))
        if lane is None and self._creations:
            current = asyncio.current_task(task.get_loop())
            if current is self._creations[-1].maker or current is task:  # it is the one that is being made
                lane = self._bind(task, is_eager=current is task)
        if lane is None and self._on:
            lane = self._made_directly(task)
        if lane is None or not self._on:
            return None
        lane.due = due - self._zero
        return zip(starmap(call, self._timed(lane, task, callback, args)), repeat(task))

    def _made_directly(self, task: asyncio.Task[Any]) -> Lane | None:
        """The lane of a task whose first step this is, although no loop has made it: asyncio.Task(...) was called."""
        coroutine = task.get_coro()
        if not iscoroutine(coroutine) or getcoroutinestate(coroutine) != CORO_CREATED:
            return None
        if self.creating(task.get_loop(), coroutine) is None:
            return None
        lane = self._bind(task, is_eager=False)
        creation = self._creations.pop()
        creation.lane.name = creation.lane.name or task.get_name()
        return lane

    def _timed(
        self, lane: Lane, task: asyncio.Task[Any], callback: Callable[..., Any], args: tuple[Any, ...]
    ) -> Iterator[tuple[Any, ...]]:
        if self._on and lane.since is None:
            lane.since, lane.asked, lane.due = self._clock() - self._zero, lane.due, None
        yield callback, *args
        if lane.since is None or not self._on:
            return
        now = self._clock() - self._zero
        if not task.done():
            _close(lane, now, standing(task, self._lanes, self._futures, self._resources))
        elif lane is self._main and self._is_loop_ours:
            del self._lanes[ref(task)]  # the code goes on after asyncio.run()
        else:
            self._over(lane, task, now)

    def _over(self, lane: Lane, task: asyncio.Task[Any], now: float) -> None:
        """Notes that a lane's stretch of running is over."""
        if task.done():
            _close(lane, now)
            self._end(lane, task, now)
        else:
            _close(lane, now, standing(task, self._lanes, self._futures, self._resources))

    def _end(self, lane: Lane, task: asyncio.Task[Any], now: float) -> None:
        lane.ended = now
        if lane is not self._main:
            lane.name = task.get_name()
        if task.cancelled():
            lane.outcome = "cancelled"
        elif error := _error(task):
            lane.outcome, lane.error = "raised", error
        else:
            lane.outcome = "returned"

    # Threads and lines

    def in_thread(self, function: Callable[..., Any]) -> Callable[..., Any] | None:
        """A function that the code two frames above gives to a thread, as one that times it; None for others' own."""
        if not self.is_here():
            return None
        maker = _current_task()
        parent = self._lane_of(maker)
        named = _unwrapped(function)
        if parent is None or iscoroutinefunction(named) or not callable(function):  # that is for asyncio to refuse
            return None
        if not is_own(getattr(named, "__code__", None), sys._getframe(2), maker is not None and parent.is_shown):
            return None
        name = getattr(named, "__name__", type(named).__name__)
        lane = Lane("thread", name, self._now(), parent, name)
        self._made.append(lane)
        return _InThread(self, lane, function)

    def called_in_thread(self, function: Callable[..., Any], future: Any) -> None:
        """Notes the future that stands for a call in a thread."""
        if isinstance(function, _InThread) and function.recorder is self:
            self._futures[ref(future)] = function.lane

    def enter_thread(self, lane: Lane) -> None:
        """Notes that a thread took up a call."""
        self._threads[threading.get_ident()] = lane
        if self._on:
            lane.since, lane.asked = self._now(), lane.created

    def leave_thread(self, lane: Lane, error: BaseException | None) -> None:
        """Notes that a thread is done with a call."""
        self._threads.pop(threading.get_ident(), None)
        if self._on:
            now = self._now()
            _close(lane, now)
            lane.ended, lane.outcome = now, "raised" if error else "returned"
            lane.error = _said(traceback.format_exception_only(error)) if error else ""

    def used(self, resource: Any, what: str) -> None:
        """Notes what the code two frames above does with a lock, a semaphore or a queue."""
        if not self.is_here():
            return
        task, frame = _current_task(), user_of(sys._getframe(2))
        lane = self._lane_of(task)
        if lane is None or frame is None:
            return
        found = self._resources.get(ref(resource))
        if found is None:
            kind = "lock" if hasattr(resource, "locked") and not hasattr(resource, "_value") else "semaphore"
            kind = "queue" if hasattr(resource, "qsize") else kind
            frames = [*(frame for task, _ in self._tasks() for frame in frames_of(task.get_coro())), frame]
            names = filter(None, (name_of(resource, known) for known in frames))  # that of the first who knows it
            found = Resource(kind, next(names, kind))
            self._resources[ref(resource)] = found
            self.run.resources.append(found)
        if what != "ask":
            found.uses.append(Use(self._now(), lane, what))

    def printed(self, text: str) -> None:
        """Notes what has been printed."""
        if not self._on or not text:
            return
        lane = self._threads.get(threading.get_ident())
        if lane is None and threading.get_ident() == self._thread:
            task = _current_task()
            lane = self._lane_of(task) if task is not None or not _is_running() else None
        lines = self.run.lines
        with self._lock:
            if lines and lines[-1].lane is lane and not lines[-1].text.endswith("\n"):
                lines[-1] = lines[-1]._replace(text=lines[-1].text + text)  # print() writes a line in pieces
            else:
                lines.append(Line(self._now(), lane, text))


class _InThread:
    """A function that a thread runs and that is timed; one that is sent to a process or an interpreter goes bare."""

    def __init__(self, recorder: Recorder, lane: Lane, function: Callable[..., Any]) -> None:
        self.recorder, self.lane, self._function = recorder, lane, function

    def __call__(self, *args: Any) -> Any:
        error: BaseException | None = None
        self.recorder.enter_thread(self.lane)
        try:
            return self._function(*args)
        except BaseException as raised:
            error = raised
            hooks.leave_no_trace(raised)
            raise
        finally:
            self.recorder.leave_thread(self.lane, error)
            del error  # it would keep its own traceback alive

    def __reduce__(self) -> tuple[Any, ...]:
        self.lane.is_shown = False
        return functools.partial, (self._function,)


def _close(lane: Lane, now: float, standing: Standing = NOWHERE) -> None:
    """Ends a lane's stretch of running, if it is in one."""
    since = lane.since
    if since is not None:
        step = (since if lane.asked is None else lane.asked, since, now, standing)
        if isinstance(lane.steps, list):
            lane.steps.append(step)
        else:
            lane.steps = [step]
        lane.since = lane.asked = None


def _delay() -> float:
    """Seconds that this thread has been ready, but has waited for a processor, so far; 0.0 where no Linux tells it.

    It is the second number of ``/proc/<pid>/schedstat`` (the kernel's ``sched-stats.rst``).
    """
    try:
        return int(Path("/proc/thread-self/schedstat").read_bytes().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


def _is_running() -> bool:
    with suppress(RuntimeError):
        return bool(asyncio.get_running_loop())
    return False


def _current_task() -> asyncio.Task[Any] | None:
    with suppress(RuntimeError):
        return asyncio.current_task()
    return None


def _error(task: asyncio.Task[Any]) -> str:
    """What a task that is done has raised; "" where it has not.

    ``task.exception()`` would count as somebody's having looked, and asyncio would no longer warn of a lost exception.
    """
    if not task.get_stack(limit=1):
        return ""
    written = io.StringIO()
    task.print_stack(limit=0, file=written)  # no stack at all, then the exception
    return _said(written.getvalue().removeprefix(f"No stack for {task!r}\n").splitlines())


def _said(lines: Iterable[str]) -> str:
    """The line of a traceback's end that names the error: source code may stand before it, and notes after it."""
    return next((line.partition("\n")[0] for line in lines if not line.startswith(" ")), "")


def _unwrapped(function: Any) -> Any:
    """The function that ``asyncio.to_thread`` was asked to run, from what it gives to the executor."""
    while isinstance(function, functools.partial):
        runs = isinstance(getattr(function.func, "__self__", None), Context) and function.args
        function = function.args[0] if runs else function.func
    return function
