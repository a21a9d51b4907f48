"""The freezer holds what Quarto reads: the right form, the right hash, every kind of output, nothing half-written."""

from __future__ import annotations

import base64
import html
import json
import re
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awaited.memory import freezer, results
from awaited.memory.document import document
from awaited.memory.files import write_whole
from awaited.memory.plain_text import plain
from awaited.memory.results import CellResult, Frozen
from awaited.read.articles import parse
from awaited.read.errors import AwaitedError

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


def one_cell(options: str, *outputs: dict[str, Any], code: str = "x") -> tuple[str, dict[str, bytes]]:
    """What a page becomes that has nothing but one cell."""
    lines = [f"#| {line}" for line in options.splitlines()]
    return document(parse("\n".join(["````{python}", *lines, code, "````"]), PAGE), frozen(*outputs))


def shown(options: str, *outputs: dict[str, Any], code: str = "x") -> str:
    return one_cell(options, *outputs, code=code)[0]


def output_of(*outputs: dict[str, Any], options: str = "") -> str:
    """The part of the page below the cell's code."""
    text = shown(options, *outputs)
    _, code, rest = text.partition("``` {.python .cell-code}\nx\n```\n\n")
    assert code, text
    return rest.removesuffix("\n:::")


# --- The document -----------------------------------------------------------------------------------------------------


def test_a_cell_has_the_form_that_quarto_writes() -> None:
    assert (
        shown("label: gather", stream("All done in 2.00s\n"), code="await main()")
        == """\
::: {#gather .cell execution_count=1}
``` {.python .cell-code}
await main()
```

::: {.cell-output .cell-output-stdout}
```
All done in 2.00s
```
:::
:::"""
    )


@pytest.mark.parametrize(
    ("output", "words", "body"),
    [
        (stream("one\ntwo\n"), "stdout", "```\none\ntwo\n```"),
        (stream(["one\n", "two"]), "stdout", "```\none\ntwo\n```"),
        (stream("\n\na\n\n"), "stdout", "```\n\n\na\n\n```"),
        (stream("careful\n", "stderr"), "stderr", "```\ncareful\n```"),
        (result(plain="42"), "display execution_count=1", "```\n42\n```"),
        (result(plain="<a.B at 1>"), "display execution_count=1", "```\n<a.B at 1>\n```"),
        (result(plain="1", html="<b>1</b>"), "display execution_count=1", "``` {=html}\n<b>1</b>\n```"),
        (display(html=["<b>\n", "1</b>"]), "display", "``` {=html}\n<b>\n1</b>\n```"),
        (display(html="```", plain="no"), "display", "```` {=html}\n```\n````"),
        (display(plain="no", markdown="*yes*"), "display", "*yes*"),
        (display(plain="no", latex="$x^2$"), "display", "$x^2$"),
        (display(plain="no", latex=["\\begin{align}\n", "x\n", "\\end{align}\n"]), "display",
         "\\begin{align}\nx\n\\end{align}"),
        (display(plain="yes", latex="\\textbf{x}"), "display", "```\nyes\n```"),
        (display(markdown="yes", latex="$no$"), "display", "yes"),
        (display(**{"plain": "yes"}) | {"data": {"application/json": {}, "text/plain": "yes"}}, "display",
         "```\nyes\n```"),
    ],
)  # fmt: skip
def test_kinds_of_output(output: dict[str, Any], words: str, body: str) -> None:
    assert output_of(output) == f"::: {{.cell-output .cell-output-{words}}}\n{body}\n:::"


def test_an_error_stands_without_colours_and_options() -> None:
    traceback = ["\x1b[31m-----\x1b[39m", "Cell \x1b[1mIn[2], line 1\x1b[0m", "ValueError: no"]
    output = {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": traceback}
    body = "```\n-----\nCell In[2], line 1\nValueError: no\n```"
    assert output_of(output, options="error: true") == f"::: {{.cell-output .cell-output-error}}\n{body}\n:::"
    assert "```\nValueError: no\n```" in output_of(output | {"traceback": []})


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("\x1b[31mred\x1b[0m \x1b]8;;http://a\x07link\x1b]8;;\x1b\\ \x1b(B", "red link "),
        ("  0%\r 50%\r100%\n", "100%\n"),
        ("loading...\rdone\n", "doneing...\n"),
        ("a\nloading...\r\x1b[Kdone", "a\ndone"),
        ("a\nloading...\x1b[2K\rdone", "a\ndone"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("ends\r", "ends"),
        ("bell\x07 null\x00 form\x0c next\x85 \ufffe\ud800", "bell null form next "),
        ("tab\tand ünï ✓ 🎉", "tab\tand ünï ✓ 🎉"),
    ],
)
def test_plain_is_what_a_terminal_leaves_standing(text: str, left: str) -> None:
    assert plain(text) == left


