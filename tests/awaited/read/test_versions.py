"""Ranges of versions."""

from __future__ import annotations

import pytest

from awaited.read.versions import admits, in_words


@pytest.mark.parametrize(
    ("versions", "version", "admitted"),
    [
        (">=3.13", "3.13.0", True),
        (">=3.13", "3.12.9", False),
        (">=3.15", "3.15.0rc1", True),
        (">=3.15", "3.15.0a1+", True),
        (">=3.12,<3.14", "3.14.1", False),
    ],
)
def test_a_range_takes_in_a_version(versions: str, version: str, admitted: bool) -> None:
    assert admits(versions, version) is admitted


@pytest.mark.parametrize(
    ("versions", "words"),
    [
        (">=3.13", "Python 3.13 or later"),
        ("<3.12", "Python before 3.12"),
        ("<3.14,>=3.12", "Python 3.12 or later and before 3.14"),
        ("~=3.12", "Python ~= 3.12"),
    ],
)
def test_a_range_in_words(versions: str, words: str) -> None:
    assert in_words(versions) == words
