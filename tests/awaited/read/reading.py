"""Reads texts as articles, for tests."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from awaited.read.articles import Article, parse
from awaited.read.cells import Cell
from awaited.read.errors import AwaitedError

PATH = Path("posts/x/index.qmd")


def read(text: str, inherited: dict[str, Any] | None = None) -> Article:
    return parse(dedent(text), PATH, inherited or {})


def only(text: str, inherited: dict[str, Any] | None = None) -> Cell:
    (cell,) = read(text, inherited).cells
    return cell


def failure(text: str) -> str:
    """The message that a text is refused with, without the file's name."""
    with pytest.raises(AwaitedError) as caught:
        read(text)
    assert str(caught.value).startswith(f"{PATH}:")
    return str(caught.value).removeprefix(f"{PATH}:")
