"""A project is found with its settings and pages, as Quarto picks them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from awaited.read.errors import AwaitedError
from awaited.read.project import load

CELL = "```{python}\nx = 1\n```\n"


def pages(project: Any) -> list[str]:
    return [page.as_posix() for page in project.pages()]


def test_settings(project: Any, tmp_path: Path) -> None:
    made = project(
        {}, "project: {output-dir: public, execute-dir: project}\nwebsite: {site-url: 'https://example.com/docs/'}\n"
    )
    assert (made.root, made.site, made.freezer) == (tmp_path, tmp_path / "public", tmp_path / "_freeze")
    assert (made.url, made.runs_in_root) == ("https://example.com/docs", True)


@pytest.mark.parametrize("config", ["", "project:\nwebsite:\n", "project: {}\nwebsite: {}\n"])
def test_settings_that_are_not_given(project: Any, tmp_path: Path, config: str) -> None:
    made = project({}, config)
    assert (made.site, made.url, made.runs_in_root) == (tmp_path / "_site", None, False)


def test_pages_are_all_sources_but_hidden_and_generated_ones(project: Any) -> None:
    names = ["b.qmd", "a/index.qmd", "a/deep/er.qmd", "a.md", "a/nb.ipynb"]
    others = [
        *("_draft.qmd", ".hidden.qmd", "README.qmd", "a/readme.qmd", "README.md"),
        *("_drafts/a.qmd", ".git/a.qmd", "_site/a.qmd", "venv/a.qmd", "a/node_modules/a.qmd", "public/a.qmd"),
    ]
    made = project(dict.fromkeys([*names, *others], ""), "project: {output-dir: public}\n")
    assert pages(made) == sorted(names, key=Path)


@pytest.mark.parametrize(
    ("render", "chosen"),
    [
        (None, ["about.qmd", "index.qmd", "posts/one.qmd", "posts/two/index.qmd", "posts/two/more.qmd"]),
        (["index.qmd"], ["index.qmd"]),
        (["posts"], ["posts/one.qmd", "posts/two/index.qmd", "posts/two/more.qmd"]),
        (["posts/"], ["posts/one.qmd", "posts/two/index.qmd", "posts/two/more.qmd"]),
        (
            ["*.qmd", "posts/**/*.qmd"],
            ["about.qmd", "index.qmd", "posts/one.qmd", "posts/two/index.qmd", "posts/two/more.qmd"],
        ),
        (["posts/**/*.qmd"], ["posts/one.qmd", "posts/two/index.qmd", "posts/two/more.qmd"]),
        (["posts/*.qmd"], ["posts/one.qmd"]),
        (["/*.qmd"], ["about.qmd", "index.qmd"]),
        (["*.qmd", "!posts"], ["about.qmd", "index.qmd"]),
        (["*.qmd", "!index.qmd"], ["about.qmd", "posts/one.qmd", "posts/two/more.qmd"]),
        (["*.qmd", "!posts/two/"], ["about.qmd", "index.qmd", "posts/one.qmd"]),
        (["*/m?re.qmd"], ["posts/two/more.qmd"]),
        (["two/more.qmd"], []),
    ],
)
def test_pages_that_the_project_chooses(project: Any, render: list[str] | None, chosen: list[str]) -> None:
    names = ["index.qmd", "about.qmd", "posts/one.qmd", "posts/two/index.qmd", "posts/two/more.qmd"]
    assert pages(project(dict.fromkeys(names, ""), f"project:\n  render: {render or '[]'}\n")) == chosen


def test_articles_are_the_pages_with_cells(project: Any) -> None:
    made = project({"index.qmd": "# Home\n", "b.qmd": CELL, "a/index.qmd": CELL})
    assert [article.path.as_posix() for article in made.articles()] == ["a/index.qmd", "b.qmd"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"_quarto.yml": "a: [\n"}, "_quarto.yml:2: invalid YAML"),
        ({"_quarto.yml": "- a\n"}, "_quarto.yml:1: expected YAML of the form"),
        ({"_quarto.yml": b"a: 1\nb: \xff\n"}, "_quarto.yml:2: byte 0xff is not UTF-8"),
        ({"posts/_metadata.yml": "a: 1\nb: c: d\n", "posts/a.qmd": CELL}, "posts/_metadata.yml:2: invalid YAML"),
        ({"_quarto.yml": "\nexecute:\n  echo: 'no'\n"}, "_quarto.yml:3: option 'echo' must be true, false or fenced"),
        (
            {"posts/_metadata.yml": "execute:\n  timeout: soon\n", "posts/a.qmd": CELL},
            "posts/_metadata.yml:2: option 'timeout' must be a number of seconds, not 'soon'",
        ),
    ],
)
def test_errors_name_the_file_and_the_line(project: Any, files: dict[str, Any], message: str) -> None:
    with pytest.raises(AwaitedError, match="^" + re.escape(message)):
        project(files).articles()


def test_a_folder_without_a_project(tmp_path: Path) -> None:
    with pytest.raises(AwaitedError, match=rf"^{tmp_path}: no _quarto\.yml here"):
        load(tmp_path)


def test_a_page_that_cannot_be_read(project: Any) -> None:
    made = project()
    with pytest.raises(AwaitedError, match=r"^gone\.qmd: cannot be read: No such file or directory$"):
        made.read(Path("gone.qmd"))
