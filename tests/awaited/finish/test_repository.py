"""Where the source is published, pages lead to it; where it is not, no page speaks of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from trial_site import Trial

from awaited.finish.markup import read, text_of
from awaited.finish.repository import repository, source_links
from awaited.read.project import Project

REPOSITORY = "https://git.example/me/blog"


def test_an_article_leads_to_its_source(trial_with_source: Trial) -> None:
    tree = read(trial_with_source.site / "posts/one/index.html")
    links = {text_of(link): link.attributes["href"] for link in tree.css(".article-foot a:not([rel])")}
    assert links == {
        "View source": f"{REPOSITORY}/blob/main/site/posts/one/index.qmd",
        "Edit this page": f"{REPOSITORY}/edit/main/site/posts/one/index.qmd",
        "Report a mistake": f"{REPOSITORY}/issues/new",
    }
    assert tree.css_first(".toc-actions") is None


def test_about_says_how_to_get_it(trial_with_source: Trial) -> None:
    tree = read(trial_with_source.site / "about.html")
    assert "Get the source:" in text_of(tree.body)
    assert tree.css_first(".with-source pre code").text() == f"git clone {REPOSITORY}"
    assert tree.css_first(".with-source .code-copy-button") is not None


def test_without_it_no_page_speaks_of_the_source(trial: Trial) -> None:
    for file in trial.site.rglob("*.html"):
        text = text_of(read(file).body)
        for words in ("View source", "Report a mistake", "Edit this page", "git clone", "Get the source"):
            assert words not in text, file


@pytest.mark.parametrize(
    ("settings", "links"),
    [
        ("repo-branch: next", ["/blob/next/a%20b.qmd", "/edit/next/a%20b.qmd", "/issues/new"]),
        ("repo-actions: source", ["/blob/main/a%20b.qmd"]),
        ("repo-actions: [issue, edit]", ["/edit/main/a%20b.qmd", "/issues/new"]),
        ("repo-actions: none", []),
        ("repo-actions: false", []),
    ],
)
def test_quartos_settings_hold(project: Callable[..., Project], settings: str, links: list[str]) -> None:
    made = project({}, f"website:\n  repo-url: {REPOSITORY}\n  {settings}\n")
    found = source_links(made, Path("a b.qmd"))
    assert [f"{REPOSITORY}{link}" in found for link in links] == [True] * len(links)
    assert found.count("<a ") == len(links)


def test_mistakes_may_be_reported_elsewhere(project: Callable[..., Project]) -> None:
    made = project({}, f"website:\n  repo-url: {REPOSITORY}\n  issue-url: https://talk.example\n")
    found = repository(made)
    assert found is not None
    assert found.link("issue", Path("x.qmd")) == "https://talk.example"
    assert repository(project({}, "website: {title: x}\n")) is None
