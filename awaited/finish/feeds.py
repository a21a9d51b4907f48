"""What machines read of the site: the feed with full texts, the search index, copies in Markdown, the sitemap."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import quote, urljoin
from xml.etree import ElementTree

from awaited.finish.articles import published
from awaited.finish.completed import Completed
from awaited.finish.markup import Node, Page, Tree, classes, links, remove, text_of
from awaited.finish.own import is_own, write_unless_own
from awaited.finish.path import Place, in_words
from awaited.finish.scripts import LISTING
from awaited.memory.files import write_whole
from awaited.memory.plain_text import CONTROL
from awaited.read.articles import Article
from awaited.read.project import Project

CONTENT = "http://purl.org/rss/1.0/modules/content/"
ATOM = "http://www.w3.org/2005/Atom"
FEED_ITEMS = 20
NOT_SEARCHED = "script-page"
"""The class of pages that show once more what the search finds elsewhere."""
NOT_TO_READ = (  # a timeline's sentence says it, a script is found at its snippet
    ".shown, .anchorjs-link, .cell-script, button, script, .proof, .page-navigation, .article-foot, .callout-icon-container, "
    f".timeline-picture, .timeline-table, .proofs, {LISTING}"
)


def write_feed(project: Project, site: Path, pages: Sequence[Completed], articles: dict[str, Article]) -> None:
    """An RSS 2.0 feed with each article's full text, in the place of every feed that the engine has made.

    Follows the RSS 2.0 specification and its ``content`` module; the order is that of the dates, the newest first.
    """
    website = project.config.get("website")
    about = website if isinstance(website, dict) else {}
    dated = [(when, page, articles[page.address]) for page in pages if page.address in articles
             and (when := published(articles[page.address]))]  # fmt: skip
    dated.sort(key=lambda entry: (entry[0], entry[1].address), reverse=True)
    for file in site.glob("*.xml"):
        if file.name != "sitemap.xml" and project.url and not is_own(project, site, file.name):
            write_whole(file, _feed(project.url, about, file.name, dated[:FEED_ITEMS]))


def _feed(url: str, about: dict[str, object], name: str, dated: list[tuple[date, Completed, Article]]) -> bytes:
    ElementTree.register_namespace("content", CONTENT)
    ElementTree.register_namespace("atom", ATOM)
    root = ElementTree.Element("rss", version="2.0")
    channel = ElementTree.SubElement(root, "channel")
    _add(channel, "title", about.get("title"))
    _add(channel, "link", f"{url}/")
    _add(channel, "description", about.get("description") or about.get("title"))
    _add(channel, "language", "en")
    ElementTree.SubElement(channel, f"{{{ATOM}}}link", href=f"{url}/{name}", rel="self", type="application/rss+xml")
    for when, page, article in dated:
        item = ElementTree.SubElement(channel, "item")
        address = f"{url}/{quote(page.address)}"
        _add(item, "title", article.title)
        _add(item, "link", address)
        _add(item, "guid", address)
        _add(item, "pubDate", format_datetime(datetime.combine(when, time(), UTC)))
        _add(item, "description", article.metadata.get("description"))
        for category in article.categories:
            _add(item, "category", category)
        _add(item, f"{{{CONTENT}}}encoded", page.text)
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _add(parent: ElementTree.Element, name: str, text: object) -> None:
    if text:
        ElementTree.SubElement(parent, name).text = str(text)


def full_text(page: Page, project: Project, place: Place | None) -> str:
    """An article's HTML for a feed reader: without controls, classes and styles, its links absolute."""
    address = f"{project.url}/{quote(page.address)}"
    found = page.tree.css_first("main")
    tree = Tree((found.html if found is not None else "") or "")
    remove(tree.css(f"#title-block-header, {NOT_TO_READ}"))
    for node, name, target in links(tree):
        node.attrs[name] = urljoin(address, target)
    for node in tree.css("*"):
        for name in [name for name in node.attributes if name in ("class", "style", "role", "tabindex")
                     or name.startswith(("data-", "aria-", "on"))]:  # fmt: skip
            del node.attrs[name]
    for span in tree.css("span"):
        span.unwrap()
    main = tree.css_first("main")
    text = CONTROL.sub("", main.inner_html or "").strip() if main is not None else ""
    return f"<p>{in_words(place, f'{project.url}/')}</p>\n{text}" if place else text