@pytest.mark.parametrize("text", ["<b>bold</b> &amp;", "```\n````\n", "::: {.x}\n:::", "#| echo: false", "~~~", "$x$"])
def test_printed_text_is_never_markup(text: str) -> None:
    body = output_of(stream(text))
    ticks = body.split("\n")[1]
    assert set(ticks) == {"`"}
    assert ticks not in text
    assert body.split("\n")[2:-2] == text.removesuffix("\n").split("\n")


@pytest.mark.parametrize("text", ["{{< env HOME >}} ```", "{{<", "a\n\n::: {.x a = b}\n", "{{{< include x >}}}\n"])
def test_what_quarto_reads_in_code_blocks_becomes_html(text: str) -> None:
    body = output_of(stream(text)).split("\n", 1)[1].removesuffix("\n:::")
    assert body.startswith("``` {=html}\n<pre><code>")
    assert body.endswith("</code></pre>\n```")
    inner = body.removeprefix("``` {=html}\n<pre><code>").removesuffix("</code></pre>\n```")
    assert not re.search("[<`:]", inner), "nothing that a shortcode, a fence, a div or an element begins with"
    assert html.unescape(inner) == text.removesuffix("\n")


def test_code_with_backticks_gets_a_longer_fence() -> None:
    assert (
        shown("", code='print("```")')
        == '::: {.cell execution_count=1}\n```` {.python .cell-code}\nprint("```")\n````\n:::'
    )


OUT = stream("out\n")
ERR = stream("err\n", "stderr")
CODE = "``` {.python .cell-code}\nx\n```"
OUT_BOX = "::: {.cell-output .cell-output-stdout}\n```\nout\n```\n:::"
ERR_BOX = "::: {.cell-output .cell-output-stderr}\n```\nerr\n```\n:::"


@pytest.mark.parametrize(
    ("options", "attributes", "parts"),
    [
        ("", ".cell execution_count=1", [CODE, OUT_BOX, ERR_BOX]),
        ("include: false", None, []),
        ("echo: false", ".cell execution_count=1", [OUT_BOX, ERR_BOX]),
        ("output: false", ".cell execution_count=1", [CODE]),
        ("warning: false", ".cell execution_count=1", [CODE, OUT_BOX]),
        ("echo: false\noutput: false", None, []),
        ("label: a\nclasses: [b, .c]", "#a .cell .b .c execution_count=1", [CODE, OUT_BOX, ERR_BOX]),
        ("classes: b c", ".cell .b .c execution_count=1", [CODE, OUT_BOX, ERR_BOX]),
        ("tbl-cap: 'A \"b\"'\nlabel: tbl-a", '#tbl-a .cell tbl-cap="A \\"b\\"" execution_count=1',
         [CODE, OUT_BOX, ERR_BOX]),
        ("example: false", '.cell data-example="false" execution_count=1', [CODE, OUT_BOX, ERR_BOX]),
        ("code-fold: true\ncode-summary: Show", ".cell execution_count=1",
         [CODE.replace("}", ' code-fold="true" code-summary="Show"}'), OUT_BOX, ERR_BOX]),
        ("code-fold: show", ".cell execution_count=1", [CODE.replace("}", ' code-fold="show"}'), OUT_BOX, ERR_BOX]),
        ("label: a\necho: fenced", "#a .cell execution_count=1",
         ["```` {.cell-code}\n```{{python}}\n#| label: a\nx\n```\n````", OUT_BOX, ERR_BOX]),
        ("output: asis", None, [CODE, "out\n", "```\nerr\n```"]),
        ("output: asis\necho: false\nwarning: false", None, ["out\n"]),
        ("output: asis\nlabel: a", "#a .cell execution_count=1", [CODE, "out\n", "```\nerr\n```"]),
    ],
)  # fmt: skip
def test_options(options: str, attributes: str | None, parts: list[str]) -> None:
    body = "\n\n".join(parts)
    assert shown(options, OUT, ERR) == (f"::: {{{attributes}}}\n{body}\n:::" if attributes else body)


def test_a_cell_that_does_not_run_shows_its_code_alone() -> None:
    assert document(parse("```{python}\n#| eval: false\nx\n```", PAGE), frozen(number=2))[0] == (
        f"::: {{.cell}}\n{CODE}\n:::"
    )


def test_a_cell_for_another_python_says_so() -> None:
    text = shown('python: ">=3.99"')
    assert text.startswith('::: {.cell data-python=">=3.99"')
    assert CODE in text
    assert text.endswith("\n\n*This snippet needs Python >=3.99; this page was built with 3.14.0, so it has not run.*")


def test_prose_is_kept_and_indented_cells_stay_in_their_list() -> None:
    text = "---\ntitle: x\n---\n\n- a\n\n  ```{python}\n  x\n\n  y\n  ```\n\n  more  \n"
    assert document(parse(text, PAGE), frozen(OUT))[0] == (
        "---\ntitle: x\n---\n\n- a\n\n  ::: {.cell execution_count=1}\n  ``` {.python .cell-code}\n"
        "  x\n\n  y\n  ```\n\n  ::: {.cell-output .cell-output-stdout}\n  ```\n  out\n  ```\n  :::\n  :::\n\n  more  \n"
    )


