"""The outputs of cells in the notebook format (nbformat 4): which kinds a page can show, and pictures among them."""

from __future__ import annotations

import base64
import contextlib
import struct
from collections.abc import Mapping
from typing import Any

IMAGES = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpeg"}
DISPLAYED = ("text/html", "text/markdown", *IMAGES, "text/plain")
"""The kinds of output a page can show, the best first (as in Quarto's ``display-data.ts``)."""
Output = Mapping[str, Any]
"""One output of a cell in the notebook format (nbformat 4): a dict with an ``output_type``."""


def is_output(output: object) -> bool:
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
        return _is_text(text) and picture(kind, joined(text)) is not None
    return False


def is_display(output: Output) -> bool:
    """Whether an output is shown, not printed."""
    return output["output_type"] in ("display_data", "execute_result")


def best_kind(output: Output) -> str:
    """The kind in which a page shows an output."""
    return next((kind for kind in DISPLAYED if kind in data_by_kind(output)), "text/plain")


def data_by_kind(output: Output) -> Mapping[str, Any]:
    """An output in each of its kinds; LaTeX that is mathematics counts as Markdown."""
    data: Mapping[str, Any] = output["data"]
    latex = joined(data.get("text/latex", "")).strip()
    is_mathematics = (latex.startswith("$") and latex.endswith("$")) or latex.startswith("\\begin{")
    return {"text/markdown": latex, **data} if is_mathematics else data


def joined(text: object) -> str:
    """A text, which nbformat lets be a list of its lines."""
    return "".join(text) if isinstance(text, list) else str(text)


def picture(kind: str, text: str) -> bytes:
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
