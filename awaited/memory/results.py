"""What the cells of an article gave and what that depends on, also as JSON."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from awaited.memory.outputs import Output, is_output

FORMAT = 2
VERSION = re.compile(r"\d+\.\d+\.\d+[\w.+]*")


@dataclass(frozen=True)
class CellResult:
    """What one evaluated cell gave when it ran."""

    number: int
    """The cell's place in its article."""
    seconds: float
    """How long it took."""
    outputs: Sequence[Output]
    python: str = ""
    """The version of Python that ran it, where that is not the page's."""


@dataclass(frozen=True)
class Frozen:
    """The kept results of one article."""

    inputs: Mapping[str, Any]
    """What the results depend on; where it has changed, the cells must run again."""
    executed: str
    """When they ran, as ISO 8601 in UTC."""
    python: str
    """The version of Python that ran them."""
    results: Sequence[CellResult]
    elsewhere: Sequence[CellResult] = ()
    """Those of the cells whose output is that of another Python; one that also ran here has two results."""
    inline: Sequence[str] = ()
    """What each piece of inline code gave, as Markdown."""

    @property
    def by_number(self) -> dict[int, CellResult]:
        """The results under their cells' numbers."""
        return {result.number: result for result in (*self.results, *self.elsewhere)}


def as_record(frozen: Frozen) -> dict[str, Any]:
    """Results as JSON."""
    record = {
        "format": FORMAT,
        "inputs": frozen.inputs,
        "executed": frozen.executed,
        "python": frozen.python,
        "cells": [_as_json(result) for result in frozen.results],
        "elsewhere": [_as_json(result) | {"python": result.python} for result in frozen.elsewhere],
    }
    return record | {"inline": list(frozen.inline)} if frozen.inline else record


def _as_json(result: CellResult) -> dict[str, Any]:
    return {"number": result.number, "seconds": result.seconds, "outputs": list(result.outputs)}


def from_record(record: object) -> Frozen | None:
    """The results in a record; None where it has not just the form that ``as_record`` gives it."""
    match record:
        case {
            "format": form,
            "inputs": dict(inputs),
            "executed": str(when),
            "python": str(python),
            "cells": list(cells),
            "elsewhere": list(elsewhere),
            **rest,
        } if form == FORMAT and _is_moment(when) and VERSION.fullmatch(python):
            here, others, inline = _cell_results(cells), _cell_results(elsewhere), _texts(rest.get("inline", []))
            if here is not None and others is not None and inline is not None and all(o.python for o in others):
                return Frozen(inputs, when, python, here, others, inline)
    return None


def _texts(values: object) -> tuple[str, ...] | None:
    texts = [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
    return tuple(texts) if texts == values else None


def _cell_results(cells: Sequence[object]) -> tuple[CellResult, ...] | None:
    found = [result for result in map(_cell_result, cells) if result]
    return tuple(found) if len(found) == len(cells) else None


def _cell_result(cell: object) -> CellResult | None:
    python = str(cell.get("python", "")) if isinstance(cell, dict) else ""
    match cell:
        case {"number": int(number), "seconds": int() | float() as seconds, "outputs": list(outputs)} if (
            0 <= seconds < 1e9 and all(map(is_output, outputs))
        ):
            if not python or VERSION.fullmatch(python):
                return CellResult(number, float(seconds), tuple(outputs), python)
    return None


def _is_moment(text: str) -> bool:
    with contextlib.suppress(ValueError):
        return text.isascii() and datetime.fromisoformat(text) is not None
    return False
