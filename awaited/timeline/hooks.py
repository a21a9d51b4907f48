"""Where recorders stand: in four public methods of ``asyncio.BaseEventLoop``, in those by which locks,
semaphores and queues are used, and in ``sys.stdout.write``.

Every step of every task comes through its loop's public method ``call_soon``; so there they stand, and time the steps
of the tasks that they have seen being made. A task factory, the usual place, would be seen: under one, Python up to
3.13 numbers its tasks ``Task-N`` differently (or names them all "None"), and code that sets a factory of its own would
put it out. So tasks, their coroutines, factories and contexts stay untouched.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from types import FrameType
from typing import Any, Protocol
from weakref import ref


class Watcher(Protocol):
    """What is told of all that goes on in loops, while it is active."""

    def is_here(self) -> bool:
        """Whether it watches this thread."""

    def step(
        self, task: asyncio.Task[Any], callback: Callable[..., Any], args: tuple[Any, ...], due: float
    ) -> Iterable[Any] | None:
        """What to exhaust in the place of a step of a task, which is due since then, where it is to be timed."""

    def creating(self, loop: asyncio.AbstractEventLoop, coroutine: Any) -> Any:
        """Notes a task that the code two frames above is about to make."""

    def created(self, creation: Any, task: asyncio.Task[Any] | None) -> None:
        """Notes the task that came of it; None where its making failed."""

    def in_thread(self, function: Callable[..., Any]) -> Callable[..., Any] | None:
        """What to give to a thread in the place of a function, where that is to be timed."""

    def called_in_thread(self, function: Callable[..., Any], future: Any) -> None:
        """Notes the future that stands for a call in a thread."""

    def used(self, resource: Any, what: str) -> None:
        """Notes what the code two frames above does with a lock, a semaphore or a queue."""

    def printed(self, text: str) -> None:
        """Notes what has been printed."""


_active: tuple[Watcher, ...] = ()
_lock = threading.Lock()
_shadowed: list[tuple[Any, str, Any, Any]] = []
"""What is shadowed while a watcher is active: the object, the attribute's name, what it was, what it is."""
_scheduled: dict[ref[asyncio.Handle], float] = {}
"""Since when callbacks that wait to be run have been due, on their loop's clock."""
_RUN = asyncio.Handle._run.__code__
_exhaust: Callable[[Iterable[Any]], None] = deque[Any](maxlen=0).extend


def begin(watcher: Watcher) -> None:
    global _active
    with _lock:
        if not _active:
            for shadow in (_call_soon, _call_soon_threadsafe, _create_task, _run_in_executor):
                _shadow(asyncio.BaseEventLoop, shadow)
            for kind in (asyncio.Lock, asyncio.Semaphore):
                _shadow(kind, _acquire)
                _shadow(kind, _release)
            for loop in filter(_is_foreign, _subclasses(asyncio.AbstractEventLoop)):
                _refuse(loop)
            _shadow(asyncio.AbstractEventLoop, _init_subclass, "__init_subclass__")
            for make in (_put, _get, _put_nowait, _get_nowait):
                _shadow(asyncio.Queue, make)
            with suppress(AttributeError, TypeError):  # a stream may allow no attributes, or be missing
                _shadow(sys.stdout, _write)
        _active = (*_active, watcher)


def finish(watcher: Watcher) -> None:
    global _active
    with _lock:
        _active = tuple(other for other in _active if other is not watcher)
        while not _active and _shadowed:
            owner, name, was, shadow = _shadowed.pop()
            if vars(owner).get(name) is not shadow:
                continue  # somebody has put something over it, and has to take that away first
            if was is None:
                delattr(owner, name)
            else:
                setattr(owner, name, was)


def refusal(kind: type) -> str:
    """Why loops of this kind are not recorded, and what to do."""
    name = f"{kind.__module__}.{kind.__qualname__}"
    return f"cannot record on a {name}: it is no asyncio.BaseEventLoop; to record, run on asyncio's own loop"


def _subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


def _is_foreign(kind: type) -> bool:
    return not issubclass(kind, asyncio.BaseEventLoop)


def _refuse(kind: type) -> None:
    """Has loops of another kind, such as uvloop's, refuse to run what is recorded: it would be drawn wrongly."""
    for make in (_run_forever, _run_until_complete):
        _shadow(kind, make)


def _run_forever(original: Any) -> Any:
    def run(loop: Any, *args: Any, **options: Any) -> Any:
        if any(watcher.is_here() for watcher in _active):
            raise TypeError(refusal(type(loop)))
        return original(loop, *args, **options)

    return run


def _run_until_complete(original: Any) -> Any:
    return _run_forever(original)


def _init_subclass(original: Any) -> Any:
    def init_subclass(kind: type[Any], /, **options: Any) -> None:
        original(**options)
        if _active and _is_foreign(kind):
            _refuse(kind)

    return classmethod(init_subclass)


def _shadow(owner: Any, make: Callable[[Any], Any], name: str = "") -> None:
    name = name or make.__name__.removeprefix("_")
    was, original = vars(owner).get(name), getattr(owner, name)
    made = make(original)
    shadow = made if isinstance(made, classmethod) else functools.wraps(original)(made)
    setattr(owner, name, shadow)
    _shadowed.append((owner, name, was, shadow))


