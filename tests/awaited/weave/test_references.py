"""References to figures and tables become links with numbers, where the engine does not do that itself."""

from __future__ import annotations

import pytest

from awaited.weave.references import resolve

FIGURE = "![A plot](x_files/figure-html/fig-a-output-1.png){#fig-a width=10}"
TABLE = "| a |\n|---|\n| 1 |\n\n: A table {#tbl-a}"
FIGURE_LINK = "[Figure\N{NO-BREAK SPACE}1](#fig-a){.quarto-xref}"
TABLE_LINK = "[Table\N{NO-BREAK SPACE}1](#tbl-a){.quarto-xref}"


def resolved(markdown: str) -> str:
    """The Markdown with its references resolved; no warning may come."""
    return resolve(markdown, warn=pytest.fail)


def reference(text: str) -> str:
    """What becomes of one line, on a page with a figure and a table."""
    return resolved(f"{text}\n\n{FIGURE}\n\n{TABLE}\n").partition("\n")[0]


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("See @fig-a.", f"See {FIGURE_LINK}."),
        ("@tbl-a, @fig-a and @fig-a", f"{TABLE_LINK}, {FIGURE_LINK} and {FIGURE_LINK}"),
        ("(@fig-a)", f"({FIGURE_LINK})"),
        ("[@fig-a]", FIGURE_LINK),
        ("number [-@fig-a]", "number [1](#fig-a){.quarto-xref}"),
        ("number -@tbl-a", "number [1](#tbl-a){.quarto-xref}"),
        ("*@fig-a*", f"*{FIGURE_LINK}*"),
        ("[see @fig-a]", f"[see {FIGURE_LINK}]"),
        ("[@fig-a shows](there.html)", f"[{FIGURE_LINK} shows](there.html)"),
        ("- item: @fig-a-", f"- item: {FIGURE_LINK}-"),
    ],
)
def test_references(text: str, link: str) -> None:
    assert reference(text) == link


@pytest.mark.parametrize(
    "text", ["`@fig-a`", "`` ` @fig-a ``", "me@fig-a.example", "@figure", "@see-a", "fig-a", "@fig-", "a@tbl-a"]
)
def test_what_is_no_reference(text: str) -> None:
    assert reference(text) == text


@pytest.mark.parametrize("fence", ["```", "~~~", "````", "  ```"])
def test_code_is_left_alone(fence: str) -> None:
    code = f"{fence} {{.python}}\n@fig-a\n{FIGURE}\n{TABLE}\n{fence}\n"
    assert resolved(f"{code}\n{FIGURE}\n").startswith(code)
    longer = "````\n```\n@fig-a\n````\n"
    assert resolved(longer) == longer


def test_figures_and_tables_are_numbered_each_in_their_order() -> None:
    other = FIGURE.replace("fig-a", "fig-b")
    page = resolved(f"@fig-a, @fig-b, @tbl-a\n\n{other}\n\n{TABLE}\n\n{FIGURE}\n")
    assert [word.partition("]")[0] for word in page.split("\n")[0].split("[")[1:]] == [
        "Figure\N{NO-BREAK SPACE}2",
        "Figure\N{NO-BREAK SPACE}1",
        "Table\N{NO-BREAK SPACE}1",
    ]
    assert "![Figure\N{NO-BREAK SPACE}1: A plot](x_files/figure-html/fig-b-output-1.png){#fig-b width=10}" in page
    assert "![Figure\N{NO-BREAK SPACE}2: A plot]" in page
    assert ": Table\N{NO-BREAK SPACE}1: A table {#tbl-a}" in page


@pytest.mark.parametrize("indent", ["", "  "])
def test_the_table_that_a_cell_prints_gets_its_caption(indent: str) -> None:
    cell = [
        '::: {#tbl-a .cell tbl-cap="A \\"good\\" table" execution_count=1}',
        *("``` {.python .cell-code}", "| no | table |", "```", ""),
        *("::: {.cell-output .cell-output-display}", "| a |", "|---|", "| 1 |", ":::", ":::"),
    ]
    page = resolved("\n".join(["@tbl-a", "", *(indent + line for line in cell)]))
    lines = [line.removeprefix(indent) for line in page.split("\n")]
    assert lines[0] == TABLE_LINK
    assert lines[2] == "::: {#cell-tbl-a .cell execution_count=1}"
    assert lines[7:] == [
        *("::: {.cell-output .cell-output-display}", "| a |", "|---|", "| 1 |", ""),
        ': Table\N{NO-BREAK SPACE}1: A "good" table {#tbl-a}',
        *("", ":::", ":::"),
    ]


@pytest.mark.parametrize("indent", ["", "  "])
def test_what_stands_last_in_a_figures_div_is_its_caption(indent: str) -> None:
    div = [
        *("::: {#cell-fig-a .cell}", "::: {#fig-a .cell-output .cell-output-display}"),
        *("```{=html}", "<p>drawn</p>", "```", "", "A *good*", "picture", ":::", ":::"),
    ]
    lines = [
        line.removeprefix(indent) for line in resolved("\n".join(["@fig-a", *(indent + x for x in div)])).split("\n")
    ]
    assert lines[0] == FIGURE_LINK
    assert [line for line in lines[2:] if line] == [
        *("::: {#fig-a .cell-output .cell-output-display}",),
        *("```{=html}", '<figure class="quarto-float quarto-float-fig">', "```", "```{=html}", "<p>drawn</p>", "```"),
        *("```{=html}", '<figcaption class="quarto-float-caption">', "```"),
        *("Figure\N{NO-BREAK SPACE}1: A *good*", "picture"),
        *("```{=html}", "</figcaption></figure>", "```", ":::", ":::"),
    ]


@pytest.mark.parametrize("last", [["```", "code", "```"], ["![](a.png)"], ["| a |"], [], ["::: {.x}", "text", ":::"]])
def test_a_figures_div_without_a_last_paragraph_stays(last: list[str]) -> None:
    div = "\n".join(["::: {#fig-a}", *last, ":::", "", "text"])
    assert resolved(div) == div
    assert resolved("::: {#fig-a}\ntext") == "::: {#fig-a}\ntext", "a div that is never closed"


def test_a_reference_to_nothing_is_reported_and_stays() -> None:
    said: list[str] = []
    assert resolve("See @fig-none.\n", said.append) == "See @fig-none.\n"
    assert said == ["fig-none"]


def test_a_page_without_references_stays_to_the_letter() -> None:
    page = "# A\n\n```\nx\n```\n\n| a |\n|---|\n\n![](a.png)\n\n::: {.x}\n:::\n"
    assert resolved(page) == page
