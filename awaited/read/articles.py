"""Reads an article: its front matter, its prose and its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awaited.read.cells import Cell, find_cells
from awaited.read.errors import AwaitedError
from awaited.read.metadata import as_list, merge, split_front_matter
from awaited.read.options import EXECUTE_DEFAULTS, check_metadata, execute_options, freeze_options


@dataclass(frozen=True)
class Article:
    """A ``.qmd`` page: front matter, prose and cells."""

    path: Path
    """The file, relative to the project."""
    text: str
    """All of it, line ends as ``\\n``, without a byte-order mark."""
    front_matter: Mapping[str, Any]
    """Its YAML header."""
    metadata: Mapping[str, Any]
    """Its header over those of its folders and of the project."""
    freeze: bool | str
    """How long its results stay frozen: whatever changes (``True``), until it changes (``"auto"``), or not at all."""
    cells: Sequence[Cell]

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

    def with_cells(self, replacements: Mapping[int, str]) -> str:
        """The text, each cell replaced by the Markdown given under its number; prose stays as it is, to the letter."""
        lines = self.text.split("\n")
        for cell in reversed(self.cells):
            lines[cell.line - 1 : cell.end_line] = [replacements[cell.number]]
        return "\n".join(lines)


def parse(text: str, path: Path, *inherited: Mapping[str, Any]) -> Article:
    """Reads an article's text; ``inherited`` is the metadata of the project and of its folders, the nearest last.

    Raises AwaitedError, with the line, for YAML that is invalid or of a wrong type, a fence that is never closed,
    a label that cannot be an HTML id or stands twice, and a cell inside another code block.
    """
    text = decode(text.encode("utf-8", "surrogatepass"), path)
    front_matter, header = split_front_matter(text, path)
    check_metadata(front_matter, path, text.split("\n")[:header])
    metadata, defaults, freeze = dict[str, Any](), dict(EXECUTE_DEFAULTS), False
    for layer in (*inherited, front_matter):
        metadata = merge(metadata, layer)
        defaults |= execute_options(layer)
        freeze = freeze_options(layer).get("freeze", freeze)
    cells = find_cells(text.split("\n"), header, path, defaults)
    return Article(path, text, front_matter, metadata, freeze, cells)


def decode(data: bytes, path: Path | str) -> str:
    """A file's bytes as text with ``\\n`` line ends; raises AwaitedError with the line where they are not UTF-8."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        wrong = f"byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        raise AwaitedError(wrong, path, line) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
