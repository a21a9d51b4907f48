"""Says what went wrong as Python does, but of the reader's own lines alone."""

from __future__ import annotations

import linecache
import logging
import traceback
from collections.abc import Collection
from typing import Any


def remember(file: str, code: str) -> None:
    """Keeps a code's lines for tracebacks."""
    linecache.cache[file] = len(code), None, code.splitlines(keepends=True), file


def said(error: BaseException, files: Collection[str]) -> str:
    """A traceback with its groups and causes; only the frames of some files are in it."""
    found = traceback.TracebackException.from_exception(error)
    _keep(found, files, set())
    return "".join(found.format())


class Formatter(logging.Formatter):
    """Formats what asyncio logs of lost exceptions, and code that sets up no logging of its own."""

    def __init__(self, files: Collection[str]) -> None:
        super().__init__()
        self._files = files

    def formatException(self, ei: Any) -> str:  # noqa: N802  # logging's name
        """The traceback, of the reader's own lines alone."""
        return said(ei[1], self._files).rstrip("\n")


def _keep(found: traceback.TracebackException | None, files: Collection[str], seen: set[int]) -> None:
    if found is None or id(found) in seen:
        return
    seen.add(id(found))
    found.stack = traceback.StackSummary.from_list([frame for frame in found.stack if frame.filename in files])
    for other in (found.__cause__, found.__context__, *(found.exceptions or ())):
        _keep(other, files, seen)
