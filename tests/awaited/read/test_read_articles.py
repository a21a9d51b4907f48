"""Articles are read whole, and prose is kept to the letter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awaited.read.articles import parse
from awaited.read.errors import AwaitedError
from tests.awaited.read.reading import PATH, read

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


def test_a_whole_article() -> None:
    article = read(ARTICLE)
    one, two = article.cells
    assert (article.title, article.slug, article.text) == ("Two cells", "x", ARTICLE)
    assert (one.number, one.label, one.name, one.section) == (1, "one", "one", "First section")
    assert (one.line, one.code_line, one.end_line) == (11, 15, 19)
    assert (one.code, one.option_lines) == ("x = 1\n\ny = 2", ("#| label: one", '#| fig-cap: "A caption"'))
    assert (one.setting("echo"), one.setting("output"), one.setting("fig-cap")) == (False, True, "A caption")
    assert (one.is_evaluated, one.is_visible) == (True, False)
    assert (two.number, two.label, two.name, two.section) == (2, None, "line 25", "Second")
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


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_mark(end: str, mark: str) -> None:
    article = parse(mark + ARTICLE.replace("\n", end), PATH)
    assert article.text == ARTICLE
    assert article.cells == read(ARTICLE).cells


@pytest.mark.parametrize(
    ("data", "line"), [(b"\xff", 1), (b"one\ntw\xe9\n", 2), (b"one\r\ntwo\r\n\x80", 3), (b"a\n\xed\xa0\x80", 2)]
)
def test_what_is_not_utf8(project: Any, data: bytes, line: int) -> None:
    with pytest.raises(AwaitedError, match=rf"^a\.qmd:{line}: byte 0x.. is not UTF-8; save the file as UTF-8$"):
        project({"a.qmd": data}).articles()


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
