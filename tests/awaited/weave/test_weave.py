"""Frozen results become pages: the same content in the same order, with whichever engine there is."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from awaited.memory import freezer
from awaited.memory.files import write_whole
from awaited.memory.results import CellResult, Frozen
from awaited.progress import Progress
from awaited.read.errors import AwaitedError
from awaited.read.project import Project, load
from awaited.weave.engines import choose_engine, find_quarto, weave
from awaited.weave.stage import Stage, StoppedError

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="5"/>'
ARTICLE = """\
---
title: One
---

First, see @fig-plot and @tbl-words.

## A section

```{python}
#| label: print
print("out")
```

Between.

```{python}
#| label: fig-plot
#| fig-cap: A plot
#| echo: false
draw()
```

```{python}
#| label: hidden
#| include: false
secret()
```

| word |
|------|
| late |

: The words {#tbl-words}

Last.
"""
OUTPUTS = {
    1: ({"output_type": "stream", "name": "stdout", "text": "<out> & `@fig-plot`\n"},),
    2: ({"output_type": "display_data", "data": {"image/svg+xml": SVG}, "metadata": {}},),
    3: ({"output_type": "stream", "name": "stdout", "text": "secret\n"},),
}


def freeze_page(project: Project, page: str = "posts/one.qmd") -> None:
    results = tuple(CellResult(number, 0.0, outputs) for number, outputs in OUTPUTS.items())
    article = project.read(Path(page))
    freezer.write(project.freezer, article, article.text.encode(), Frozen({}, "2026-01-05", "3.14.0", results))


@pytest.fixture
def made(project: Callable[..., Project]) -> Project:
    made = project(
        {"posts/one.qmd": ARTICLE, "index.qmd": "Home\n", "styles.css": "", ".secret": "", "_site/old.html": "old"},
        "project: {type: website}\nwebsite: {title: Trial}\nformat: {html: {css: styles.css}}\n",
    )
    freeze_page(made)
    return made


# --- smalldocs --------------------------------------------------------------------------------------------------------


@pytest.fixture
def output(made: Project, progress: Progress) -> Path:
    output = made.scratch / "site"
    made.scratch.mkdir()
    weave(made, "smalldocs", Stage(made, made.read_pages()), output, progress)
    return output


def test_a_page_has_all_its_parts_in_order(output: Path) -> None:
    main = LexborHTMLParser((output / "posts/one.html").read_text()).css_first("main")
    text = " ".join(main.text().split())
    parts = [
        *("First, see Figure\N{NO-BREAK SPACE}1 and Table\N{NO-BREAK SPACE}1.", "A section", 'print("out")'),
        *("<out> & `@fig-plot`", "Between.", "Figure\N{NO-BREAK SPACE}1: A plot"),
        *("Table\N{NO-BREAK SPACE}1: The words", "Last."),
    ]
    places = [" ".join(text.split()).find(" ".join(part.split())) for part in parts]
    assert -1 not in places, text
    assert places == sorted(places)
    assert "secret" not in text
    assert "draw()" not in text
    for anchor in ("fig-plot", "tbl-words", "print"):
        assert len(main.css(f'[id="{anchor}"]')) == 1
    assert [node.attributes["href"] for node in main.css("a.quarto-xref")] == ["#fig-plot", "#tbl-words"]


def test_pictures_are_copied_beside_their_page(output: Path) -> None:
    picture = LexborHTMLParser((output / "posts/one.html").read_text()).css_first("main img")
    assert (output / "posts" / picture.attributes["src"]).read_text() == SVG


def test_only_what_belongs_to_the_site_is_in_it(made: Project, output: Path) -> None:
    names = {file.relative_to(output).as_posix() for file in output.rglob("*") if "site_libs" not in file.parts}
    assert {"index.html", "posts/one.html", "styles.css"} <= names
    assert not names & {".secret", "old.html", "_freeze", ".awaited"}
    assert (made.site / "old.html").read_text() == "old", "the finished site is not touched"
    assert not (made.scratch / "stage").exists()


def test_what_has_changed_since_the_preparation_is_in_the_site(made: Project, progress: Progress) -> None:
    (made.root / "styles.css").write_text("main { color: black }")
    (made.root / "index.qmd").write_text("See @fig-none and [the file](written.txt).\n")
    made.scratch.mkdir()
    stage = Stage(made, made.read_pages())
    stage.prepare()
    record = freezer.record_file(made.freezer, Path("posts/one.qmd"))
    write_whole(record, record.read_bytes().replace(b"<out>", b"<new>"))
    (picture,) = made.freezer.rglob("*.svg")
    write_whole(picture, SVG.replace("10", "20").encode())
    (made.root / "styles.css").write_text("main { color: green }")
    (made.root / "written.txt").write_text("by a cell")
    output = made.scratch / "site"
    weave(made, "smalldocs", stage, output, progress)
    assert "&lt;new&gt; &amp; `@fig-plot`" in (output / "posts/one.html").read_text()
    assert next(output.rglob("*.svg")).read_text() == SVG.replace("10", "20")
    assert "green" in (output / "styles.css").read_text()
    assert (output / "written.txt").read_text() == "by a cell"
    assert progress.stream.getvalue().count("@fig-none") == 1  # type: ignore[attr-defined]


def test_a_file_that_is_there_for_a_while_is_not_in_the_site(made: Project, progress: Progress) -> None:
    (made.root / "_quarto.yml").write_text("project: {type: website, resources: [posts/*.tmp]}\n")
    made, passing = load(made.root), made.root / "posts/journal.tmp"
    passing.write_text("")
    made.scratch.mkdir()
    stage = Stage(made, made.read_pages())
    stage.prepare()
    passing.unlink()
    (made.root / "posts/other.tmp").write_text("stays")
    weave(made, "smalldocs", stage, made.scratch / "site", progress)
    assert [file.name for file in (made.scratch / "site").rglob("*.tmp")] == ["other.tmp"]


def test_a_file_that_goes_while_it_is_copied_is_no_obstacle(
    made: Project, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, gone = shutil.copy2, made.root / "posts/journal.tmp"

    def copy_too_late(source: Path, target: Path) -> None:
        gone.unlink(missing_ok=True)
        copy(source, target)

    gone.write_text("")
    made.scratch.mkdir()
    stage = Stage(made, made.read_pages())
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copy2", copy_too_late)
        stage.prepare()
    weave(made, "smalldocs", stage, made.scratch / "site", progress)
    assert (made.scratch / "site/styles.css").exists()


def test_a_stopped_stage_writes_nothing_more(made: Project, progress: Progress) -> None:
    made.scratch.mkdir()
    stage = Stage(made, made.read_pages())
    stage.stop()
    with pytest.raises(StoppedError):
        stage.prepare()
    assert not stage.folder.exists()


def test_only_what_has_changed_since_the_preparation_is_laid_out_again(made: Project, progress: Progress) -> None:
    made.scratch.mkdir()
    stage = Stage(made, made.read_pages())
    stage.prepare()
    before = {file: file.stat().st_ctime_ns for file in stage.folder.rglob("*") if file.is_file()}
    assert len(before) == 5
    (made.root / "styles.css").write_text("main { color: green }")
    stage.lay_out()
    after = {file: file.stat().st_ctime_ns for file in stage.folder.rglob("*") if file.is_file()}
    assert {file.name for file in before if after[file] != before[file]} == {"styles.css"}


def test_damaged_results_are_no_obstacle_to_the_preparation(made: Project, progress: Progress) -> None:
    freezer.record_file(made.freezer, Path("posts/one.qmd")).write_bytes(b"{")
    made.scratch.mkdir()
    stage = Stage(made, made.read_pages())
    stage.prepare()
    freeze_page(made)
    weave(made, "smalldocs", stage, made.scratch / "site", progress)
    assert "&lt;out&gt;" in (made.scratch / "site/posts/one.html").read_text()


def test_a_reference_to_nothing_is_noted(made: Project, progress: Progress) -> None:
    (made.root / "index.qmd").write_text("See @fig-none.\n")
    made.scratch.mkdir()
    weave(made, "smalldocs", Stage(made, made.read_pages()), made.scratch / "site", progress)
    said = progress.stream.getvalue()  # type: ignore[attr-defined]
    assert said == "  note: index.qmd:1: the reference '@fig-none' leads to nothing on its page; correct it\n"


def test_a_page_without_results_is_refused(made: Project, progress: Progress) -> None:
    (made.root / "new.qmd").write_text("```{python}\n#| label: a\nx\n```\n")
    made.scratch.mkdir()
    with pytest.raises(AwaitedError, match=r"^new\.qmd: has no frozen results; run 'awaited execute' first$"):
        weave(made, "smalldocs", Stage(made, made.read_pages()), made.scratch / "site", progress)
    assert list(made.scratch.iterdir()) == []


def test_what_smalldocs_refuses_is_said(project: Callable[..., Project], progress: Progress) -> None:
    made = project({"other/a.md": ""}, "project: {type: website, render: [nothing.qmd]}\n")
    made.scratch.mkdir()
    with pytest.raises(AwaitedError, match=r"^smalldocs: no pages to render"):
        weave(made, "smalldocs", Stage(made, made.read_pages()), made.scratch / "site", progress)


# --- Quarto -----------------------------------------------------------------------------------------------------------

QUARTO = """\
#!/bin/sh
echo "$PWD $QUARTO_PYTHON $@" > called
[ -f fail ] && exit 7
mkdir -p "$4" && touch "$4/index.html"
"""


@pytest.fixture
def quarto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for Quarto on the PATH, alone there but for what a shell script needs."""
    script = tmp_path / "bin/quarto"
    script.parent.mkdir()
    script.write_text(QUARTO)
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.delenv("QUARTO", raising=False)
    return script


@pytest.fixture
def no_quarto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("QUARTO", raising=False)


@pytest.mark.usefixtures("quarto")
@pytest.mark.parametrize(("forced", "engine"), [(None, "quarto"), ("quarto", "quarto"), ("smalldocs", "smalldocs")])
def test_with_quarto_on_the_path(forced: str | None, engine: str) -> None:
    assert choose_engine(forced) == engine


@pytest.mark.usefixtures("no_quarto")
@pytest.mark.parametrize(("forced", "engine"), [(None, "smalldocs"), ("smalldocs", "smalldocs")])
def test_without_quarto(forced: str | None, engine: str) -> None:
    assert choose_engine(forced) == engine


@pytest.mark.usefixtures("no_quarto")
def test_a_forced_quarto_that_is_not_there() -> None:
    with pytest.raises(AwaitedError, match=r"^Quarto is not installed; install it, name it with QUARTO=, or use"):
        choose_engine("quarto")


def test_the_variable_names_quarto(quarto: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("QUARTO", str(quarto))
    assert find_quarto() == str(quarto)
    assert choose_engine() == "quarto"


def test_a_variable_that_names_nothing(quarto: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUARTO", str(quarto.with_name("none")))
    for forced in (None, "quarto"):
        with pytest.raises(AwaitedError, match=r"^QUARTO=.*/none is no program that can be run; correct it or unset"):
            choose_engine(forced)
    assert choose_engine("smalldocs") == "smalldocs"


@pytest.mark.usefixtures("quarto")
def test_quarto_renders_the_whole_project_into_a_folder_of_its_own(made: Project, progress: Progress) -> None:
    output = made.scratch / "site"
    weave(made, "quarto", Stage(made, made.read_pages()), output, progress)
    called = (made.root / "called").read_text()
    assert called == f"{made.root} {sys.executable} render {made.root} --output-dir .awaited/site\n"
    assert [file.name for file in output.iterdir()] == ["index.html"]


@pytest.mark.usefixtures("quarto")
def test_a_failing_quarto_is_said(made: Project, progress: Progress) -> None:
    (made.root / "fail").touch()
    with pytest.raises(AwaitedError, match=r"^quarto render failed with exit status 7; what it said stands above$"):
        weave(made, "quarto", Stage(made, made.read_pages()), made.scratch / "site", progress)
