"""Reads a notebook (nbformat 4) as the text of an article: its Markdown as it is, its code as cells.

Like Quarto, it takes a YAML header from the first cell. Messages name a place in it by the cell and the line there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from awaited.read.errors import AwaitedError
from awaited.read.places import Place


def as_article(text: str, path: Path) -> tuple[str, list[Place]]:
    """A notebook's text and the place of each of its lines; raises AwaitedError for what is no notebook."""
    try:
        notebook = json.loads(text)
        cells = [(_kind(cell), _source(cell)) for cell in notebook["cells"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise AwaitedError("is no notebook of format 4; save it anew in Jupyter", path) from None
    lines = list(_lines(cells, path, _language(notebook)))
    return "\n".join(line for line, _ in lines), [place for _, place in lines]


def holds_outputs(text: str) -> bool:
    """Whether a notebook holds what its cells gave when somebody ran them."""
    return any(cell.get("outputs") for cell in json.loads(text)["cells"])


def _kind(cell: Mapping[str, Any]) -> str:
    return str(cell["cell_type"])


def _source(cell: Mapping[str, Any]) -> str:
    """A cell's text, with the pictures that it holds itself."""
    source = cell["source"]
    text = "".join(source) if isinstance(source, list) else str(source)
    for name, kinds in (cell.get("attachments") or {}).items():
        for kind, data in kinds.items():
            text = text.replace(f"attachment:{name}", f"data:{kind};base64,{''.join(data).strip()}")
    return text


def _language(notebook: Mapping[str, Any]) -> str:
    """The language of a notebook's code; that of one that does not say is Python."""
    about = notebook.get("metadata") or {}
    named = (about.get("kernelspec") or {}).get("language") or (about.get("language_info") or {}).get("name")
    return str(named or "python").lower()


def _lines(cells: list[tuple[str, str]], path: Path, language: str) -> Iterator[tuple[str, Place]]:
    for number, (kind, source) in enumerate(cells, 1):
        where = f"{path} (cell {number})"
        if kind == "raw" and not (number == 1 and source.startswith("---")):
            continue
        ticks = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", source)), 3)
        if kind == "code":
            yield f"{ticks}{{{language}}}", (where, 1)
        for line, text in enumerate(source.rstrip("\n").split("\n"), 1):
            yield text, (where, line)
        last = (where, source.count("\n") + 1)
        if kind == "code":
            yield ticks, last
        yield "", last


def notebook_of(markdown: str, header: int) -> str:
    """A notebook that holds just a page's Markdown, of which the first few lines are its header."""
    lines = markdown.split("\n")
    raw = {"cell_type": "raw", "metadata": {}, "source": "\n".join(lines[:header])}
    text = {"cell_type": "markdown", "metadata": {}, "source": "\n".join(lines[header:])}
    cells = [raw, text] if header else [text]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, ensure_ascii=False)
