"""What a terminal would have left standing of a text."""

from __future__ import annotations

import re

ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")
ERASED = re.compile(r"\r\x1b\[[02]?K|\x1b\[2K")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def plain(text: str) -> str:
    """What a terminal would have left standing of a text: no colours, no control characters, no overwritten lines."""
    kept = "\n".join(ERASED.split(line)[-1] for line in text.split("\n"))
    lines = ANSI.sub("", kept).replace("\r\n", "\n").split("\n")
    return CONTROL.sub("", _rubbed_out("\n".join(map(_overwritten, lines))))


def _rubbed_out(text: str) -> str:
    """What backspaces leave of a text: each takes away the character before it on its line."""
    if "\b" not in text:
        return text
    left: list[str] = []
    for char in text:
        if char != "\b":
            left.append(char)
        elif left and left[-1] != "\n":
            left.pop()
    return "".join(left)


def _overwritten(line: str) -> str:
    """What is left of a line that was begun anew: each part covers as much of those before as it is long."""
    left, length = [], 0
    for part in reversed(line.split("\r")):
        left.append(part[length:])
        length = max(length, len(part))
    return "".join(left)
