"""What lanes share, as thin strips above them: how many hold a lock or a semaphore, how many items a queue has."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from awaited.timeline.drawing.letters import cut, duration, listed, printable
from awaited.timeline.recording import Recording, Resource

STRIPS = 6
"""How many strips a picture has at most."""


@dataclass(frozen=True)
class Strip:
    """A resource in a picture."""

    label: str
    most: int
    """How many held it at once, or how many items it had, at most."""
    steps: list[tuple[float, int]]
    """From when on how many held it, or how many items it had."""
    end_label: str
    description: str
    """Who held it and who waited for it, and when, in words."""


def strips(run: Recording) -> list[Strip]:
    """The strips of a run, those that were used first."""
    return [_strip(resource, run) for resource in run.resources[:STRIPS]]


def _strip(resource: Resource, run: Recording) -> Strip:
    name = printable(resource.name)
    label = name if resource.kind in name else f"{resource.kind} {name}"
    if resource.kind == "queue":
        steps = resource.items()
        most = max((count for _, count in steps), default=0)
        said = f"{most} item{'s' * (most != 1)} at most"
        return Strip(name, most, steps, said, f"{cut(label, 32)}: {said}{_waiting(resource, run)}")
    held = resource.holdings(run.seconds)
    changes = sorted((time, change) for one in held for time, change in ((one.start, 1), (one.end, -1)))
    counts = itertools.accumulate(change for _, change in changes)
    steps = [(time, count) for (time, _), count in zip(changes, counts, strict=True)]
    most = max((count for _, count in steps), default=0)
    holders = list(dict.fromkeys(cut(printable(one.lane.label), 24) for one in held))
    who = f"held by {listed(holders)}" if 0 < len(holders) < 4 else f"held by {len(holders)} in turn"
    return Strip(name, most, steps, who, f"{cut(label, 32)}: {_when(resource, run)}{_waiting(resource, run)}")


def _when(resource: Resource, run: Recording) -> str:
    """Who held it, and from when to when."""
    held = resource.holdings(run.seconds)
    times = [
        f"{cut(printable(one.lane.label), 24)} from {duration(one.start)} to {duration(one.end)} s" for one in held[:4]
    ]
    more = f" and {len(held) - 4} more" if len(held) > 4 else ""
    return f"held by {', '.join(times)}{more}" if times else "never held"


def _waiting(resource: Resource, run: Recording) -> str:
    """Who waited for it."""
    waiting = [lane for lane in run.lanes if any(wait.what is resource for wait in lane.waits(run.seconds))]
    names = [cut(printable(lane.label), 24) for lane in waiting[:4]]
    more = [f"{len(waiting) - 4} more"] if len(waiting) > 4 else []
    return f"; waited for by {listed(names + more)}" if names else ""
