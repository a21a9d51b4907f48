"""Cells are found as Quarto finds them; every cell and error knows its line."""

from __future__ import annotations

from typing import Any

import pytest

from tests.awaited.read.reading import failure, only, read


@pytest.mark.parametrize(
    ("heading", "section"),
    [
        ("# Plain", "Plain"),
        ("##  *Two* words  ", "Two words"),
        ("### With {.class #id}", "With"),
        ("# With {a} ##  ", "With"),
        ("# {only}", "{only}"),
        ("# a" + 20_000 * " " + "b", "a" + 20_000 * " " + "b"),
        ("# a {" + 20_000 * " ", "a {"),
    ],
    ids=range(7),
)
def test_what_a_section_is_called(heading: str, section: str) -> None:
    assert only(f"{heading}\n\n```{{python}}\nx\n```\n").section == section


@pytest.mark.parametrize("ticks", ["```", "````", "``````"])
@pytest.mark.parametrize("attributes", ["{python}", "{python }", "{python, echo=TRUE}", " {python}  "])
@pytest.mark.parametrize("indent", ["", "  ", "      ", "\t"])
def test_fences(ticks: str, attributes: str, indent: str) -> None:
    cell = only(f"{indent}{ticks}{attributes}\n{indent}if x:\n{indent}    y\n{indent}{ticks}  \nend\n")
    assert (cell.code, cell.line, cell.code_line, cell.end_line) == ("if x:\n    y", 1, 2, 4)


@pytest.mark.parametrize(
    "text",
    [
        "```python\nx\n```\n",
        "```{.python}\nx\n```\n",
        "```{pythonic}\nx\n```\n",
        "```{r}\nx\n```\n",
        "~~~{python}\nx\n~~~\n",
        "``{python}\nx\n``\n",
        "Text ```{python} `x`\n",
        "````\n```{{python}}\nx\n```\n````\n",
    ],
)
def test_what_is_no_cell(text: str) -> None:
    assert read(text).cells == ()


def test_a_cell_in_a_callout_and_in_a_nested_list() -> None:
    article = read("""\
        ::: {.callout-note}
        ```{python}
        a
        ```
        :::

        - one
            - two
              ```{python}
              b

              c
              ```
        """)
    assert [(cell.code, cell.line, cell.end_line) for cell in article.cells] == [("a", 2, 4), ("b\n\nc", 9, 13)]


def test_a_shorter_or_less_indented_fence_does_not_close() -> None:
    assert only("````{python}\na\n```\nb\n````\n").code == "a\n```\nb"
    assert only("  ```{python}\n  a\n```\n  b\n  ```\n").code == "a\n```\nb"


@pytest.mark.parametrize(
    ("lines", "options"),
    [
        (["#| label: a"], {"label": "a"}),
        (["#|label: a"], {"label": "a"}),
        (["# | label: a"], {"label": "a"}),
        (["#| fig-cap: >", "#|   Two", "#|   lines", "#| echo: false"], {"fig-cap": "Two lines\n", "echo": False}),
        (["#| fig-cap:", "#|   - One", "#|   - Two"], {"fig-cap": ["One", "Two"]}),
        (["#| fig-alt: |", "#|   a: b", "#|", "#|   c"], {"fig-alt": "a: b\n\nc"}),
        (["#| classes: [a, b]", "#| example: false"], {"classes": ["a", "b"], "example": False}),
        (["#| label: no", '#| python: ">=3.12"'], {"label": "no", "python": ">=3.12"}),
        (["#|"], {}),
        ([], {}),
    ],
)
def test_options(lines: list[str], options: dict[str, Any]) -> None:
    cell = only("\n".join(["```{python}", *lines, "x", "```"]))
    assert (cell.options, cell.option_lines, cell.code) == (options, tuple(lines), "x")
    assert cell.code_line == 2 + len(lines)


def test_options_stand_only_at_the_top() -> None:
    cell = only("```{python}\n\n#| label: a\n# a comment\n#| label: b\n```\n")
    assert (cell.label, cell.code, cell.code_line) == ("a", "# a comment\n#| label: b", 4)


def test_a_cell_without_code_is_not_evaluated() -> None:
    assert not only("```{python}\n#| label: a\n\n```\n").is_evaluated


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```{python}\nx\n", "1: the cell opened here is never closed by a line '```'"),
        ("a\n\n  ````{python}\n  x\n  ```\n````\n", "3: the cell opened here is never closed by a line '  ````'"),
        ("````\n```{python}\nx\n```\n````\n", "2: a {python} cell inside the code block opened at line 1"),
        ("~~~\n\n```{python}\nx\n```\n~~~\n", "3: a {python} cell inside the code block opened at line 1"),
        ("````{.markdown}\n```\n\n```{python}\nx\n```\n", "4: a {python} cell inside the code block opened at line 1"),
        ("\n```{python}\n#| label: [a\nx\n```\n", "3: invalid YAML: "),
        ("```{python}\n#| label: a\n#| echo: : b\nx\n```\n", "3: invalid YAML: "),
        ("```{python}\n#| just text\nx\n```\n", "2: expected YAML of the form 'name: value', found 'just text'"),
        ("```{python}\n#| 1: a\nx\n```\n", "2: the YAML name 1 is not text"),
        ("```{python}\n#| date: 2026-13-45\nx\n```\n", "2: invalid YAML: month must be in 1..12"),
        ("---\ntitle: x\n", "1: the front matter opened here is never closed by a line '---'"),
        ("---\ntitle: x\nfoo: [1\n---\n", "3: invalid YAML: "),
        ("---\ntitle: 'x\n---\n", "2: invalid YAML: "),
        ("---\n- a\n- b\n---\n", "2: expected YAML of the form 'name: value', found ['a', 'b']"),
        ("---\ntitle: \x07\n---\n", "2: invalid YAML: "),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    assert failure(text).startswith(message)


@pytest.mark.parametrize("label", ["1a", "a b", "-a", "a/b", "ä", "a" * 101, "", "a\n"])
def test_labels_that_cannot_be_ids(label: str) -> None:
    message = failure(f"```{{python}}\n#| echo: true\n#| label: {label!r}\nx\n```\n".replace("'", '"'))
    assert message.startswith(f"3: label {label!r} cannot be used as an id")


@pytest.mark.parametrize("label", ["a", "fig-x", "A.b_c:d-1", "a" * 100])
def test_labels_that_can(label: str) -> None:
    assert only(f"```{{python}}\n#| label: {label}\nx\n```\n").name == label


def test_a_label_that_stands_twice() -> None:
    message = failure("```{python}\n#| label: a\nx\n```\n\n```{python}\n\n#| eval: true\n#| label: a\ny\n```\n")
    assert message == "9: label 'a' is taken by the cell at line 1; labels must be unique"


def test_a_heading_in_a_code_block_begins_no_section() -> None:
    assert only("# Real\n\n```\n# comment\n```\n\n```{python}\n# x\n```\n").section == "Real"


def test_what_is_broken_says_so_in_its_label() -> None:
    assert only("```{python}\n#| label: wait-broken\n#| broken: true\nx\n```\n").is_broken
    assert not only("```{python}\n#| label: heart-broken\nx\n```\n").is_broken
    message = failure("```{python}\n#| label: wait\n#| broken: true\nx\n```\n")
    assert message == "3: label 'wait' of a cell that is broken must end in '-broken': its script bears that name"
