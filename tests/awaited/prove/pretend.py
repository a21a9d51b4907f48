"""Pythons that are not there: programs that say they are another version, and run this Python."""

from __future__ import annotations

import sys
from pathlib import Path


def program(folder: Path, name: str, text: str) -> Path:
    """A shell script."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    file.chmod(0o755)
    return file


def python(folder: Path, version: str, does: str = "") -> Path:
    """A Python that says it is of a version, and ``does`` something before it runs a script, as this Python does."""
    name = f"python{version.rpartition('.')[0]}"
    tells = f'if [ "$1" = -c ]; then echo CPython {version} {folder}/{name}; exit; fi'
    return program(folder, name, f'{tells}\n{does}\nexec {sys.executable} "$@"')
