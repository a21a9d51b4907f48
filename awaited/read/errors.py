"""The error that a person can put right, in one line of a terminal."""

from __future__ import annotations

from pathlib import Path

from awaited.read.places import where


class AwaitedError(Exception):
    """An error that a person can put right: one message, with the file and the line where there is one."""

    def __init__(self, message: str, path: Path | str | None = None, line: int | None = None) -> None:
        self.message, self.path, self.line = message, path, line
        super().__init__(_one_line(message if path is None else f"{where(path, line)}: {message}"))


def _one_line(text: str) -> str:
    """A text as one line of a terminal: what is no sign is escaped, the middle of a long one left out."""
    shown = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
    return shown if len(shown) <= 600 else f"{shown[:400]} … {shown[-150:]}"
