"""Articles are read as Quarto reads them; every cell and error knows its line, and prose is kept to the letter."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awaited.read.articles import Article, parse
from awaited.read.cells import Cell
from awaited.read.errors import AwaitedError
from awaited.read.metadata import merge, read_yaml
from awaited.read.options import OPTION_TYPES, execute_options

PATH = Path("posts/x/index.qmd")


def read(text: str, inherited: dict[str, Any] | None = None) -> Article:
    return parse(dedent(text), PATH, inherited)


def only(text: str, inherited: dict[str, Any] | None = None) -> Cell:
    (cell,) = read(text, inherited).cells
    return cell


def failure(text: str) -> str:
    """The message that a text is refused with, without the file's name."""
    with pytest.raises(AwaitedError) as caught:
        read(text)
    assert str(caught.value).startswith(f"{PATH}:")
    return str(caught.value).removeprefix(f"{PATH}:")


ARTICLE = """\
---
title: Two cells
execute:
  echo: false
---

## First *section* {#one}

Prose.

```{python}
#| label: one
#| fig-cap: "A caption"

x = 1

y = 2

```

### Second

1. A list:

   ````{python}
   #| eval: false
   print("```")
     indented()
   ````
"""


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


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("!!int x", "invalid YAML: "),
        ("!!timestamp x", "invalid YAML: "),
        ("!!bool x", "invalid YAML: "),
        ("&a [*a]", "invalid YAML: its aliases stand for too many values, or for themselves"),
        ("[" * 2000, "invalid YAML: nested too deep"),
    ],
    ids=range(5),
)
def test_yaml_that_its_reader_does_not_foresee(value: str, message: str) -> None:
    assert failure(f"---\ntitle: {value}\n---\n").startswith(f"2: {message}")


@pytest.mark.parametrize(("opening", "closing"), ["[]", "{}"], ids=["lists", "merge keys"])
def test_yaml_whose_aliases_stand_for_millions(opening: str, closing: str) -> None:
    first = "a: &a [1]" if opening == "[" else "a: &a {x: 1}"
    kind = "" if opening == "[" else "<<: ["
    end = "" if opening == "[" else "]"
    lines = [f"{b}: &{b} {opening}{kind}{', '.join([f'*{a}'] * 9)}{end}{closing}" for a, b in pairwise("abcdefghij")]
    wanted = "2: invalid YAML: its aliases stand for too many values, or for themselves"
    assert failure("\n".join(["---", first, *lines, "---\n"])) == wanted


def test_a_message_is_one_line_of_signs() -> None:
    assert str(AwaitedError("a\n\x1b[31m\ud800\u2028", "b.qmd", 3)) == r"b.qmd:3: a\n\x1b[31m\ud800\u2028"
    assert len(str(AwaitedError("x" * 10_000))) < 600


def test_a_whole_article() -> None:
    article = read(ARTICLE)
    one, two = article.cells
    assert (article.title, article.slug, article.text) == ("Two cells", "x", ARTICLE)
    assert (one.number, one.label, one.name, one.section) == (1, "one", "one", "First section")
    assert (one.line, one.code_line, one.end_line) == (11, 15, 19)
    assert (one.code, one.option_lines) == ("x = 1\n\ny = 2", ("#| label: one", '#| fig-cap: "A caption"'))
    assert (one.setting("echo"), one.setting("output"), one.setting("fig-cap")) == (False, True, "A caption")
    assert (one.is_evaluated, one.is_visible) == (True, False)
    assert (two.number, two.label, two.name, two.section) == (2, None, "cell 2", "Second")
    assert (two.line, two.code_line, two.end_line, two.indent) == (25, 27, 29, "   ")
    assert two.code == 'print("```")\n  indented()'
    assert not two.is_evaluated


@pytest.mark.parametrize(
    ("path", "header", "title", "slug"),
    [
        ("posts/one/index.qmd", "", "index", "one"),
        ("posts/one.qmd", "title: 1", "1", "one"),
        ("index.qmd", "title: Home", "Home", "index"),
    ],
)
def test_title_and_slug(path: str, header: str, title: str, slug: str) -> None:
    article = parse(f"---\n{header}\n---\n", Path(path))
    assert (article.title, article.slug) == (title, slug)


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


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_mark(end: str, mark: str) -> None:
    article = parse(mark + ARTICLE.replace("\n", end), PATH)
    assert article.text == ARTICLE
    assert article.cells == read(ARTICLE).cells


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


