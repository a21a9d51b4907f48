"""CPython's own event loop where there is nothing to wait for but the clock.

A worker in a browser has no sockets, no signals and no threads. So ``asyncio.SelectorEventLoop`` stays as it is, and
only its selector differs: it really sleeps. Tasks, timeouts, ``run`` and ``Runner`` are CPython's.
"""

from __future__ import annotations

import asyncio
import time
import warnings
from asyncio import runners, unix_events
from collections.abc import Callable, Mapping
from selectors import BaseSelector, SelectorKey
from typing import Any

Block = Callable[[float], object]
"""Keeps this thread from running for some seconds."""


class DeadlockError(BaseException):
    """No task can ever go on; it ends the loop itself, and so no task can catch it."""


class ClockSelector(BaseSelector):
    """A selector that waits for the time to pass: nothing else can happen."""

    def __init__(self, block: Block) -> None:
        """``block`` is how it waits."""
        self._block = block

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Sleeps; raises DeadlockError where the sleep would have no end."""
        if timeout is None:
            raise DeadlockError("every task waits for something that nothing can bring about")
        sleep(self._block, timeout)
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
        """Refuses: there are no files to watch."""
        raise OSError("nothing can be watched here")

    def unregister(self, fileobj: Any) -> SelectorKey:
        """Knows no file."""
        raise KeyError(fileobj)

    def get_map(self) -> Mapping[Any, SelectorKey]:
        """No file is watched."""
        return {}


def sleep(block: Block, seconds: float) -> None:
    """Blocks until some seconds have passed, however often it is woken."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        block(left)


def install(block: Block) -> None:
    """Makes this loop the one that asyncio uses, and has ``time.sleep`` block; to be called once."""

    class _UnixSelectorEventLoop(asyncio.SelectorEventLoop):
        """The loop as Unix has it, without the socket by which other threads and signals wake it."""

        _internal_fds: int

        def __init__(self, selector: BaseSelector | None = None) -> None:
            super().__init__(selector or ClockSelector(block))

        def _make_self_pipe(self) -> None:
            self._ssock = self._csock = None
            self._internal_fds += 1

        def _close_self_pipe(self) -> None:
            self._internal_fds -= 1

        def _write_to_self(self) -> None:
            pass

    def blocking_sleep(seconds: Any, /) -> None:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        sleep(block, seconds)

    _UnixSelectorEventLoop.__module__ = unix_events.__name__  # its repr is that of the loop it stands for
    _UnixSelectorEventLoop.__qualname__ = _UnixSelectorEventLoop.__name__
    for module in (asyncio, unix_events):
        for name in ("SelectorEventLoop", "EventLoop"):
            setattr(module, name, _UnixSelectorEventLoop)
    asyncio.run = runners.run  # which Pyodide has replaced
    time.sleep = blocking_sleep
    blocking_sleep.__name__ = "sleep"
    policy: Any = unix_events._UnixDefaultEventLoopPolicy
    policy._loop_factory = _UnixSelectorEventLoop
    with warnings.catch_warnings(action="ignore"):  # policies are deprecated
        asyncio.set_event_loop_policy(policy())
    asyncio._set_running_loop(None)