def write_search_index(site: Path, pages: Sequence[Completed]) -> None:
    """What the search on the pages looks through: one entry for each section and each snippet.

    ``search.json`` is a list of ``[address, title, section, text, label]``; the last is empty but for snippets.
    """
    entries = [entry for page in pages if not page.is_for_errors for entry in page.entries]
    write_whole(site / "search.json", json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode())


def search_entries(page: Page) -> list[tuple[str, str, str, str, str]]:
    """A page's part of the search index."""
    main = page.tree.css_first("main")
    if main is None or NOT_SEARCHED in classes(main):
        return []
    tree = Tree(main.html or "")
    heading = tree.css_first("h1")
    title = text_of(heading) if heading is not None else ""
    remove(tree.css(f"#title-block-header, {NOT_TO_READ}"))
    entries = []
    cells = [(cell, _section_of(cell)) for cell in tree.css("div.cell[id]")]
    for cell, section in cells:
        label = "" if re.match("(fig|tbl)-", cell.id or "") else str(cell.id).removeprefix("cell-")
        entries.append((f"{page.address}#{cell.id}", title, section, text_of(cell), label))
    remove(cell for cell, _ in cells)
    for section_node in reversed(tree.css("section[id]")):
        heading = section_node.css_first("h2, h3, h4, h5, h6")
        name = text_of(heading) if heading is not None else ""
        entries.insert(0, (f"{page.address}#{section_node.id}", title, name, text_of(section_node), ""))
        section_node.decompose()
    rest = tree.css_first("main")
    entries.insert(0, (page.address, title, "", text_of(rest) if rest is not None else "", ""))
    return entries


def _section_of(node: Node) -> str:
    parent = node.parent
    while parent is not None and parent.tag != "section":
        parent = parent.parent
    heading = parent.css_first("h2, h3, h4, h5, h6") if parent is not None else None
    return text_of(heading) if heading is not None else ""


RAW_HTML = re.compile(r"^[ \t]*(`{3,}) ?\{=html\}\n(.*?)\n[ \t]*\1[ \t]*$", re.M | re.S)
SENTENCE = re.compile(r'<p class="timeline-sentence"[^>]*>(.*?)</p>', re.S)


def shorten_copies(site: Path) -> None:
    """Takes the drawings out of the pages' Markdown copies for language models: their sentences say it in words."""

    def words(match: re.Match[str]) -> str:
        markup = match[2]
        if 'class="timeline"' in markup:
            return "\n\n".join(map(html.unescape, SENTENCE.findall(markup)))
        return "" if re.fullmatch(r"(?:</?fig(?:ure|caption)\b[^>]*>)+", markup) else match[0]

    for file in site.rglob("*.llms.md"):
        write_whole(file, RAW_HTML.sub(words, file.read_text(encoding="utf-8")).encode())


def write_sitemap(project: Project, site: Path, pages: Sequence[Completed]) -> None:
    """``sitemap.xml`` with every page but the 404 page, and the ``robots.txt`` that names it; or the author's own."""
    if not project.url:
        return
    addresses = [html.escape(f"{project.url}/{quote(page.address)}") for page in pages if not page.is_for_errors]
    urls = "".join(f"  <url><loc>{address}</loc></url>\n" for address in addresses)
    namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{namespace}">\n{urls}</urlset>\n'
    write_unless_own(project, site, "sitemap.xml", text.encode())
    robots = f"User-agent: *\nAllow: /\nSitemap: {project.url}/sitemap.xml\n"
    write_unless_own(project, site, "robots.txt", robots.encode())
