"""Lets readers edit and run snippets: what their page says before the first click, and what is loaded then."""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from awaited.finish.articles import by_page
from awaited.finish.markup import Page, Tree, append
from awaited.finish.styles import FOLDER
from awaited.live.files import lay_out
from awaited.live.snippets import Snippet, snippets
from awaited.memory.files import write_whole
from awaited.prove.proofs import Proofs, varying
from awaited.read.project import Project
from awaited.tangle.scripts import Script

PLACE = "div#playground:not(.cell)"
"""The element of a page (``::: {#playground}``) that an empty editor goes into."""
NOTHING_RUNS = "This copy of the site was built without the Python that runs in browsers, so nothing can be run here."


@dataclass(frozen=True)
class Live:
    """What readers can run on a site."""

    folder: str
    """Where the browser's Python is, relative to the site, with a slash at its end."""
    snippets: Mapping[Path, Mapping[str, Snippet]]
    """By article and label."""


@dataclass(frozen=True)
class PageLive:
    """What readers can run on one page."""

    data: str
    """The file with what running takes, relative to the site."""
    runs: Sequence[str] = ()
    """The labels of the snippets that run."""
    why_not: Mapping[str, str] = field(default_factory=dict)
    """Why the others do not."""


def runnable(project: Project, site: Path, scripts: Sequence[Script], proofs: Proofs) -> Live | None:
    """What readers can run, with all that takes put into the site; None where the browser's Python is not to be had."""
    runtime = lay_out(project, site) if project.settings.live and project.settings.controls else None
    if runtime is None:
        return None
    tried = by_page(scripts) if proofs.in_browser else {}
    found = {path: snippets(project, its_own[0].article, proofs.unfit(its_own)) for path, its_own in tried.items()}
    return Live(runtime.folder, found)


def publish_data(site: Path, live: Live, scripts: Sequence[Script]) -> dict[Path, PageLive]:
    """Writes, for each article, what a click on one of its snippets loads; says what runs on it."""
    found = {}
    for path, its_own in by_page(scripts).items():
        known = live.snippets.get(path, {})
        runs = {str(script.cell.label): script for script in its_own if _runs(script, known)}
        facts = {
            label: {
                "prelude": known[label].prelude,
                "program": known[label].program,
                "varies": varying(script),
            }
            for label, script in runs.items()
        }
        data = _write(site, {"worker": f"{live.folder}worker.js", "snippets": facts}) if runs else ""
        why_not = {label: why for label, one in known.items() if (why := one.why_not)}
        found[path] = PageLive(data, tuple(runs), why_not)
    return found


def publish_examples(site: Path, live: Live, scripts: Sequence[Script]) -> PageLive:
    """Writes what the playground loads: the scripts that run, by article."""
    examples = []
    for path, its_own in by_page(scripts).items():
        runs = [script for script in its_own if _runs(script, live.snippets.get(path, {}))]
        names = [[str(script.cell.label).replace("-", " "), script.path.as_posix()] for script in runs]
        examples += [[its_own[0].article.title, names]] if names else []
    return PageLive(_write(site, {"worker": f"{live.folder}worker.js", "examples": examples}))


def _runs(script: Script, known: Mapping[str, Snippet]) -> bool:
    snippet = known.get(str(script.cell.label))
    return snippet is not None and snippet.why_not is None


def _write(site: Path, data: object) -> str:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    name = f"{FOLDER}/live.{hashlib.sha256(text).hexdigest()[:8]}.json"
    write_whole(site / name, text)
    return name


def offer_runs(page: Page, live: PageLive | None) -> None:
    """Marks the feet of snippets that run, for the page's script; at the others says why they do not.

    Their article says at its head how many run.
    """
    if live is None:
        return
    for label in (*live.runs, *live.why_not):
        foot = page.tree.css_first(f'div.cell:is([id="{label}"], [id="cell-{label}"]) > .cell-script')
        if label in live.why_not:
            append(foot, f'<span class="runs-not">{html.escape(live.why_not[label])} Run it on your machine.</span>')
        elif foot is not None:
            foot.attrs["data-runs"] = ""
    if live.runs:
        count = len(live.runs)
        total = sum(cell.css_first(".cell-code") is not None for cell in page.tree.css("div.cell"))
        which = "Each snippet" if count == total else f"{count} of the {total} snippets"
        said = f"{which} can be edited and run here, in your browser."
        append(page.tree.css_first("#title-block-header"), f'<p class="runs-how">{said}</p>')


def has_playground(text: str) -> bool:
    """Whether a page, as HTML, asks for an empty editor."""
    return 'id="playground"' in text and Tree(text).css_first(PLACE) is not None


def fill_playground(page: Page, live: PageLive | None) -> None:
    """Puts an empty editor where a page asks for it; a sentence where nothing can run."""
    place = page.tree.css_first(PLACE)
    if place is None:
        return
    if live is None:
        place.inner_html = f"<p>{NOTHING_RUNS}</p>"
        return
    place.attrs["class"] = "cell playground"
    place.inner_html = (
        '<noscript><div class="runs-not">It runs Python in your browser, which takes JavaScript.</div></noscript>'
        '<div class="cell-script" data-runs=""></div>'
    )
