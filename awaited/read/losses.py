"""What a page does not show as its source says: told once per build, with the place, and with what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from awaited.read.errors import AwaitedError
from awaited.read.places import where

Loss = tuple[str, str, str]
"""What is lost, what to do, and the place, such as ``posts/x.qmd:12``; as JSON can hold it."""


def loss_at(what: str, advice: str, path: Path | str, line: int | None) -> Loss:
    """A loss at a line of a file."""
    return what, advice, where(path, line)


def told(losses: Iterable[Sequence[str]]) -> list[AwaitedError]:
    """Each loss once: with its first place, and how many more there are."""
    places: dict[tuple[str, str], list[str]] = {}
    for what, advice, place in losses:
        places.setdefault((what, advice), []).append(place)
    return [AwaitedError(f"{what}{_more(found)}; {advice}", found[0]) for (what, advice), found in places.items()]


def _more(places: Sequence[str]) -> str:
    others = len(dict.fromkeys(places)) - 1
    return f" (also in {others} other place{'s' * (others > 1)})" if others else ""
