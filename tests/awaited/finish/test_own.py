"""What an author has put into the site stays the author's, whatever it is called."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from awaited.__main__ import main
from awaited.read.project import Project

pytestmark = pytest.mark.slow

CONFIG = """\
project: {type: website, resources: ["*.xml", "*.txt", "*.json", "*.zip", "*.html", "site_libs/*", "posts/*.png"]}
website: {title: Trial, site-url: "https://trial.example"}
"""
LISTING = "---\ntitle: Home\nlisting: {contents: posts, feed: true}\n---\n"
POST = "---\ntitle: One\ndate: 2026-01-05\n---\n\n```{python}\n#| label: one\nprint(1)\n```\n"
PAGES = {"index.qmd": LISTING, "posts/one.qmd": POST}


def build(project: Project) -> int:
    return main(["build", "--engine", "smalldocs", str(project.root)])


@pytest.fixture(scope="module")
def built(make_project: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that has been built, with files of its author's under all kinds of names."""
    texts = {name: f"the author's {name}" for name in OWN}
    built = make_project(tmp_path_factory.mktemp("own"), {**PAGES, **texts}, CONFIG)
    assert build(built) == 0
    return built


OWN = ("robots.txt", "sitemap.xml", "opensearch.xml", "listings.json", "demo.html", "site_libs/mine.json",
       "posts/card.png", "posts/one_files/figure-html/mine.png", "_site.txt")  # fmt: skip


@pytest.mark.parametrize("name", OWN)
def test_a_file_of_the_authors_stays_as_it_is(built: Project, name: str) -> None:
    assert (built.root / name).read_text() == f"the author's {name}"
    published = built.site / name
    if name not in ("posts/one_files/figure-html/mine.png",):  # no page shows it
        assert published.read_text() == f"the author's {name}"


def test_what_is_generated_has_another_place(built: Project) -> None:
    assert "<item>" in (built.site / "index.xml").read_text()
    assert (built.site / "posts/generated-card.png").read_bytes().startswith(b"\x89PNG")
    page = (built.site / "posts/one.html").read_text()
    assert 'content="https://trial.example/posts/generated-card.png"' in page
    assert "opensearch.xml" not in page, "no feed"


def test_without_files_of_the_authors_they_are_generated(make_project: Callable[..., Project], tmp_path: Path) -> None:
    project = make_project(tmp_path, PAGES, CONFIG)
    assert build(project) == 0
    assert (project.site / "robots.txt").read_text().startswith("User-agent: *")
    assert "<urlset" in (project.site / "sitemap.xml").read_text()
    assert (project.site / "posts/card.png").is_file()


@pytest.mark.parametrize("name", ["examples.zip", "proofs.json"])
def test_a_name_that_pages_link_to_cannot_be_the_authors(
    make_project: Callable[..., Project], tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    project = make_project(tmp_path, {**PAGES, name: "the author's"}, CONFIG)
    assert build(project) == 1
    message = f"awaited: {name}: has the name of a file that is made for the site; rename it, or publish it elsewhere"
    assert re.search(f"^{re.escape(message)}$", capfd.readouterr().err, re.M)
    assert (project.root / name).read_text() == "the author's"
    unpublished = CONFIG.replace('"*.json", "*.zip", ', "")
    assert build(make_project(tmp_path, {}, unpublished)) == 0, "it is no part of the site"


def test_a_picture_beside_the_generated_ones_is_shown(make_project: Callable[..., Project], tmp_path: Path) -> None:
    page = POST + "\n![](one_files/figure-html/mine.png)\n"
    project = make_project(tmp_path, {**PAGES, "posts/one.qmd": page, "posts/one_files/figure-html/mine.png": "mine"})
    assert build(project) == 0
    assert (project.site / "posts/one_files/figure-html/mine.png").read_text() == "mine"


def test_a_site_that_holds_a_repository_stays(
    make_project: Callable[..., Project], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    project = make_project(tmp_path, {**PAGES, "_site/.git/HEAD": "ref", "_site/site_libs/x": ""})
    assert build(project) == 1
    assert "_site: holds a git repository" in capfd.readouterr().err
    assert (project.site / ".git/HEAD").read_text() == "ref"