RIGHT: dict[str, list[Any]] = {
    "label": ["a-label"],
    "echo": [True, False, "fenced"],
    "output": [True, False, "asis"],
    "code-fold": [True, False, "show"],
    "code-summary": ["Code"],
    "python": [">=3.12"],
    "timeout": [1, 0.5],
    "fig-format": ["svg"],
    **{name: [True, False] for name in ["eval", "include", "warning", "error", "example"]},
    **{name: ["One", ["One", "Two"], []] for name in ["fig-cap", "fig-alt", "tbl-cap", "varies"]},
    **{name: [1, 2.5] for name in ["fig-width", "fig-height", "fig-dpi"]},
}
ANY = [True, "text", "(", "fenced", "asis", "show", 0, -1, 3, 3.12, None, [], ["text"], [1], {"a": "b"}]


def yaml_of(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else "null" if value is None else str(value).replace("True", "true")


def test_every_checked_option_is_tried() -> None:
    assert set(RIGHT) == set(OPTION_TYPES)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in RIGHT for value in RIGHT[name]])
def test_options_of_the_right_type(name: str, value: Any) -> None:
    shown = str(value).lower() if isinstance(value, bool) else yaml_of(value)
    assert only(f"```{{python}}\n#| {name}: {shown}\nx\n```\n").options == {name: value}


def allowed(name: str, value: Any) -> bool:
    if name in ("fig-cap", "fig-alt", "tbl-cap", "varies"):
        is_pattern = name != "varies" or value != "("
        return (isinstance(value, str) and is_pattern) or (isinstance(value, list) and value != [1])
    kinds = {type(right) for right in RIGHT[name]}
    if name in ("label", "code-summary", "fig-format"):
        return isinstance(value, str)
    if kinds == {int, float}:
        return type(value) in kinds and value > 0
    return value is True or (isinstance(value, str) and value in RIGHT[name])


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name in RIGHT for value in ANY if not allowed(name, value)]
)
def test_options_of_a_wrong_type(name: str, value: Any) -> None:
    text = f"Prose.\n\n```{{python}}\n#| classes: a\n#| {name}: {yaml_of(value)}\nx\n```\n"
    message = failure(text)
    assert message.startswith(f"5: option '{name}' must be {OPTION_TYPES[name][1]}, not ")


def test_a_wrong_type_is_named_as_it_is_written() -> None:
    assert failure("```{python}\n#| label: true\nx\n```\n") == "2: option 'label' must be text, not true"
    assert failure("```{python}\n#| echo: 'no'\nx\n```\n").endswith("must be true, false or fenced, not 'no'")


def test_a_wrong_type_in_the_front_matter() -> None:
    message = failure("---\ntitle: x\nexecute:\n  echo: true\n  timeout: soon\n---\n")
    assert message == "5: option 'timeout' must be a number of seconds, not 'soon'"


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


@pytest.mark.parametrize(
    ("data", "line"), [(b"\xff", 1), (b"one\ntw\xe9\n", 2), (b"one\r\ntwo\r\n\x80", 3), (b"a\n\xed\xa0\x80", 2)]
)
def test_what_is_not_utf8(project: Any, data: bytes, line: int) -> None:
    with pytest.raises(AwaitedError, match=rf"^a\.qmd:{line}: byte 0x.. is not UTF-8; save the file as UTF-8$"):
        project({"a.qmd": data}).articles()


def test_a_heading_in_a_code_block_begins_no_section() -> None:
    assert only("# Real\n\n```\n# comment\n```\n\n```{python}\n# x\n```\n").section == "Real"


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "Yes", "NO"])
def test_yaml_is_read_as_version_1_2(word: str) -> None:
    assert read_yaml(f"a: {word}\nb: true\nc: False\n", "x", 1) == {"a": word, "b": True, "c": False}


def test_front_matter_is_closed_by_dots_too_and_must_be_at_the_top() -> None:
    assert read("---\ntitle: x\n...\n---\n").front_matter == {"title": "x"}
    assert read("\n---\ntitle: x\n---\n").front_matter == {}
    assert read("---\n---\n").front_matter == {}


