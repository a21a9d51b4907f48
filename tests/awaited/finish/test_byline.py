"""Who wrote an article, when it was changed, and under which licences: for a reader and for machines."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from trial_site import CONFIG, PAGES, Trial, make_trial

from awaited.finish import dates
from awaited.finish.byline import Licence, authors, licences
from awaited.finish.markup import read, text_of
from awaited.read.articles import Article, parse
from awaited.read.project import Project


def head(**fields: object) -> Article:
    return parse(f"---\n{json.dumps(fields)}\n---\n", Path("x.qmd"))


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("Ada", ["Ada"]),
        (["Ada", "Grace"], ["Ada", "Grace"]),
        ({"name": "Ada", "email": "a@example.org"}, ["Ada"]),
        (
            [{"name": {"given": "Ada", "family": "Lovelace"}}, {"name": {"literal": "The Crew"}}],
            ["Ada Lovelace", "The Crew"],
        ),
        (None, []),
        ([None, {}, {"name": {}}], []),
    ],
)
def test_authors_in_all_forms_that_quarto_knows(author: object, names: list[str]) -> None:
    assert authors(head(author=author)) == names


@pytest.mark.parametrize(
    ("value", "licence"),
    [
        ("MIT", Licence("MIT", "https://spdx.org/licenses/MIT.html")),
        ("CC BY-SA", Licence("CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/")),
        ("https://example.org/terms", Licence("https://example.org/terms", "https://example.org/terms")),
        ("All rights reserved", Licence("All rights reserved", None)),
        ({"text": "Mine", "url": "https://example.org/mine"}, Licence("Mine", "https://example.org/mine")),
        ({"type": "opensource"}, None),
        (None, None),
        ([], None),
    ],
)
def test_licences_in_all_forms_that_quarto_knows(value: object, licence: Licence | None) -> None:
    assert licences(head(license=value)) == (licence, None)


def test_an_article_says_it_all(trial: Trial) -> None:
    tree = read(trial.site / "posts/one/index.html")
    changed = dates.in_words(datetime.now(UTC).date())
    assert text_of(tree.css_first(".byline")) == (
        f"By Ada Lovelace, Grace Hopper Published 5 January 2026 Changed {changed}"
    )
    foot = tree.css_first(".article-foot")
    assert foot is not None
    assert text_of(foot) == "Text: CC BY 4.0 Code: MIT"
    assert [meta.attributes["content"] for meta in tree.css('meta[name="author"]')] == ["Ada Lovelace", "Grace Hopper"]
    times = {meta.attributes["property"]: meta.attributes["content"] for meta in tree.css('meta[property^="article:"]')}
    assert times["article:published_time"] == "2026-01-05"
    data = json.loads(tree.css_first('script[type="application/ld+json"]').text())
    assert [author["name"] for author in data["author"]] == ["Ada Lovelace", "Grace Hopper"]
    assert data["dateModified"] == times["article:modified_time"]
    assert data["license"] == "https://creativecommons.org/licenses/by/4.0/"


def test_other_pages_say_nothing_of_it(trial: Trial) -> None:
    for name in ("index.html", "about.html", "examples/one/hello.html", "proofs.html"):
        assert read(trial.site / name).css_first(".byline, .article-foot, meta[name='author']") is None


def test_days_have_one_form_also_where_an_engine_writes_them(
    make_project: Callable[..., Project], tmp_path: Path
) -> None:
    news = "---\ntitle: News\ndate: 2026-03-04\ndate-modified: 2026-05-06\n---\n"
    old = "---\ntitle: Old\ndate-modified: 2026-05-06\n---\n"
    trial = make_trial(make_project(tmp_path, {**PAGES, "news.qmd": news, "old.qmd": old}, CONFIG))
    text = "".join(file.read_text("utf-8") for file in trial.site.rglob("*.html"))
    assert "4 March 2026" in text
    assert "6 May 2026" in text
    assert not re.search(r"[A-Z][a-z]+ \d+, 20\d\d", text)


def test_a_day_in_another_form_stays_as_it_is() -> None:
    assert dates.from_engine("Spring 2026") is None
    assert dates.from_engine(" January 5, 2026\n") == date(2026, 1, 5)
