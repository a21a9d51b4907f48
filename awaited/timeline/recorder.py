"""Records what the tasks of a piece of code did and when, so that ``draw`` can show it: a lane for each.

In a script, around the start of a loop or inside one::

    with timeline.record() as run:
        asyncio.run(main())
    print(run.text())

In an article, ``enable()`` in a hidden cell records every further cell, and ``show("gather")`` draws one of them.

Every step of every task comes through its loop's public method ``call_soon``; so there the recorder stands, and times
the steps of the tasks it has seen being made. A task factory, the usual place, would be seen: under one, Python up to
3.13 numbers its tasks ``Task-N`` differently (or names them all "None"), and code that sets a factory of its own would
put it out. So tasks, their coroutines, factories and contexts stay untouched; for the time of a recording three public
methods of ``asyncio.BaseEventLoop`` are shadowed, and ``sys.stdout.write`` to know which line was printed when.
"""

from __future__ import annotations

import ast
import asyncio
import functools
import io
import json
import os
import re
import site
import sys
import sysconfig
import threading
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import Context
from dataclasses import dataclass, field
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR, iscoroutinefunction
from itertools import starmap
from operator import call
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple
from weakref import ref

from awaited.timeline import draw

LABELS = "AWAITED_LABELS"
"""The environment variable that tells a kernel the labels of the cells it will run: a JSON list, in their order."""


class Span(NamedTuple):
    """A stretch of time, in seconds since the recording began."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.end - self.start


@dataclass(slots=True, eq=False)
class Lane:
    """What one task, one call in a thread, or the recorded code itself did. Times are seconds since the beginning."""

    kind: str
    """"main" (the recorded code itself), "task" or "thread"."""
    coroutine: str
    """The name of the coroutine, or of the function that a thread runs."""
    created: float
    parent: Lane | None = None
    """The lane whose code made this one."""
    name: str = ""
    """The task's own name, such as ``Task-3``."""
    label: str = ""
    """What pictures call it: its name where the code chose one, else its coroutine, numbered where several share it."""
    ended: float | None = None
    """When it was over; None for one that was not when the recording ended."""
    outcome: str = "unfinished"
    """"returned", "raised", "cancelled" or "unfinished"."""
    error: str = ""
    """What it raised, as the last line of a traceback says it."""
    depth: int = 0
    """How many lanes are above it in its line of parents."""
    _edges: Sequence[float] = field(default=(), repr=False)
    """The start and end of each stretch of running, one after the other; a list once it has run."""
    _since: float | None = field(default=None, repr=False)
    """The start of the stretch that it is in."""
    _shown: bool = field(default=True, repr=False)
    """False for tasks that libraries have made for themselves."""

    @property
    def running(self) -> list[Span]:
        """When it ran: each time from where the loop, or a thread, took it up until it next waited."""
        return list(map(Span, self._edges[::2], self._edges[1::2]))

    def waiting(self, until: float) -> list[Span]:
        """When it did not run between its creation and its end (``until``, where it had none)."""
        edges = [self.created, *self._edges, until if self.ended is None else self.ended]
        return [span for span in map(Span, edges[::2], edges[1::2]) if span.end > span.start]


class Line(NamedTuple):
    """A piece of text that was printed: a line, unless another lane printed something before its end."""

    time: float
    lane: Lane | None
    """Whose code printed it; None for other threads, and for callbacks of the loop."""
    text: str


class Event(NamedTuple):
    """One thing that happened."""

    time: float
    lane: Lane | None
    what: str
    """"created", "running", "waiting", "printed", "returned", "raised" or "cancelled"."""
    detail: str = ""
    """The text that was printed, or the error that was raised."""


