"""Articles, options and names of every odd form: built right, or refused with one message that names file and line."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from awaited.read.articles import parse
from awaited.read.errors import AwaitedError
from awaited.read.options import EXECUTE_DEFAULTS, FIELD_TYPES, OPTION_TYPES
from awaited.read.project import Project
from awaited.tangle.scripts import tangle
from tests.faults.injection import build, contents, fault, left_processes, nothing_lost, said

VALUES = ["3", "0", ".nan", ".inf", "some words", "''", "true", "", "2026-01-31", "[1, 2]", "[[a]]", "{a: 1}", "'('",
          "1" + "0" * 400]  # fmt: skip


def wrong(kind: str, types: Mapping[str, object]) -> list[object]:
    """Every name of a kind, as a row of the table."""
    return [
        pytest.param(name, marks=pytest.mark.fault(f"{kind} `{name}` of a wrong type", f"file:line: … must be {words}"))
        for name, (_, words) in types.items()
    ]


def tries(good: Project, bad: Path, capfd: pytest.CaptureFixture[str], page: str, line: int, what: str) -> None:
    """Builds a page with each value in the place of ``VALUE``: it is refused at its line, or is of a right type."""
    refused = 0
    for value in VALUES:
        bad.write_text(page.replace("VALUE", value))
        try:
            parse(bad.read_text(), Path("posts/bad.qmd"))
        except AwaitedError:
            refused += 1
            assert build(good) == 1
            errors = capfd.readouterr().err
            assert re.fullmatch(rf"awaited: posts/bad\.qmd:{line}: {what} [^\n]+\n", errors), value
    assert refused > 2


@pytest.mark.parametrize("name", wrong("option", OPTION_TYPES))
def test_options_of_a_wrong_type(good: Project, capfd: pytest.CaptureFixture[str], bad: Path, name: str) -> None:
    label = "" if name == "label" else "#| label: bad\n"
    page = f"---\ntitle: Bad\n---\n\n```{{python}}\n#| {name}: VALUE\n{label}x = 1\n```\n"
    tries(good, bad, capfd, page, 6, f"(option '{name}' must be|label '.*' (?:cannot be|of a cell that is broken))")


@pytest.mark.parametrize("name", wrong("field", FIELD_TYPES))
def test_fields_of_a_wrong_type(good: Project, capfd: pytest.CaptureFixture[str], bad: Path, name: str) -> None:
    tries(good, bad, capfd, f"---\nsubject: Bad\n{name}: VALUE\n---\n\nText.\n", 3, f"field '{name}' must be")


@pytest.mark.parametrize("name", wrong("default", {name: OPTION_TYPES[name] for name in EXECUTE_DEFAULTS}))
def test_defaults_of_a_wrong_type(good: Project, capfd: pytest.CaptureFixture[str], bad: Path, name: str) -> None:
    tries(
        good,
        bad,
        capfd,
        f"---\ntitle: Bad\nexecute:\n  {name}: VALUE\n---\n\nText.\n",
        4,
        f"(option '{name}' must be|label '.*' (?:cannot be|of a cell that is broken))",
    )


LABELLED = "```{{python}}\n#| label: {}\nx\n```\n"
RULE = "cannot be used as an id: it must be a letter, then letters, digits and any of _ . : - (100 at most)"


@pytest.mark.fault(
    "an article's path with `#`, `?` or `%`",
    "posts/a#b.qmd: '#' means something else in an address; rename this file or folder",
)
@pytest.mark.parametrize("sign", ["#", "?", "%"])
def test_a_path_that_cannot_be_an_address(good: Project, capfd: pytest.CaptureFixture[str], sign: str) -> None:
    page = good.root / f"posts/a{sign}b.qmd"
    with nothing_lost(good):
        page.write_text("Text.\n")
        assert build(good) == 1
        page.unlink()
    wrong = "means something else in an address; rename this file or folder"
    assert capfd.readouterr().err == f"awaited: posts/a{sign}b.qmd: '{sign}' {wrong}\n"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        fault("a label with a slash", f"posts/bad.qmd:2: label 'a/b' {RULE}", LABELLED.format("a/b")),
        fault("a label with `..`", f"posts/bad.qmd:2: label '../../x' {RULE}", LABELLED.format("../../x")),
        fault("a label with spaces", f"posts/bad.qmd:2: label 'a b' {RULE}", LABELLED.format("a b")),
        fault("a label that is not ASCII", f"posts/bad.qmd:2: label 'größe' {RULE}", LABELLED.format("größe")),
        fault("a label of 300 characters", f"posts/bad.qmd:2: label 'xx…xx' {RULE}", LABELLED.format("x" * 300)),
        fault("an empty label", f"posts/bad.qmd:2: label '' {RULE}", LABELLED.format("''")),
        fault("a label twice", "posts/bad.qmd:7: label 'a' is taken by the cell at line 1; labels must be unique",
              "```{python}\n#| label: a\nx\n```\n\n```{python}\n#| label: a\ny\n```\n"),
        fault("a cell without a label", "posts/bad.qmd:2: this cell has no label to name its script by: "
              "add a line `#| label: …`, or `#| example: false` if it should not become a script",
              "::: {.callout-note}\n```{python}\nraise KeyError('a')\n```\n:::\n"),
        fault("a cell that is no Python", "posts/bad.qmd:4: cell 'bad' is not Python (invalid syntax)",
              "```{python}\n#| label: bad\nx = 1\nif\n```\n"),
        fault("a cell that is never closed", "posts/bad.qmd:2: the cell opened here is never closed by a line '```'",
              "\n```{python}\nx\n"),
        fault("front matter that is no YAML",
              "posts/bad.qmd:3: invalid YAML: expected ',' or ']', but got '<stream end>'",
              "---\ntitle: Bad\nlist: [a\n---\n"),
        fault("front matter that is never closed",
              "posts/bad.qmd:1: the front matter opened here is never closed by a line '---'", "---\ntitle: Bad\n"),
        fault("front matter that is a list", "posts/bad.qmd:2: expected YAML of the form 'name: value', found ['a']",
              "---\n- a\n---\n"),
        fault("cell options that are no YAML", "posts/bad.qmd:3: invalid YAML: mapping values are not allowed here",
              "\n```{python}\n#| label: a: b\nx\n```\n"),
        fault("a file that is not UTF-8", "posts/bad.qmd:2: byte 0xe9 is not UTF-8; save the file as UTF-8",
              b"Prose\ncaf\xe9\n"),
        fault("a link to no page", "posts/bad.qmd:4: the link 'missing.html' leads to no file of the site; correct it",
              "---\ntitle: Bad\n---\n[here](good.qmd#greet) and [there](missing.html)\n"),
    ],
)  # fmt: skip
def test_an_article_is_refused(
    good: Project, bad: Path, capfd: pytest.CaptureFixture[str], text: str | bytes, outcome: str
) -> None:
    bad.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert build(good) == 1
    out, errors = capfd.readouterr()
    assert said(errors).replace("x" * 300, "xx…xx") == f"awaited: {outcome}\n"
    assert out == ""


CELL = "```{{python}}\n#| label: {0}\nprint('{0}')\n```\n"
LABELS = ["a.b.c", "c:d", "e-f", "x" * 100, "class", "json", "Fig_1"]
PAGES = {
    "empty.qmd": "",
    "blank.qmd": "\n\n \n",
    "header.qmd": "---\ntitle: Header\n---\n",
    "nothing.qmd": "---\n---\n",
    "prose.qmd": "---\ntitle: Prose\n---\n\nNo cells at all, but `{python}`.\n",
    "comment.qmd": "---\ntitle: Comment\n---\n\n```{python}\n#| label: comment\n# nothing but this\n```\n",
    "void.qmd": "---\ntitle: Void\n---\n\n```{python}\n#| label: void\n```\n\n```{python}\n```\n",
    "labels.qmd": "---\ntitle: Labels\n---\n\n" + "\n".join(map(CELL.format, LABELS)),
    "posts/ein Artikel – größer/index.qmd": "---\ntitle: Größer\n---\n\n"
    + CELL.format("plot") + "\n[up](../../index.qmd)\n",
    "posts/odd 'name' & more.qmd": "---\ntitle: Odd\n---\n\n" + CELL.format("odd")
    + "\n[there](<ein Artikel – größer/index.qmd>)\n",
    "日本 語.qmd": "---\ntitle: 日本語\n---\n\n" + CELL.format("nihongo"),
}  # fmt: skip


@pytest.fixture(scope="module")
def odd(make_good: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project in a path with spaces and signs, whose pages are empty, without cells, or have odd names."""
    return make_good(tmp_path_factory.mktemp("odd") / "mein Projekt – größer & 'so'", PAGES)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("empty.qmd", marks=pytest.mark.fault("an empty article", "an empty page")),
        pytest.param("blank.qmd", marks=pytest.mark.fault("an article of white space", "an empty page")),
        pytest.param(
            "header.qmd", marks=pytest.mark.fault("an article of front matter alone", "a page with its title")
        ),
        pytest.param("nothing.qmd", marks=pytest.mark.fault("an article of empty front matter", "an empty page")),
        pytest.param("prose.qmd", marks=pytest.mark.fault("an article with no cells", "its page, and no kernel")),
        pytest.param("comment.qmd", marks=pytest.mark.fault("a cell of a comment alone", "the page shows it")),
        pytest.param("void.qmd", marks=pytest.mark.fault("cells without code", "the page has nothing for them")),
    ],
)
def test_an_article_with_next_to_nothing(odd: Project, page: str) -> None:
    assert "<main" in (odd.site / page).with_suffix(".html").read_text()


