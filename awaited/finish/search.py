"""The search index of the pages, and the sitemap."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from awaited.finish.completed import Completed
from awaited.finish.markup import Node, Page, Tree, classes, remove, text_of
from awaited.finish.own import write_unless_own
from awaited.finish.scripts import LISTING
from awaited.memory.files import write_whole
from awaited.read.project import Project

NOT_SEARCHED = "script-page"
"""The class of pages that show once more what the search finds elsewhere."""
NOT_TO_READ = (  # a timeline's sentence says it, a script is found at its snippet
    ".shown, .anchorjs-link, .cell-script, button, script, .proof, .page-navigation, .article-foot, "
    f".timeline-picture, .timeline-table, .proofs, {LISTING}"
)


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


def write_sitemap(project: Project, site: Path, pages: Sequence[Completed]) -> None:
    """``sitemap.xml`` with every page but the 404 page, and the ``robots.txt`` that names it; or the author's own."""
    if not project.url:
        return
    urls = "".join(
        f"  <url><loc>{html.escape(f'{project.url}/{quote(page.address)}')}</loc>"
        f"{f'<lastmod>{page.changed}</lastmod>' if page.changed else ''}</url>\n"
        for page in pages
        if not page.is_for_errors
    )
    namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{namespace}">\n{urls}</urlset>\n'
    write_unless_own(project, site, "sitemap.xml", text.encode())
    robots = f"User-agent: *\nAllow: /\nSitemap: {project.url}/sitemap.xml\n"
    write_unless_own(project, site, "robots.txt", robots.encode())
