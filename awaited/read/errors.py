"""The error that a person can put right, in one line of a terminal; several of them in a line each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from awaited.read.places import where

Given = TypeVar("Given")
Found = TypeVar("Found")


class AwaitedError(Exception):
    """An error that a person can put right: one message, with the file and the line where there is one."""

    def __init__(self, message: str, path: Path | str | None = None, line: int | None = None) -> None:
        self.message, self.path, self.line = message, path, line
        super().__init__(_one_line(message if path is None else f"{where(path, line)}: {message}"))


class SeveralError(AwaitedError):
    """Several of them, told together."""

    def __init__(self, errors: Sequence[AwaitedError]) -> None:
        self.errors, first = tuple(errors), errors[0]
        self.message, self.path, self.line = first.message, first.path, first.line
        Exception.__init__(self, "".join([f"{len(errors)} errors", *(f"\n  {error}" for error in errors)]))


def together(errors: Iterable[AwaitedError]) -> AwaitedError:
    """One error for some, of which there is at least one; what is said twice counts once."""
    single = [one for error in errors for one in (error.errors if isinstance(error, SeveralError) else [error])]
    different = list({str(error): error for error in single}.values())
    return different[0] if len(different) == 1 else SeveralError(different)


def all_of(make: Callable[[Given], Found], values: Iterable[Given]) -> list[Found]:
    """What is made of each of some values; raises AwaitedError for all those of which that cannot be made."""
    found, errors = list[Found](), list[AwaitedError]()
    for value in values:
        try:
            found.append(make(value))
        except AwaitedError as error:
            errors.append(error)
    if errors:
        raise together(errors)
    return found


def _one_line(text: str) -> str:
    """A text as one line of a terminal: what is no sign is escaped, the middle of a long one left out."""
    shown = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
    return shown if len(shown) <= 600 else f"{shown[:400]} … {shown[-150:]}"
