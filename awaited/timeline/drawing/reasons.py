"""What a lane waits for, and what keeps it waiting, in words."""

from __future__ import annotations

from collections.abc import Iterable

from awaited.timeline.drawing.letters import cut, duration, listed, printable
from awaited.timeline.recording import Lane, Place, Recording, Resource, Span, Wait

NOTICED = 0.02
"""Seconds that a lane must be kept waiting before words speak of it; and it must be 5 % of the run, too."""


def reason(wait: Wait) -> str:
    """What a lane waits for; empty where that cannot be told."""
    what = wait.what
    if isinstance(what, Lane):
        what = (what,)
    if isinstance(what, tuple):
        lanes = [cut(printable(lane.label), 24) for lane in what if lane.label]
        return listed(lanes) if len(lanes) < 4 else f"{len(lanes)} tasks"
    if isinstance(what, Resource):
        return resource(what, wait)
    if isinstance(what, int | float):
        return f"a sleep of {duration(what)} s"
    return printable(str(what)) if what is not None else ""


def resource(what: Resource, wait: Wait) -> str:
    """A resource that a lane waits for, and who held it then."""
    name = cut(printable(what.name), 24)
    if what.kind == "queue":
        return f"the queue {name}" if name != "queue" else "a queue"
    called = f"the {what.kind} {name}" if name != what.kind else f"a {what.kind}"
    holders = {id(held.lane): held.lane for held in what.holdings(wait.end) if held.start <= wait.start < held.end}
    return f"{called}, held by {listed([_name(lane) for lane in holders.values()])}" if holders else called


def waited(wait: Wait) -> str:
    """That a lane waited, how long, and what for."""
    seconds, why = duration(wait.ready - wait.start), reason(wait)
    if isinstance(wait.what, int | float) and abs(wait.what - (wait.ready - wait.start)) < 0.01:
        return f"slept {seconds} s"
    return f"waited {seconds} s for {why}" if why else f"waited {seconds} s"


def stands(place: Place | None, run: Recording) -> tuple[str, int]:
    """The label of the cell in which a line stands, or the name of a file other than the program's own; and the line's
    number as a reader counts."""
    if place is None:
        return "", 0
    label, above = run.cells.get(place.file, ("", 0))
    if not label and place.file != _own_file(run):
        label = place.file.rpartition("/")[2]
    return label, place.line - above


def _own_file(run: Recording) -> str:
    """The file of the code that was recorded."""
    found = (wait.place.file for lane in run.lanes for wait in lane.waits(run.seconds) if wait.place)
    return next(found, "")


def is_noticed(span: Span, run: Recording) -> bool:
    """Whether a lane was kept waiting for so long that it is worth a word."""
    return span.seconds >= max(NOTICED, run.seconds / 20)


def holder(lane: Lane, span: Span, run: Recording) -> Lane | None:
    """The lane that held the loop for most of the time that another was ready; None where none held it for half."""

    def held(other: Lane) -> float:
        if other is lane or (other.kind == "thread") is not (lane.kind == "thread"):
            return 0.0
        return sum(_common(span, other.running))

    most = max(run.lanes, key=held, default=None)
    return most if most is not None and held(most) > span.seconds / 2 else None


def _common(span: Span, others: Iterable[Span]) -> Iterable[float]:
    return (max(0.0, min(span.end, end) - max(span.start, start)) for start, end in others)


def lateness(run: Recording) -> str:
    """Which lanes were kept waiting and by whom, as a sentence; empty where that is not worth a word."""
    found: dict[tuple[int, int], tuple[Lane, Lane, float]] = {}
    for lane in run.lanes:
        for span in lane.late(run.seconds):
            if is_noticed(span, run) and (other := holder(lane, span, run)) is not None:
                known = found.get((id(lane), id(other)), (lane, other, 0.0))
                found[id(lane), id(other)] = lane, other, known[2] + span.seconds
    if not found:
        return ""
    lane, other, seconds = max(found.values(), key=lambda entry: entry[2])
    more = len({id(entry[0]) for entry in found.values()} - {id(lane)})
    others = f", and {more} more {'was' if more == 1 else 'were'} kept waiting" if more else ""
    return f"{_name(lane)} was kept waiting {duration(seconds)} s by {_name(other)}{others}."


def stuck(run: Recording) -> str:
    """What lanes that never ended wait for, and those that were cancelled while another held it; in a sentence."""
    found = []
    for lane in run.lanes:
        last = next(reversed(lane.waits(run.seconds)), None)
        if last is None or not reason(last) or lane.outcome not in ("unfinished", "cancelled"):
            continue
        if isinstance(last.what, Resource) and last.what.kind != "queue":
            found.append(f"{_name(lane)} never got {reason(last)}")
        elif lane.outcome == "unfinished":
            found.append(f"{_name(lane)} still waited for {reason(last)}")
    more = [f"{len(found) - 2} more waited"] if len(found) > 2 else []
    return f"{'; '.join(found[:2] + more)}." if found else ""


def _name(lane: Lane) -> str:
    return cut(printable(lane.label), 24)
