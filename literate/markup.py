"""Small changes to a parsed page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from literate.freeze import write_whole

Tree = LexborHTMLParser
Node = LexborNode


def read(file: Path) -> Tree:
    """A page, parsed as a browser parses it."""
    return LexborHTMLParser(file.read_text(encoding="utf-8"))


def write(file: Path, tree: Tree) -> None:
    """A page as HTML, with the doctype that keeps browsers out of quirks mode."""
    text = tree.html or ""
    doctype = "" if text[:9].lower() == "<!doctype" else "<!DOCTYPE html>\n"
    write_whole(file, (doctype + text).encode())


def rewrite(file: Path, change: Callable[[Tree], None]) -> None:
    """Changes a page in its file."""
    tree = read(file)
    change(tree)
    write(file, tree)


def element(markup: str) -> Node:
    """One element from its markup."""
    root = LexborHTMLParser(markup, is_fragment=True).root
    if root is None:
        raise ValueError(f"no element in {markup!r}")
    return root


def append(parent: Node | None, markup: str) -> None:
    """Adds an element at the end of another, if that is there."""
    if parent is not None:
        parent.insert_child(element(markup))