@dataclass
class Run:
    """A recording: complete once the recorded code has ended."""

    name: str = "run"
    lanes: Sequence[Lane] = ()
    """Parents before their children, these in the order in which they were made."""
    lines: list[Line] = field(default_factory=list)
    """All that was printed meanwhile."""
    seconds: float = 0.0
    """How long it took."""

    @property
    def events(self) -> list[Event]:
        """All that happened, in order."""
        found = [Event(line.time, line.lane, "printed", line.text) for line in self.lines]
        for lane in self.lanes:
            found.append(Event(lane.created, lane, "created"))
            found += [Event(span.start, lane, "running") for span in lane.running]
            found += [Event(span.start, lane, "waiting") for span in lane.waiting(self.seconds)]
            if lane.ended is not None:
                found.append(Event(lane.ended, lane, lane.outcome, lane.error))
        return sorted(found, key=lambda event: event.time)

    def svg(self, **options: Any) -> str:
        """The picture as SVG; see ``draw.svg`` for the options."""
        return draw.svg(self, **options)

    def text(self, width: int | None = None) -> str:
        """The picture for a terminal."""
        return draw.text(self, width)

    def thumbnail(self) -> str:
        """A small picture without words, as SVG."""
        return draw.thumbnail(self)

    def html(self, **options: Any) -> str:
        """The picture, and its data as a table; see ``draw.figure`` for the options."""
        return draw.figure([self], **options)

    def _repr_html_(self) -> str:
        return self.html()


@contextmanager
def record(name: str = "run") -> Iterator[Run]:
    """Records what the code in the block does: on the running loop, or else on those that it starts in this thread.

    Raises TypeError where the running loop is not derived from ``asyncio.BaseEventLoop``, as that of uvloop.
    """
    recorder = Recorder(name)
    recorder.start()
    try:
        yield recorder.run
    except BaseException as error:
        recorder.stop(error)
        raise
    recorder.stop()


# ------------------------------------------------------------------------------------------------ what is recorded


@dataclass(slots=True, eq=False)
class _Creation:
    """A task that is just being made."""

    lane: Lane
    maker: asyncio.Task[Any] | None
    """The task whose step makes it."""
    is_bound: bool = False
    is_eager: bool = False


