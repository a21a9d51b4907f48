"""Expands ``{{< include file >}}`` before anything else is done with a page, as Quarto does.

It stands on a line of its own, outside code blocks; a path is relative to the file that it stands in, or to the project
where a slash begins it (Quarto's ``include-standalone.ts``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from awaited.read.errors import AwaitedError
from awaited.read.metadata import split_front_matter
from awaited.read.places import Place
from awaited.read.text import decode

INCLUDE = re.compile(r"^\s*\{\{<\s*include\s+(?P<quote>[\"']?)(?P<file>.+?)(?P=quote)\s*>\}\}\s*$")
FENCE = re.compile(r"^\s*(`{3,}|~{3,})(.*)$")


def expand(text: str, path: Path, root: Path) -> tuple[str, Sequence[Place]]:
    """A page's text with the files that it includes, and the place that each of its lines comes from.

    ``path`` is relative to ``root``, the project. The places are empty where nothing is included. Raises AwaitedError,
    at the line of the include, for a file that cannot be read, that includes itself, or that is a notebook.
    """
    if "{{<" not in text or not any(INCLUDE.match(line) for line in text.split("\n")):
        return text, ()
    lines = list(_lines(text, path, root, ()))
    return "\n".join(line for line, _ in lines), [place for _, place in lines]


def _lines(text: str, path: Path, root: Path, above: Sequence[Path]) -> Iterator[tuple[str, Place]]:
    fence = ""
    for number, line in enumerate(text.split("\n"), 1):
        include = None if fence else INCLUDE.match(line)
        if include:
            file = _file(include["file"], path, root)
            if file in (path, *above):
                raise AwaitedError(f"'{include['file']}' includes itself; take this include out", path, number)
            yield from _included(file, path, number, root, (*above, path))
            continue
        mark = FENCE.match(line)
        if mark and not fence and ("`" not in mark[2] or mark[1][0] == "~"):
            fence = mark[1]
        elif mark and fence and mark[1].startswith(fence) and not mark[2].strip():
            fence = ""
        yield line, (path, number)


def _file(named: str, path: Path, root: Path) -> Path:
    """The file that an include names, relative to the project where it is in it."""
    folder = PurePosixPath() if named.startswith("/") else path.parent
    file = (root / folder / named.lstrip("/")).resolve()
    return file.relative_to(root) if file.is_relative_to(root) else file


def _included(file: Path, path: Path, number: int, root: Path, above: Sequence[Path]) -> Iterator[tuple[str, Place]]:
    if file.suffix == ".ipynb":
        raise AwaitedError(f"'{file}' is a notebook, which cannot be included here; link to its page", path, number)
    try:
        data = (root / file).read_bytes()
    except OSError as error:
        wrong = f"the included file '{file}' cannot be read: {error.strerror}; correct its name"
        raise AwaitedError(wrong, path, number) from None
    text = decode(data, file)
    _, header = split_front_matter(text, file)
    yield from list(_lines(text.removesuffix("\n"), file, root, above))[header:]
    yield "", (path, number)
