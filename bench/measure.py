"""Runs a command, and says what it took: seconds, processor seconds, and the most memory at one time."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from awaited.memory.plain_text import plain

INTERVAL = 0.1
"""Seconds between two looks at a command's memory."""


class FailedError(Exception):
    """A measured command ended with an error; the message is the end of what it said."""


@dataclass(frozen=True)
class Cost:
    """What a command took."""

    seconds: float
    processor: float
    """Seconds of all processors, its own and of the processes that it started."""
    memory: int
    """The most memory that its own process held at one time, in bytes (resident)."""
    children: int
    """The most memory that the processes it started held together at one time, in bytes (resident)."""
    output: str

    def __add__(self, after: Cost) -> Cost:
        """This command and then another one."""
        memory, children = max(self.memory, after.memory), max(self.children, after.children)
        return Cost(
            self.seconds + after.seconds, self.processor + after.processor, memory, children, self.output + after.output
        )


def run(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None = None) -> Cost:
    """Runs a command to its end; raises FailedError where its exit status is not 0."""
    # some build machines set this; everywhere else a program is compiled once, and not at each start
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before, start = os.times(), time.perf_counter()
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=folder,
        env={**usual, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    watch = _Watch(process.pid)
    output, _ = process.communicate()
    seconds, after = time.perf_counter() - start, os.times()
    watch.end()
    if process.returncode:
        last = plain(output).strip().rpartition("\n")[2][:200]
        raise FailedError(f"{Path(command[0]).name}: exit status {process.returncode}: {last}")
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(seconds, processor, watch.memory, watch.children, output)


class _Watch(threading.Thread):
    """Looks at a process's memory, again and again, until it is told that the process has ended."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._process, self._over = psutil.Process(pid), threading.Event()
        self.memory = self.children = 0
        self.start()

    def run(self) -> None:
        while not self._over.wait(INTERVAL):
            with contextlib.suppress(psutil.Error):
                self.memory = max(self.memory, self._process.memory_info().rss)
                self.children = max(self.children, sum(map(_resident, self._process.children(recursive=True))))

    def end(self) -> None:
        self._over.set()
        self.join()


def _resident(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0
