"""What the cells of an article gave and what that depends on, also as JSON."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from awaited.memory.outputs import Output, is_output

FORMAT = 1
VERSION = re.compile(r"\d+\.\d+\.\d+[\w.+]*")


@dataclass(frozen=True)
class CellResult:
    """What one evaluated cell gave when it ran."""

    number: int
    """The cell's place in its article."""
    seconds: float
    """How long it took."""
    outputs: Sequence[Output]


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

    @property
    def by_number(self) -> dict[int, CellResult]:
        """The results under their cells' numbers."""
        return {result.number: result for result in self.results}


def as_record(frozen: Frozen) -> dict[str, Any]:
    """Results as JSON."""
    cells = [{"number": r.number, "seconds": r.seconds, "outputs": list(r.outputs)} for r in frozen.results]
    return {
        "format": FORMAT,
        "inputs": frozen.inputs,
        "executed": frozen.executed,
        "python": frozen.python,
        "cells": cells,
    }


def from_record(record: object) -> Frozen | None:
    """The results in a record; None where it has not just the form that ``as_record`` gives it."""
    match record:
        case {
            "format": form,
            "inputs": dict(inputs),
            "executed": str(when),
            "python": str(python),
            "cells": list(cells),
        } if form == FORMAT and _is_moment(when) and VERSION.fullmatch(python):
            results = [_cell_result(cell) for cell in cells]
            found = tuple(result for result in results if result)
            return Frozen(inputs, when, python, found) if len(found) == len(results) else None
    return None


def _cell_result(cell: object) -> CellResult | None:
    match cell:
        case {"number": int(number), "seconds": int() | float() as seconds, "outputs": list(outputs)} if (
            0 <= seconds < 1e9 and all(map(is_output, outputs))
        ):
            return CellResult(number, float(seconds), tuple(outputs))
    return None


def _is_moment(text: str) -> bool:
    with contextlib.suppress(ValueError):
        return text.isascii() and datetime.fromisoformat(text) is not None
    return False
