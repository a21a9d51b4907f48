"""Ends the processes that snippets start, wherever these have gone.

A process inherits the environment of the one that started it. So a mark there finds, in Linux's ``/proc``, also those
that have left their process group and those whose parents are gone; only one that was given another environment stays
unseen. Where there is no ``/proc``, a process group ends and no more.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

PROJECT = "AWAITED_PROJECT"
"""The environment variable that names the project's folder to every process that its build or its snippets start."""
RUN = "AWAITED_RUN"
"""The environment variable that names the one run of a kernel or a script."""


def end_marked(variable: str, value: str) -> None:
    """Kills every process that has an environment variable of this value; this process itself is spared."""
    mark = os.fsencode(f"{variable}={value}")
    while found := list(_marked(mark)):  # one may start another meanwhile
        for process in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.002)


def end_group(leader: int) -> None:
    """Kills a process and all those that have stayed in its group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _marked(mark: bytes) -> Iterator[int]:
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # gone meanwhile, or another user's
            if int(entry.name) != os.getpid() and mark in (entry / "environ").read_bytes().split(b"\0"):
                yield int(entry.name)