class _Named(functools.partial[None]):
    """A callback whose task asyncio names in its debug messages, which look for ``__self__``."""

    __self__: Any


def leave_no_trace(error: BaseException) -> None:
    """Takes the frame that has caught an error out of the error's traceback; a bare ``raise`` puts in none."""
    if error.__traceback__:
        error.__traceback__ = error.__traceback__.tb_next


def _call_soon(original: Any) -> Any:
    current_task, Task = asyncio.current_task, asyncio.Task  # noqa: N806

    def call_soon(loop: Any, callback: Any, *args: Any, context: Any = None) -> Any:
        now = loop.time()
        due = now if current_task(loop) is not None else _due(now)
        task = getattr(callback, "__self__", None)
        # a bound method of a task is a step of it, unless it is one that everybody may call, such as cancel()
        if isinstance(task, Task) and not hasattr(task, getattr(callback, "__name__", "")):
            for watcher in _active:
                if step := watcher.step(task, callback, args, due):
                    callback, args = _exhaust, (step,)
        is_debug = loop.get_debug()
        if is_debug and callback is _exhaust:
            callback = _Named(_exhaust)
            callback.__self__ = task
        try:
            handle = original(loop, callback, *args, context=context)
        except BaseException as error:
            leave_no_trace(error)
            raise
        if callback is not _exhaust:
            _scheduled[ref(handle, _scheduled.pop)] = due
        return _as_if_unseen(handle) if is_debug else handle

    return call_soon


def _call_soon_threadsafe(original: Any) -> Any:
    def call_soon_threadsafe(loop: Any, callback: Any, *args: Any, context: Any = None) -> Any:
        now = loop.time()
        try:
            handle = original(loop, callback, *args, context=context)
        except BaseException as error:
            leave_no_trace(error)
            raise
        _scheduled[ref(handle, _scheduled.pop)] = now
        return _as_if_unseen(handle) if loop.get_debug() else handle

    return call_soon_threadsafe


def _due(now: float) -> float:
    """Since when what a callback schedules now has been due, on the loop's clock.

    It may itself be late. So that is since its timer was due, or since it was scheduled itself, or since the loop heard
    of the data that it reads.
    """
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code is not _RUN:
        frame = frame.f_back
    if frame is None:
        return now
    handle = frame.f_locals["self"]
    due = handle.when() if isinstance(handle, asyncio.TimerHandle) else _scheduled.get(ref(handle))
    if due is None and frame.f_back:  # neither a timer nor scheduled by code
        due = frame.f_back.f_locals.get("end_time")
    return now if due is None or due > now else due


def _create_task(original: Any) -> Any:
    def create_task(loop: Any, coro: Any, **options: Any) -> Any:
        creations = []
        for watcher in _active:
            creations.append((watcher, watcher.creating(loop, coro)))
        task = None
        try:
            task = original(loop, coro, **options)
        except BaseException as error:
            leave_no_trace(error)
            raise
        finally:
            for watcher, creation in creations:
                if creation:
                    watcher.created(creation, task)
        return _as_if_unseen(task) if loop.get_debug() else task

    return create_task


def _run_in_executor(original: Any) -> Any:
    def run_in_executor(loop: Any, executor: Any, func: Any, *args: Any) -> Any:
        for watcher in _active:
            func = watcher.in_thread(func) or func
        try:
            future = original(loop, executor, func, *args)
        except BaseException as error:
            leave_no_trace(error)
            raise
        for watcher in _active:
            watcher.called_in_thread(func, future)
        return future

    return run_in_executor


def _asking(what: str) -> Callable[[Any], Any]:
    """A shadow of a coroutine function of a lock, a semaphore or a queue: it only calls that one."""

    def make(original: Any) -> Any:
        def ask(self: Any, *args: Any) -> Any:
            for watcher in _active:
                watcher.used(self, what)
            return original(self, *args)

        return getattr(inspect, "markcoroutinefunction", lambda function: function)(ask)

    return make


def _acquire(original: Any) -> Any:
    return _asking("acquire")(original)


def _put(original: Any) -> Any:
    return _asking("ask")(original)


def _get(original: Any) -> Any:
    return _asking("ask")(original)


def _using(what: str) -> Callable[[Any], Any]:
    """A shadow of a plain method of a lock, a semaphore or a queue."""

    def make(original: Any) -> Any:
        def use(self: Any, *args: Any) -> Any:
            try:
                result = original(self, *args)
            except BaseException as error:
                leave_no_trace(error)
                raise
            for watcher in _active:
                watcher.used(self, what)
            return result

        return use

    return make


def _release(original: Any) -> Any:
    return _using("release")(original)


def _put_nowait(original: Any) -> Any:
    return _using("put")(original)


def _get_nowait(original: Any) -> Any:
    return _using("get")(original)


def _as_if_unseen(made: Any) -> Any:
    """Takes our frames out of where asyncio's debug mode says that a handle or a task was made."""
    if stack := getattr(made, "_source_traceback", None):
        stack[:] = [frame for frame in stack if frame.filename != _write.__code__.co_filename]
    return made


def _write(original: Any) -> Any:
    def write(text: str, /) -> Any:
        try:
            written = original(text)
        except BaseException as error:
            leave_no_trace(error)
            raise
        for watcher in _active:
            watcher.printed(text)
        return written

    return write
