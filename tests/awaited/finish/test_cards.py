"""A card shows the title and the liveliest timeline, and is drawn anew when one of them changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from awaited.finish.cards import draw_card, draw_site_card
from awaited.read.project import Project
from awaited.timeline import Lane, Run
from awaited.timeline.drawing.page import figure

CONFIG = (
    "project: {type: website}\nwebsite: {title: Trial, description: All about it, site-url: https://trial.example}\n"
)
POST = "---\ntitle: {title}\ndate: 2026-01-05\n---\n"
LANES = [Lane("main", "main", 0.0, ended=1.0), Lane("a", "a", 0.0, ended=0.3), Lane("b", "b", 0.2, ended=0.9)]


def drawn(*lengths: int) -> str:
    return "".join(figure([Run("x", LANES[:length], seconds=1.0)]) for length in lengths)


@pytest.fixture
def card(make_project: Callable[..., Project], tmp_path: Path) -> Callable[[str, str], bytes]:
    def card(title: str, page: str) -> bytes:
        project = make_project(tmp_path, {"posts/one/index.qmd": POST.format(title=title)}, CONFIG)
        (article,) = [page for page in project.read_pages() if page.metadata.get("date")]
        file = tmp_path / "site" / draw_card(project, tmp_path / "site", article, page)
        with Image.open(file) as picture:
            assert picture.size == (1200, 630)
        return file.read_bytes()

    return card


def test_a_card_tells_the_title_and_the_timeline(card: Callable[[str, str], bytes]) -> None:
    cards = [card("One", drawn(3)), card("One", drawn(2)), card("One", ""), card("Two", drawn(3))]
    assert len(set(cards)) == 4
    assert card("One", drawn(1, 3, 2)) == cards[0], "the liveliest of several"


@pytest.mark.parametrize("title", ["A", "Incomprehensibilities " * 9, "X" * 80])
def test_any_title_can_be_drawn(card: Callable[[str, str], bytes], title: str) -> None:
    assert card(title, drawn(3))


def test_the_site_has_a_card_for_the_other_pages(make_project: Callable[..., Project], tmp_path: Path) -> None:
    project = make_project(tmp_path, {}, CONFIG)
    assert draw_site_card(project, tmp_path / "site", [drawn(2), drawn(3)]) == "card.png"
    assert (tmp_path / "site/card.png").is_file()
