"""Reads the bytes of a file as text."""

from __future__ import annotations

from pathlib import Path

from awaited.read.errors import AwaitedError


def decode(data: bytes, path: Path | str) -> str:
    """A file's bytes as text with ``\\n`` line ends; raises AwaitedError with the line where they are not UTF-8."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        wrong = f"byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        raise AwaitedError(wrong, path, line) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
