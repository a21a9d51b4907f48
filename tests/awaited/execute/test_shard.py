"""A project's execution, split over machines: every article runs on one of them, and the parts make the whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from awaited.__main__ import main
from awaited.execute.shard import Shard
from awaited.read.articles import Article, parse
from awaited.read.project import Project

PAGE = "---\ntitle: {name}\n---\n\n```{{python}}\n#| label: greet\nprint('hello from {name}')\n```\n"


def articles(*names: str) -> list[Article]:
    return [parse(PAGE.format(name=name), Path(f"posts/{name}.qmd")) for name in names]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 50])
def test_every_article_is_in_one_shard(count: int) -> None:
    whole = articles(*(f"article-{number}" for number in range(40)))
    parts = [Shard(number, count).of(whole) for number in range(1, count + 1)]
    assert sorted(article.path for part in parts for article in part) == sorted(article.path for article in whole)


def test_a_new_article_moves_no_other_one() -> None:
    fewer, more = articles("one", "two", "three", "five"), articles("four", "one", "two", "three", "five", "six")
    for number in (1, 2, 3):
        before = {article.path for article in Shard(number, 3).of(fewer)}
        assert before <= {article.path for article in Shard(number, 3).of(more)}


def test_articles_are_spread() -> None:
    whole = articles(*(f"article-{number}" for number in range(400)))
    assert all(60 <= len(Shard(number, 5).of(whole)) <= 100 for number in range(1, 6))


@pytest.mark.parametrize(
    "text", ["0/5", "6/5", "x", "2", "2/", "/5", "-1/5", "1/0", "0/0", "1/2/3", "1.5/2", "²/5", ""]
)
def test_what_is_no_shard(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["execute", f"--shard={text}"])
    assert ended.value.code == 2
    wrong = f"argument --shard: {text!r} is no part of a whole: write 2/5 for the second of five parts\n"
    assert capsys.readouterr().err.endswith(wrong)


def test_the_parts_laid_together_make_the_whole(
    tmp_path: Path, make_project: Callable[..., Project], capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["one", "two", "three", "four"]
    sources = {"index.qmd": "Home\n", **{f"posts/{name}.qmd": PAGE.format(name=name) for name in names}}
    whole = make_project(tmp_path / "whole", sources)
    written: list[set[Path]] = []
    for number in (1, 2):
        machine = make_project(tmp_path / f"machine {number}", sources)
        assert main(["execute", str(machine.root), "--shard", f"{number}/2"]) == 0
        written.append({file.relative_to(machine.root) for file in machine.freezer.rglob("*") if file.is_file()})
        shutil.copytree(machine.freezer, whole.freezer, dirs_exist_ok=True)
    assert all(written)
    assert not written[0] & written[1]
    assert len(written[0] | written[1]) == len(names)
    capsys.readouterr()
    assert main(["build", str(whole.root), "--engine", "smalldocs"]) == 0
    assert "no cell had to run" in capsys.readouterr().out
    for name in names:
        assert f"hello from {name}" in (whole.site / f"posts/{name}.html").read_text(encoding="utf-8")
