"""Includes are expanded before anything else, and messages name the file that a line comes from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from awaited.read.articles import Article
from awaited.read.errors import AwaitedError
from awaited.read.project import Project

PAGE = Path("posts/x.qmd")


@pytest.fixture
def read(project: Callable[..., Project]) -> Callable[..., Article]:
    def read(text: str, **files: str) -> Article:
        names = {name.replace("__", "/") + ".qmd": content for name, content in files.items()}
        return project({str(PAGE): text, **names}).read(PAGE)

    return read


def failure(read: Callable[..., Article], text: str, **files: str) -> str:
    with pytest.raises(AwaitedError) as caught:
        read(text, **files)
    return str(caught.value)


def test_a_file_stands_in_the_place_of_its_include(read: Callable[..., Article]) -> None:
    article = read(
        "One\n{{< include _in.qmd >}}\nFour\n",
        posts___in="---\ntitle: of its own\n---\nTwo\n{{< include /three.qmd >}}",
        three="Three\n",
    )
    assert [line for line in article.text.split("\n") if line] == ["One", "Two", "Three", "Four"]
    assert article.file_text == "One\n{{< include _in.qmd >}}\nFour\n"


def test_its_cells_are_cells_of_the_page_and_know_their_lines(read: Callable[..., Article]) -> None:
    article = read(
        "# T\n\n{{< include '_in.qmd' >}}\n\n```{python}\n2\n```\n",
        posts___in="Say:\n\n```{python}\n#| label: one\n\n1\n```\n",
    )
    one, two = article.cells
    assert (one.name, one.code, one.section) == ("one", "1", "T")
    for line, place in (
        (one.line, "posts/_in.qmd:3"),
        (one.code_line, "posts/_in.qmd:6"),
        (two.code_line, "posts/x.qmd:6"),
    ):
        assert str(AwaitedError("!", article.path, line)) == f"{place}: !"
    assert str(AwaitedError("!", article.path, one.code_line + 1 - 1)) == "posts/_in.qmd:6: !"
    assert f"{one.line}" == "3 of posts/_in.qmd"


def test_code_blocks_show_an_include(read: Callable[..., Article]) -> None:
    text = "````markdown\n{{< include _none.qmd >}}\n````\n"
    assert read(text).text == text


@pytest.mark.parametrize(
    ("text", "included", "message"),
    [
        ("\n{{< include _none.qmd >}}", "", "posts/x.qmd:2: the included file 'posts/_none.qmd' cannot be read: "),
        ("{{< include _in.qmd >}}", "\n{{< include x.qmd >}}", "posts/_in.qmd:2: 'x.qmd' includes itself"),
        ("{{< include a.ipynb >}}", "", "posts/x.qmd:1: 'posts/a.ipynb' is a notebook"),
        ("{{< include _in.qmd >}}", "a\n```{python}\n1", "posts/_in.qmd:2: the cell opened here is never closed"),
        ("{{< include _in.qmd >}}", "```{python}\n#| label: 1\n2\n```", "posts/_in.qmd:2: option 'label' must be text"),
        (
            "{{< include _in.qmd >}}\n```{python}\n#| label: a\n2\n```",
            "```{python}\n#| label: a\n2\n```",
            "posts/x.qmd:3: label 'a' is taken by the cell at line 1 of posts/_in.qmd",
        ),
    ],
)
def test_what_is_wrong_is_told_of_the_right_file(
    read: Callable[..., Article], text: str, included: str, message: str
) -> None:
    assert failure(read, text, posts___in=included).startswith(message)
