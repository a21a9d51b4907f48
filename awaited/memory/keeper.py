"""Keeps what has been made of pages for the next build, each under a digest of all that it was made from."""

from __future__ import annotations

import functools
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from awaited.memory.files import write_whole

TOOL = Path(__file__).parents[1]
"""The folder of this tool's modules."""


class Keeper:
    """What one kind of work has given, as JSON in a file; what a build has no use for is not kept any longer."""

    def __init__(self, file: Path) -> None:
        """``file`` need not be there; one that is not as ``save`` has written it counts for nothing."""
        self._file = file
        self._before = _read(file)
        self._now: dict[str, Any] = {}
        self._is_new = False

    def get(self, key: str) -> Any:
        """What has been kept under a key; None where nothing has."""
        return self._before.get(key)

    def put(self, key: str, value: Any) -> None:
        """Keeps something that has just been made, or that still holds."""
        self._is_new |= value is not self._before.get(key)
        self._now[key] = value

    def save(self) -> None:
        """Writes down what this build has put."""
        if self._is_new or len(self._now) != len(self._before):
            text = json.dumps(self._now, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass")
            write_whole(self._file, f"{hashlib.sha256(text).hexdigest()}\n".encode() + text)


def digest(*parts: object) -> str:
    """A key for what is made of these values by this tool and the packages that it uses."""
    return hashlib.sha256(repr((tool(), parts)).encode(errors="surrogatepass")).hexdigest()


@functools.cache
def tool() -> str:
    """A digest of this tool, of Python, and of all its packages."""
    files = sorted(file for file in TOOL.rglob("*") if file.suffix in (".py", ".js", ".css"))
    own = [file.read_bytes() for file in files]
    return hashlib.sha256(repr((sys.version, packages(), own)).encode()).hexdigest()


def packages() -> list[str]:
    """The name and version of every installed package, as its folder has them: ``aiohttp-3.14.1.dist-info``.

    (Source: "Recording installed projects", packaging.python.org.) To read the files in these folders would take longer
    than all else that a build does which has nothing to do.
    """
    return sorted(folder.name for place in sys.path for folder in Path(place).glob("*.*-info"))


def _read(file: Path) -> dict[str, Any]:
    try:
        checksum, _, text = file.read_bytes().partition(b"\n")
    except OSError:
        return {}
    if hashlib.sha256(text).hexdigest().encode() != checksum:
        return {}
    kept: dict[str, Any] = json.loads(text.decode(errors="surrogatepass"))
    return kept
