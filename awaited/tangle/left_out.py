"""Tells of the cells that make no script, though a reader sees them and nobody has said so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from awaited.read.errors import AwaitedError

NO_LABEL = "without a label"
NEEDS_HIDDEN = "with names that only a hidden cell defines"
NOT_PYTHON = "with code that only IPython runs"
OTHER = "for other reasons"


class NoScriptError(AwaitedError):
    """Why a cell makes no script: with ``examples: strict`` an error, else a part of one note."""

    def __init__(self, message: str, path: Path | str, line: int, reason: str = OTHER) -> None:
        super().__init__(message, path, line)
        self.reason = reason


def note(left_out: Sequence[AwaitedError]) -> str:
    """How many cells make no script, and why, in a sentence."""
    reasons = Counter(getattr(error, "reason", OTHER) for error in left_out)
    counted = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    cells = f"{len(left_out)} visible cell{'s make' if len(left_out) > 1 else ' makes'} no script"
    return f"{cells}: {counted}; 'awaited tangle' names them, 'examples: strict' makes that an error"
