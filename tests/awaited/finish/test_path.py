"""The path through the articles, and what pages, feed and language models are told of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from awaited.build import Wishes, build
from awaited.finish.articles import by_address
from awaited.finish.markup import read, text_of
from awaited.finish.path import places
from awaited.progress import Progress
from awaited.read.articles import Article, parse
from awaited.read.errors import AwaitedError
from awaited.read.project import Project

CONFIG = "project: {type: website}\nwebsite: {title: Trial, site-url: 'https://t.example', llms-txt: true}\n"
LISTING = "---\ntitle: Home\nlisting: {contents: posts, type: default, feed: true}\n---\n"


def article(name: str, header: str = "", date: str = "2026-01-01") -> str:
    return f"---\ntitle: The {name}\ndate: {date}\ndescription: About {name}.\n{header}---\n\nText.\n"


FILES = {
    "index.qmd": LISTING,
    "posts/last.qmd": article("last", "order: 7.5\nneeds: [first, second]\n", "2026-01-02"),
    "posts/second.qmd": article("second", "order: 2\nneeds: first\nnext: aside\n", "2026-01-04"),
    "posts/first.qmd": article("first", "order: 0\n", "2026-01-03"),
    "posts/aside.qmd": article("aside", "", "2026-01-05"),
}


def parsed(files: dict[str, str]) -> dict[str, Article]:
    return by_address([parse(text, Path(name)) for name, text in files.items()])


def test_places_follow_the_order_and_know_what_comes_before_and_next() -> None:
    found = places(parsed(FILES))
    assert list(found) == [f"posts/{name}.html" for name in ("first", "second", "last")]
    assert [(place.number, place.count) for place in found.values()] == [(1, 3), (2, 3), (3, 3)]
    needs = [[step.title for step in place.needs] for place in found.values()]
    assert needs == [[], ["The first"], ["The first", "The second"]]
    assert [place.next and place.next.title for place in found.values()] == ["The second", "The aside", None]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            "order: 1\nneeds: [first, nobody]\n",
            "posts/x.qmd:6: 'needs' names 'nobody', and there is no article",
        ),
        ("order: 1\nnext: nobody\n", "posts/x.qmd:6: 'next' names 'nobody', and there is no article of that name"),
        ("order: 1\nneeds: last\n", "posts/x.qmd:6: 'needs' names 'last', which comes no earlier on the path"),
        ("order: 2\n", "posts/x.qmd:5: 'order' is that of 'second' as well; give each article its own"),
        ("order: second\n", "posts/x.qmd:5: field 'order' must be a number, from 0"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(header: str, message: str) -> None:
    with pytest.raises(AwaitedError) as caught:
        places(parsed({**FILES, "posts/x.qmd": article("x", header)}))
    assert str(caught.value).startswith(message)


@pytest.fixture
def site(project: Callable[..., Project], progress: Progress) -> Path:
    return build(project(FILES, CONFIG), progress, Wishes("smalldocs")).site


def test_the_head_of_an_article_says_where_it_stands(site: Path) -> None:
    said = {name: read(site / f"posts/{name}.html").css_first(".path-place") for name in ("first", "last", "aside")}
    assert said["aside"] is None
    assert text_of(said["first"]) == "Part 1 of 3. Start here."
    assert text_of(said["last"]) == "Part 3 of 3. It builds on The first and The second."
    assert [link.attributes["href"] for link in said["last"].css("a")] == [
        "../posts/first.html",
        "../posts/second.html",
    ]


def test_the_end_of_an_article_leads_on(site: Path) -> None:
    ways = read(site / "posts/second.html").css(".page-navigation a")
    assert [(way.attributes["rel"], way.attributes["href"]) for way in ways] == [
        ("prev", "../posts/first.html"),
        ("next", "../posts/aside.html"),
    ]
    assert "About aside." in text_of(ways[1])
    assert [way.attributes["rel"] for way in read(site / "posts/last.html").css(".page-navigation a")] == ["prev"]


def test_the_list_of_articles_is_in_the_order_of_the_path(site: Path) -> None:
    page = read(site / "index.html")
    assert [text_of(title) for title in page.css(".listing-title")] == [
        f"The {name}" for name in ("first", "second", "last", "aside")
    ]
    assert text_of(page.css(".listing-facts")[1]).startswith("Part 2 of 3")
    assert text_of(page.css_first(".listing-sort option")) == "the path"


def test_the_feed_and_language_models_are_told(site: Path) -> None:
    feed = (site / "index.xml").read_text(encoding="utf-8")
    assert 'Part 2 of 3. It builds on &lt;a href="https://t.example/posts/first.html"&gt;The first&lt;/a&gt;.' in feed
    told = (site / "llms.txt").read_text(encoding="utf-8")
    assert "3. [The last](https://t.example/posts/last.html): About last. (needs: The first, The second)\n" in told
