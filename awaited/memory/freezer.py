"""The freezer: executed results in the form that Quarto itself keeps and reads (its ``src/command/render/freeze.ts``).

``_freeze/<dir>/<stem>/execute-results/html.json`` holds the hash of the page's source and the whole page as Markdown,
each cell replaced by its code and its output; ``figure-html/`` beside it holds the pictures. Under a key of our own,
``awaited``, which Quarto passes over, the same file keeps the raw outputs and what they depend on: so the page can be
written anew around them when only its prose has changed.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import html
import json
import math
import os
import re
import shutil
import struct
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from awaited.read.cells import Article, AwaitedError, Cell

FORMAT = 1
FIGURES = "figure-html"
UNFINISHED = ".new"
"""How the names of hidden files end that are being written."""
ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")
ERASED = re.compile(r"\r\x1b\[[02]?K|\x1b\[2K")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
READ_IN_CODE = re.compile(r"\{\{<|:{3,}[ \t]*\{.*(?: =|= )")
"""What Quarto reads even in code blocks of output: shortcodes (``shortcodes.lua``), also those that never end, which
cut off the page (``lpegshortcode.lua``), and a div's attributes with spaces around ``=`` (``lpegfenceddiv.lua``)."""
VERSION = re.compile(r"\d+\.\d+\.\d+[\w.+]*")
IMAGES = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpeg"}
DISPLAYED = ("text/html", "text/markdown", *IMAGES, "text/plain")
"""The kinds of output a page can show, the best first (as in Quarto's ``display-data.ts``)."""
OURS = ("example", "python", "varies", "timeout")
"""The cell options that mean something to us alone; like Quarto, the page carries them as ``data-`` attributes."""

Output = Mapping[str, Any]
"""One output of a cell in the notebook format (nbformat 4): a dict with an ``output_type``."""


@dataclass(frozen=True)
class CellResult:
    """What one evaluated cell gave when it ran."""

    number: int
    """The cell's place in its article."""
    seconds: float
    """How long it took."""
    outputs: Sequence[Output]


@dataclass(frozen=True)
class Frozen:
    """The kept results of one article."""

    inputs: Mapping[str, Any]
    """What the results depend on; where it has changed, the cells must run again."""
    executed: str
    """When they ran, as ISO 8601 in UTC."""
    python: str
    """The version of Python that ran them."""
    results: Sequence[CellResult]

    @property
    def by_number(self) -> dict[int, CellResult]:
        """The results under their cells' numbers."""
        return {result.number: result for result in self.results}


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
    return _frozen(record)


def _frozen(record: object) -> Frozen | None:
    """A record's results; None where it has not just the form that ``write`` gives it."""
    match record:
        case {
            "format": form,
            "inputs": dict(inputs),
            "executed": str(when),
            "python": str(python),
            "cells": list(cells),
        } if form == FORMAT and _is_moment(when) and VERSION.fullmatch(python):
            results = [_cell_result(cell) for cell in cells]
            found = tuple(result for result in results if result)
            return Frozen(inputs, when, python, found) if len(found) == len(results) else None
    return None


def _cell_result(cell: object) -> CellResult | None:
    match cell:
        case {"number": int(number), "seconds": int() | float() as seconds, "outputs": list(outputs)} if (
            0 <= seconds < 1e9 and all(map(_is_output, outputs))
        ):
            return CellResult(number, float(seconds), tuple(outputs))
    return None


def _is_output(output: object) -> bool:
    """Whether something is an output as nbformat's schema has it, as far as a page makes use of it."""
    match output:
        case {"output_type": "stream", "name": "stdout" | "stderr", "text": text}:
            return _is_text(text)
        case {"output_type": "error", "ename": str(), "evalue": str(), "traceback": list(lines)}:
            return _is_text(lines)
        case {"output_type": "display_data" | "execute_result", "data": dict(data), "metadata": dict()}:
            shown = {kind: data[kind] for kind in (*DISPLAYED, "text/latex") if kind in data}
            return all(_is_picture(k, v) if k in IMAGES else _is_text(v) for k, v in shown.items())
    return False


