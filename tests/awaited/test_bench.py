"""The projects that the bench measures are real ones, and peers get the same cells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from awaited.read.project import load
from bench import peers, projects
from bench.measure import FailedError, run
from bench.speed import AWAITED, cold, edited, steps, verdict


@pytest.mark.slow
def test_the_generated_articles_build(tmp_path: Path) -> None:
    projects.short_articles(tmp_path, 2)
    first = cold(tmp_path)
    assert "articles executed: 2" in first.output
    assert first.seconds > 0
    assert first.memory > 10 << 20
    assert first.children > 10 << 20
    assert steps(first, 0.1).count("\n") == 9
    again, seconds = edited(tmp_path)
    assert "articles executed: 1;" in again.output
    assert 0.03 < seconds < again.seconds
    article = load(tmp_path).articles()[0]
    assert peers.printed(load(tmp_path), article)[0] == "article 1 has waited"


def test_the_copies_are_the_real_article(tmp_path: Path, root: Path) -> None:
    projects.copies(tmp_path, 2)
    real = load(root).read(projects.ARTICLE)
    for article in load(tmp_path).articles():
        assert article.text == projects.without_path(real.text)
        assert [cell.code for cell in article.cells] == [cell.code for cell in real.cells]
        notebook = json.loads(peers._notebook(article))
        assert [c["source"] for c in notebook["cells"] if c["cell_type"] == "code"] == [c.code for c in article.cells]


def test_a_command_that_fails(tmp_path: Path) -> None:
    with pytest.raises(FailedError, match=r"exit status 1: awaited: .*: no _quarto\.yml here"):
        run([AWAITED, "build"], tmp_path)


def test_a_limit_is_kept_or_missed() -> None:
    assert verdict(1.25, 1.3).endswith("| kept")
    assert verdict(1.35, 1.3).endswith("| **missed**")
