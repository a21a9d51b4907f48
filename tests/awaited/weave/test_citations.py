"""Citations become links to a list of references, in Chicago's author-date style."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from awaited.read.project import Project
from awaited.weave.citations import cite

BOOKS = """\
@string{x = "y"}
@book{knuth84, author = {Knuth, Donald E.}, title = {Literate {Programming}}, year = 1984, publisher = "CSLI"}
@article{two, author = {Paul Erd{\\H{o}}s and Alfr\\'ed R\\'enyi}, title = {On Random Graphs}, journal = {Publ. Math.},
  volume = {6}, number = {1}, pages = {290--297}, date = {1959-05-01}, doi = {10.1/x}}
@misc{many, author = {A, A. and B, B. and C, C. and D, D.}, title = {Many}, year = {2001}, url = {https://m.example}}
@misc{manyb, author = {A, A. and B, B. and C, C. and D, D.}, title = {More}, year = {2001}}
"""
PAGE = Path("notes/a.qmd")


@pytest.fixture
def cited(project: Callable[..., Project]) -> Callable[..., tuple[str, list[str]]]:
    def cited(text: str, books: str | None = BOOKS, name: str = "books.bib") -> tuple[str, list[str]]:
        files = {"notes/" + name: books} if books is not None else {}
        made = project({str(PAGE): f"---\nbibliography: {name}\n---\n{text}\n", **files})
        page, losses = made.read(PAGE), list[str]()
        written = cite(page.text, page, made, lambda loss: losses.append(f"{loss[2]}: {loss[0]}"))
        return written.partition("---\n")[2].partition("---\n")[2], losses

    return cited


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("[@knuth84]", "([Knuth 1984](#ref-knuth84))"),
        ("[see @knuth84, pp. 3-4; @two]", "(see [Knuth 1984](#ref-knuth84), 3-4; [Erdős and Rényi 1959](#ref-two))"),
        ("[-@knuth84, ch. 2]", "([1984](#ref-knuth84), ch. 2)"),
        ("@knuth84 says", "[Knuth](#ref-knuth84) ([1984](#ref-knuth84)) says"),
        ("@knuth84 [p. 9] says", "[Knuth](#ref-knuth84) ([1984](#ref-knuth84), 9) says"),
        ("[@many; @manyb]", "([A et al. 2001a](#ref-many); [A et al. 2001b](#ref-manyb))"),
    ],
)
def test_a_citation(cited: Callable[..., tuple[str, list[str]]], text: str, written: str) -> None:
    shown, losses = cited(text)
    assert shown.startswith(f"{written}\n")
    assert losses == []


@pytest.mark.parametrize("text", ["`[@knuth84]`", "me@knuth84.example", "[@fig-a]", "@nobody", "```\n@knuth84\n```"])
def test_what_is_no_citation_stays(cited: Callable[..., tuple[str, list[str]]], text: str) -> None:
    assert cited(text) == (f"{text}\n", [])


def test_the_list_has_what_is_cited_in_order(cited: Callable[..., tuple[str, list[str]]]) -> None:
    shown, _ = cited("[@knuth84; @two; @many]")
    listed = [line for line in shown.partition("## References")[2].split("\n") if line and ":::" not in line]
    assert listed[1:] == [
        "A, A., B. B, C. C, and D. D. 2001a. \u201cMany.\u201d <https://m.example>.",
        "Erdős, Paul, and Alfréd Rényi. 1959. \u201cOn Random Graphs.\u201d *Publ. Math.* 6 (1): 290\u2013297. "
        "<https://doi.org/10.1/x>.",
        "Knuth, Donald E. 1984. *Literate Programming*. CSLI.",
    ]


def test_the_list_stands_where_the_page_wants_it(cited: Callable[..., tuple[str, list[str]]]) -> None:
    shown, _ = cited("[@knuth84]\n\n::: {#refs}\n:::\n\nLast.")
    assert "## References" not in shown
    assert shown.index("*Literate") < shown.index("Last.")


def test_a_bibliography_in_json(cited: Callable[..., tuple[str, list[str]]]) -> None:
    entry = {"id": "x", "type": "book", "title": "T", "author": [{"family": "F", "given": "G"}]}
    shown, _ = cited("[@x]", json.dumps([{**entry, "issued": {"date-parts": [[1999, 1]]}}]), "books.json")
    assert shown.startswith("([F 1999](#ref-x))")
    assert "F, G. 1999. *T*." in shown


@pytest.mark.parametrize(
    ("books", "name", "lost"),
    [
        (BOOKS, "books.bib", "notes/a.qmd:4: the citation '@nobody' is in no bibliography of its page"),
        (None, "books.bib", "notes/a.qmd:2: books.bib: the bibliography cannot be read: No such file or directory"),
        ("x", "books.yaml", "notes/a.qmd:2: books.yaml: a bibliography of this kind is not read here"),
        ("{", "books.json", "notes/a.qmd:2: books.json: is no bibliography in CSL's JSON"),
    ],
)
def test_what_cannot_be_cited_is_named(
    cited: Callable[..., tuple[str, list[str]]], books: str | None, name: str, lost: str
) -> None:
    shown, losses = cited("[@nobody]", books, name)
    assert shown == "[@nobody]\n"
    assert losses[0].startswith(lost)
