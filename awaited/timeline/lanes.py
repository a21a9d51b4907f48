"""The lanes of a recording in the order to show them, and what they are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from awaited.timeline.recording import Lane, Resource


def arranged(lanes: Sequence[Lane]) -> list[Lane]:
    """The lanes to show, each after its parent, with their labels."""
    children: dict[int, list[Lane]] = {}
    for lane in lanes:
        if not lane.is_shown:
            continue
        while lane.parent is not None and not lane.parent.is_shown:
            lane.parent = lane.parent.parent
        children.setdefault(id(lane.parent), []).append(lane)
    arranged: list[Lane] = []
    ahead = [lane for lane in lanes if lane.parent is None]
    while ahead:
        lane = ahead.pop()
        lane.depth = lane.parent.depth + 1 if lane.parent else 0
        arranged.append(lane)
        ahead.extend(reversed(children.get(id(lane), ())))
    _label(arranged)
    return arranged


def _label(lanes: Sequence[Lane]) -> None:
    counts: Counter[str] = Counter()
    for lane in lanes:
        is_numbered = lane.name.removeprefix("Task-").isdecimal() or lane.name in ("", "None")
        lane.label = lane.coroutine if is_numbered or lane.kind != "task" else lane.name
        counts[lane.label] += lane.kind != "main"
    numbers: Counter[str] = Counter()
    for lane in lanes:
        label = lane.label
        if lane.kind != "main" and counts[label] > 1:
            numbers[label] += 1
            lane.label = f"{label} {numbers[label]}"
        if lane.kind == "thread":
            lane.label += " (thread)"


def number(resources: Sequence[Resource]) -> None:
    """Numbers the resources that share a name."""
    counts = Counter(resource.name for resource in resources)
    numbers: Counter[str] = Counter()
    for resource in resources:
        name = resource.name
        if counts[name] > 1:
            numbers[name] += 1
            resource.name = f"{name} {numbers[name]}"
