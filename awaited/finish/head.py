"""What stands in the head of a page: names for search engines and feeds, the theme, and what the page may load."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from datetime import date
from urllib.parse import quote, urljoin, urlsplit

from awaited.finish.articles import published
from awaited.finish.byline import authors, licences
from awaited.finish.markup import Page, drop_attributes, element, is_for_errors, links, remove
from awaited.finish.policy import FIRST_SCRIPT, policy
from awaited.read.articles import Article
from awaited.read.project import Project

PAPERS = {"light": "#fcfdfd", "dark": "#11181b"}
"""The ground of the pages (``--paper`` in styles.css), which a phone's browser continues around them."""
TOUCH_ICON = "apple-touch-icon.png"


def complete_head(
    page: Page, project: Project, article: Article | None, changed: date | None, feeds: Iterable[str], card: str | None
) -> None:
    """Adds to a page's head what its engine has left out.

    ``changed`` is the day of the page's last change, ``card`` the address of its social card.
    """
    settings, root = project.settings, page.tree.css_first("html")
    if root is not None:
        root.attrs["data-theme"] = "system"
        drop_attributes(root, "xmlns", "xml:lang")
    head = page.tree.head
    charset = page.tree.css_first("meta[charset]")
    first = f"<script>{FIRST_SCRIPT}</script>"
    guard = policy(settings, page)
    if settings.controls and head is not None and charset is not None:  # engines' own scripts need what this forbids
        charset.insert_after(element(first))
        if guard:
            charset.insert_after(element(f'<meta http-equiv="Content-Security-Policy" content="{html.escape(guard)}">'))
    for viewport in page.tree.css('meta[name="viewport"]'):
        viewport.attrs["content"] = "width=device-width, initial-scale=1"
    if page.tree.css_first('link[type="application/rss+xml"]') is None:
        for feed in feeds:
            address = f'title="{html.escape(project.title)}" href="{page.up}{feed}"'
            page.add_to_head(f'<link rel="alternate" type="application/rss+xml" {address}>')
    for scheme, colour in PAPERS.items() if settings.controls else ():
        media = f'media="(prefers-color-scheme: {scheme})"'
        page.add_to_head(f'<meta name="theme-color" {media} content="{colour}">')
    if (project.root / TOUCH_ICON).is_file():
        page.add_to_head(f'<link rel="apple-touch-icon" href="{page.up}{TOUCH_ICON}">')
    if article is not None and article.metadata.get("date"):
        _name_authors(page, article, changed)
    if project.url and not is_for_errors(page.path):
        _name_address(page, project, article, changed, card)


def _name_authors(page: Page, article: Article, changed: date | None) -> None:
    """Who wrote an article, and when, for machines."""
    remove(page.tree.css('meta[name="author"]'))
    for name in authors(article):
        page.add_to_head(f'<meta name="author" content="{html.escape(name)}">')
    for name, day in (("published", published(article)), ("modified", changed)):
        if day:
            page.add_to_head(f'<meta property="article:{name}_time" content="{day.isoformat()}">')


def _name_address(
    page: Page, project: Project, article: Article | None, changed: date | None, card: str | None
) -> None:
    address = html.escape(f"{project.url}/{quote(page.address)}")
    is_article = article is not None and bool(article.metadata.get("date"))
    wanted = {
        'link[rel="canonical"]': f'<link rel="canonical" href="{address}">',
        'meta[property="og:url"]': f'<meta property="og:url" content="{address}">',
        'meta[property="og:type"]': f'<meta property="og:type" content="{"article" if is_article else "website"}">',
    }
    if card:
        image = html.escape(f"{project.url}/{card}")
        remove(page.tree.css('meta[property^="og:image"], meta[name^="twitter:"]'))
        wanted |= {
            'meta[property="og:image"]': f'<meta property="og:image" content="{image}">',
            'meta[property="og:image:width"]': '<meta property="og:image:width" content="1200">',
            'meta[property="og:image:height"]': '<meta property="og:image:height" content="630">',
            'meta[name="twitter:card"]': '<meta name="twitter:card" content="summary_large_image">',
        }
    for present, missing in wanted.items():
        if page.tree.css_first(present) is None:
            page.add_to_head(missing)
    if is_article and article is not None:
        data = _linked_data(article, changed, address, project, card)
        page.add_to_head(f'<script type="application/ld+json">{data}</script>')


def _linked_data(article: Article, changed: date | None, address: str, project: Project, card: str | None) -> str:
    """The article for search engines, in schema.org's vocabulary as JSON-LD."""
    when, (text, _) = published(article), licences(article)
    data = {
        "@context": "https://schema.org",
        "@type": "TechArticle",
        "headline": article.title,
        "description": str(article.metadata.get("description") or ""),
        "author": [{"@type": "Person", "name": name} for name in authors(article)],
        "datePublished": when.isoformat() if when else None,
        "dateModified": changed.isoformat() if changed else None,
        "license": (text.url or text.name) if text else None,
        "url": address,
        "image": f"{project.url}/{card}" if card else None,
        "isPartOf": {"@type": "Blog", "name": project.title, "url": f"{project.url}/"},
    }
    return json.dumps({k: v for k, v in data.items() if v}, ensure_ascii=False).replace("<", "\\u003c")


def mark_theme(page: Page, has_dark: bool | None) -> None:
    """Marks a page of a site whose stylesheet is not its own: with the themes that it has."""
    root = page.tree.css_first("html")
    if root is not None and has_dark is not None:
        root.attrs["data-theme"] = "system" if has_dark else "light"
        if has_dark:
            root.attrs["data-dark"] = ""
        else:
            remove(page.tree.css('meta[name="theme-color"]'))


def add_skip_link(page: Page) -> None:
    """The first thing that the Tab key reaches: a way past the navigation."""
    body, main = page.tree.body, page.tree.css_first("main")
    if body is None or main is None or body.child is None or page.tree.css_first(".skip-link"):
        return
    if not main.attributes.get("id"):
        main.attrs["id"] = "main"
    main.attrs["tabindex"] = "-1"
    link = f'<a class="skip-link" href="#{main.attributes["id"]}">Skip to the content</a>'
    body.child.insert_before(element(link))


def make_absolute(page: Page, project: Project) -> None:
    """A server shows the 404 page at any depth; so its links must not depend on where it is."""
    base = urlsplit(project.url or "").path.rstrip("/") + "/"
    for node, name, target in links(page.tree):
        if not urlsplit(target).scheme and not target.startswith(("/", "#")):
            node.attrs[name] = urljoin(base, target)
    for node in page.tree.css("[data-site]"):
        node.attrs["data-site"] = base