@pytest.mark.fault(
    "a label with dots, colons, 100 characters, or a keyword", "the page has its id, and its script is written"
)
def test_labels_that_are_odd_but_right(odd: Project) -> None:
    text = (odd.site / "labels.html").read_text()
    for label in LABELS:
        assert f'id="{label}"' in text
    assert len(list((odd.root / "examples/labels").glob("*.py"))) == len(LABELS)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(
            name,
            marks=pytest.mark.fault(
                f"an article at `{name}`, in a project at such a path", "its page and script are right"
            ),
        )
        for name in list(PAGES)[-3:]
    ],
)
def test_paths_with_spaces_and_signs(odd: Project, page: str) -> None:
    tree = LexborHTMLParser((odd.site / page).with_suffix(".html").read_text())
    label = re.findall(r"label: (\w+)", PAGES[page])[0]
    assert tree.css_first(f"#{label} .cell-output-stdout").text().strip() == label
    assert list((odd.root / "examples").rglob(f"{label}.py"))


def test_the_next_build_of_odd_names_changes_nothing(odd: Project, capfd: pytest.CaptureFixture[str]) -> None:
    before = contents(odd)
    capfd.readouterr()
    with nothing_lost(odd):
        assert build(odd) == 0
    assert "no cell had to run" in capfd.readouterr().out
    assert contents(odd) == before
    assert left_processes(odd) == []


@pytest.mark.fault("an article of 10,000 lines", "it is built, in a time that grows with its length and no faster")
def test_a_long_article(make_project: Callable[..., Project], tmp_path: Path) -> None:
    text = "---\ntitle: Long\n---\n\n" + "".join(
        f"## Section {n}\n\nSome *prose* with `code`, and [a link](#section-{n}).\n\n"
        + ("" if n % 50 else CELL.format(f"c{n}") + "\n")
        for n in range(2500)
    )
    assert text.count("\n") > 10_000
    project = make_project(tmp_path, {"index.qmd": text})
    assert build(project) == 0
    assert "Section 2499" in (project.site / "index.html").read_text()

    def seconds(article: str) -> float:
        begun = time.process_time()
        tangle(parse(article, Path("a.qmd")), project)
        return time.process_time() - begun

    quarter = len(text) // 4
    short = text[: text.index("\n## ", quarter) + 1]
    assert min(seconds(text) for _ in range(3)) < 12 * min(seconds(short) for _ in range(3))
