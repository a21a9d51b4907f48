"""Notebooks run like articles; one that cannot run is shown as it is, with what it holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from awaited.execute.articles import Outcome
from awaited.memory import freezer
from awaited.progress import Progress
from awaited.read.errors import AwaitedError
from awaited.read.project import Project

PAGE = Path("a.ipynb")


def notebook(code: str, output: str = "", header: str = "") -> str:
    outputs = [{"output_type": "stream", "name": "stdout", "text": output}] if output else []
    cells = [
        {"cell_type": "raw", "metadata": {}, "source": f"---\n{header or 'title: A'}\n---"},
        {"cell_type": "markdown", "metadata": {}, "source": ["Words\n", "and more."]},
        {"cell_type": "code", "metadata": {}, "execution_count": None, "source": code, "outputs": outputs},
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def test_it_is_read_like_an_article(project: Callable[..., Project]) -> None:
    article = project({"a.ipynb": notebook("#| label: one\nprint('```')")}).read(PAGE)
    (cell,) = article.cells
    assert (article.title, cell.label, cell.code) == ("A", "one", "print('```')")
    assert str(AwaitedError("!", article.path, cell.code_line)) == "a.ipynb (cell 3):2: !"
    assert "Words\nand more." in article.text


def test_what_is_no_notebook_is_told(project: Callable[..., Project]) -> None:
    with pytest.raises(AwaitedError, match=r"^a\.ipynb: is no notebook of format 4"):
        project({"a.ipynb": '{"cells": 3}'}).read(PAGE)


def test_it_runs(project: Callable[..., Project], run: Callable[..., Outcome]) -> None:
    made = project({"a.ipynb": notebook("print(6 * 7)", output="an old one\n")})
    assert run(made).executed == (PAGE,)
    text = freezer.markdown(made.freezer, PAGE)
    assert "\n42\n" in text
    assert "an old one" not in text


def test_it_does_not_where_its_header_says_so(project: Callable[..., Project]) -> None:
    made = project({"a.ipynb": notebook("print(1)", header="execute: {enabled: false}")})
    assert not made.read(PAGE).has_code


def test_one_that_fails_but_holds_outputs_is_shown_as_it_is(
    project: Callable[..., Project], run: Callable[..., Outcome], progress: Progress
) -> None:
    made = project({"a.ipynb": notebook("print(1)", output="kept\n")})
    assert run(made).executed
    made = project({"a.ipynb": notebook("import absent", output="kept\n")})
    assert run(made, progress).executed == ()
    said = progress.stream.getvalue()  # type: ignore[attr-defined]
    assert "note: a.ipynb (cell 3):1: " in said
    assert "No module named 'absent'; the page shows what the notebook holds" in said
    assert not freezer.state(made.freezer, PAGE)


def test_one_that_fails_and_holds_none_stops_the_build(
    project: Callable[..., Project], run: Callable[..., Outcome]
) -> None:
    with pytest.raises(AwaitedError, match="No module named 'absent'"):
        run(project({"a.ipynb": notebook("import absent")}))
