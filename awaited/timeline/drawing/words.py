"""A recording in a sentence or two."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Sequence

from awaited.timeline.drawing.letters import listed, rounded
from awaited.timeline.drawing.reasons import lateness, stuck
from awaited.timeline.drawing.rows import merged
from awaited.timeline.recording import Lane, Recording, Span

OUTCOMES = {"raised": "failed", "cancelled": "cancelled", "unfinished": "never ended"}
"""How lanes end that do not just return, and how a sentence says it."""


def sentence(run: Recording) -> str:
    """What a run comes to, from its times: "3 tasks overlapped: 6.0 s of waiting took 2.0 s."."""
    tasks = [lane for lane in run.lanes if lane.kind != "main"]
    outcomes = Counter(lane.outcome for lane in tasks)
    words = [f"{outcomes[outcome]} {word}" for outcome, word in OUTCOMES.items() if outcomes[outcome]]
    ends = f"{listed(words).capitalize()}." if words else ""
    late = lateness(run)
    return " ".join(filter(None, [_overlap(tasks, run, late), late, ends, stuck(run)]))


def _overlap(tasks: Sequence[Lane], run: Recording, late: str) -> str:
    """Whether tasks and threads overlapped, and how long they waited for how much time that took.

    Where some were kept waiting, it does not speak of overlapping: that is what they should have done.
    """
    if not tasks:
        (main,) = run.lanes
        return f"Nothing overlapped: {_effort([main], run)} took {rounded(run.seconds)} s."
    began = min(lane.created for lane in tasks)
    ended = max(run.seconds if lane.ended is None else lane.ended for lane in tasks)
    together = _overlapping(tasks, run.seconds)
    if late:
        said = _counted(tasks)
    elif together == len(tasks):
        said = f"{_counted(tasks)} overlapped"
    elif together:
        kinds = "tasks and threads" if len({lane.kind for lane in tasks}) > 1 else f"{tasks[0].kind}s"
        said = f"{together} of {len(tasks)} {kinds} overlapped"
    elif len(tasks) == 1:
        said = f"{_counted(tasks)} ran alone"
    else:
        said = f"{_counted(tasks)} ran one after the other"
    return f"{said}: {_effort(tasks, run)} took {rounded(ended - began)} s."


def _counted(lanes: Sequence[Lane]) -> str:
    kinds = Counter(lane.kind for lane in lanes)
    counts = [f"{kinds[kind]} {kind}{'s' * (kinds[kind] != 1)}" for kind in ("task", "thread") if kinds[kind]]
    return listed(counts)


def _overlapping(lanes: Iterable[Lane], until: float) -> int:
    """How many of some lanes were there while another was."""
    spans = sorted((lane.created, until if lane.ended is None else lane.ended) for lane in lanes)
    count, first, latest, group = 0, -math.inf, -math.inf, 0
    for start, end in spans:
        if start >= latest and start > first:
            count += group if group > 1 else 0
            first, group = start, 0
        group, latest = group + 1, max(latest, end)
    return count + (group if group > 1 else 0)


def _effort(lanes: Sequence[Lane], run: Recording) -> str:
    """How long lanes waited, or ran where they did that for longer; waiting for tasks of their own doesn't count."""
    children: dict[int, list[tuple[float, float]]] = {}
    for lane in run.lanes:
        end = run.seconds if lane.ended is None else lane.ended
        children.setdefault(id(lane.parent), []).append((lane.created, end))
    waited = sum(_outside(lane.waiting(run.seconds), children.get(id(lane), ())) for lane in lanes)
    ran = sum(span.seconds for lane in lanes for span in lane.running)
    return f"{rounded(waited)} s of waiting" if waited >= ran else f"{rounded(ran)} s of running"


def _outside(spans: Sequence[Span], others: Iterable[tuple[float, float]]) -> float:
    """How much of some spans in order lies outside all others."""
    taken = list(merged(sorted(others)))
    total, first = 0.0, 0
    for start, end in spans:
        while first < len(taken) and taken[first][1] <= start:
            first += 1
        total += end - start
        for low, high in itertools.takewhile(lambda other: other[0] < end, taken[first:]):  # noqa: B023
            total -= min(end, high) - max(start, low)
    return total
