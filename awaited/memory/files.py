"""Puts files in place complete or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

UNFINISHED = ".new"
"""How the names of hidden files end that are being written."""


def write_whole(file: Path, data: bytes) -> bool:
    """Puts a file in place complete or not at all; False where it already held just that."""
    with contextlib.suppress(OSError):
        if file.read_bytes() == data:
            return False
    temporary = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{file.name}-", suffix=UNFINISHED, dir=file.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(file)
    except BaseException as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno:
            error.filename, error.filename2 = str(file), None  # for the message
        raise
    return True


def is_file(path: Path) -> bool:
    """Whether there is such a file; a name that somebody wrote may be longer than a file system takes."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
