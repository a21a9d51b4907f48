"""The freezer: executed results in the form that Quarto itself keeps and reads (its ``src/command/render/freeze.ts``).

``_freeze/<dir>/<stem>/execute-results/html.json`` holds the hash of the page's source and the whole page as Markdown,
each cell replaced by its code and its output; ``figure-html/`` beside it holds the pictures. Under a key of our own,
``awaited``, which Quarto passes over, the same file keeps the raw outputs and what they depend on: so the page can be
written anew around them when only its prose has changed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from awaited.memory.document import FIGURES, document
from awaited.memory.files import write_whole
from awaited.memory.results import Frozen, as_record, from_record
from awaited.read.articles import Article
from awaited.read.errors import AwaitedError


def folder(freezer: Path, page: Path) -> Path:
    """Where the freezer keeps a page."""
    return freezer / page.with_suffix("")


def record_file(freezer: Path, page: Path) -> Path:
    """The JSON file of a page's results."""
    return folder(freezer, page) / "execute-results" / "html.json"


def state(freezer: Path, page: Path) -> list[tuple[str, int, int, int]]:
    """What changes whenever any of a page's results is written anew; empty where there are none."""
    files = ((file, file.stat()) for file in sorted(folder(freezer, page).glob("*/*")))
    return [(file.name, found.st_ino, found.st_size, found.st_mtime_ns) for file, found in files]


def source_hash(source: bytes) -> str:
    """Quarto's hash of a page: the MD5 of its text with ``\\n`` line ends (``freezeInputHash``)."""
    return hashlib.md5(source.replace(b"\r\n", b"\n"), usedforsecurity=False).hexdigest()


def read(freezer: Path, page: Path) -> Frozen | None:
    """The kept results of a page; None where there are none that this version of the tool can use."""
    try:
        record = json.loads(record_file(freezer, page).read_bytes())["awaited"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None  # missing, cut short, or written by Quarto alone: the cells run again
    return from_record(record)


def write(freezer: Path, article: Article, source: bytes, frozen: Frozen) -> bool:
    """Writes a page's results and pictures, each file whole or not at all; False where nothing had changed."""
    markdown, figures = document(article, frozen)
    target = folder(freezer, article.path)
    record = {
        "hash": source_hash(source),
        "result": {
            "engine": "jupyter",
            "markdown": markdown,
            "supporting": [f"{article.path.stem}_files"] if figures else [],
            "filters": [],
            "includes": {},
        },
        "awaited": as_record(frozen),
    }
    files = {target / FIGURES / name: data for name, data in figures.items()}
    text = json.dumps(record, ensure_ascii=False, indent=2) + "\n"
    files[record_file(freezer, article.path)] = text.encode(errors="replace")  # a snippet may print half a character
    changed = [write_whole(file, data) for file, data in files.items()]
    return _remove_other_figures(target, figures) or any(changed)


def _remove_other_figures(target: Path, figures: Iterable[str]) -> bool:
    gone = [file for file in (target / FIGURES).glob("*") if file.name not in figures]
    for file in gone:
        file.unlink()
    with contextlib.suppress(OSError):
        (target / FIGURES).rmdir()
    return bool(gone)


def markdown(freezer: Path, page: Path) -> str:
    """A page with its cells' code and output in place, as Quarto reads it; raises AwaitedError without results."""
    try:
        text: str = json.loads(record_file(freezer, page).read_bytes())["result"]["markdown"]
        return text.encode(errors="replace").decode()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise AwaitedError("has no frozen results; run 'awaited execute' first", page) from None


def check(freezer: Path, page: Path, source: bytes) -> None:
    """Raises AwaitedError where a page's results are missing, or those of another text than its source has now."""
    markdown(freezer, page)
    if json.loads(record_file(freezer, page).read_bytes()).get("hash") != source_hash(source):
        raise AwaitedError("has changed since its results were frozen; run 'awaited build'", page)


def copy_figures(freezer: Path, page: Path, project: Path) -> None:
    """Lays a page's pictures where its Markdown expects them: ``<stem>_files/figure-html`` beside the page."""
    source = folder(freezer, page) / FIGURES
    if source.is_dir():
        shutil.copytree(source, project / page.parent / f"{page.stem}_files" / FIGURES, dirs_exist_ok=True)
