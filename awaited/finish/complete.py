"""Completes one page, and notes what the site as a whole has to know of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from awaited.finish import styles
from awaited.finish.articles import published
from awaited.finish.byline import write_byline, write_foot
from awaited.finish.code import highlight_blocks, highlight_snippets
from awaited.finish.completed import Completed
from awaited.finish.controls import replace_controls
from awaited.finish.drawings import drawings
from awaited.finish.feed import full_text
from awaited.finish.head import add_skip_link, complete_head, make_absolute, mark_theme
from awaited.finish.images import size_images
from awaited.finish.lean import take_out_needless, without_gaps
from awaited.finish.lightbox import link_pictures
from awaited.finish.listing import link_neighbours, list_articles, take_picture
from awaited.finish.live import PageLive, fill_playground, offer_runs
from awaited.finish.markup import Page, Tree, drop_attributes, is_for_errors, links, to_html
from awaited.finish.maths import draw_maths
from awaited.finish.path import Place, show_place
from awaited.finish.policy import enforce
from awaited.finish.proofs import stamp
from awaited.finish.replays import Runs, file_of, take_runs
from awaited.finish.repository import say_where_the_source_is, source_links
from awaited.finish.scripts import link_scripts, list_scripts, outputs
from awaited.finish.search import search_entries
from awaited.finish.shown import show_runs
from awaited.memory.keeper import digest
from awaited.prove.proofs import Proofs
from awaited.read.articles import Article
from awaited.read.project import Project
from awaited.tangle.scripts import Script


@dataclass(frozen=True)
class Surroundings:
    """What the completing of a page depends on, besides its HTML and the size of its pictures."""

    project: Project
    article: Article | None
    """The source of the page; None for a page that has none."""
    changed: date | None
    """The day of its last change; None for a page without a source."""
    card: str | None
    """The address of its social card."""
    place: Place | None
    """Where it stands on the path through the articles."""
    neighbours: Sequence[tuple[str, str, str]]
    """The articles before and after it: the relation, the address, the title."""
    is_in_feed: bool
    feeds: Sequence[str]
    """The names of the site's feeds."""
    listing: PurePosixPath | None
    """The page that lists the articles."""
    feet: Mapping[str, str]
    """The last line of each of the page's snippets, by its label."""
    proof: str
    """What has been proven of them all, as HTML."""
    page_script: str
    """The address of the script of all pages."""
    live: PageLive | None
    """What readers can run on it; None where nothing can be run."""
    has_dark: bool | None
    """Whether the site has a dark theme, which the controls have to dress; None where its own stylesheet does that."""
    undressed: Sequence[str]
    """The engines' classes that say nothing on this site (``styles.undressed``)."""
    controls_look: str
    """The address of the controls' own stylesheet; empty where pages need none."""

    @property
    def is_article(self) -> bool:
        """Whether it has a date, as articles have."""
        return self.article is not None and published(self.article) is not None

    @property
    def has_two_stylesheets(self) -> bool:
        """Whether the stylesheet of the site is in two files (``styles.unite_styles``)."""
        return self.project.settings.unites_styles and self.has_dark is None

    @property
    def loads_one_later(self) -> bool:
        """Whether the page's script loads the second of them when it is of use."""
        return self.has_two_stylesheets and self.is_article and self.project.settings.controls

    def key(self, path: PurePosixPath, text: str) -> str:
        """A digest of all this and of a page's HTML."""
        about = self.article and (self.article.title, self.article.metadata)
        others = [value for name, value in vars(self).items() if name not in ("project", "article")]
        return digest(path, text, self.project.config, about, others)


@dataclass(frozen=True)
class Others:
    """What the pages show that list all others."""

    articles: Mapping[str, Article]
    """Articles by their addresses."""
    scripts: Sequence[Script]
    proofs: Proofs
    pages: Mapping[str, Completed]
    """The pages that are complete, by their addresses."""
    path: Mapping[str, Place]
    """The articles that are on the path, in its order."""


