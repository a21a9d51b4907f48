"""An article becomes the Markdown that Quarto writes: the right form, every kind of output, its pictures."""

from __future__ import annotations

import base64
import html
import re
from typing import Any

import pytest

from awaited.memory.document import document
from awaited.read.articles import parse
from tests.awaited.memory.samples import ERR, OUT, PAGE, SVG, display, frozen, png, result, stream


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
    note = "Needs Python 3.99 or later: this page was built with 3.14.0."
    assert text.endswith(f"\n\n::: {{.cell-python}}\n{note}\n:::\n:::")


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


@pytest.mark.parametrize("size", [{"width": "5px", "height": 1}, {"width": 1e999, "height": 1}, [], {"width": -1}])
def test_a_size_that_is_none_is_passed_over(size: object) -> None:
    assert "{" not in output_of(display(svg=SVG) | {"metadata": {"image/svg+xml": size}}).splitlines()[1]
