"""Finds the ``{python}`` cells of an article, with line numbers.

Cells are found as Quarto finds them (its ``src/core/jupyter/jupyter.ts``): a fence of three or more backticks with
``{python}``, indented or not, closed by the same indent and the same number of backticks; ``#|`` lines at its top are
YAML options. What Quarto would do by surprise (run a cell shown inside a longer fence) is an error here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from awaited.read.errors import AwaitedError
from awaited.read.metadata import as_list, line_of, read_yaml
from awaited.read.options import check_options
from awaited.read.places import Line, Place
from awaited.read.versions import admits

OPENING_FENCE = re.compile(r"^(\s*)(`{3,})\s*\{python([ ,].*)?\}\s*$")
ANY_FENCE = re.compile(r"^(?P<indent>\s*)(?P<signs>`{3,}|~{3,})(?P<rest>.*)$")
DEEPER = 4
"""How many spaces further in a fence stands that closes nothing (CommonMark 0.31, "Fenced code blocks")."""
OPTION_LINE = re.compile(r"^#\s*\| ?")
HEADING = re.compile(r"^#{1,6}\s+(\S.*)$")
BROKEN = "-broken"
"""How the label of a cell ends that fails on purpose."""
RAISES = "raises-exception"
"""Jupyter's tag of a cell that may raise; Quarto heeds it, too."""
LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,99}")


@dataclass(frozen=True)
class Cell:
    """One ``{python}`` cell of an article."""

    number: int
    """Its place among the article's cells, from 1."""
    label: str | None
    """The ``label`` option."""
    code: str
    """Its source without the option lines, without the indent of its fence, without blank lines around it."""
    option_lines: tuple[str, ...]
    """The ``#|`` lines as they are written."""
    options: Mapping[str, Any]
    """The options that the cell itself sets."""
    defaults: Mapping[str, Any]
    """What holds where the cell says nothing: the article's, folder's and project's ``execute`` settings."""
    line: int
    """The line of its opening fence, from 1."""
    code_line: int
    """The line of the first line of ``code``."""
    end_line: int
    """The line of its closing fence."""
    indent: str
    """The white space before its fences."""
    section: str | None
    """The text of the heading it stands under."""

    def setting(self, name: str) -> Any:
        """An option's value in force: the cell's own, else the default; Jupyter's tag says the same as ``error``."""
        if name == "error" and RAISES in as_list(self.options.get("tags") or []):
            return True
        return self.options.get(name, self.defaults.get(name))

    @property
    def name(self) -> str:
        """What is said of it while it runs: its label, else its line."""
        return self.label or f"line {self.line}"

    @property
    def in_words(self) -> str:
        """What messages call it: by its label, else by its line."""
        return f"cell '{self.label}'" if self.label else f"the cell at line {self.line}"

    @property
    def is_evaluated(self) -> bool:
        """Whether its code runs, on a Python that it works on."""
        return self.setting("eval") is not False and bool(self.code)

    def works_on(self, version: str) -> bool:
        """Whether the cell's option ``python`` admits a version, such as ``3.12.1``."""
        return "python" not in self.options or admits(self.options["python"], version)

    def is_printed_by(self, version: str) -> bool:
        """Whether a version prints what the page shows: any does, unless the option ``printed-by`` names some."""
        return "printed-by" not in self.options or admits(self.options["printed-by"], version)

    @property
    def is_broken(self) -> bool:
        """Whether it fails on purpose, to be seen beside the cell that does it right."""
        return bool(self.options.get("broken"))

    @property
    def wants_versions(self) -> bool:
        """Whether it says which Pythons it works on, or which print what the page shows."""
        return bool({"python", "printed-by"} & self.options.keys())

    @property
    def makes_script(self) -> bool:
        """Whether it is a snippet: code that a reader sees, that runs, and that nobody has said makes no script."""
        return self.is_evaluated and self.is_visible and self.setting("example") is not False

    @property
    def is_visible(self) -> bool:
        """Whether the page shows its code."""
        return self.setting("include") is not False and self.setting("echo") is not False


def find_cells(
    lines: Sequence[str], header: int, path: Path, defaults: Mapping[str, Any], places: Sequence[Place] = ()
) -> tuple[Cell, ...]:
    """The cells in an article's lines, of which the first few are its header.

    ``defaults`` holds for options that a cell does not set, ``places`` tells where the lines come from if not all are
    of the article's own file. Raises AwaitedError as ``parse`` says.
    """
    try:
        cells = tuple(_cells(lines, header, path, defaults))
    except AwaitedError as error:
        if not places or error.line is None:
            raise
        raise AwaitedError(error.message, path, Line(error.line, places)) from None
    if places:
        cells = tuple(_placed(cell, places) for cell in cells)
    _check_labels(cells, path)
    return cells