def _is_text(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(line, str) for line in value))


def _is_picture(kind: str, text: object) -> bool:
    with contextlib.suppress(ValueError):
        return _is_text(text) and _picture(kind, _joined(text)) is not None
    return False


def _is_moment(text: str) -> bool:
    with contextlib.suppress(ValueError):
        return text.isascii() and datetime.fromisoformat(text) is not None
    return False


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
        "awaited": {
            "format": FORMAT,
            "inputs": frozen.inputs,
            "executed": frozen.executed,
            "python": frozen.python,
            "cells": [{"number": r.number, "seconds": r.seconds, "outputs": list(r.outputs)} for r in frozen.results],
        },
    }
    files = {target / FIGURES / name: data for name, data in figures.items()}
    text = json.dumps(record, ensure_ascii=False, indent=2) + "\n"
    files[record_file(freezer, article.path)] = text.encode(errors="replace")  # a snippet may print half a character
    changed = [write_whole(file, data) for file, data in files.items()]
    return _remove_other_figures(target, figures) or any(changed)


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


def document(article: Article, frozen: Frozen) -> tuple[str, dict[str, bytes]]:
    """The article as Markdown with each cell's code and output in its place, and its pictures by file name.

    The form is the one that Quarto writes (``mdFromCodeCell`` in its ``jupyter.ts``). Prose stays to the letter.
    """
    figures: dict[str, bytes] = {}
    results = frozen.by_number
    texts: dict[int, str] = {}
    for cell in article.cells:
        outputs = results[cell.number].outputs if cell.number in results else ()
        text = _CellWriter(cell, article.path, figures).write(outputs)
        if text and cell.is_evaluated and not cell.works_on(frozen.python):
            wanted = f"Python {cell.options['python']}; this page was built with {frozen.python}"
            text += f"\n\n*This snippet needs {wanted}, so it has not run.*"
        texts[cell.number] = "\n".join(cell.indent + line if line else "" for line in text.split("\n"))
    return article.with_cells(texts), figures


def plain(text: str) -> str:
    """What a terminal would have left standing of a text: no colours, no control characters, no overwritten lines."""
    kept = "\n".join(ERASED.split(line)[-1] for line in text.split("\n"))
    lines = ANSI.sub("", kept).replace("\r\n", "\n").split("\n")
    return CONTROL.sub("", _rubbed_out("\n".join(map(_overwritten, lines))))


def _rubbed_out(text: str) -> str:
    """What backspaces leave of a text: each takes away the character before it on its line."""
    if "\b" not in text:
        return text
    left: list[str] = []
    for char in text:
        if char != "\b":
            left.append(char)
        elif left and left[-1] != "\n":
            left.pop()
    return "".join(left)


def _overwritten(line: str) -> str:
    """What is left of a line that was begun anew: each part covers as much of those before as it is long."""
    left, length = [], 0
    for part in reversed(line.split("\r")):
        left.append(part[length:])
        length = max(length, len(part))
    return "".join(left)


