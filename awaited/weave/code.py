"""Highlights code that is no cell of a page, as both engines do the cells."""

from __future__ import annotations


def highlighted(code: str, language: str = "python") -> str:
    """Code as HTML, its tokens in spans of the classes that Pandoc gives them."""
    from smalldocs.highlight import highlight

    return str(highlight(code, language))
