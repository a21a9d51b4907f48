"""What a recording is: a lane for each task, and what was printed; times are seconds since the recording began."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


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
class Recording:
    """All that was seen: complete once the recorded code has ended."""

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