class Recorder:
    """Watches one piece of code. ``record`` and ``enable`` are the ways to it."""

    def __init__(self, name: str = "run") -> None:
        self.run = Run(name)
        self._on = False
        self._thread = threading.get_ident()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_loop_ours = False
        self._clock: Callable[[], float] = time.monotonic
        self._zero = 0.0
        self._main = Lane("main", "main", 0.0, name="main")
        self._made = [self._main]
        self._lanes: dict[ref[asyncio.Task[Any]], Lane] = {}
        self._creations: list[_Creation] = []
        self._threads: dict[int, Lane] = {}
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
            raise TypeError(f"cannot record on a {type(self._loop).__name__}: it is no asyncio.BaseEventLoop")
        self._zero = self._clock()
        self._main._since = 0.0
        self._on = True
        if self._loop is not None and (task := asyncio.current_task()) is not None:
            self._lanes[ref(task)] = self._main
            # the step that we are in began unseen; what the loop does next tells that it is over
            self._loop.call_soon(self._first_step_over)
        _begin(self)

    def stop(self, error: BaseException | None = None) -> None:
        """Ends the recording; ``error`` is what the recorded code has raised."""
        if not self._on:
            return
        self._on = False
        _finish(self)
        now, main = self._now(), self._main
        for task, lane in self._tasks():
            if lane is not main and lane.ended is None and task.done():
                self._end(lane, task, now)  # a step that an interrupt left
        for lane in self._made:
            _close(lane, now)
        if main.ended is None:
            main.ended, main.outcome = now, "returned"
        if error is not None:
            main.outcome = "cancelled" if isinstance(error, asyncio.CancelledError) else "raised"
            main.error = "" if main.outcome == "cancelled" else _said(traceback.format_exception_only(error))
        self.run.seconds = main.ended
        self.run.lanes = _arranged(self._made)
        self._lanes.clear()
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
            _close(self._main, now)
            for task, lane in self._tasks():
                if lane is self._main and task.done():
                    self._end(lane, task, now)

    # Tasks

    def creating(self, loop: asyncio.AbstractEventLoop, coroutine: Any) -> _Creation | None:
        """Notes a task that the code two frames above is about to make; None where it is not the recorded code's."""
        if not self._on or threading.get_ident() != self._thread:
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
        is_shown = _is_own(code, sys._getframe(2), maker is not None and parent._shown)
        if not is_shown and maker is None:
            return None  # a callback of a library
        name = code.co_name if code else getattr(coroutine, "__name__", type(coroutine).__name__)
        lane = Lane("task", name, self._now(), parent, _shown=is_shown)
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
            lane._shown = lane is self._main or creation.is_bound
        elif not creation.is_bound:
            self._bind(task, is_eager=True)
        self._creations.pop()
        if task is None:
            return
        lane.name = lane.name or task.get_name()
        if creation.is_eager and self._on:
            now = self._now()
            _close(lane, now)
            if task.done():
                self._end(lane, task, now)

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
            creation.lane._since = creation.lane.created
        self._lanes[ref(task)] = creation.lane
        return creation.lane

    def step(self, task: asyncio.Task[Any], callback: Callable[..., Any], args: tuple[Any, ...]) -> _Step | None:
        """A step of a task as one that is timed; None for a foreign task."""
        lane = self._lanes.get(ref(task))
        if lane is None and self._creations:
            current = asyncio.current_task(task.get_loop())
            if current is self._creations[-1].maker or current is task:  # it is the one that is being made
                lane = self._bind(task, is_eager=current is task)
        return _Step(self, lane, task, callback, args) if lane is not None and self._on else None

    def enter(self, lane: Lane) -> None:
        """Notes that a step begins."""
        if self._on and lane._since is None:
            lane._since = self._clock() - self._zero

    def leave(self, lane: Lane, task: asyncio.Task[Any]) -> None:
        """Notes that a step is over."""
        if lane._since is None or not self._on:
            return
        now = self._clock() - self._zero
        if not task.done():
            _close(lane, now)
        elif lane is self._main and self._is_loop_ours:
            del self._lanes[ref(task)]  # the code goes on after asyncio.run()
        else:
            _close(lane, now)
            self._end(lane, task, now)

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
        if not self._on or threading.get_ident() != self._thread:
            return None
        maker = _current_task()
        parent = self._lane_of(maker)
        named = _unwrapped(function)
        if parent is None or iscoroutinefunction(named) or not callable(function):  # that is for asyncio to refuse
            return None
        if not _is_own(getattr(named, "__code__", None), sys._getframe(2), maker is not None and parent._shown):
            return None
        name = getattr(named, "__name__", type(named).__name__)
        lane = Lane("thread", name, self._now(), parent, name)
        self._made.append(lane)
        return _InThread(self, lane, function)

    def enter_thread(self, lane: Lane) -> None:
        """Notes that a thread took up a call."""
        self._threads[threading.get_ident()] = lane
        if self._on:
            lane._since = self._now()

    def leave_thread(self, lane: Lane, error: BaseException | None) -> None:
        """Notes that a thread is done with a call."""
        self._threads.pop(threading.get_ident(), None)
        if self._on:
            now = self._now()
            _close(lane, now)
            lane.ended, lane.outcome = now, "raised" if error else "returned"
            lane.error = _said(traceback.format_exception_only(error)) if error else ""

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


class _Step:
    """A step of a task, to be exhausted by C functions alone: while it runs, none of our frames is on the stack."""

    __slots__ = ("_args", "_callback", "_lane", "_recorder", "_task")

    def __init__(
        self,
        recorder: Recorder,
        lane: Lane,
        task: asyncio.Task[Any],
        callback: Callable[..., Any],
        args: tuple[Any, ...],
    ) -> None:
        self._recorder, self._lane, self._task, self._callback, self._args = recorder, lane, task, callback, args

    def __iter__(self) -> Iterator[Any]:
        return starmap(call, self._timed())

    def _timed(self) -> Iterator[tuple[Any, ...]]:
        self._recorder.enter(self._lane)
        yield self._callback, *self._args
        self._recorder.leave(self._lane, self._task)


_exhaust: Callable[[_Step], None] = deque[Any](maxlen=0).extend


class _Named(functools.partial[None]):
    """A callback whose task asyncio names in its debug messages, which look for ``__self__``."""

    __self__: Any


