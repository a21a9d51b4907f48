"""Shows how far a long job is: one line that renews itself on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO


@dataclass
class Progress:
    """What is being done by several jobs at once, each with a name."""

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    """Where it is shown."""
    running: dict[str, str] = field(default_factory=dict)
    """The jobs under way, each with what it is doing."""

    def doing(self, job: str, what: str) -> None:
        """A job has begun something; a terminal shows it until it is done."""
        self.running[job] = what
        self._show_running()

    def did(self, job: str, what: str, seconds: float) -> None:
        """A job has done something, and it took so long; this stays to be read."""
        self.say(f"  {job}: {what}  {seconds:.2f} s")

    def end(self, job: str) -> None:
        """A job is over."""
        self.running.pop(job, None)
        self._show_running()

    def say(self, line: str) -> None:
        """A line that stays to be read."""
        self._clear()
        print(line, file=self.stream, flush=True)
        self._show_running()

    def _show_running(self) -> None:
        if self.stream.isatty() and self.running:
            text = " | ".join(f"{job}: {what}" for job, what in self.running.items())
            print(f"\r\x1b[2K  … {text}"[:110], end="", file=self.stream, flush=True)
        elif self.stream.isatty():
            self._clear()

    def _clear(self) -> None:
        if self.stream.isatty():
            print("\r\x1b[2K", end="", file=self.stream, flush=True)


@dataclass
class Stopwatch:
    """How long each step of a job took, in seconds."""

    steps: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Counts the time spent inside under a name."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.steps[name] = self.steps.get(name, 0.0) + time.perf_counter() - start

    def __str__(self) -> str:
        return ", ".join(f"{name} {seconds:.2f} s" for name, seconds in self.steps.items())
