"""The last step over a site's pages, the same for both engines: one look, one script, nothing left out or left over."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path, PurePosixPath

from awaited.finish.aliases import aliases, publish_aliases, take_out_aliases
from awaited.finish.archive import publish_archive
from awaited.finish.articles import by_address, by_date, by_page, published
from awaited.finish.cards import draw_card, draw_site_card
from awaited.finish.complete import Others, Surroundings, complete
from awaited.finish.completed import Completed
from awaited.finish.copies import tidy_copies
from awaited.finish.feed import FEED_ITEMS, write_feed
from awaited.finish.frame import Frame
from awaited.finish.images import same_images
from awaited.finish.links import dead_links, publish_named
from awaited.finish.listing import is_listing, neighbours
from awaited.finish.live import Live, has_playground, publish_data, publish_examples, runnable
from awaited.finish.markup import address_of, page_files, way_up
from awaited.finish.own import check_not_own, is_own
from awaited.finish.path import places, write_path
from awaited.finish.proof_page import PATH, proof_page
from awaited.finish.proofs import PROOFS, proof_of, publish_proofs
from awaited.finish.replays import publish_runs
from awaited.finish.script_pages import path_of, script_page
from awaited.finish.scripts import feet, lists_scripts, publish_scripts
from awaited.finish.search import write_search_index, write_sitemap
from awaited.finish.shown import shows_run
from awaited.finish.styles import CONTROLS, FOLDER, dresses_all, has_dark_theme, undressed, unite_styles
from awaited.memory.files import write_whole
from awaited.memory.keeper import Keeper
from awaited.prove.proofs import Proofs
from awaited.read.articles import Article
from awaited.read.changes import last_changes
from awaited.read.errors import AwaitedError, together
from awaited.read.losses import told
from awaited.read.project import EXAMPLES, Project
from awaited.tangle.scripts import Script


def finish(
    project: Project, sources: Sequence[Article], site: Path, scripts: Sequence[Script], proofs: Proofs
) -> list[AwaitedError]:
    """Completes the pages in a folder, made from ``sources``; gives what is wrong with links and what is lost.

    With ``links: error`` raises that as an AwaitedError.
    """
    settings = project.settings
    proofs = proofs if settings.proofs else Proofs()
    if settings.script_links or settings.examples_page:
        publish_scripts(site, scripts)
    if settings.examples_page:
        publish_archive(project, site, scripts, proofs)
    publish_proofs(project, site, scripts, proofs)
    former = aliases(sources)
    take_out_aliases(project, site, former)
    live = runnable(project, site, scripts, proofs)
    pages = _complete_all(project, sources, site, scripts, proofs, live)
    stylesheets = unite_styles(project, site, pages, draws=live is not None) if settings.unites_styles else {}
    for page in pages:
        html = page.html
        for later, name in stylesheets.items():
            html = html.replace(later, name)
        write_whole(site / page.path, html.encode())
        publish_runs(site, page.runs)
    if settings.controls:
        _remove_left_over(project, site, pages)
        write_search_index(site, pages)
    write_feed(project, site, pages, by_address(sources))
    listings = [PurePosixPath(page.path) for page in pages if is_listing(page.html)]
    with_scripts = [PurePosixPath(page.path) for page in pages if lists_scripts(page.html)]
    tidy_copies(site, by_address(sources), scripts, listings, with_scripts)
    write_path(project, site, by_address(sources))
    write_sitemap(project, site, pages)
    publish_named(project, site, pages)
    publish_aliases(site, former)
    dead = dead_links(project, site, pages, by_address(sources))
    if dead and project.settings.links == "error":
        raise together(dead)
    return [*dead, *told(loss for page in pages for loss in page.losses)]


def _complete_all(
    project: Project,
    sources: Sequence[Article],
    site: Path,
    scripts: Sequence[Script],
    proofs: Proofs,
    live: Live | None,
) -> list[Completed]:
    """Completes every page, but for those that would come out as they did in the last build."""
    _remove_old_own(project, site, sources)
    made = [path for path in page_files(site) if not is_own(project, site, path)]
    files = {path: (site / path).read_text(encoding="utf-8") for path in made}
    listings = [path for path, text in files.items() if is_listing(text)]
    asks = [path for path, text in files.items() if lists_scripts(text) or shows_run(text)]
    with_others = [path for path in asks if path not in listings]
    articles = by_address(sources)
    steps = places(articles)
    around = _surroundings(project, articles, site, files, listings, scripts, proofs, live)
    keeper = Keeper(project.scratch / "completed.json")

    def completed(path: PurePosixPath, text: str) -> Completed:
        return _complete_or_keep(path, text, site, around(path), keeper)

    pages = {path: completed(path, text) for path, text in files.items() if path not in (*listings, *with_others)}
    for path in (*with_others, *listings):  # these show what all others have, the listings also what the former do
        others = Others(articles, scripts, proofs, {page.address: page for page in pages.values()}, steps)
        pages[path] = complete(path, files[path], site, around(path), others)
    if scripts:
        frame = Frame(project, files, next((path for path in with_others if lists_scripts(files[path])), None))
        for path, text in _own_pages(project, site, frame, scripts, proofs, pages):
            pages[path] = completed(path, text)
    keeper.save()
    return list(pages.values())


def _surroundings(
    project: Project,
    articles: Mapping[str, Article],
    site: Path,
    files: Mapping[PurePosixPath, str],
    listings: Sequence[PurePosixPath],
    scripts: Sequence[Script],
    proofs: Proofs,
    live: Live | None,
) -> Callable[[PurePosixPath], Surroundings]:
    """What is to be known about a page besides its HTML, for each; writes what all of them load."""
    scripts_of, steps = by_page(scripts), places(articles)
    order, changes = by_date(articles), last_changes(project, list(articles.values()))
    ways, feeds, settings = neighbours(articles, order, steps), _feeds(project, site), project.settings
    page_script = _publish_page_script(site, with_editor=live is not None) if settings.controls else ""
    is_dressed = dresses_all(project)
    has_dark, classes = None if is_dressed else has_dark_theme(project), undressed(project)
    look = _publish_controls_look(site) if settings.controls and not (is_dressed or settings.unites_styles) else ""
    runs = publish_data(site, live, scripts) if live else {}
    examples = publish_examples(site, live, scripts) if live else None

    site_card = draw_site_card(project, site, (files[path] for path in files if address_of(path) in steps))

    def around(path: PurePosixPath) -> Surroundings:
        article = articles.get(address_of(path))
        source, address = article.path if article else Path(path.with_suffix(".qmd")), address_of(path)
        its_own = scripts_of.get(source, ())
        return Surroundings(
            project=project,
            article=article,
            changed=changes[article.path].date() if article else None,
            card=draw_card(project, site, article, files[path]) if article and published(article) else site_card,
            place=steps.get(address),
            neighbours=ways.get(address, ()),
            is_in_feed=address in order[-FEED_ITEMS:],
            feeds=feeds,
            listing=listings[0] if listings else None,
            feet=feet(its_own, proofs, way_up(path), settings),
            proof=proof_of(project, source, its_own, proofs) if settings.proofs else "",
            page_script=page_script,
            live=examples if has_playground(files.get(path, "")) else runs.get(source),
            has_dark=has_dark,
            undressed=classes,
            controls_look=look,
        )

    return around


def _own_pages(
    project: Project,
    site: Path,
    frame: Frame,
    scripts: Sequence[Script],
    proofs: Proofs,
    pages: Mapping[PurePosixPath, Completed],
) -> Iterator[tuple[PurePosixPath, str]]:
    """The pages that no source stands behind, with their HTML: one of each script, and that of the proofs."""
    settings = project.settings
    for script in scripts if settings.examples_page else ():
        source = pages.get(PurePosixPath(script.article.path.with_suffix(".html")))
        output = source.outputs.get(str(script.cell.label), "") if source else ""
        yield path_of(script), script_page(project, frame, script, output, proofs)
    if settings.proofs:
        check_not_own(project, site, PATH.name)
        yield PATH, proof_page(frame, scripts, proofs, PROOFS, settings)


def _remove_old_own(project: Project, site: Path, sources: Sequence[Article]) -> None:
    """Takes out the pages of ours that stand where Quarto alone makes the site anew each time in the same place."""
    made = {source.path.with_suffix(".html").as_posix() for source in sources}
    for path in page_files(site):
        is_ours = path.as_posix() not in made and (path == PATH or path.is_relative_to(EXAMPLES))
        if is_ours and not is_own(project, site, path):
            (site / path).unlink()


def _complete_or_keep(path: PurePosixPath, text: str, site: Path, around: Surroundings, keeper: Keeper) -> Completed:
    key = around.key(path, text)
    kept = keeper.get(key)
    if kept is None or not same_images(kept["images"], site):
        kept = asdict(complete(path, text, site, around))
    keeper.put(key, kept)
    return Completed(**kept)


def _feeds(project: Project, site: Path) -> tuple[str, ...]:
    names = sorted(file.name for file in site.glob("*.xml") if file.name != "sitemap.xml")
    return tuple(name for name in names if not is_own(project, site, name))


def _publish_page_script(site: Path, *, with_editor: bool) -> str:
    """Writes the script of all pages, and those that it loads when they are of use; gives its address.

    Their names change with their contents.
    """
    from rcssmin import cssmin

    names = ("search.js", "timeline.js", "listing.js", "folds.js")
    later = {f"./{name}": f"./{_publish_script(site, name)}" for name in names}
    if with_editor:
        style = cssmin(Path(__file__).with_name("editor.css").read_text(encoding="utf-8"))
        later["./editor.js"] = f"./{_publish_script(site, 'editor.js', {'./editor.css': style})}"
    return f"{FOLDER}/{_publish_script(site, 'page.js', later)}"


def _publish_script(site: Path, source: str, later: Mapping[str, str] | None = None) -> str:
    from rjsmin import jsmin

    text = jsmin(Path(__file__).with_name(source).read_text(encoding="utf-8"))
    for written, in_its_place in (later or {}).items():
        text = text.replace(json.dumps(written), json.dumps(in_its_place))
    name = f"{source[:-3]}.{hashlib.sha256(text.encode()).hexdigest()[:8]}.js"
    write_whole(site / FOLDER / name, text.encode())
    return name


def _publish_controls_look(site: Path) -> str:
    """Writes the controls' own stylesheet; gives its address, which changes with its content."""
    from rcssmin import cssmin

    text = cssmin(CONTROLS.read_text(encoding="utf-8"))
    name = f"{FOLDER}/controls.{hashlib.sha256(text.encode()).hexdigest()[:8]}.css"
    write_whole(site / name, text.encode())
    return name


def _remove_left_over(project: Project, site: Path, pages: Sequence[Completed]) -> None:
    """Takes out of ``site_libs`` what no page asks for any more, unless it is the author's."""
    wanted = {FOLDER.split("/")[1]}
    for page in pages:
        for target in page.links:
            _, found, after = target.partition("site_libs/")
            if found:
                wanted.add(after.split("/")[0])
    for entry in (site / "site_libs").iterdir() if (site / "site_libs").is_dir() else ():
        if entry.name not in wanted and not (project.root / "site_libs" / entry.name).exists():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    if not is_own(project, site, "listings.json"):
        (site / "listings.json").unlink(missing_ok=True)
