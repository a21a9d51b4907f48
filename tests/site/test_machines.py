"""What machines read of the built site: heads, icons, feed, sitemap, copies for language models; without a browser."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image
from selectolax.lexbor import LexborHTMLParser

from tests import own
from tests.own import PROJECT

PAGES = [page.with_suffix(".html").as_posix() for page in PROJECT.pages()]
ARTICLES = [article for article in own.ARTICLES if article.metadata.get("date")]
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"

every_page = pytest.mark.parametrize("path", PAGES)


def metas(site: Path, path: str) -> dict[str, str]:
    tree = LexborHTMLParser((site / path).read_text(encoding="utf-8"))
    nodes = [node.attributes for node in tree.css("head meta")]
    return {str(node.get("name") or node.get("property")): node.get("content") or "" for node in nodes}


@every_page
def test_a_page_says_what_it_is_about_and_has_colours_and_an_icon(site: Path, path: str) -> None:
    assert metas(site, path)["description"]
    head = LexborHTMLParser((site / path).read_text(encoding="utf-8")).head
    assert head is not None
    schemes = [node.attributes["media"] for node in head.css('meta[name="theme-color"]')]
    assert schemes == ["(prefers-color-scheme: light)", "(prefers-color-scheme: dark)"]
    (icon,) = head.css('link[rel="apple-touch-icon"]')
    file = site / (icon.attributes["href"] or "").split("../")[-1].lstrip("/")
    with Image.open(file) as picture:
        assert picture.size == (180, 180)


@pytest.mark.parametrize("path", [path for path in PAGES if path != "404.html"])
def test_a_link_to_any_page_shows_a_card(site: Path, path: str) -> None:
    found = metas(site, path)
    with Image.open(site / found["og:image"].removeprefix(f"{PROJECT.url}/")) as card:
        assert card.size == (1200, 630)
    assert found["twitter:card"] == "summary_large_image"


def test_browsers_that_ask_for_the_old_icon_find_one(site: Path) -> None:
    with Image.open(site / "favicon.ico") as icon:
        assert icon.info["sizes"] == {(16, 16), (32, 32)}


def test_the_sitemap_says_when_a_page_was_changed(site: Path) -> None:
    days = {
        str(url.findtext(f"{SITEMAP}loc")): url.findtext(f"{SITEMAP}lastmod")
        for url in ElementTree.parse(site / "sitemap.xml").getroot()
    }
    for article in ARTICLES:
        address = f"{PROJECT.url}/{article.path.parent.as_posix()}/"
        assert date.fromisoformat(str(days[address]))


def test_the_feed_has_pictures_labels_authors_and_a_date(site: Path) -> None:
    channel = ElementTree.parse(site / "index.xml").getroot()[0]
    assert channel.findtext("lastBuildDate")
    for item in channel.iter("item"):
        text = item.findtext(CONTENT) or ""
        assert item.findtext("{http://purl.org/dc/elements/1.1/}creator")
        for picture in re.findall(r'<img src="([^"]+\.svg)"', text):
            assert (site / picture.removeprefix(f"{PROJECT.url}/")).is_file()
        assert "<svg" not in text
    texts = "".join(item.findtext(CONTENT) or "" for item in channel.iter("item"))
    assert texts.count(".svg") > len(ARTICLES)
    assert "<strong>Output</strong>" in texts
    assert re.search(r"<blockquote><p><strong>(Note|Tip|Warning): ", texts)


def test_the_copies_for_language_models_have_the_lists_and_no_boxes(site: Path) -> None:
    home, scripts = ((site / name).read_text(encoding="utf-8") for name in ("index.llms.md", "examples.llms.md"))
    for article in ARTICLES:
        assert f"[{article.title}]({article.path.with_suffix('.llms.md').as_posix()})" in home
    assert scripts.count(".py](examples/") > len(ARTICLES)
    for file in site.rglob("*.llms.md"):
        outside = re.sub(r"^(`{3,}).*?^\1", "", file.read_text(encoding="utf-8"), flags=re.M | re.S)
        assert "<div" not in outside, file
        assert "</div" not in outside, file
