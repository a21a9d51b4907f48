"""Tells the file and the line that a line of an article's text comes from, where that is not the article's own file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

Place = tuple[Path | str, int]
"""A file, relative to the project, and a line in it."""


class Line(int):
    """The number of a line in an article's text, which knows the place that each line of the text comes from."""

    places: Sequence[Place]

    def __new__(cls, number: int, places: Sequence[Place]) -> Line:
        """``places`` has one for each line of the text."""
        line = super().__new__(cls, number)
        line.places = places
        return line

    def __add__(self, other: int) -> Line:
        return Line(int(self) + other, self.places)

    def __sub__(self, other: int) -> Line:
        return Line(int(self) - other, self.places)

    @property
    def place(self) -> Place:
        """The file that the line comes from, and its number there."""
        return self.places[min(max(int(self), 1), len(self.places)) - 1]

    def __format__(self, form: str) -> str:
        file, number = self.place
        return f"{number:{form}} of {file}"


def where(path: Path | str, line: int | None) -> str:
    """A place as messages name it, such as ``posts/x.qmd:12``."""
    if isinstance(line, Line):
        path, line = line.place
    return f"{path}" if line is None else f"{path}:{line}"
