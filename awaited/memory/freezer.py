"""The freezer: executed results in the form that Quarto itself keeps and reads (its ``src/command/render/freeze.ts``).

``_freeze/<dir>/<stem>/execute-results/html.json`` holds the hash of the page's source and the whole page as Markdown,
each cell replaced by its code and its output; ``figure-html/`` beside it holds the pictures. Under a key of our own,
``awaited``, which Quarto passes over, the same file keeps the raw outputs and what they depend on: so the page can be
written anew around them when only its prose has changed. A record without it is Quarto's own (see ``is_settled``).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from awaited.memory.document import FIGURES, document, fenced
from awaited.memory.files import write_whole
from awaited.memory.results import Frozen, as_record, from_record
from awaited.read.articles import Article
from awaited.read.errors import AwaitedError
from awaited.read.metadata import split_front_matter


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
    return from_record(_load(freezer, page).get("awaited"))


def is_settled(freezer: Path, article: Article, source: bytes) -> bool:
    """Whether a page's record is to be taken as it is, because Quarto would do so: no cell runs, nothing is written.

    ``freeze: true`` settles every record that holds a page; ``freeze: auto`` one that Quarto itself has written, as
    long as the page's source has not changed since. A record of our own knows better what its results depend on.
    """
    record = _load(freezer, article.path) if article.freeze else {}
    if not isinstance(_result(record).get("markdown"), str):
        return False
    by_quarto = "awaited" not in record
    return article.freeze is True or (article.freeze == "auto" and by_quarto and _is_of(record, source))


def is_current(freezer: Path, page: Path, source: bytes) -> bool:
    """Whether a page's record is that of the text which its source has now."""
    return _is_of(_load(freezer, page), source)


def _load(freezer: Path, page: Path) -> dict[str, Any]:
    """A page's record; empty where it is missing, cut short, or no record."""
    try:
        record = json.loads(record_file(freezer, page).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _result(record: Mapping[str, Any]) -> Mapping[str, Any]:
    result = record.get("result")
    return result if isinstance(result, dict) else {}


def _is_of(record: Mapping[str, Any], source: bytes) -> bool:
    return record.get("hash") == source_hash(source)


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


def discard(freezer: Path, page: Path) -> None:
    """Removes a page's results, if there are any."""
    if record_file(freezer, page).is_file():
        shutil.rmtree(folder(freezer, page))


def _remove_other_figures(target: Path, figures: Iterable[str]) -> bool:
    gone = [file for file in (target / FIGURES).glob("*") if file.name not in figures and not file.is_dir()]
    for file in gone:
        file.unlink()
    with contextlib.suppress(OSError):
        (target / FIGURES).rmdir()
    return bool(gone)


def markdown(freezer: Path, page: Path) -> str:
    """A page with its cells' code and output in place, as Quarto reads it; raises AwaitedError without results."""
    result = _result(_load(freezer, page))
    text = result.get("markdown")
    if not isinstance(text, str):
        raise AwaitedError("has no frozen results; run 'awaited execute' first", page)
    return _with_includes(text.encode(errors="replace").decode(), result.get("includes"), page)


def _with_includes(text: str, includes: object, page: Path) -> str:
    """A page with the HTML around it that Quarto keeps apart, such as the scripts of widgets; ours have none."""
    html = includes if isinstance(includes, dict) else {}
    above, below = (
        [fenced(html[name], "{=html}") for name in names if html.get(name) and isinstance(html[name], str)]
        for names in (("include-in-header", "include-before-body"), ("include-after-body",))
    )
    if not above + below:
        return text
    lines, (_, header) = text.split("\n"), split_front_matter(text, page)
    return "\n\n".join(["\n".join(lines[:header]), *above, "\n".join(lines[header:]), *below])


def check(freezer: Path, article: Article, source: bytes) -> None:
    """Raises AwaitedError where a page's results are missing, or those of another text than its source has now.

    With ``freeze: true`` they may be of any text.
    """
    markdown(freezer, article.path)
    if article.freeze is not True and not is_current(freezer, article.path, source):
        raise AwaitedError("has changed since its results were frozen; run 'awaited build'", article.path)


def copy_figures(freezer: Path, page: Path, project: Path) -> None:
    """Lays a page's pictures where its Markdown expects them: ``<stem>_files/figure-html`` beside the page."""
    source = folder(freezer, page) / FIGURES
    if source.is_dir():
        shutil.copytree(source, project / page.parent / f"{page.stem}_files" / FIGURES, dirs_exist_ok=True)
