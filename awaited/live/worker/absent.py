"""What a browser has not: a keyboard to ask at, threads, sockets, processes. Whatever asks for it is told so."""

from __future__ import annotations

import builtins
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

HERE = "the browser's Python"
THREADS = f"This starts a thread, and {HERE} has none."
SOCKETS = f"This opens a connection, and {HERE} has no network."
PROCESSES = f"This starts a process, and {HERE} cannot."
INPUT = f"This asks for input, and {HERE} has no keyboard to read from."
PLACES = (
    ("_thread", "start_new_thread", RuntimeError, THREADS),
    ("_thread", "start_joinable_thread", RuntimeError, THREADS),
    ("threading", "_start_joinable_thread", RuntimeError, THREADS),
    ("threading", "_start_new_thread", RuntimeError, THREADS),  # up to 3.12
    ("socket.socket", "__init__", OSError, SOCKETS),
    ("socket", "getaddrinfo", OSError, SOCKETS),
    ("asyncio.BaseEventLoop", "getaddrinfo", OSError, SOCKETS),  # which asks a thread
    ("subprocess.Popen", "__init__", OSError, PROCESSES),
    ("os", "fork", OSError, PROCESSES),
    ("os", "posix_spawn", OSError, PROCESSES),
    ("os", "system", OSError, PROCESSES),
    ("builtins", "input", EOFError, INPUT),
)
"""Where it is asked for: a module or a class, a name in it, the error that is raised, and what it says."""


@contextmanager
def told() -> Iterator[list[str]]:
    """Has all that is absent say so; gives a list of what was asked for in vain."""
    asked: list[str] = []
    before = []
    for place, name, error, says in PLACES:
        owner = _owner(place)
        if hasattr(owner, name):
            before.append((owner, name, getattr(owner, name)))
            setattr(owner, name, _refusing(asked, error, says))
    try:
        yield asked
    finally:
        for owner, name, was in before:
            setattr(owner, name, was)


def _owner(place: str) -> Any:
    if place == "builtins":
        return builtins
    module, _, kind = place.partition(".")
    found = importlib.import_module(module)
    return getattr(found, kind) if kind else found


def _refusing(asked: list[str], error: type[Exception], says: str) -> Any:
    def refuse(*_: object, **__: object) -> NoReturn:
        asked.append(says)
        raise error(says)

    return refuse
