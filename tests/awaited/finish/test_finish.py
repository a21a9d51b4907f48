"""The last step completes every page, whichever engine has made it, and finds every link that leads nowhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin
from xml.etree import ElementTree

import pytest
from selectolax.lexbor import LexborHTMLParser

from awaited.finish.site import finish
from awaited.memory.results import Frozen
from awaited.progress import Progress
from awaited.prove.proofs import Proofs
from awaited.read.errors import AwaitedError
from awaited.read.project import Project
from awaited.weave.engines import weave
from awaited.weave.stage import Stage

CONFIG = """\
project: {{type: website}}
website: {{title: Trial, site-url: {url}, navbar: {{left: [{{text: Home, href: index.qmd}}]}}}}
format: {{html: {{css: styles.css}}}}
awaited: {{links: error}}
"""
URL = "https://trial.example"
LISTING = "---\ntitle: Home\nlisting: {contents: posts, feed: true}\n---\n\nSee [one](posts/one.qmd#part).\n"
POST = "---\ntitle: One\ndate: 2026-01-05\ndescription: The first.\n---\n\n## Part\n\nBack [home](/index.qmd).\n"
PAGES = {"index.qmd": LISTING, "posts/one.qmd": POST, "404.qmd": "Nothing [here](index.qmd).\n", "styles.css": ""}

Finish = Callable[..., Path]


@pytest.fixture(scope="module")
def finished(make_project: Callable[..., Project]) -> Finish:
    """Weaves and finishes a project without cells, and gives the folder of its pages."""

    def finished(folder: Path, pages: dict[str, str], url: str = URL) -> Path:
        project = make_project(folder, {**PAGES, **pages}, CONFIG.format(url=url))
        project.scratch.mkdir()
        weave(project, "smalldocs", Stage(project, project.read_pages()), project.scratch / "site", Progress())
        finish(project, project.read_pages(), project.scratch / "site", [], Proofs())
        return project.scratch / "site"

    return finished


@pytest.fixture(scope="module")
def pages(finished: Finish, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished(tmp_path_factory.mktemp("finish"), {})


def tree(file: Path) -> LexborHTMLParser:
    return LexborHTMLParser(file.read_text())


EVERY_PAGE = pytest.mark.parametrize("page", ["index.html", "posts/one.html", "404.html"])


@EVERY_PAGE
def test_the_skip_link_comes_first_and_leads_to_the_content(pages: Path, page: str) -> None:
    found = tree(pages / page)
    first = found.css_first("a[href]")
    assert first.attributes["class"] == "skip-link"
    target = found.css_first(f'main[id="{(first.attributes["href"] or "").removeprefix("#")}"]')
    assert target is not None


@EVERY_PAGE
def test_the_feed_is_announced_and_there(pages: Path, page: str) -> None:
    link = tree(pages / page).css_first('link[rel="alternate"][type="application/rss+xml"]')
    assert urljoin(f"/{page}", link.attributes["href"] or "") == "/index.xml"
    assert ElementTree.parse(pages / "index.xml").findtext("channel/item/link") == f"{URL}/posts/one.html"


@EVERY_PAGE
def test_pages_are_whole_html_documents(pages: Path, page: str) -> None:
    text = (pages / page).read_text()
    assert text.lower().startswith("<!doctype html>")
    assert text.lower().count("<!doctype") == 1


@pytest.mark.parametrize(
    ("page", "address", "kind"), [("index.html", "", "website"), ("posts/one.html", "posts/one.html", "article")]
)
def test_a_page_says_its_address(pages: Path, page: str, address: str, kind: str) -> None:
    head = tree(pages / page).head
    assert head is not None
    assert [node.attributes["href"] for node in head.css('link[rel="canonical"]')] == [f"{URL}/{address}"]
    assert [node.attributes["content"] for node in head.css('meta[property="og:url"]')] == [f"{URL}/{address}"]
    assert [node.attributes["content"] for node in head.css('meta[property="og:type"]')] == [kind]


def test_the_sitemap_has_every_page_but_the_404_page(pages: Path) -> None:
    locations = ElementTree.parse(pages / "sitemap.xml").iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")
    assert sorted(str(found.text) for found in locations) == [f"{URL}/", f"{URL}/posts/one.html"]
    assert tree(pages / "404.html").css_first('link[rel="canonical"]') is None


@pytest.mark.parametrize(("url", "base"), [(URL, "/"), (f"{URL}/docs/", "/docs/")])
def test_the_404_page_works_at_any_depth(finished: Finish, tmp_path: Path, url: str, base: str) -> None:
    site = finished(tmp_path, {}, url)
    found = tree(site / "404.html")
    links = [
        node.attributes[name] or ""
        for tag, name in [("a", "href"), ("link", "href"), ("script", "src"), ("img", "src")]
        for node in found.css(f"{tag}[{name}]")
    ]
    own = [link for link in links if not link.startswith(("#", "http"))]
    assert len(own) > 3
    for link in own:
        assert link.startswith(base)
        assert (site / link.removeprefix(base)).exists(), link
    assert f"{base}index.html" in own


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[a](missing.html)", "6: the link 'missing.html' leads to no file of the site; correct it"),
        ("[a](../missing.png)", "6: the link '../missing.png' leads to no file of the site; correct it"),
        ("![a](missing.png)", "6: the link 'missing.png' leads to no file of the site; correct it"),
        ("[a](missing.qmd)", "6: the link 'missing.html' leads to no file of the site; correct it"),
        ("[a](/missing.qmd)", "6: the link '../missing.html' leads to no file of the site; correct it"),
        ("[a](#nowhere)", "6: the link '#nowhere' names no heading or snippet of posts/two.html; correct it"),
        ("[a](one.qmd#nowhere)", "6: the link 'one.html#nowhere' names no heading or snippet of posts/one.html"),
        ("[a](/posts/one.qmd#nowhere)", "6: the link 'one.html#nowhere' names no heading or snippet"),
        ("[a](missing%20file.html)", "6: the link 'missing%20file.html' leads to no file of the site; correct it"),
    ],
)
def test_links_that_lead_nowhere(finished: Finish, tmp_path: Path, text: str, message: str) -> None:
    page = f"---\ntitle: Two\n---\n\nSome text,\nand {text}.\n"
    with pytest.raises(AwaitedError, match=re.escape(f"posts/two.qmd:{message}")):
        finished(tmp_path, {"posts/two.qmd": page})


def test_links_that_lead_somewhere(finished: Finish, tmp_path: Path) -> None:
    links = [
        *("one.qmd", "one.html", "one.qmd#part", "/posts/one.qmd", "../index.qmd", "/", "#two", "#", "?x=1"),
        *("https://example.com/missing", "//example.com/missing", "mailto:me@example.com", "data:,x"),
        *("../index.xml", "/index.qmd#category=Python", "../a%20file.pdf", "#:~:text=Two"),
    ]
    page = "---\ntitle: Two\n---\n\n## Two\n\n" + "\n".join(f"- [a]({link})" for link in links) + "\n"
    finished(tmp_path, {"posts/two.qmd": page, "a file.pdf": ""})


def test_a_link_on_a_page_without_a_source(project: Callable[..., Project]) -> None:
    made = project({"_site/other.html": '<main><a href="nowhere.html">x</a></main>'})
    with pytest.raises(AwaitedError, match=r"^other\.html: the link 'nowhere\.html' leads to no file of the site"):
        finish(made, made.read_pages(), made.site, [], Proofs())


BROKEN = """\
```{python}
#| label: wait-broken
#| broken: true
1 + 1
```

```{python}
#| label: wait
1 + 1
```
"""


def test_a_snippet_that_fails_on_purpose_says_so(
    woven: Callable[..., LexborHTMLParser],
) -> None:
    page = woven(BROKEN, lambda article: Frozen({"elsewhere": {}}, "2026-01-01T00:00:00+00:00", "3.11.7", ()))
    (mark,) = page.css(".broken-mark")
    assert mark.text() == "Broken on purpose"
    assert mark.parent is not None
    assert mark.parent.id == "wait-broken"
    assert [button.text() for button in page.css(".code-copy-button")] == ["Copy broken code", "Copy"]
