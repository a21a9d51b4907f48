"""Tells whether a script prints what its page shows.

Equal means equal. Only durations in seconds may differ, within ``TOLERANCE``; what else varies must be declared at the
cell (``varies``, regular expressions). The archive of examples carries this file along, so that its tests compare by
the same rule: it needs nothing but Python.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

DURATION = re.compile(r"\d+(?:\.\d+)?(?= ?s\b)")
TOLERANCE = (0.25, 0.15)
"""How far a duration may be off: seconds, or a part of the longer one, whichever is more."""
STANDS_FOR_VARYING = "<varies>"


@dataclass(frozen=True)
class Printed:
    """What a program wrote, as a page shows it, without colours and control characters."""

    stdout: str = ""
    stderr: str = ""


@dataclass(frozen=True)
class Shown:
    """What a page shows a cell to print."""

    own: Printed
    """The cell's own output."""
    earlier: Printed
    """The output of the cells above it: a script prints what it takes over from them, before its own."""
    error: str = ""
    """The exception that it raises, as a traceback's last line has it; empty where it raises none."""
    hides_stderr: bool = False
    """Whether the page leaves out what the cell wrote to stderr."""


@dataclass(frozen=True)
class Difference:
    """How what a script prints differs from what its page shows."""

    text: str
    """A unified diff for each stream, or a sentence."""
    is_time: bool = False
    """Whether nothing but durations differ: a busy machine may have been the reason."""


def difference(shown: Shown, printed: Printed, status: int, varying: Sequence[str] = ()) -> Difference | None:
    """What differs between a page and a script that has ended with an exit status; None where they agree."""
    if shown.error:
        if status and any(_same(shown.error, line.lstrip("+-| "), varying) for line in printed.stderr.split("\n")):
            return _streams(shown, Printed(printed.stdout), varying, with_stderr=False)
        last = printed.stderr.rstrip().rpartition("\n")[2]
        return Difference(f"it ended with {last or f'exit status {status}'!r}, and not with {shown.error!r}")
    if status:
        return Difference(f"exit status {status}\n{printed.stderr.rstrip()}")
    return _streams(shown, printed, varying, with_stderr=not shown.hides_stderr)


def _streams(shown: Shown, printed: Printed, varying: Sequence[str], with_stderr: bool) -> Difference | None:
    """The differences of both streams, in one."""
    streams = [("stdout", shown.own.stdout, printed.stdout, shown.earlier.stdout)]
    streams += [("stderr", shown.own.stderr, printed.stderr, shown.earlier.stderr)] if with_stderr else []
    found = [(name, page, here, earlier) for name, page, here, earlier in streams
             if not _agree(page, here, earlier, varying)]  # fmt: skip
    if not found:
        return None
    timeless = [[DURATION.sub("", text) for text in (page, here, earlier)] for _, page, here, earlier in found]
    is_time = all(_agree(page, here, earlier, varying) for page, here, earlier in timeless)
    return Difference("\n".join(_diff(name, page, here) for name, page, here, _ in found), is_time)


def _agree(page: str, here: str, earlier: str, varying: Sequence[str]) -> bool:
    """Whether a text ends as a page has it, and begins with nothing but what the cells above have printed."""
    wanted, lines = page.split("\n"), here.split("\n")
    split = max(0, len(lines) - len(wanted))
    before, own = lines[:split], lines[split:]
    is_own = len(wanted) == len(own) and all(_same(*pair, varying) for pair in zip(wanted, own, strict=True))
    return is_own and _is_part(before, earlier.split("\n"), varying)


def _is_part(lines: Sequence[str], of: Sequence[str], varying: Sequence[str]) -> bool:
    """Whether lines stand in others in the same order, with or without more between them."""
    rest = iter(of)
    return all(any(_same(line, other, varying) for other in rest) for line in lines)


def _same(page: str, here: str, varying: Sequence[str]) -> bool:
    for pattern in varying:
        page, here = (re.sub(pattern, STANDS_FOR_VARYING, text) for text in (page, here))
    if DURATION.sub("", page) != DURATION.sub("", here):
        return False
    pairs = zip(DURATION.findall(page), DURATION.findall(here), strict=True)
    return all(_close(float(one), float(other)) for one, other in pairs)


def _close(one: float, other: float) -> bool:
    seconds, part = TOLERANCE
    return abs(one - other) <= max(seconds, part * max(one, other))


def _diff(name: str, page: str, here: str) -> str:
    names = f"{name}, as the page shows it", f"{name}, as the script printed it"
    return "\n".join(difflib.unified_diff(page.split("\n"), here.split("\n"), *names, lineterm=""))