# --- Figures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "options", "name", "attributes"),
    [
        (display(png=png(20, 10, 192)), "", "cell-1-output-1.png", "{width=10 height=5}"),
        (display(png=png(20, 10, 300)), "", "cell-1-output-1.png", ""),
        (display(png=png(20, 10)), "", "cell-1-output-1.png", ""),
        (display(png=png(20, 10, 192)), "fig-format: png", "cell-1-output-1.png", ""),
        (display(png=png(20, 10, 144)), "fig-dpi: 72", "cell-1-output-1.png", "{width=10 height=5}"),
        (display({"image/png": {"width": 7, "height": 3.4}}, png=png(20, 10, 192)), "", "cell-1-output-1.png",
         "{width=7 height=3}"),
        (display(png="AAAA"), "", "cell-1-output-1.png", ""),
        (display(jpeg="AAAA"), "", "cell-1-output-1.jpeg", ""),
        (display(svg=SVG), "label: plot", "plot-output-1.svg", ""),
        (display(svg=SVG, png="AAAA", plain="x"), "", "cell-1-output-1.svg", ""),
    ],
)  # fmt: skip
def test_pictures(output: dict[str, Any], options: str, name: str, attributes: str) -> None:
    text, figures = one_cell(options, output)
    kind, data = next(iter(output["data"].items()))
    assert f"::: {{.cell-output .cell-output-display}}\n![](index_files/figure-html/{name}){attributes}\n:::" in text
    assert figures == {name: data.encode() if kind == "image/svg+xml" else base64.b64decode(data)}


def test_a_figure_with_label_and_caption() -> None:
    options = 'label: fig-x\nfig-cap: |\n  A *caption*\n  of two lines\nfig-alt: Says "this"'
    text, figures = one_cell(options, stream("out\n"), display(png=png(20, 10, 192)))
    assert text.startswith("::: {#cell-fig-x .cell execution_count=1}")
    assert (
        "::: {.cell-output .cell-output-display}\n"
        "![A *caption* of two lines](index_files/figure-html/fig-x-output-2.png)"
        '{#fig-x width=10 height=5 fig-alt="Says \\"this\\""}\n:::'
    ) in text
    assert list(figures) == ["fig-x-output-2.png"]


def test_a_figure_that_is_no_picture_bears_its_label_and_caption_as_quarto_writes_them() -> None:
    text, figures = one_cell("label: fig-x\nfig-cap: A *caption*", display(html="<p>drawn</p>"))
    assert not figures
    assert text.split("\n")[-9:] == [
        *("::: {#fig-x .cell-output .cell-output-display}", "``` {=html}", "<p>drawn</p>", "```"),
        *("", "A *caption*", "", ":::", ":::"),
    ]


def test_several_figures() -> None:
    text, figures = one_cell(
        "label: fig-x\nfig-cap: [One, Two]", display(svg=SVG), OUT, display(svg=SVG), display(svg=SVG)
    )
    assert text.startswith("::: {#fig-x .cell ")
    for number, name, caption in [(1, 1, "One"), (2, 3, "Two"), (3, 4, "")]:
        assert f"![{caption}](index_files/figure-html/fig-x-output-{name}.svg){{#fig-x-{number}}}" in text
    assert len(figures) == 3


@pytest.mark.parametrize("text", ["<Axes: >", "[<matplotlib.lines.Line2D at 0x1>]", "(1, 2)", "Text(0.5, 1.0, 'a')"])
def test_the_text_of_a_plot_is_left_out_where_there_is_a_picture(text: str) -> None:
    assert text not in output_of(result(plain=text), display(svg=SVG))
    assert text in output_of(result(plain=text))
    assert text in output_of(display(plain=text), display(svg=SVG))


# --- The record -------------------------------------------------------------------------------------------------------

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


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "folder/file"
    assert write_whole(file, b"old")
    assert file.stat().st_mode & 0o777 == 0o644
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_whole(file, b"new")
    assert [(left.name, left.read_bytes()) for left in file.parent.iterdir()] == [("file", b"old")]


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
    with pytest.raises(AwaitedError, match=r"^posts/a/index\.qmd:\d+: cell '.*' displays an image/png"):
        write(tmp_path, ONE_CELL, display(**{"plain": "a plot"}) | {"data": {"image/png": "A"}})


@pytest.mark.parametrize("size", [{"width": "5px", "height": 1}, {"width": 1e999, "height": 1}, [], {"width": -1}])
def test_a_size_that_is_none_is_passed_over(size: object) -> None:
    assert "{" not in output_of(display(svg=SVG) | {"metadata": {"image/svg+xml": size}}).splitlines()[1]


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


def test_results_by_number() -> None:
    kept = frozen(OUT)
    assert kept.by_number == {1: kept.results[0]}
    assert replace(kept, results=()).by_number == {}
