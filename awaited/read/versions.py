"""Ranges of versions, as the options of cells have them (PEP 440), such as ``>=3.12``."""

from __future__ import annotations

import re
import shutil

OLDEST = (3, 11)
"""The first Python that this tool runs on."""
NEWEST_NAMED = 20
"""Up to which minor version ``python3.N`` is looked for on the PATH."""
WORDS = {">=": "{} or later", ">": "after {}", "<": "before {}", "<=": "{} or earlier", "==": "{}", "!=": "not {}"}


def admits(versions: str, version: str) -> bool:
    """Whether a range takes in a version, such as ``3.12.1``; an early release counts as what it leads to."""
    from packaging.specifiers import SpecifierSet  # here: most articles have no such option

    release = re.match(r"[\d.]*\d", version)
    return release is not None and SpecifierSet(versions).contains(release[0])


def in_words(versions: str) -> str:
    """A range for a reader: ``Python 3.12 or later`` for ``>=3.12``."""
    from packaging.specifiers import SpecifierSet

    parts = [WORDS.get(one.operator, f"{one.operator} {{}}").format(one.version) for one in SpecifierSet(versions)]
    return f"Python {' and '.join(sorted(parts, key=lambda part: part.startswith('before')))}"


def pythons_on_path() -> dict[int, str]:
    """The programs on the PATH that are called ``python3.N``, by their N."""
    named = {minor: shutil.which(f"python3.{minor}") for minor in range(OLDEST[1], NEWEST_NAMED + 1)}
    return {minor: path for minor, path in named.items() if path}
