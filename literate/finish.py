"""The last step over a site's pages, the same for both engines: adds what is missing, and checks every link."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from literate import markup
from literate.cells import LiterateError
from literate.markup import Node, Tree, append, element
from literate.project import Project
from literate.snippets import link_scripts, publish_scripts, show_proofs
from literate.tangle import Script

LINKS = {"a": "href", "link": "href", "img": "src", "script": "src", "source": "src", "iframe": "src"}
NO_LINK = re.compile(r"(?!https?:)[a-zA-Z][a-zA-Z0-9+.-]*:")


@dataclass
class Page:
    """One HTML page of the site."""

    path: PurePosixPath
    """Its file, relative to the site."""
    tree: Tree

    @property
    def address(self) -> str:
        """Its path on the web: a folder for an index page."""
        folder = self.path.parent.as_posix()
        name = "" if self.path.name == "index.html" else self.path.name
        return f"{folder}/{name}".removeprefix(".").lstrip("/")


def finish(project: Project, site: Path, scripts: Sequence[Script]) -> None:
    """Completes the pages in a folder; raises LiterateError for the first link that leads nowhere."""
    publish_scripts(project, site, scripts)
    feeds = [feed.name for feed in sorted(site.glob("*.xml")) if feed.name != "sitemap.xml"]
    for page in _pages(site):
        _name_address(page, project)
        _announce_feed(page, feeds)
        _add_skip_link(page)
        if page.path.name == "404.html":
            _make_absolute(page, project)
        source = Path(page.path.with_suffix(".qmd"))
        link_scripts(page.tree, page.path, [script for script in scripts if script.article.path == source])
        markup.write(site / page.path, page.tree)
    _leave_404_out_of_sitemap(site / "sitemap.xml")
    show_proofs(project, site, scripts)
    check_links(project, site, _pages(site))


def _pages(site: Path) -> list[Page]:
    files = [file for file in sorted(site.rglob("*.html")) if "site_libs" not in file.parts]
    return [Page(PurePosixPath(file.relative_to(site).as_posix()), markup.read(file)) for file in files]


def _name_address(page: Page, project: Project) -> None:
    if project.url is None or page.path.name == "404.html":
        return
    address = f"{project.url}/{page.address}"
    kind = "article" if page.tree.css_first("#title-block-header .date") else "website"
    for present, missing in {
        'link[rel="canonical"]': f'<link rel="canonical" href="{address}">',
        'meta[property="og:url"]': f'<meta property="og:url" content="{address}">',
        'meta[property="og:type"]': f'<meta property="og:type" content="{kind}">',
    }.items():
        if page.tree.css_first(present) is None:
            append(page.tree.head, missing)


def _announce_feed(page: Page, feeds: Iterable[str]) -> None:
    if page.tree.css_first('link[type="application/rss+xml"]') is None:
        for feed in feeds:
            up = "../" * (len(page.path.parts) - 1)
            link = f'<link rel="alternate" type="application/rss+xml" title="Articles" href="{up}{feed}">'
            append(page.tree.head, link)


def _add_skip_link(page: Page) -> None:
    body, main = page.tree.body, page.tree.css_first("main")
    if body is None or main is None or body.child is None or page.tree.css_first(".skip-link"):
        return
    if not main.attributes.get("id"):
        main.attrs["id"] = "main"
    link = f'<a class="skip-link" href="#{main.attributes["id"]}">Skip to the content</a>'
    body.child.insert_before(element(link))


def _make_absolute(page: Page, project: Project) -> None:
    """A server shows the 404 page at any depth; so its links must not depend on where it is."""
    base = urlsplit(project.url or "").path.rstrip("/") + "/"
    for node, name, target in _links(page.tree):
        if not urlsplit(target).scheme and not target.startswith(("/", "#")):
            node.attrs[name] = urljoin(base, target)
    offset = page.tree.css_first('meta[name$=":offset"]')  # what the engine's script puts before the search index
    if offset is not None:
        offset.attrs["content"] = base


def _leave_404_out_of_sitemap(sitemap: Path) -> None:
    if sitemap.is_file():
        text = sitemap.read_text(encoding="utf-8")
        kept = re.sub(r"\s*<url>\s*<loc>[^<]*/404\.html</loc>.*?</url>", "", text, flags=re.S)
        sitemap.write_text(kept, encoding="utf-8")


def _links(tree: Tree) -> Iterator[tuple[Node, str, str]]:
    for tag, name in LINKS.items():
        for node in tree.css(f"{tag}[{name}]"):
            yield node, name, node.attributes.get(name) or ""


def check_links(project: Project, site: Path, pages: Iterable[Page]) -> None:
    """Raises LiterateError for the first link of a page that leads to no file, or no anchor, of the site."""
    pages = list(pages)
    anchors = {page.path: {node.attributes.get("id") for node in page.tree.css("[id]")} for page in pages}
    base = urlsplit(project.url or "").path.rstrip("/") + "/"
    for page in pages:
        for _, _, target in _links(page.tree):
            if target and not NO_LINK.match(target) and not target.startswith(("//", "http:", "https:")):
                problem = _problem(target, page, site, anchors, base)
                if problem:
                    raise LiterateError(f"the link '{target}' {problem}", *_source(project, page, target))


def _problem(
    target: str, page: Page, site: Path, anchors: dict[PurePosixPath, set[str | None]], base: str
) -> str | None:
    parts = urlsplit(urljoin(base + page.path.as_posix(), target))
    path = PurePosixPath(unquote(parts.path).removeprefix(base))
    if (site / path).is_dir():
        path /= "index.html"
    if not (site / path).is_file():
        return "leads to no file of the site; correct it"
    fragment = unquote(parts.fragment)
    if fragment and path in anchors and fragment not in anchors[path] and "=" not in fragment:
        return f"names no heading or snippet of {path}; correct it"
    return None


def _source(project: Project, page: Page, target: str) -> tuple[str, int | None]:
    """The source of a page, and the line in it where a link is most likely written."""
    source = page.path.with_suffix(".qmd")
    file = project.root / source
    if not file.is_file():
        return str(page.path), None
    wanted = target.rpartition("#")[2] or target
    lines = file.read_text(encoding="utf-8").split("\n")
    return str(source), next((n for n, line in enumerate(lines, 1) if wanted in line), None)
