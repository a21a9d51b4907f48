"""The last step over a site's pages, the same for both engines: one look, one script, nothing left out or left over."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from literate.cells import Article
from literate.finish import markup
from literate.finish.cards import draw_card
from literate.finish.controls import by_address, by_date, link_neighbours, replace_controls, size_images, take_pictures
from literate.finish.feeds import shorten_copies, write_feed, write_search_index, write_sitemap
from literate.finish.head import add_skip_link, complete_head, make_absolute
from literate.finish.links import check_links
from literate.finish.markup import Page
from literate.finish.snippets import by_page, link_scripts, publish_scripts, show_proofs
from literate.finish.styles import FOLDER, unite_styles
from literate.freeze import write_whole
from literate.project import Project
from literate.tangle import Script


def finish(project: Project, sources: Sequence[Article], site: Path, scripts: Sequence[Script]) -> None:
    """Completes the pages in a folder, made from ``sources``; raises LiterateError for the first broken link."""
    _complete(project, sources, site, scripts)
    show_proofs(project, site, scripts)
    check_links(project, site, read_pages(site))


def _complete(project: Project, sources: Sequence[Article], site: Path, scripts: Sequence[Script]) -> None:
    """All that needs every page of the site in memory at once, which is let go of in the end."""
    articles = by_address(sources)
    pages = list(read_pages(site))
    feeds = [feed.name for feed in sorted(site.glob("*.xml")) if feed.name != "sitemap.xml"]
    listing = next((page for page in pages if page.tree.css_first(".quarto-listing") is not None), None)
    pictures, order, scripts_of = take_pictures(pages), by_date(articles), by_page(scripts)
    publish_scripts(project, site, scripts)
    for page in pages:
        article = articles.get(page.address)
        card = draw_card(project, site, article) if article and article.metadata.get("date") else None
        replace_controls(page, articles, listing, pictures)
        size_images(page, site)
        link_neighbours(page, articles, order)
        complete_head(page, project, article, feeds, card)
        add_skip_link(page)
        link_scripts(page, scripts_of.get(page.source, ()))
    unite_styles(project, site, pages)
    _load_script(site, pages)
    for page in pages:
        if page.path.name == "404.html":
            make_absolute(page, project)
        markup.write(site / page.path, page.tree)
    _remove_left_over(site, pages)
    write_feed(project, site, pages, articles)
    write_search_index(site, pages)
    shorten_copies(site)
    write_sitemap(project, site, pages)


def read_pages(site: Path) -> Iterator[Page]:
    """The pages of a site, parsed."""
    for file in sorted(site.rglob("*.html")):
        if "site_libs" not in file.parts:
            yield Page(PurePosixPath(file.relative_to(site).as_posix()), markup.read(file))


def _load_script(site: Path, pages: Sequence[Page]) -> None:
    """The one script of all pages, under a name that changes with its content."""
    import hashlib

    from rjsmin import jsmin

    text = jsmin(Path(__file__).with_name("page.js").read_text(encoding="utf-8"))
    name = f"{FOLDER}/page.{hashlib.sha256(text.encode()).hexdigest()[:8]}.js"
    write_whole(site / name, text.encode())
    for page in pages:
        page.add_to_head(f'<script defer src="{page.up}{name}" data-site="{page.up or "./"}"></script>')


def _remove_left_over(site: Path, pages: Sequence[Page]) -> None:
    """Takes out of ``site_libs`` what no page asks for any more."""
    wanted = {FOLDER.split("/")[1]}
    for page in pages:
        for _, _, target in markup.links(page.tree):
            _, found, after = target.partition("site_libs/")
            if found:
                wanted.add(after.split("/")[0])
    for entry in (site / "site_libs").iterdir() if (site / "site_libs").is_dir() else ():
        if entry.name not in wanted:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    (site / "listings.json").unlink(missing_ok=True)
