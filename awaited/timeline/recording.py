"""What a recording is: a lane for each task, and what was printed; times are seconds since the recording began.

A lane is always in one of three states: it runs; it waits for something; or it is ready, and kept waiting, since
another holds the loop.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, NamedTuple


class Span(NamedTuple):
    """A stretch of time, in seconds since the recording began."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.end - self.start


class Place(NamedTuple):
    """A line of a program."""

    file: str
    line: int


class Wait(NamedTuple):
    """A time that a lane did not run: it waited for something, and then was ready, but was not yet taken up."""

    start: float
    ready: float
    """From when it could have gone on; its end where that never came."""
    end: float
    place: Place | None = None
    """Where its code stood; None before it began, and for a thread."""
    what: Any = None
    """What it waited for: seconds of sleep, lanes, a resource, or something in words; None where that is not known."""


Standing = tuple[CodeType | Place | None, int, Any]
"""Where code waits, as the recorder notes it: the code, the place in its instructions; and what for, see ``Wait``."""
NOWHERE: Standing = None, 0, None
Step = tuple[float, float, float, Standing]
"""A stretch of running: since when it was due, its start and its end; and where the code stood then."""


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
    steps: Sequence[Step] = field(default=(), repr=False)
    """Each stretch of running; a list once it has run."""
    due: float | None = field(default=None, repr=False)
    """Since when its next step, if it has been asked for, has been due."""
    since: float | None = field(default=None, repr=False)
    """The start of the stretch that it is in."""
    asked: float | None = field(default=None, repr=False)
    """Since when that had been due."""
    is_shown: bool = field(default=True, repr=False)
    """False for tasks that libraries have made for themselves."""

    @property
    def running(self) -> list[Span]:
        """When it ran: each time from where the loop, or a thread, took it up until it next waited."""
        return [Span(step[1], step[2]) for step in self.steps]

    def waits(self, until: float) -> list[Wait]:
        """When it did not run between its creation and its end (``until``, where it had none)."""
        found = []
        start, standing = self.created, NOWHERE
        for due, begun, end, next_standing in self.steps:
            if begun > start:
                found.append(_wait(start, due, begun, standing))
            start, standing = end, next_standing
        end = until if self.ended is None else self.ended
        if end > start:
            found.append(_wait(start, end if self.due is None else self.due, end, standing))
        return found

    def waiting(self, until: float) -> list[Span]:
        """When it waited for something, so that it could not have run."""
        return [Span(wait.start, wait.ready) for wait in self.waits(until) if wait.ready > wait.start]

    def late(self, until: float) -> list[Span]:
        """When it was ready, but was kept waiting."""
        return [Span(wait.ready, wait.end) for wait in self.waits(until) if wait.end > wait.ready]


def _wait(start: float, due: float, end: float, standing: Standing) -> Wait:
    code, instruction, what = standing
    place = _place(code, instruction) if isinstance(code, CodeType) else code
    return Wait(start, min(max(due, start), end), end, place, what)


@functools.lru_cache(maxsize=1000)
def _place(code: CodeType, instruction: int) -> Place:
    found = code.co_firstlineno
    for start, end, line in code.co_lines():
        if start <= instruction < end:
            found = line or found
    return Place(code.co_filename, found)


class Use(NamedTuple):
    """What a lane did with a resource."""

    time: float
    lane: Lane
    what: str
    """"acquire" (it asked for it), "release", "put" or "get"."""


class Holding(NamedTuple):
    """A time that a lane held a resource, in seconds since the recording began."""

    lane: Lane
    start: float
    end: float


@dataclass(eq=False)
class Resource:
    """A lock, a semaphore or a queue that the lanes share."""

    kind: str
    """"lock", "semaphore" or "queue"."""
    name: str
    """What the code calls it, or its kind."""
    uses: list[Use] = field(default_factory=list)

    def holdings(self, until: float) -> list[Holding]:
        """Who held it and when: from where a lane got it, up to its next release."""
        releases = [use for use in self.uses if use.what == "release"]
        found: list[Holding] = []
        for use in self.uses:
            start = self._got(use, releases, until) if use.what == "acquire" else None
            if start is not None:
                taken = sum(held.lane is use.lane and held.start < start for held in found)
                ends = [release.time for release in releases if release.lane is use.lane]
                found.append(Holding(use.lane, start, ends[taken] if taken < len(ends) else until))
        return sorted(found, key=lambda held: held.start)

    def _got(self, asked: Use, releases: Sequence[Use], until: float) -> float | None:
        """When a lane got what it asked for; None where it gave up, or still waits."""
        for wait in asked.lane.waits(until):
            if wait.what is self and abs(wait.start - asked.time) < BRIEF:
                return wait.ready if any(abs(use.time - wait.ready) < BRIEF for use in releases) else None
        return asked.time

    def items(self) -> list[tuple[float, int]]:
        """How many items a queue had, from when on."""
        counts = itertools.accumulate(1 if use.what == "put" else -1 for use in self.uses)
        return [(use.time, count) for use, count in zip(self.uses, counts, strict=True)]


BRIEF = 0.0005
"""Seconds between what happens in one step of a lane, at most: the recorder sees such things one after the other."""


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
    """"created", "running", "waiting", "ready", "printed", "returned", "raised" or "cancelled"."""
    detail: str = ""
    """The text that was printed, or the error that was raised."""


@dataclass
class Recording:
    """All that was seen: complete once the recorded code has ended."""

    name: str = "run"
    lanes: Sequence[Lane] = ()
    """Parents before their children, these in the order in which they were made."""
    lines: list[Line] = field(default_factory=list)
    """All that was printed meanwhile."""
    seconds: float = 0.0
    """How long it took."""
    delay: float = 0.0
    """How long, in all, the recorded thread was ready while the machine ran others; 0.0 where it does not tell."""
    resources: list[Resource] = field(default_factory=list)
    """The locks, semaphores and queues that its code has used, in the order of their first use."""
    cells: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By the names of files whose code comes from a cell: its label, and how many lines it has above those shown."""

    @property
    def events(self) -> list[Event]:
        """All that happened, in order."""
        found = [Event(line.time, line.lane, "printed", line.text) for line in self.lines]
        for lane in self.lanes:
            found.append(Event(lane.created, lane, "created"))
            found += [Event(span.start, lane, "running") for span in lane.running]
            found += [Event(span.start, lane, "waiting") for span in lane.waiting(self.seconds)]
            found += [Event(span.start, lane, "ready") for span in lane.late(self.seconds)]
            if lane.ended is not None:
                found.append(Event(lane.ended, lane, lane.outcome, lane.error))
        return sorted(found, key=lambda event: event.time)


def without_code(run: Recording) -> Recording:
    """The same recording; it holds no code any more, but only its lines, so that it can be sent to another process."""
    for lane in run.lanes:
        lane.steps = [
            (due, start, end, (_place(code, at) if isinstance(code, CodeType) else code, 0, what))
            for due, start, end, (code, at, what) in lane.steps
        ]
    return run