class _InThread:
    """A function that a thread runs and that is timed; one that is sent to a process or an interpreter goes bare."""

    def __init__(self, recorder: Recorder, lane: Lane, function: Callable[..., Any]) -> None:
        self._recorder, self._lane, self._function = recorder, lane, function

    def __call__(self, *args: Any) -> Any:
        error: BaseException | None = None
        self._recorder.enter_thread(self._lane)
        try:
            return self._function(*args)
        except BaseException as raised:
            error = raised
            _leave_no_trace(raised)
            raise
        finally:
            self._recorder.leave_thread(self._lane, error)
            del error  # it would keep its own traceback alive

    def __reduce__(self) -> tuple[Any, ...]:
        self._lane._shown = False
        return functools.partial, (self._function,)


def _leave_no_trace(error: BaseException) -> None:
    """Takes the frame that has caught an error out of the error's traceback; a bare ``raise`` puts in none."""
    if error.__traceback__:
        error.__traceback__ = error.__traceback__.tb_next


def _close(lane: Lane, now: float) -> None:
    if lane._since is not None:
        if isinstance(lane._edges, list):
            lane._edges += lane._since, now
        else:
            lane._edges = [lane._since, now]
        lane._since = None


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


def _arranged(lanes: Sequence[Lane]) -> list[Lane]:
    """The lanes to show, each after its parent, with their labels."""
    children: dict[int, list[Lane]] = {}
    for lane in lanes:
        if not lane._shown:
            continue
        while lane.parent is not None and not lane.parent._shown:
            lane.parent = lane.parent.parent
        children.setdefault(id(lane.parent), []).append(lane)
    arranged: list[Lane] = []
    ahead = [lane for lane in lanes if lane.parent is None]
    while ahead:
        lane = ahead.pop()
        lane.depth = lane.parent.depth + 1 if lane.parent else 0
        arranged.append(lane)
        ahead.extend(reversed(children.get(id(lane), ())))
    _label(arranged)
    return arranged


def _label(lanes: Sequence[Lane]) -> None:
    counts: Counter[str] = Counter()
    for lane in lanes:
        is_numbered = lane.name.removeprefix("Task-").isdecimal() or lane.name in ("", "None")
        lane.label = lane.coroutine if is_numbered or lane.kind != "task" else lane.name
        counts[lane.label] += lane.kind != "main"
    numbers: Counter[str] = Counter()
    for lane in lanes:
        label = lane.label
        if lane.kind != "main" and counts[label] > 1:
            numbers[label] += 1
            lane.label = f"{label} {numbers[label]}"
        if lane.kind == "thread":
            lane.label += " (thread)"


# ------------------------------------------------------------------------------------------------ whose a task is

_FOR_THEIR_CALLER = ("asyncio.tasks", "asyncio.threads")
"""Where the coroutine functions live that make a task or a thread for the code that calls them, such as wait_for."""


def _is_own(code: CodeType | None, frame: FrameType, is_maker_own: bool) -> bool:
    """Whether a task is the recorded code's own: not installed code runs in it, or has asked for it.

    Libraries make tasks for themselves, such as one to resolve a host's name. That library code has asked for a task
    is seen by its being in a coroutine: a plain function, such as that of a task group, acts for its caller. Where no
    coroutine is between it and the loop, it is its maker's task that has asked.
    """
    if code is not None and not _is_installed(code.co_filename):
        return True
    above: FrameType | None = frame
    while above is not None:
        code, module = above.f_code, above.f_globals.get("__name__")
        if not _is_installed(code.co_filename):
            return True
        if module == "asyncio.events":  # the loop itself
            return is_maker_own
        if code.co_flags & (CO_COROUTINE | CO_ASYNC_GENERATOR | CO_GENERATOR) and module not in _FOR_THEIR_CALLER:
            return False
        above = above.f_back
    return False


@functools.cache
def _installed() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    folders = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders |= {*site.getsitepackages(), site.getusersitepackages(), str(Path(__file__).parents[1])}
    return tuple({f"{path}{os.sep}" for folder in folders for path in (folder, os.path.realpath(folder))})


@functools.cache
def _is_installed(file: str) -> bool:
    """Whether code comes from the standard library or from an installed package."""
    return file.startswith(("<frozen ", *_installed()))


# ------------------------------------------------------------------------------------------------ where we stand

_active: tuple[Recorder, ...] = ()
_lock = threading.Lock()
_shadowed: list[tuple[Any, str, Any, Any]] = []
"""What is shadowed while a recorder is active: the object, the attribute's name, what it was, what it is."""


