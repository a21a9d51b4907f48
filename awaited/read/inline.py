"""Finds inline code: an expression in a sentence, such as `` `{python} len(names)` ``, whose value the page shows.

As Quarto finds it (its ``execute-inline.ts``), but for code blocks, which show what is in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from awaited.read.cells import Cell
from awaited.read.includes import FENCE
from awaited.read.places import Line, Place

INLINE = re.compile(r"(?<!`)`\{python\}[ \t](?P<expression>[^`]+)`")


@dataclass(frozen=True)
class Inline:
    """One piece of inline code."""

    expression: str
    line: int
    """Its line in the text, from 1."""
    start: int
    """Where its first backtick stands in that line."""
    end: int
    """The place behind its last one."""


def find_inline(text: str, header: int, cells: Sequence[Cell], places: Sequence[Place]) -> tuple[Inline, ...]:
    """The inline code of a text, of which the first few lines are its header, outside its cells and code blocks."""
    if "`{python}" not in text:
        return ()
    return tuple(_find(text.split("\n"), header, cells, places))


def _find(lines: Sequence[str], header: int, cells: Sequence[Cell], places: Sequence[Place]) -> Iterator[Inline]:
    in_cells = {number for cell in cells for number in range(cell.line, cell.end_line + 1)}
    fence = ""
    for number, line in enumerate(lines, 1):
        if number <= header or number in in_cells:
            continue
        mark = FENCE.match(line)
        if mark and not fence and ("`" not in mark[2] or mark[1][0] == "~"):
            fence = mark[1]
        elif fence:
            fence = "" if mark and mark[1].startswith(fence) and not mark[2].strip() else fence
        else:
            at = Line(number, places) if places else number
            for found in INLINE.finditer(line):
                yield Inline(found["expression"].strip(), at, found.start(), found.end())