@dataclass
class _CellWriter:
    cell: Cell
    path: Path
    figures: dict[str, bytes]

    def write(self, outputs: Sequence[Output]) -> str:
        cell = self.cell
        if cell.setting("include") is False:
            return ""
        parts = [self._code()] if cell.setting("echo") is not False and cell.code else []
        shown = self._shown(outputs) if cell.setting("output") is not False else []
        if cell.setting("output") == "asis":
            parts += [_joined(output["text"]) if output.get("name") == "stdout" else self._body(output, "", "")
                      for output in shown]  # fmt: skip
            if not self._has_attributes():
                return "\n\n".join(parts)
        else:
            parts += self._outputs(shown)
        return f"::: {{{self._attributes(shown)}}}\n" + "\n\n".join(parts) + "\n:::" if parts else ""

    def _has_attributes(self) -> bool:
        return bool(self.cell.label) or bool(self.cell.options.get("classes"))

    def _attributes(self, shown: Sequence[Output]) -> str:
        options = self.cell.options
        classes = options.get("classes") or []
        classes = classes if isinstance(classes, list) else str(classes).split()
        words = [f"#{self._cell_id(shown)}"] if self.cell.label else []
        words += [".cell", *("." + str(name).lstrip(".") for name in classes)]
        words += [f"{name}={_quoted(options[name])}" for name in ("tbl-cap",) if name in options]
        words += [f"data-{name}={_quoted(options[name])}" for name in OURS if name in options]
        words += [f"execution_count={self.cell.number}"] if self.cell.is_evaluated else []
        return " ".join(words)

    def _cell_id(self, shown: Sequence[Output]) -> str:
        label = self.cell.label or ""
        one_figure = label.startswith("fig-") and len([o for o in shown if _is_display(o)]) == 1
        return f"cell-{label}" if one_figure else label

    def _code(self) -> str:
        options, code = self.cell.options, self.cell.code
        words = [".python", ".cell-code"]
        if self.cell.setting("echo") == "fenced":
            kept = [line for line in self.cell.option_lines if not re.search(r"\|\s*echo:\s*fenced\s*$", line)]
            code = "\n".join(["```{{python}}", *kept, code, "```"])
            words = [".cell-code"]
        words += [f"{name}={_quoted(options[name])}" for name in ("code-fold", "code-summary") if name in options]
        return _fenced(code, "{" + " ".join(words) + "}")

    def _shown(self, outputs: Sequence[Output]) -> list[Output]:
        has_picture = any(_is_display(output) and _kind(output) in IMAGES for output in outputs)
        return [output for output in outputs if not self._is_hidden(output, has_picture)]

    def _is_hidden(self, output: Output, has_picture: bool) -> bool:
        if output["output_type"] == "stream":
            return output["name"] == "stderr" and self.cell.setting("warning") is False
        if output["output_type"] == "execute_result" and set(output["data"]) == {"text/plain"}:
            text = _joined(output["data"]["text/plain"]).strip()
            return has_picture and bool(re.match(r"[<(\[].*[>)\]]$|Text\([-\d]", text))  # the plot's own repr
        return False

    def _outputs(self, shown: Sequence[Output]) -> list[str]:
        displays = [output for output in shown if _is_display(output)]
        blocks = []
        for number, output in enumerate(shown, 1):
            place = next((n for n, display in enumerate(displays) if display is output), 0)
            label = self._output_label(place, len(displays)) if _is_display(output) else ""
            kind = "display" if _is_display(output) else output.get("name") or output["output_type"]
            words = [".cell-output", f".cell-output-{kind}"]
            words += [f"execution_count={self.cell.number}"] if output["output_type"] == "execute_result" else []
            caption = self._nth("fig-cap", place)
            body = self._body(output, label, caption, self._nth("fig-alt", place), number)
            if _is_display(output) and _kind(output) not in IMAGES:  # a picture bears its label and caption itself
                words = [*([f"#{label}"] if label else []), *words]
                body += f"\n\n{caption}\n" if caption else ""
            blocks.append(f"::: {{{' '.join(words)}}}\n{body}\n:::")
        return blocks

    def _output_label(self, place: int, count: int) -> str:
        label = self.cell.label or ""
        if not label.startswith("fig-"):
            return ""
        return label if count == 1 else f"{label}-{place + 1}"

    def _nth(self, name: str, place: int) -> str:
        value = self.cell.options.get(name, "")
        if isinstance(value, list):
            value = value[place] if place < len(value) else ""
        return str(value).strip().replace("\n", " ")

    def _body(self, output: Output, label: str, caption: str, alt: str = "", number: int = 1) -> str:
        if output["output_type"] == "stream":
            return _printed(plain(_joined(output["text"])))
        if output["output_type"] == "error":
            traceback = "\n".join(output["traceback"]) or f"{output['ename']}: {output['evalue']}"
            return _printed(plain(traceback))
        kind = _kind(output)
        text = _joined(_data(output).get(kind, ""))
        if kind in IMAGES:
            return self._figure(output, kind, text, label, caption, alt, number)
        if kind == "text/html":
            return _fenced(text, "{=html}")
        if kind == "text/markdown":
            return text
        return _printed(plain(text))

    def _figure(self, output: Output, kind: str, text: str, label: str, caption: str, alt: str, number: int) -> str:
        name = f"{self.cell.label or f'cell-{self.cell.number}'}-output-{number}.{IMAGES[kind]}".replace(":", "-")
        try:
            self.figures[name] = data = _picture(kind, text)
        except ValueError:
            wrong = f"cell '{self.cell.name}' displays an {kind} that is no base64; correct what it displays"
            raise AwaitedError(wrong, self.path, self.cell.line) from None
        words = [f"#{label}"] if label else []
        size = self._size(output, kind, data)
        words += [f"{side}={length}" for side, length in zip(("width", "height"), size, strict=False)]
        words += [f"fig-alt={_quoted(alt)}"] if alt else []
        attributes = "{" + " ".join(words) + "}" if words else ""
        return f"![{caption}]({self.path.stem}_files/{FIGURES}/{name}){attributes}"

    def _size(self, output: Output, kind: str, data: bytes) -> tuple[int, int] | tuple[()]:
        """Width and height in CSS pixels: what the output says, else half a picture's pixels at twice the dpi."""
        match output.get("metadata", {}).get(kind):
            case {"width": int() | float() as width, "height": int() | float() as height} if (
                0 < width < math.inf and 0 < height < math.inf
            ):
                return round(width), round(height)
        if kind == "image/png" and self.cell.setting("fig-format") == "retina":
            width, height, dpi = png_size(data)
            if dpi and abs(dpi - 2 * self.cell.setting("fig-dpi")) < 1:
                return round(width / 2), round(height / 2)
        return ()


