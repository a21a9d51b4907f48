"""Finds the options of a cell that Quarto itself runs: it strips cells of them, but names the document."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from awaited.read.articles import decode, parse
from awaited.read.cells import Cell
from awaited.read.errors import AwaitedError


def cells_in_document(code: str) -> list[Cell]:
    """The cells with this code in the document that Quarto runs; none where it runs none, or that cannot be read.

    Quarto names the document in ``QUARTO_DOCUMENT_PATH`` and ``QUARTO_DOCUMENT_FILE``.
    """
    folder, file = os.environ.get("QUARTO_DOCUMENT_PATH"), os.environ.get("QUARTO_DOCUMENT_FILE")
    if not (folder and file):
        return []
    path = Path(folder, file)
    with suppress(OSError, AwaitedError):
        article = parse(decode(path.read_bytes(), path), path, root=path.parent)
        return [cell for cell in article.cells if cell.code.strip() == code.strip()]
    return []
