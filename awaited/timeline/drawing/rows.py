"""What a picture shows in its lines: the lanes of a recording, or where they are too many, the first of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from awaited.timeline.drawing.letters import cut, duration, printable
from awaited.timeline.drawing.reasons import reason
from awaited.timeline.recording import Lane, Recording, Span, Wait

LANES = 24
"""How many lanes a picture has at most."""


@dataclass(frozen=True)
class Row:
    """What a picture shows in one line: a lane, or all those for which it has no room."""

    label: str
    depth: int
    created: float
    ended: float
    """When it was over, or when the recording was."""
    running: Sequence[Span]
    waits: Sequence[Wait]
    outcome: str
    error: str
    lanes: Sequence[Lane]
    """Those that it stands for."""

    @property
    def ran(self) -> float:
        """How long it ran, in seconds."""
        return sum(end - start for start, end in self.running)

    @property
    def waited(self) -> float:
        """How long it waited for something, in seconds."""
        return sum(wait.ready - wait.start for wait in self.waits)

    @property
    def late(self) -> list[Span]:
        """When it was ready, and kept waiting."""
        return [Span(wait.ready, wait.end) for wait in self.waits if wait.end > wait.ready]

    @property
    def kept(self) -> float:
        """How long it was ready, and kept waiting, in seconds."""
        return sum(span.seconds for span in self.late)

    @property
    def end_label(self) -> str:
        """How it ended, in a word or two; for what just returned, how long it took."""
        if self.outcome == "raised":
            return self.error.partition(":")[0].rpartition(".")[2]
        if self.outcome == "unfinished":
            return "never ended"
        return f"{duration(self.ended - self.created)} s" if self.outcome == "returned" else self.outcome

    @property
    def description(self) -> str:
        """All about it in a line, names cut where they are very long."""
        how = self.outcome if not self.error else f"raised {cut(self.error, 32)}"
        how = f"{how} after {duration(self.ended - self.created)} s" if self.outcome != "unfinished" else self.stuck
        kept = f", kept waiting {duration(self.kept)} s" if self.kept >= 0.01 else ""
        return f"{cut(self.label, 24)}: ran {duration(self.ran)} s, waited {duration(self.waited)} s{kept}, {how}"

    @property
    def stuck(self) -> str:
        """That it never ended, and what it waits for."""
        why = reason(self.waits[-1]) if self.waits and len(self.lanes) == 1 else ""
        return f"never ended: it waits for {why}" if why else "never ended"


def rows(run: Recording, limit: int = LANES) -> list[Row]:
    """The lanes of a run as rows; from the ``limit``-th on they share one, where there are more."""
    lanes = run.lanes
    kept = lanes if len(lanes) <= limit else lanes[: limit - 1]
    found = [_row(lane, run.seconds) for lane in kept]
    if rest := [_row(lane, run.seconds) for lane in lanes[len(kept) :]]:
        outcomes = Counter(row.outcome for row in rest)
        said = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
        running = sorted(span for row in rest for span in row.running)
        waits = sorted((wait for row in rest for wait in row.waits), key=lambda wait: wait.ready)
        created, ended = min(row.created for row in rest), max(row.ended for row in rest)
        left = lanes[len(kept) :]
        found.append(Row(f"{len(rest)} more lanes", 0, created, ended, running, waits, said, "", left))
    return found


def _row(lane: Lane, until: float) -> Row:
    ended = until if lane.ended is None else min(lane.ended, until)
    created = min(lane.created, ended)
    label, error = printable(lane.label), printable(lane.error)
    return Row(label, lane.depth, created, ended, lane.running, lane.waits(until), lane.outcome, error, [lane])


def merged(spans: Iterable[tuple[float, float]], gap: float = 0.0) -> Iterator[tuple[float, float]]:
    """Spans in order, those that overlap or are no further apart than a gap taken together."""
    current: tuple[float, float] | None = None
    for start, end in spans:
        if current is None or start > current[1] + gap:
            if current is not None:
                yield current
            current = start, end
        else:
            current = current[0], max(current[1], end)
    if current is not None:
        yield current