@pytest.mark.parametrize(
    ("inherited", "header", "option", "echo"),
    [
        ({}, "", "", True),
        ({"execute": {"echo": False}}, "", "", False),
        ({"format": {"html": {"echo": False}}}, "", "", False),
        ({"format": {"html": {"execute": {"echo": False}}}}, "", "", False),
        ({"format": {"html": "default"}, "echo": False}, "", "", False),
        ({"execute": {"echo": False}}, "execute: {echo: true}", "", True),
        ({"execute": {"echo": False}}, "echo: true", "", True),
        ({"execute": {"echo": False}}, "execute: {echo: true}", "#| echo: fenced", "fenced"),
        ({"execute": None, "format": "html"}, "", "", True),
    ],
)
def test_defaults_come_from_the_nearest(inherited: dict[str, Any], header: str, option: str, echo: bool | str) -> None:
    assert only(f"---\n{header}\n---\n```{{python}}\n{option}\nx\n```\n", inherited).setting("echo") == echo


def test_defaults_of_folders_and_project(project: Any) -> None:
    cell = "```{python}\nx\n```\n"
    made = project(
        {
            "posts/_metadata.yml": "execute:\n  echo: false\n  timeout: 5\n",
            "posts/a/_metadata.yml": "execute:\n  timeout: 7\njupyter: other\n",
            "posts/a/index.qmd": "---\nexecute:\n  error: true\n---\n" + cell,
            "index.qmd": cell,
        },
        "execute:\n  warning: false\n  echo: fenced\n",
    )
    inner, top = (made.read(Path(page)) for page in ("posts/a/index.qmd", "index.qmd"))
    names = ("warning", "echo", "timeout", "error", "output")
    assert [inner.cells[0].setting(name) for name in names] == [False, False, 7, True, True]
    assert [top.cells[0].setting(name) for name in names] == [False, "fenced", 60, False, True]
    assert (inner.metadata["jupyter"], top.metadata.get("jupyter")) == ("other", None)


def test_timeout_is_no_name_of_ours_outside_execute() -> None:
    assert execute_options({"timeout": 5, "execute": {"timeout": 7}}) == {"timeout": 7}


def test_merge_joins_at_every_depth() -> None:
    assert merge({"a": {"b": 1, "c": 2}, "d": [1]}, {"a": {"b": 3}, "d": [2]}) == {"a": {"b": 3, "c": 2}, "d": [2]}


def test_with_cells_replaces_each_cell_and_nothing_else() -> None:
    text = read(ARTICLE).with_cells({1: "ONE\nTWO", 2: ""})
    lines = ARTICLE.split("\n")
    assert text.split("\n") == [*lines[:10], "ONE", "TWO", *lines[19:24], "", ""]


PROSE = st.text(
    st.characters(exclude_characters="`~\r", exclude_categories=["Cs"]).filter(lambda c: len(c.splitlines()) == 1)
    | st.just("\n")
)


@given(st.lists(PROSE, min_size=1), st.text("x\n \t#|"))
def test_prose_is_kept_to_the_letter(prose: list[str], code: str) -> None:
    text = "\n```{python}\n#\n" + code + "\n```\n"
    article = parse("\n" + text.join(prose), PATH)
    assert len(article.cells) == len(prose) - 1
    marks = {cell.number: f"`{cell.number}`" for cell in article.cells}
    expected = "\n" + "".join(
        part + (f"\n`{number}`\n" if number < len(prose) else "") for number, part in enumerate(prose, 1)
    )
    assert article.with_cells(marks) == expected


@given(st.text(st.sampled_from("`{}python \n#|:-a[]'\"~\t\r")))
def test_any_text_is_read_or_refused_with_a_line(text: str) -> None:
    try:
        article = parse(text, PATH)
    except AwaitedError as error:
        assert 1 <= (error.line or 0) <= text.count("\n") + text.count("\r") + 1  # noqa: PT017
        return
    lines = article.text.split("\n")
    for cell in article.cells:
        assert "{python" in lines[cell.line - 1]
        assert lines[cell.code_line - 1].strip() == cell.code.split("\n")[0].strip() or not cell.code
