"""The feed: each article's full text with its pictures, as feed readers show it."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import quote, urljoin
from xml.etree import ElementTree

from awaited.finish.articles import published
from awaited.finish.byline import authors
from awaited.finish.completed import Completed
from awaited.finish.drawings import WIDTH, file_name
from awaited.finish.markup import Node, Page, Tree, classes, element, links, remove, text_of
from awaited.finish.own import is_own
from awaited.finish.path import Place, in_words
from awaited.finish.search import NOT_TO_READ
from awaited.finish.styles import FOLDER
from awaited.memory.files import write_whole
from awaited.memory.plain_text import CONTROL
from awaited.read.articles import Article
from awaited.read.project import Project

CONTENT = "http://purl.org/rss/1.0/modules/content/"
ATOM = "http://www.w3.org/2005/Atom"
CREATOR = "http://purl.org/dc/elements/1.1/"
FEED_ITEMS = 20
LABELS = {"stdout": "Output", "stderr": "Standard error", "error": "Error"}
"""What styles.css says above an output, by the stream."""
KINDS = ("tip", "warning", "caution", "important", "note")
"""Of callouts."""


def write_feed(project: Project, site: Path, pages: Sequence[Completed], articles: dict[str, Article]) -> None:
    """An RSS 2.0 feed with each article's full text, in the place of every feed that the engine has made.

    Follows the RSS 2.0 specification and its ``content`` module; the order is that of the dates, the newest first.
    """
    website = project.config.get("website")
    about = website if isinstance(website, dict) else {}
    dated = [(when, page, articles[page.address]) for page in pages if page.address in articles
             and (when := published(articles[page.address]))]  # fmt: skip
    dated.sort(key=lambda entry: (entry[0], entry[1].address), reverse=True)
    look = _publish_look(site)
    for file in site.glob("*.xml"):
        if file.name != "sitemap.xml" and project.url and not is_own(project, site, file.name):
            write_whole(file, _feed(project.url, about, file.name, look, dated[:FEED_ITEMS]))
    for _, page, _ in dated[:FEED_ITEMS]:
        for name, drawing in page.drawings.items():
            write_whole(site / name, drawing.encode())


def _publish_look(site: Path) -> str:
    """Writes the stylesheet by which a browser shows the feed; gives its address."""
    text = Path(__file__).with_name("feed.css").read_bytes()
    name = f"{FOLDER}/feed.{hashlib.sha256(text).hexdigest()[:8]}.css"
    write_whole(site / name, text)
    return name


def _feed(
    url: str, about: dict[str, object], name: str, look: str, dated: list[tuple[date, Completed, Article]]
) -> bytes:
    for prefix, namespace in (("content", CONTENT), ("atom", ATOM), ("dc", CREATOR)):
        ElementTree.register_namespace(prefix, namespace)
    root = ElementTree.Element("rss", version="2.0")
    channel = ElementTree.SubElement(root, "channel")
    _add(channel, "title", about.get("title"))
    _add(channel, "link", f"{url}/")
    _add(channel, "description", about.get("description") or about.get("title"))
    _add(channel, "language", "en")
    if changed := max((page.changed for _, page, _ in dated), default=""):
        _add(channel, "lastBuildDate", _moment(date.fromisoformat(changed)))
    ElementTree.SubElement(channel, f"{{{ATOM}}}link", href=f"{url}/{name}", rel="self", type="application/rss+xml")
    for when, page, article in dated:
        item = ElementTree.SubElement(channel, "item")
        address = f"{url}/{quote(page.address)}"
        _add(item, "title", article.title)
        _add(item, "link", address)
        _add(item, "guid", address)
        _add(item, "pubDate", _moment(when))
        for author in authors(article):
            _add(item, f"{{{CREATOR}}}creator", author)  # RSS's own <author> wants a mail address
        _add(item, "description", article.metadata.get("description"))
        for category in article.categories:
            _add(item, "category", category)
        _add(item, f"{{{CONTENT}}}encoded", page.text)
    ElementTree.indent(root)
    start = f'<?xml version="1.0" encoding="utf-8"?>\n<?xml-stylesheet type="text/css" href="{look}"?>\n'
    text: str = ElementTree.tostring(root, encoding="unicode")
    return f"{start}{text}\n".encode()


def _moment(day: date) -> str:
    return format_datetime(datetime.combine(day, time(), UTC))


def _add(parent: ElementTree.Element, name: str, text: object) -> None:
    if text:
        ElementTree.SubElement(parent, name).text = str(text)


def full_text(page: Page, project: Project, place: Place | None) -> str:
    """An article's HTML for a feed reader: without controls, classes and styles, its links and pictures absolute."""
    address = f"{project.url}/{quote(page.address)}"
    found = page.tree.css_first("main")
    tree = Tree((found.html if found is not None else "") or "")
    for timeline in tree.css(".timeline"):
        timeline.replace_with(
            element(f"<div>{''.join(_picture(view) for view in timeline.css('.timeline-view'))}</div>")
        )
    for output in tree.css(".cell-output"):
        label = next((LABELS[name] for name in LABELS if f"cell-output-{name}" in classes(output)), "")
        if label and output.child is not None:
            output.child.insert_before(element(f"<p><strong>{label}</strong></p>"))
    for callout in tree.css(".callout"):
        _quote(callout)
    remove(tree.css(f"#title-block-header, {NOT_TO_READ}"))
    for node, name, target in links(tree):
        node.attrs[name] = urljoin(address, target)
    for node in tree.css("*"):
        for name in [name for name in node.attributes if name in ("class", "style", "role", "tabindex", "translate")
                     or name.startswith(("data-", "aria-", "on"))]:  # fmt: skip
            del node.attrs[name]
    for span in tree.css("span, wbr"):
        span.unwrap()
    main = tree.css_first("main")
    text = CONTROL.sub("", main.inner_html or "").strip() if main is not None else ""
    return f"<p>{in_words(place, f'{project.url}/')}</p>\n{text}" if place else text


def _picture(view: Node) -> str:
    """A timeline as a picture from a file of its own, and its sentence."""
    drawn, sentence = view.css_first("svg.timeline-picture"), view.css_first(".timeline-sentence")
    if drawn is None:
        return ""
    title = drawn.css_first("title")
    name = html.escape(text_of(title)) if title is not None else ""
    size = f'width="{WIDTH}" height="{drawn.attributes.get("height") or ""}"'
    said = f"<p>{html.escape(text_of(sentence))}</p>" if sentence is not None else ""
    return f'<p><img src="{file_name(drawn)}" alt="{name}" {size}></p>{said}'


def _quote(callout: Node) -> None:
    """A callout as a quotation that begins with what it is."""
    kind = next((kind for kind in KINDS if f"callout-{kind}" in classes(callout)), "note")
    title, body = callout.css_first(".callout-title-container"), callout.css_first(".callout-body")
    named = f": {html.escape(text_of(title))}" if title is not None else ""
    inner = (body.inner_html if body is not None else callout.inner_html) or ""
    callout.replace_with(element(f"<blockquote><p><strong>{kind.capitalize()}{named}</strong></p>{inner}</blockquote>"))
