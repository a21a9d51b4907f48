"""An article as the Markdown that Quarto keeps: each cell replaced by its code and its output.

The form is the one that Quarto writes (``mdFromCodeCell`` in its ``jupyter.ts``). Prose stays to the letter.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from awaited.memory.outputs import IMAGES, Output, best_kind, data_by_kind, is_display, joined, picture, png_size
from awaited.memory.plain_text import plain
from awaited.memory.results import CellResult, Frozen
from awaited.read.articles import Article
from awaited.read.cells import Cell
from awaited.read.errors import AwaitedError
from awaited.read.versions import in_words

FIGURES = "figure-html"
READ_IN_CODE = re.compile(r"\{\{<|:{3,}[ \t]*\{.*(?: =|= )")
"""What Quarto reads even in code blocks of output: shortcodes (``shortcodes.lua``), also those that never end, which
cut off the page (``lpegshortcode.lua``), and a div's attributes with spaces around ``=`` (``lpegfenceddiv.lua``)."""
OURS = ("alone", "broken", "example", "python", "printed-by", "varies", "timeout")
"""The cell options that mean something to us alone; like Quarto, the page carries them as ``data-`` attributes."""


def document(article: Article, frozen: Frozen) -> tuple[str, dict[str, bytes]]:
    """The article as Markdown with each cell's code and output in its place, and its pictures by file name."""
    figures: dict[str, bytes] = {}
    results = frozen.by_number
    texts: dict[int, str] = {}
    for cell in article.cells:
        result = results.get(cell.number)
        note = _on_which_python(cell, frozen.python, result)
        text = _CellWriter(cell, article.path, figures, note).write(result.outputs if result else ())
        texts[cell.number] = "\n".join(cell.indent + line if line else "" for line in text.split("\n"))
    return article.with_cells(texts, frozen.inline), figures


def _on_which_python(cell: Cell, python: str, result: CellResult | None) -> str:
    """What a page built with a Python says of a cell that others run, or that others print something else for."""
    if not cell.is_evaluated:
        return ""
    if result is not None and result.python:
        return f"Ran on Python {result.python}."
    if not cell.works_on(python):
        return f"Needs {in_words(cell.options['python'])}: this page was built with {python}."
    if not cell.is_printed_by(python):
        wanted = in_words(cell.options["printed-by"])
        return f"Printed by Python {python}: {wanted}, which was not at hand, prints something else."
    return f"Printed by Python {python}." if "printed-by" in cell.options else ""


@dataclass
class _CellWriter:
    cell: Cell
    path: Path
    figures: dict[str, bytes]
    note: str
    """What stands above the outputs, if anything."""

    def write(self, outputs: Sequence[Output]) -> str:
        cell = self.cell
        if cell.setting("include") is False:
            return ""
        parts = [self._code()] if cell.setting("echo") is not False and cell.code else []
        parts += [f"::: {{.cell-python}}\n{self.note}\n:::"] if parts and self.note else []
        shown = self._shown(outputs) if cell.setting("output") is not False else []
        if cell.setting("output") == "asis":
            parts += [joined(output["text"]) if output.get("name") == "stdout" else self._body(output, "", "")
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
        one_figure = label.startswith("fig-") and len([o for o in shown if is_display(o)]) == 1
        return f"cell-{label}" if one_figure else label

    def _code(self) -> str:
        options, code = self.cell.options, self.cell.code
        words = [".python", ".cell-code"]
        if self.cell.setting("echo") == "fenced":
            kept = [line for line in self.cell.option_lines if not re.search(r"\|\s*echo:\s*fenced\s*$", line)]
            code = "\n".join(["```{{python}}", *kept, code, "```"])
            words = [".cell-code"]
        words += [f"{name}={_quoted(options[name])}" for name in ("code-fold", "code-summary") if name in options]
        return fenced(code, "{" + " ".join(words) + "}")

    def _shown(self, outputs: Sequence[Output]) -> list[Output]:
        has_picture = any(is_display(output) and best_kind(output) in IMAGES for output in outputs)
        return [output for output in outputs if not self._is_hidden(output, has_picture)]

    def _is_hidden(self, output: Output, has_picture: bool) -> bool:
        if output["output_type"] == "stream":
            return output["name"] == "stderr" and self.cell.setting("warning") is False
        if output["output_type"] == "execute_result" and set(output["data"]) == {"text/plain"}:
            text = joined(output["data"]["text/plain"]).strip()
            return has_picture and bool(re.match(r"[<(\[].*[>)\]]$|Text\([-\d]", text))  # the plot's own repr
        return False

    def _outputs(self, shown: Sequence[Output]) -> list[str]:
        displays = [output for output in shown if is_display(output)]
        blocks = []
        for number, output in enumerate(shown, 1):
            place = next((n for n, display in enumerate(displays) if display is output), 0)
            label = self._output_label(place, len(displays)) if is_display(output) else ""
            kind = "display" if is_display(output) else output.get("name") or output["output_type"]
            words = [".cell-output", f".cell-output-{kind}"]
            words += [f"execution_count={self.cell.number}"] if output["output_type"] == "execute_result" else []
            caption = self._nth("fig-cap", place)
            body = self._body(output, label, caption, self._nth("fig-alt", place), number)
            if is_display(output) and best_kind(output) not in IMAGES:  # a picture bears its label and caption itself
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
            return _printed(plain(joined(output["text"])))
        if output["output_type"] == "error":
            traceback = "\n".join(output["traceback"]) or f"{output['ename']}: {output['evalue']}"
            return _printed(plain(traceback))
        kind = best_kind(output)
        text = joined(data_by_kind(output).get(kind, ""))
        if kind in IMAGES:
            return self._figure(output, kind, text, label, caption, alt, number)
        if kind == "text/html":
            return fenced(text, "{=html}")
        if kind == "text/markdown":
            return text
        return _printed(plain(text))

    def _figure(self, output: Output, kind: str, text: str, label: str, caption: str, alt: str, number: int) -> str:
        name = f"{self.cell.label or f'cell-{self.cell.number}'}-output-{number}.{IMAGES[kind]}".replace(":", "-")
        try:
            self.figures[name] = data = picture(kind, text)
        except ValueError:
            wrong = f"{self.cell.in_words} displays an {kind} that is no base64; correct what it displays"
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


def _printed(text: str) -> str:
    """A text that a page shows to the letter: as a code block, or as HTML where an engine would read more into it."""
    if not READ_IN_CODE.search(text):
        return fenced(text)
    escaped = html.escape(text.removesuffix("\n"), quote=False).replace("`", "&#96;").replace(":", "&#58;")
    return f"``` {{=html}}\n<pre><code>{escaped}</code></pre>\n```"


def fenced(text: str, info: str = "") -> str:
    """A text as a code block, whatever backticks are in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    opening = f"{ticks} {info}" if info else ticks
    return f"{opening}\n{text.removesuffix(chr(10))}\n{ticks}"


def _quoted(value: object) -> str:
    text = json.dumps(value) if not isinstance(value, str) else " ".join(value.split())
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
