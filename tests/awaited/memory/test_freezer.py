"""The freezer holds what Quarto reads: the right form, the right hash, nothing half-written."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awaited.memory import freezer, results
from awaited.memory.document import document
from awaited.read.articles import parse
from awaited.read.errors import AwaitedError
from tests.awaited.memory.samples import ERR, OUT, PAGE, SVG, display, frozen, png, quartos_record, result, stream

TEXTS = {"type": "array", "items": {"type": "string"}}
SCHEMA = {
    # what freezeExecuteResult writes and defrostExecuteResult reads, with ExecuteResult (Quarto's execute/types.ts)
    "type": "object",
    "required": ["hash", "result"],
    "additionalProperties": False,
    "properties": {
        "hash": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "result": {
            "type": "object",
            "required": ["markdown", "supporting", "filters", "engine", "includes"],
            "additionalProperties": False,
            "properties": {
                "engine": {"const": "jupyter"},
                "markdown": {"type": "string"},
                "supporting": TEXTS | {"items": {"type": "string", "pattern": "^[^/]+_files$"}},
                "filters": TEXTS,
                "includes": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": dict.fromkeys(
                        ["include-in-header", "include-before-body", "include-after-body"], TEXTS
                    ),
                },
            },
        },
        "awaited": {  # our own, which Quarto passes over
            "type": "object",
            "required": ["format", "inputs", "executed", "python", "cells"],
            "properties": {
                "format": {"const": results.FORMAT},
                "executed": {"type": "string"},
                "python": {"type": "string"},
                "cells": {
                    "type": "array",
                    "items": {"type": "object", "required": ["number", "seconds", "outputs"]},
                },
            },
        },
    },
}


def write(folder: Path, text: str, *outputs: dict[str, Any]) -> bool:
    return freezer.write(folder, parse(text, PAGE), text.encode(), frozen(*outputs))


def record(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "posts/a/index/execute-results/html.json").read_bytes()))


ONE_CELL = "```{python}\nx\n```\n"


@pytest.mark.parametrize(("outputs", "supporting"), [([], []), ([OUT], []), ([display(svg=SVG)], ["index_files"])])
def test_the_record_follows_the_schema(tmp_path: Path, outputs: Sequence[Any], supporting: list[str]) -> None:
    assert write(tmp_path, ONE_CELL, *outputs)
    written = record(tmp_path)
    jsonschema.validate(written, SCHEMA)
    assert written["result"]["supporting"] == supporting
    assert written["result"]["markdown"] == document(parse(ONE_CELL, PAGE), frozen(*outputs))[0]
    assert written["result"]["markdown"] == freezer.markdown(tmp_path, PAGE)


def test_the_records_of_this_repository_follow_the_schema(site: Path, root: Path) -> None:
    records = list((root / "_freeze").rglob("html.json"))
    assert records
    for file in records:
        jsonschema.validate(json.loads(file.read_bytes()), SCHEMA)


@pytest.mark.parametrize(
    ("source", "digest"),  # the digests are what Deno.readTextFileSync, eol.format and md5 make of these bytes
    [
        (b"a\nb\n", "dd8c6a395b5dd36c56d23275028f526c"),
        (b"a\r\nb\r\n", "dd8c6a395b5dd36c56d23275028f526c"),
        (b"\xef\xbb\xbfa\nb\n", "05822176756393f83d6856fcfdf7829f"),
        (b"a\rb\r\r\n", "7505e981cbc45f1d55327cb8f9e92390"),
        (b"", "d41d8cd98f00b204e9800998ecf8427e"),
    ],
)
def test_the_hash_is_quartos(source: bytes, digest: str) -> None:
    assert freezer.source_hash(source) == digest


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    outputs = (OUT, ERR, display(svg=SVG, plain="x"), result(html=["a", "b"]))
    write(tmp_path, ONE_CELL, *outputs)
    assert freezer.read(tmp_path, PAGE) == frozen(*outputs)


@settings(deadline=None)  # a file is written
@given(st.text(), st.text(st.characters(categories=["Cs", "Cc"])))
def test_any_printed_text_can_be_kept(tmp_path_factory: pytest.TempPathFactory, text: str, strange: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "any-text"
    write(folder, ONE_CELL, stream(text + strange))
    kept = freezer.read(folder, PAGE)
    assert kept is not None
    assert kept.results[0].outputs[0]["text"].startswith(text)


def test_pictures_stand_beside_the_record_and_old_ones_go(tmp_path: Path) -> None:
    figures = tmp_path / "posts/a/index/figure-html"
    write(tmp_path, ONE_CELL, display(svg=SVG), display(png=png(2, 2)))
    assert sorted(file.name for file in figures.iterdir()) == ["cell-1-output-1.svg", "cell-1-output-2.png"]
    assert write(tmp_path, ONE_CELL, display(svg=SVG))
    assert [file.name for file in figures.iterdir()] == ["cell-1-output-1.svg"]
    assert (figures / "cell-1-output-1.svg").read_text() == SVG
    assert write(tmp_path, ONE_CELL)
    assert not figures.exists()


def test_nothing_is_written_where_nothing_has_changed(tmp_path: Path) -> None:
    assert write(tmp_path, ONE_CELL, display(svg=SVG))
    before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*")}
    assert not write(tmp_path, ONE_CELL, display(svg=SVG))
    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*")} == before
    assert write(tmp_path, ONE_CELL + "More prose.\n", display(svg=SVG))


def by_quarto(text: str) -> str:
    """A record as Quarto itself writes it, without our key."""
    whole = json.loads(text)
    del whole["awaited"]
    return json.dumps(whole)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "\0" * len(text),
        lambda text: "[]",
        lambda text: "null",
        lambda text: '{"awaited": null}',
        lambda text: text.replace('"cells": [', '"cells": [3, '),
        lambda text: text.replace('"number"', '"place"'),
        lambda text: text.replace(f'"format": {results.FORMAT}', f'"format": {results.FORMAT + 1}'),
        lambda text: text.replace('"inputs": {', '"inputs": [{').replace('},\n    "executed"', '}],\n    "executed"'),
        lambda text: f"<<<<<<< HEAD\n{text}\n=======\n{text}\n>>>>>>> other\n",
        by_quarto,
        lambda text: text.replace('"executed": "', '"executed": "around '),
        lambda text: text.replace('"python": "', '"python": "<b>'),
        lambda text: text.replace('"seconds": ', '"seconds": 1e999, "was": '),
        lambda text: text.replace('"seconds": ', f'"seconds": {"9" * 400}, "was": '),
        lambda text: text.replace('"name": "stdout"', '"name": "stdout .hidden"'),
        lambda text: text.replace('"text": ', '"text": [3], "was": '),
        lambda text: text.replace('"output_type": "stream"', '"output_type": "brook"'),
        lambda text: text.replace('"stream"', '"display_data", "metadata": {}, "data": {"text/html": 3}'),
        lambda text: text.replace('"stream"', '"display_data", "metadata": {}, "data": {"image/png": "A"}'),
        lambda text: "[" * 200_000,
    ],
)  # fmt: skip
def test_records_that_are_no_use_count_as_missing(tmp_path: Path, damage: Callable[[str], str]) -> None:
    write(tmp_path, ONE_CELL, OUT)
    file = freezer.record_file(tmp_path, PAGE)
    damaged = damage(file.read_text())
    assert damaged != file.read_text()
    file.write_text(damaged)
    assert freezer.read(tmp_path, PAGE) is None


def test_a_picture_that_is_no_base64_is_said(tmp_path: Path) -> None:
    with pytest.raises(AwaitedError, match=r"^posts/a/index\.qmd:1: the cell at line 1 displays an image/png"):
        write(tmp_path, ONE_CELL, display(**{"plain": "a plot"}) | {"data": {"image/png": "A"}})


def test_a_missing_record(tmp_path: Path) -> None:
    assert freezer.read(tmp_path, PAGE) is None
    with pytest.raises(AwaitedError, match=r"^posts/a/index\.qmd: has no frozen results; run 'awaited execute' first$"):
        freezer.markdown(tmp_path, PAGE)


def test_pictures_are_copied_to_where_the_page_expects_them(tmp_path: Path) -> None:
    write(tmp_path / "freezer", ONE_CELL, display(svg=SVG))
    freezer.copy_figures(tmp_path / "freezer", PAGE, tmp_path)
    assert (tmp_path / "posts/a/index_files/figure-html/cell-1-output-1.svg").read_text() == SVG
    freezer.copy_figures(tmp_path / "freezer", Path("other.qmd"), tmp_path)
    assert not (tmp_path / "other_files").exists()


@pytest.mark.parametrize(
    ("includes", "page"),
    [
        ({}, "---\ntitle: x\n---\nText."),
        ({"include-in-header": "<script>1</script>", "include-after-body": "<i>"},
         "---\ntitle: x\n---\n\n``` {=html}\n<script>1</script>\n```\n\nText.\n\n``` {=html}\n<i>\n```"),
        ({"include-before-body": "<b>", "include-in-header": ""},
         "---\ntitle: x\n---\n\n``` {=html}\n<b>\n```\n\nText."),
    ],
)  # fmt: skip
def test_what_quarto_keeps_beside_the_page_is_put_around_it(
    tmp_path: Path, includes: dict[str, str], page: str
) -> None:
    file = freezer.record_file(tmp_path, PAGE)
    file.parent.mkdir(parents=True)
    file.write_bytes(quartos_record(b"", "---\ntitle: x\n---\nText.", includes))
    assert freezer.markdown(tmp_path, PAGE) == page


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_record_by_quarto_is_of_its_text_whatever_the_line_ends(tmp_path: Path, end: str) -> None:
    file = freezer.record_file(tmp_path, PAGE)
    file.parent.mkdir(parents=True)
    file.write_bytes(quartos_record(b"---\nfreeze: auto\n---\n", "Text."))
    article = parse("---\nfreeze: auto\n---\n", PAGE)
    assert freezer.is_settled(tmp_path, article, f"---{end}freeze: auto{end}---{end}".encode())
    assert not freezer.is_settled(tmp_path, article, b"other")
