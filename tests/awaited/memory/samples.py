"""Outputs of cells as a notebook holds them, and what is frozen of them."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import zlib
from pathlib import Path
from typing import Any

from awaited.memory.results import CellResult, Frozen

PAGE = Path("posts/a/index.qmd")
SVG = '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="10" height="5"/>\n'


def png(width: int, height: int, dpi: float | None = None) -> str:
    """An empty picture as a notebook holds it."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = zlib.compress(b"\0" * (width + 1) * height)
    physical = b"" if dpi is None else chunk(b"pHYs", struct.pack(">IIB", *[round(dpi / 0.0254)] * 2, 1))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    picture = b"\x89PNG\r\n\x1a\n" + header + physical + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return base64.b64encode(picture).decode()


def stream(text: str | list[str], name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def display(metadata: dict[str, Any] | None = None, /, **data: Any) -> dict[str, Any]:
    kinds = {"png": "image/png", "svg": "image/svg+xml", "jpeg": "image/jpeg"}
    by_kind = {kinds.get(kind, f"text/{kind}"): content for kind, content in data.items()}
    return {"output_type": "display_data", "data": by_kind, "metadata": metadata or {}}


def result(**data: Any) -> dict[str, Any]:
    return display(**data) | {"output_type": "execute_result", "execution_count": 7}


def frozen(*outputs: dict[str, Any], number: int = 1) -> Frozen:
    return Frozen({"cells": "x"}, "2026-01-05T00:00:00+00:00", "3.14.0", (CellResult(number, 0.5, outputs),))


OUT = stream("out\n")
ERR = stream("err\n", "stderr")


def quartos_record(source: bytes, markdown: str, includes: dict[str, str] | None = None) -> bytes:
    """A record as Quarto itself writes it."""
    result = {"engine": "jupyter", "markdown": markdown, "supporting": [], "filters": [], "includes": includes or {}}
    record = {"hash": hashlib.md5(source, usedforsecurity=False).hexdigest(), "result": result}
    return json.dumps(record, indent=2).encode()
