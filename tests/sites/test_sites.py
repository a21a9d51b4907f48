"""Four sites in the manner of real ones: each builds as it is, keeps its prose, and its scripts print what it shows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from awaited.read.project import Project, load
from tests.sites.prose import lost

HERE = Path(__file__).parent
SITES = sorted(file.parent.name[1:] for file in HERE.glob("_*/_quarto.yml"))  # so named, they are no part of our site
SCRIPTS = {"blog": 2, "data": 4, "docs": 3, "notes": 2}
NOTES: Mapping[str, tuple[str, ...]] = {
    "blog": ("1 visible cell makes no script",),
    "data": (
        "index.qmd:36: the script https://cdn.plots.example/plot.min.js is left out",
        "index.qmd:36: a script that stands in the page is left out",
    ),
    "docs": (),
    "notes": ("1 visible cell makes no script",),
}
"""What each build says is left out: nothing else is."""


@dataclass(frozen=True)
class Built:
    """A site that has been built."""

    project: Project
    said: str

    def page(self, name: str) -> LexborHTMLParser:
        return LexborHTMLParser((self.project.site / name).read_text(encoding="utf-8"))

    def text(self, name: str) -> str:
        main = self.page(name).css_first("main")
        return " ".join(main.text(separator=" ").split())


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Built]:
    done: dict[str, Built] = {}

    def built(name: str) -> Built:
        if name not in done:
            folder = tmp_path_factory.mktemp("sites") / name
            shutil.copytree(HERE / f"_{name}", folder)
            command = [sys.executable, "-m", "awaited", "build", "--engine", "smalldocs"]
            environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
            ran = subprocess.run(
                command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
            )
            assert ran.returncode == 0, ran.stderr
            done[name] = Built(load(folder), ran.stderr)
        return done[name]

    return built


@pytest.mark.parametrize("name", SITES)
def test_it_keeps_all_its_prose(built: Callable[[str], Built], name: str) -> None:
    missing, count = lost(built(name).project)
    assert missing == {}
    assert count > 20


@pytest.mark.parametrize("name", SITES)
def test_its_scripts_print_what_its_pages_show(built: Callable[[str], Built], name: str) -> None:
    project = built(name).project
    proofs = json.loads((project.site / "proofs.json").read_text(encoding="utf-8"))
    outcomes = [run["outcome"] for script in proofs["scripts"].values() for run in script["runs"]]
    assert outcomes == ["same"] * SCRIPTS[name]
    assert len(list((project.root / "examples").rglob("*.py"))) == SCRIPTS[name]


@pytest.mark.parametrize("name", SITES)
def test_what_is_left_out_is_named_and_nothing_else(built: Callable[[str], Built], name: str) -> None:
    said = re.findall(r"note: (.*)", built(name).said)
    assert len(said) == len(NOTES[name])
    assert all(note.startswith(expected) for note, expected in zip(said, NOTES[name], strict=True)), said


def test_a_blog_has_its_grid_its_categories_and_its_former_addresses(built: Callable[[str], Built]) -> None:
    blog = built("blog")
    cards = blog.page("index.html").css(".listing-grid .post-card")
    assert [card.css_first("h2").text() for card in cards] == ["Counting birds", "The first frost"]
    assert cards[1].css_first("img").attributes["src"] == "heron.svg"
    assert "Ada Marsh" in cards[1].text()
    assert {b.attributes["data-category"] for b in blog.page("index.html").css(".categories button")} == {
        *("", "birds", "garden", "weather")
    }
    assert "posts/first-frost/index.html" in (blog.project.site / "2026/frost.html").read_text(encoding="utf-8")
    assert "Mastodon" in blog.text("about.html")


def test_lecture_notes_have_their_formulas_their_numbers_and_their_references(built: Callable[[str], Built]) -> None:
    notes = built("notes")
    page, text = notes.page("estimation.html"), notes.text("estimation.html")
    assert len(page.css("math")) == 5
    assert "the mean of Equation\N{NO-BREAK SPACE}1" in text.replace("Equation 1", "Equation\N{NO-BREAK SPACE}1")
    assert re.search(r"By Theorem.1 we may stop early; Section.1 said", text)
    assert "Theorem" in text
    assert "(Law of large numbers)" in text
    assert re.search(r"as Welford did \( ?Welford 1962 ?, 419\)", text)
    assert "Technometrics" in text
    assert "William. 1968" in notes.text("index.html")


def test_a_data_site_has_its_styles_its_pictures_and_its_values(built: Callable[[str], Built]) -> None:
    data = built("data")
    assert "Over 3 days the river rose to 1.9 metres." in data.text("index.html")
    (style,) = (data.project.site / "site_libs/awaited").glob("site.*.css")
    assert "#T_levels_row0_col1" in style.read_text(encoding="utf-8")
    assert len(data.page("index.html").css("main table td")) == 6
    assert data.page("index.html").css_first("#fig-grey") is not None
    assert re.search("Table.1: Levels in metres", data.text("index.html"))


def test_documentation_has_its_parts_its_tabs_and_its_notebook(built: Callable[[str], Built]) -> None:
    docs = built("docs")
    assert "Never lift the lid" in docs.text("index.html")
    assert "212.0" in docs.text("guide/install.html")
    assert len(docs.page("guide/install.html").css("[role=tab]")) == 2
    assert "La Paz 88.0" in docs.text("guide/tour.html")
    assert "95 90 85" in docs.text("guide/tour.html")