def _begin(recorder: Recorder) -> None:
    global _active
    with _lock:
        if not _active:
            for shadow in (_call_soon, _create_task, _run_in_executor):
                _shadow(asyncio.BaseEventLoop, shadow)
            with suppress(AttributeError, TypeError):  # a stream may allow no attributes, or be missing
                _shadow(sys.stdout, _write)
        _active = (*_active, recorder)


def _finish(recorder: Recorder) -> None:
    global _active
    with _lock:
        _active = tuple(other for other in _active if other is not recorder)
        while not _active and _shadowed:
            owner, name, was, shadow = _shadowed.pop()
            if vars(owner).get(name) is not shadow:
                continue  # somebody has put something over it, and has to take that away first
            if was is None:
                delattr(owner, name)
            else:
                setattr(owner, name, was)


def _shadow(owner: Any, make: Callable[[Any], Any]) -> None:
    name = make.__name__.removeprefix("_")
    was, original = vars(owner).get(name), getattr(owner, name)
    shadow = functools.wraps(original)(make(original))
    setattr(owner, name, shadow)
    _shadowed.append((owner, name, was, shadow))


def _call_soon(original: Any) -> Any:
    def call_soon(loop: Any, callback: Any, *args: Any, context: Any = None) -> Any:
        task = getattr(callback, "__self__", None)
        # a bound method of a task is a step of it, unless it is one that everybody may call, such as cancel()
        if isinstance(task, asyncio.Task) and not hasattr(task, getattr(callback, "__name__", "")):
            for recorder in _active:
                if step := recorder.step(task, callback, args):
                    callback, args = _exhaust, (step,)
        is_debug = loop.get_debug()
        if is_debug and callback is _exhaust:
            callback = _Named(_exhaust)
            callback.__self__ = task
        try:
            handle = original(loop, callback, *args, context=context)
        except BaseException as error:
            _leave_no_trace(error)
            raise
        return _as_if_unseen(handle) if is_debug else handle

    return call_soon


def _create_task(original: Any) -> Any:
    def create_task(loop: Any, coro: Any, **options: Any) -> Any:
        creations = []
        for recorder in _active:
            creations.append((recorder, recorder.creating(loop, coro)))
        task = None
        try:
            task = original(loop, coro, **options)
        except BaseException as error:
            _leave_no_trace(error)
            raise
        finally:
            for recorder, creation in creations:
                if creation:
                    recorder.created(creation, task)
        return _as_if_unseen(task) if loop.get_debug() else task

    return create_task


def _run_in_executor(original: Any) -> Any:
    def run_in_executor(loop: Any, executor: Any, func: Any, *args: Any) -> Any:
        for recorder in _active:
            func = recorder.in_thread(func) or func
        try:
            return original(loop, executor, func, *args)
        except BaseException as error:
            _leave_no_trace(error)
            raise

    return run_in_executor


def _as_if_unseen(made: Any) -> Any:
    """Takes our frames out of where asyncio's debug mode says that a handle or a task was made."""
    if stack := getattr(made, "_source_traceback", None):
        stack[:] = [frame for frame in stack if frame.filename != __file__]
    return made


def _write(original: Any) -> Any:
    def write(text: str, /) -> Any:
        try:
            written = original(text)
        except BaseException as error:
            _leave_no_trace(error)
            raise
        for recorder in _active:
            recorder.printed(text)
        return written

    return write


# ------------------------------------------------------------------------------------------------ in an article