def _picture(kind: str, text: str) -> bytes:
    """The bytes of a picture; an SVG is text, everything else base64. Raises ValueError where it is neither."""
    if kind == "image/svg+xml" and "<svg" in text:
        return text.encode(errors="replace")
    return base64.b64decode(text)


def png_size(data: bytes) -> tuple[int, int, float | None]:
    """A PNG's width and height in pixels and its dots per inch (None where it says none), from its own chunks.

    Follows the PNG specification (W3C), chunks IHDR and pHYs; gives zeros for what is no PNG.
    """
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or len(data) < 33:
        return 0, 0, None
    width, height = struct.unpack(">II", data[16:24])
    position = 8
    while position + 8 <= len(data):
        length, name = struct.unpack(">I4s", data[position : position + 8])
        if name == b"pHYs" and length == 9:
            per_unit, _, unit = struct.unpack(">IIB", data[position + 8 : position + 17])
            return width, height, per_unit * 0.0254 if unit == 1 else None
        if name == b"IDAT":
            break
        position += 12 + length
    return width, height, None


def _printed(text: str) -> str:
    """A text that a page shows to the letter: as a code block, or as HTML where an engine would read more into it."""
    if not READ_IN_CODE.search(text):
        return _fenced(text)
    escaped = html.escape(text.removesuffix("\n"), quote=False).replace("`", "&#96;").replace(":", "&#58;")
    return f"``` {{=html}}\n<pre><code>{escaped}</code></pre>\n```"


def _fenced(text: str, info: str = "") -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    opening = f"{ticks} {info}" if info else ticks
    return f"{opening}\n{text.removesuffix(chr(10))}\n{ticks}"


def _joined(text: object) -> str:
    return "".join(text) if isinstance(text, list) else str(text)


def _quoted(value: object) -> str:
    text = json.dumps(value) if not isinstance(value, str) else " ".join(value.split())
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_display(output: Output) -> bool:
    return output["output_type"] in ("display_data", "execute_result")


def _data(output: Output) -> Mapping[str, Any]:
    """An output by kind; LaTeX that is mathematics counts as Markdown."""
    data: Mapping[str, Any] = output["data"]
    latex = _joined(data.get("text/latex", "")).strip()
    is_mathematics = (latex.startswith("$") and latex.endswith("$")) or latex.startswith("\\begin{")
    return {"text/markdown": latex, **data} if is_mathematics else data


def _kind(output: Output) -> str:
    return next((kind for kind in DISPLAYED if kind in _data(output)), "text/plain")