def _styles(page: Page, around: Surroundings, runs: Runs) -> tuple[dict[str, str], list[str], list[str]]:
    """Gives a page the site's script, and its stylesheet in the place of those that it has, as the project wants it.

    What stood in attributes, what its drawings brought along, the stylesheets that it asked for.
    """
    settings = around.project.settings
    inline, drawn, stylesheets = dict[str, str](), styles.drawn(page), list[str]()
    if settings.controls:
        add_skip_link(page)
    if settings.unites_styles:
        if around.has_two_stylesheets:  # nothing in it speaks of their height, which stands in an attribute as well
            for picture in page.tree.css("svg.timeline-picture"):
                drop_attributes(picture, "style")
        inline, stylesheets = styles.take_style_attributes(page), styles.stylesheets(page)
        styles.load_stylesheets(page, both=around.has_two_stylesheets and not around.loads_one_later)
    elif around.controls_look:
        page.add_to_head(f'<link rel="stylesheet" href="{page.up}{around.controls_look}">')
    if settings.controls:
        mark_theme(page, around.has_dark)
        page.add_to_head(_script(page, around, runs))
    return inline, drawn, stylesheets


def complete(
    path: PurePosixPath, text: str, site: Path, around: Surroundings, others: Others | None = None
) -> Completed:
    """Completes the page with this path and HTML; ``others`` is for a page that lists them."""
    page, settings = Page(path, Tree(text)), around.project.settings
    picture = take_picture(page)
    say_where_the_source_is(page, around.project)
    highlight_blocks(page)
    highlight_snippets(page)
    losses = draw_maths(page, around.article)
    runs, shown = take_runs(page) if settings.controls else {}, dict[str, Any]()
    if settings.controls:
        losses += enforce(page, around.article, settings)
        replace_controls(page, around.listing, around.has_dark)
    if others:
        if settings.controls:
            small = {address: other.picture for address, other in others.pages.items()}
            list_articles(page, others.articles, small, others.path)
        list_scripts(page.tree, page.up, others.scripts, others.proofs, settings)
        shown = show_runs(page, {address: (other.html, other.runs) for address, other in others.pages.items()})
    link_pictures(page, around.article)
    images = size_images(page, site)
    show_place(page, around.place)
    if settings.controls:
        write_byline(page, around.article, around.changed)
        write_foot(page, around.article, source_links(around.project, around.article.path) if around.article else "")
        link_neighbours(page, around.neighbours, around.place)
    complete_head(page, around.project, around.article, around.changed, around.feeds, around.card)
    link_scripts(page, around.feet)
    fill_playground(page, around.live)
    offer_runs(page, around.live)
    runs |= shown
    inline, drawn, stylesheets = _styles(page, around, runs)
    stamp(page.tree, around.proof)
    if is_for_errors(path):
        make_absolute(page, around.project)
    in_feed = full_text(page, around.project, around.place) if around.is_in_feed else ""
    pictures = drawings(page, drawn) if around.is_in_feed else {}
    if settings.controls:
        take_out_needless(page, around.undressed)
    return Completed(
        path=path.as_posix(),
        html=without_gaps(to_html(page.tree)) if settings.controls else to_html(page.tree),
        is_article=around.is_article,
        anchors=[node.attributes["id"] or "" for node in page.tree.css("[id]")],
        links=[target for _, _, target in links(page.tree) if target],
        stylesheets=stylesheets,
        names=sorted(styles.names(page)),
        drawn=drawn,
        inline=inline,
        images=images,
        picture=picture,
        entries=search_entries(page),
        outputs=outputs(page, around.feet),
        text=in_feed,
        drawings=pictures,
        runs=runs,
        losses=losses,
        changed=around.changed.isoformat() if around.changed else "",
    )


def _script(page: Page, around: Surroundings, runs: Runs) -> str:
    """The script of all pages; it is told where the site is, and what else this page can load."""
    told = {
        "site": page.up or "./",
        "more": f"{page.up}{styles.MORE_NAMED_LATER}" if around.loads_one_later else "",
        "replays": file_of(runs),
        "live": f"{page.up}{around.live.data}" if around.live and around.live.data else "",
    }
    data = "".join(f' data-{name}="{value}"' for name, value in told.items() if value)
    return f'<script defer src="{page.up}{around.page_script}"{data}></script>'