@dataclass
class _Notebook:
    """The cells that a kernel has run since ``enable``."""

    shell: Any
    cells: list[tuple[Run, list[str]]] = field(default_factory=list)
    """Each cell's recording, and the names that it goes by."""
    running: list[Recorder] = field(default_factory=list)
    """Those of the cell that is running, and of a cell that runs inside it."""
    drawn: dict[str, int] = field(default_factory=dict)
    """How many pictures bear each name."""
    runs: Counter[str] = field(default_factory=Counter)
    """How often each code has run."""

    def before(self, info: Any) -> None:
        """Begins to record a cell."""
        self.running.append(Recorder())
        with suppress(TypeError):  # a loop that cannot be recorded is no reason not to run the cell
            self.running[-1].start()

    def after(self, result: Any) -> None:
        """Ends the recording of a cell."""
        if self.running:
            recorder = self.running.pop()
            recorder.stop(result and (result.error_before_exec or result.error_in_exec))
            names = self._names(result.info.raw_cell, result.execution_count) if result else []
            recorder.run.name = names[0] if names else f"cell-{len(self.cells) + 1}"
            self.cells += [(recorder.run, names)] if recorder.run.lanes else []

    def _names(self, code: str, number: int | None) -> list[str]:
        """What the cell of this code, the n-th to run, may be called: its label, where it is known, and more."""
        labels = _told(number)
        if not labels and (alike := _labels_in_document(code)):
            # in Quarto's preview a page runs again in the same kernel, hence the modulo
            labels = alike[self.runs[code] % len(alike)]
        self.runs[code] += 1
        return labels + _names(code)

    def find(self, name: str | int) -> Run:
        """The recording of the cell of this name, the last where there are several."""
        if isinstance(name, int):
            return self.cells[name][0]
        for run, names in reversed(self.cells):
            if name in names:
                return run
        known = dict.fromkeys(name for _, names in self.cells for name in names)
        raise LookupError(f"no cell {name!r} has been recorded; recorded are: {', '.join(known) or 'none'}")


_notebook: _Notebook | None = None


def _told(number: int | None) -> list[str]:
    """The label of the n-th cell that the kernel runs, where the environment tells it."""
    labels = json.loads(os.environ.get(LABELS, "[]"))
    return [label for label in labels[number - 1 : number] if label] if number else []


def _labels_in_document(code: str) -> list[list[str]]:
    """The label, if any, of each cell with this code in the document that Quarto runs; it strips cells of options."""
    folder, file = os.environ.get("QUARTO_DOCUMENT_PATH"), os.environ.get("QUARTO_DOCUMENT_FILE")
    if not (folder and file):
        return []
    from awaited.read.articles import decode, parse  # here, since nothing else needs them
    from awaited.read.errors import AwaitedError

    path = Path(folder, file)
    with suppress(OSError, AwaitedError):
        article = parse(decode(path.read_bytes(), path), path)
        return [[cell.label] if cell.label else [] for cell in article.cells if cell.code.strip() == code.strip()]
    return []


def _names(code: str) -> list[str]:
    """What a cell may be called: by its ``#| label:``, and by the function that its last line calls."""
    names: list[str] = re.findall(r"^#\|\s*label:\s*[\"']?([\w.:-]+)", code, re.M)
    with suppress(SyntaxError, ValueError, IndexError):  # IPython's own syntax
        last = ast.parse(code).body[-1]
        value = getattr(last, "value", None)
        value = value.value if isinstance(value, ast.Await) else value
        if isinstance(value, ast.Call):
            names.append(ast.unparse(value.func))
    return names


def enable() -> None:
    """Has IPython record every further cell. A second call changes nothing, and neither does one outside IPython."""
    global _notebook
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None or (_notebook and _notebook.shell is shell):
        return
    _notebook = _Notebook(shell)
    shell.events.register("pre_run_cell", _notebook.before)
    shell.events.register("post_run_cell", _notebook.after)


def show(*names: str | int, caption: str = "") -> None:
    """Draws recorded cells, several at one scale; a cell is named by its label, by the function it ended with, or by
    a number: -1, which is also the default, is the cell that ran last.

    Raises LookupError where there is no such cell.
    """
    from IPython.display import display

    if _notebook is None:
        raise LookupError("no cell has been recorded: call timeline.enable() in a cell above")
    runs = [_notebook.find(name) for name in names or (-1,)]
    slug = draw.slug("-".join(run.name for run in runs))
    count = _notebook.drawn[slug] = _notebook.drawn.get(slug, 0) + 1
    page = draw.figure(runs, name=slug if count == 1 else f"{slug}-{count}", caption=caption)
    data = {"text/html": page, "text/plain": "\n\n".join(map(draw.text, runs))}
    display(data, raw=True)  # type: ignore[no-untyped-call]