def _placed(cell: Cell, places: Sequence[Place]) -> Cell:
    line, code_line, end_line = (Line(number, places) for number in (cell.line, cell.code_line, cell.end_line))
    return replace(cell, line=line, code_line=code_line, end_line=end_line)


def _cells(lines: Sequence[str], header: int, path: Path, defaults: Mapping[str, Any]) -> Iterator[Cell]:
    section: str | None = None
    block: tuple[str, int, int] | None = None  # the fence that opened a plain code block, its line and its indent
    number, position = 0, header
    while position < len(lines):
        line = lines[position]
        opening, fence = OPENING_FENCE.match(line), ANY_FENCE.match(line)
        if opening and block:
            raise AwaitedError(
                f"a {{python}} cell inside the code block opened at line {block[1]}: Quarto would run it; "
                "write {{python}} to show one, or close the block",
                path,
                position + 1,
            )
        if opening:
            end = _closing_fence(lines, position, opening[1], opening[2], path)
            number += 1
            yield _cell(number, lines, position, end, opening[1], section, path, defaults)
            position = end
        elif fence and block is None:
            if "`" not in fence["rest"] or fence["signs"][0] == "~":
                block = fence["signs"], position + 1, len(fence["indent"])
        elif fence and block and fence["signs"].startswith(block[0]) and not fence["rest"].strip():
            block = block if len(fence["indent"]) >= block[2] + DEEPER else None
        elif block is None and (heading := HEADING.match(line)):
            section = _heading(heading[1])
        position += 1


def _heading(text: str) -> str:
    """A heading's words, without the signs and attributes at its end and without emphasis."""
    text = text.rstrip().rstrip("#").rstrip()
    words = text.rpartition("{")[0].rstrip() if text.endswith("}") else text
    return re.sub(r"[*_`]", "", words or text)


def _closing_fence(lines: Sequence[str], opening: int, indent: str, ticks: str, path: Path) -> int:
    closing = re.compile(f"^{indent}{ticks}\\s*$")
    for position in range(opening + 1, len(lines)):
        if closing.match(lines[position]):
            return position
    raise AwaitedError(f"the cell opened here is never closed by a line '{indent}{ticks}'", path, opening + 1)


def _cell(
    number: int,
    lines: Sequence[str],
    opening: int,
    closing: int,
    indent: str,
    section: str | None,
    path: Path,
    defaults: Mapping[str, Any],
) -> Cell:
    body = [line.removeprefix(indent) for line in lines[opening + 1 : closing]]
    start = next((n for n, line in enumerate(body) if line.strip()), len(body))
    count = next((n for n, line in enumerate(body[start:]) if not OPTION_LINE.match(line)), len(body) - start)
    option_lines = tuple(body[start : start + count])
    first_option_line = opening + 2 + start
    options = read_yaml("\n".join(OPTION_LINE.sub("", line) for line in option_lines), path, first_option_line)
    check_options(options, path, lambda name: line_of(option_lines, name, first_option_line))
    code = body[start + count :]
    blank = next((n for n, line in enumerate(code) if line.strip()), len(code))
    return Cell(
        number=number,
        label=options.get("label"),
        code="\n".join(code[blank:]).rstrip(),
        option_lines=option_lines,
        options=options,
        defaults=defaults,
        line=opening + 1,
        code_line=first_option_line + count + blank,
        end_line=closing + 1,
        indent=indent,
        section=section,
    )


def _check_labels(cells: Sequence[Cell], path: Path) -> None:
    seen: dict[str, Cell] = {}
    for cell in cells:
        if cell.label is None:
            continue
        line = line_of(cell.option_lines, "label", cell.code_line - len(cell.option_lines))
        if not LABEL.fullmatch(cell.label):
            rule = "a letter, then letters, digits and any of _ . : - (100 at most)"
            raise AwaitedError(f"label {cell.label!r} cannot be used as an id: it must be {rule}", path, line)
        if cell.is_broken and not cell.label.endswith(BROKEN):
            wrong = f"label '{cell.label}' of a cell that is broken must end in '{BROKEN}': its script bears that name"
            at = line_of(cell.option_lines, "broken", cell.code_line - len(cell.option_lines))
            raise AwaitedError(wrong, path, at)
        if cell.label in seen:
            first = seen[cell.label].line
            raise AwaitedError(
                f"label '{cell.label}' is taken by the cell at line {first}; labels must be unique", path, line
            )
        seen[cell.label] = cell
