"""Letters and numbers: how wide a text is in a monospace font, and how times are written."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence


def rounded(seconds: float) -> str:
    """Seconds in a sentence: to a tenth, or where that is too little to one digit; small delays don't show."""
    if seconds >= 0.095 or seconds < 5e-7:
        return f"{seconds:.1f}"
    return f"{seconds:.{-math.floor(math.log10(seconds))}f}"


def duration(seconds: float) -> str:
    """Seconds in a table: to a hundredth, or where that is too little to two digits."""
    if seconds >= 0.095 or seconds < 5e-7:
        return f"{seconds:.2f}"
    return f"{seconds:.{1 - math.floor(math.log10(seconds))}f}"


def listed(words: Sequence[str]) -> str:
    """Words as a list: "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 2 else words)


def slug(name: str) -> str:
    """A name as a part of an HTML id."""
    return re.sub(r"[^\w.-]+", "-", name, flags=re.A).strip("-") or "run"


def printable(name: str) -> str:
    """A text in one line, without characters that cannot be shown or would turn others round."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in name)


def cells(name: str) -> int:
    """How many letters wide a text is in a monospace font."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in name)
    return len(name) + wide - sum(bool(unicodedata.combining(c)) for c in name)


def cut(name: str, most: int) -> str:
    """A text that is no wider than so many letters."""
    if cells(name) <= most:
        return name
    while cells(name) > most - 1:
        name = name[:-1]
    return name.rstrip() + "…"


def padded(name: str, width: int) -> str:
    return name + " " * (width - cells(name))


def number(value: float, digits: int = 2) -> str:
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else str(round(value))
