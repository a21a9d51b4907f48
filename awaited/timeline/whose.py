"""Whose a task is: the recorded code's own, or one that a library made for itself."""

from __future__ import annotations

import functools
import os
import site
import sysconfig
from collections.abc import Iterator
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

_FOR_THEIR_CALLER = ("asyncio.tasks", "asyncio.threads")
"""Where the coroutine functions live that make a task or a thread for the code that calls them, such as wait_for."""


def is_own(code: CodeType | None, frame: FrameType, is_maker_own: bool) -> bool:
    """Whether a task is the recorded code's own: not installed code runs in it, or has asked for it.

    Libraries make tasks for themselves, such as one to resolve a host's name. That library code has asked for a task
    is seen by its being in a coroutine: a plain function, such as that of a task group, acts for its caller. Where no
    coroutine is between it and the loop, it is its maker's task that has asked.
    """
    if code is not None and not is_installed(code.co_filename):
        return True
    above: FrameType | None = frame
    while above is not None:
        code, module = above.f_code, above.f_globals.get("__name__")
        if not is_installed(code.co_filename):
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
    folders.add(str(Path(os.__file__).parent))  # in a browser, the library is in an archive
    known = [folder for folder in folders if folder]  # a browser has none for its user
    return tuple({f"{path}{os.sep}" for folder in known for path in (folder, os.path.realpath(folder))})


@functools.cache
def is_installed(file: str) -> bool:
    """Whether code comes from the standard library or from an installed package."""
    return file.startswith(("<frozen ", *_installed()))


def user_of(frame: FrameType) -> FrameType | None:
    """The frame of not installed code for which asyncio acts; None where another library stands between."""
    above: FrameType | None = frame
    while above is not None:
        if not is_installed(above.f_code.co_filename):
            return above
        if not above.f_globals.get("__name__", "").startswith(("asyncio.", "awaited.timeline.")):
            return None
        above = above.f_back
    return None


def frames_of(coroutine: Any) -> Iterator[FrameType]:
    """The frames of not installed code in a coroutine and in those that it awaits."""
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None)
        if frame is not None and not is_installed(frame.f_code.co_filename):
            yield frame
        coroutine = getattr(coroutine, "cr_await", None)


def name_of(value: object, frame: FrameType) -> str:
    """What the code of a frame calls a value; empty where it has no name for it."""
    own = getattr(frame.f_locals.get("self"), "__dict__", {})
    for names in (frame.f_locals, own, frame.f_globals):
        for name, other in list(names.items()):
            if other is value and name != "self":
                return str(name)
    return ""
