"""Reads an article: its front matter, its prose and its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awaited.read.cells import Cell, find_cells
from awaited.read.includes import expand
from awaited.read.inline import Inline, find_inline
from awaited.read.metadata import as_list, merge, split_front_matter
from awaited.read.notebooks import as_article, holds_outputs
from awaited.read.options import EXECUTE_DEFAULTS, check_metadata, execute_options, freeze_options
from awaited.read.places import Line, Place
from awaited.read.text import decode as decode


@dataclass(frozen=True)
class Article:
    """A page: front matter, prose and cells."""

    path: Path
    """The file, relative to the project."""
    text: str
    """All of it, with what it includes, line ends as ``\\n``, without a byte-order mark."""
    front_matter: Mapping[str, Any]
    """Its YAML header."""
    metadata: Mapping[str, Any]
    """Its header over those of its folders and of the project."""
    freeze: bool | str
    """How long its results stay frozen: whatever changes (``True``), until it changes (``"auto"``), or not at all."""
    cells: Sequence[Cell]
    inline: Sequence[Inline] = ()
    """The code that stands in its sentences."""
    places: Sequence[Place] = ()
    """The place that each of its lines comes from; empty where all are those of its file."""
    file_text: str = ""
    """What its file says: the text, but for what it includes."""

    @property
    def holds_outputs(self) -> bool:
        """Whether it is a notebook that can be shown as it is, without running it."""
        return self.path.suffix == ".ipynb" and holds_outputs(self.file_text)

    @property
    def has_code(self) -> bool:
        """Whether anything on it may run."""
        return bool(self.cells or self.inline)

    def at(self, line: int) -> int:
        """A line of the text, which messages name by the file that it comes from."""
        return Line(line, self.places) if self.places else line

    def line_with(self, text: str) -> int | None:
        """The first line that holds a text."""
        lines = enumerate(self.text.split("\n"), 1) if text else ()
        return next((self.at(number) for number, line in lines if text in line), None)

    @property
    def title(self) -> str:
        """Its title, else its file's name."""
        return str(self.front_matter.get("title") or self.path.stem)

    @property
    def categories(self) -> list[str]:
        """What it is filed under."""
        return [str(name) for name in as_list(self.metadata.get("categories") or [])]

    @property
    def slug(self) -> str:
        """Its short name: that of its folder where it is an index page, else that of its file."""
        named = self.path.parent if self.path.stem == "index" and self.path.parent.name else self.path
        return named.stem

    def with_cells(self, replacements: Mapping[int, str], inline: Sequence[str] | None = None) -> str:
        """The text, each cell replaced by the Markdown given under its number; prose stays as it is, to the letter.

        ``inline`` is what stands in the place of each piece of inline code; None leaves them as they are.
        """
        lines = self.text.split("\n")
        for code, shown in zip(reversed(self.inline), reversed(inline or ()), strict=False):
            line = lines[code.line - 1]
            lines[code.line - 1] = line[: code.start] + shown + line[code.end :]
        for cell in reversed(self.cells):
            lines[cell.line - 1 : cell.end_line] = [replacements[cell.number]]
        return "\n".join(lines)


def parse(text: str, path: Path, *inherited: Mapping[str, Any], root: Path | None = None) -> Article:
    """Reads an article's text; ``inherited`` is the metadata of the project and of its folders, the nearest last.

    ``root`` is the project that files are included from; without it, none are. Raises AwaitedError, with the line, for
    YAML that is invalid or of a wrong type, a fence that is never closed, a label that cannot be an HTML id or stands
    twice, a cell inside another code block, and an include that leads nowhere.
    """
    file_text = decode(text.encode("utf-8", "surrogatepass"), path)
    text, places = _text(file_text, path, root)
    front_matter, header = split_front_matter(text, path)
    check_metadata(front_matter, path, text.split("\n")[:header])
    metadata, defaults, freeze = dict[str, Any](), dict(EXECUTE_DEFAULTS), False
    for layer in (*inherited, front_matter):
        metadata = merge(metadata, layer)
        defaults |= execute_options(layer)
        freeze = freeze_options(layer).get("freeze", freeze)
    if not _runs(path, metadata):
        return Article(path, text, front_matter, metadata, freeze, (), (), places, file_text)
    cells = find_cells(text.split("\n"), header, path, defaults, places)
    inline = find_inline(text, header, cells, places) if defaults["eval"] is not False else ()
    return Article(path, text, front_matter, metadata, freeze, cells, inline, places, file_text)


def _text(file_text: str, path: Path, root: Path | None) -> tuple[str, Sequence[Place]]:
    """What a page's file says, with what it includes, and where its lines come from."""
    if path.suffix == ".ipynb":
        return as_article(file_text, path)
    return expand(file_text, path, root) if root else (file_text, ())


def _runs(path: Path, metadata: Mapping[str, Any]) -> bool:
    """Whether a page's code runs: not in plain Markdown, nor where ``execute: enabled: false`` says so."""
    execute = metadata.get("execute")
    return path.suffix != ".md" and not (isinstance(execute, dict) and execute.get("enabled") is False)
