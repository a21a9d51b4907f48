"""What the site offers for each snippet: its script to open and to copy, and all scripts in an archive."""

from __future__ import annotations

import html
import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from awaited.finish.markup import Page, Tree, address_of, append
from awaited.finish.own import check_not_own
from awaited.memory.files import write_whole
from awaited.prove.proofs import Proofs
from awaited.prove.pythons import in_words
from awaited.read.project import Project
from awaited.tangle.scripts import Script

ARCHIVE = "examples.zip"
LISTING = "div#scripts:not(.cell)"
"""The element of a page (``::: {#scripts}``) that the list of all scripts goes into; no heading, no snippet."""


def by_page(scripts: Iterable[Script]) -> dict[Path, list[Script]]:
    """Scripts under the pages that they come from, in their order."""
    found: dict[Path, list[Script]] = {}
    for script in scripts:
        found.setdefault(script.article.path, []).append(script)
    return found


def publish_scripts(project: Project, site: Path, scripts: Sequence[Script]) -> None:
    """Puts the scripts, and an archive of them all, into the site; raises AwaitedError where that has the author's."""
    for script in scripts:
        write_whole(site / script.path, script.text.encode())
    if scripts:
        check_not_own(project, site, ARCHIVE)
        (site / ARCHIVE).write_bytes(_archive(scripts))


def _archive(scripts: Iterable[Script]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for script in sorted(scripts, key=lambda script: script.path):
            entry = zipfile.ZipInfo(script.path.as_posix())  # dated 1980, so that the same scripts give the same bytes
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, script.text, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def link_scripts(page: Page, scripts: Sequence[Script]) -> None:
    """Puts a line under each of a page's snippets: a link to its script, and one to the snippet itself."""
    for script in scripts:
        label = str(script.cell.label)
        cell = page.tree.css_first(f'div.cell[id="{label}"], div.cell[id="cell-{label}"]')
        if cell is None:
            continue
        link = f'<a href="{page.up}{script.path.as_posix()}" data-script>{html.escape(script.path.name)}</a>'
        here = f'<a class="cell-link" href="#{cell.id}" aria-label="Link to the snippet {label}">#</a>'
        append(cell, f'<div class="cell-script">{link} {here}</div>')


def link_proofs(tree: Tree, scripts: Sequence[Script], proofs: Proofs) -> None:
    """Says under each snippet on which versions of Python its script is proven."""
    for old in tree.css(".cell-script .proven"):
        old.decompose()
    for script in scripts:
        foot = tree.css_first(f'div.cell[id="{script.cell.label}"] .cell-script')
        if versions := in_words(proofs.versions(script)):
            append(foot, f'<span class="proven">Python {versions}</span>')


def lists_scripts(text: str) -> bool:
    """Whether a page, as HTML, asks for the list of all scripts."""
    return 'id="scripts"' in text and Tree(text).css_first(LISTING) is not None


def list_scripts(tree: Tree, up: str, scripts: Sequence[Script], proofs: Proofs) -> None:
    """Lists all scripts on a page that asks for it; ``up`` is the way from there to the top of the site."""
    place = tree.css_first(LISTING)
    if place is None:
        return
    parts = [f'<p><a href="{up}{ARCHIVE}">All scripts in one archive</a></p>'] if scripts else []
    for page, mine in by_page(scripts).items():
        address = f"{up}{address_of(page)}"
        rows = "".join(_row(script, up, address, proofs) for script in mine)
        heads = "".join(f'<th scope="col">{name}</th>' for name in ("Script", "Shows", "Proven on Python"))
        parts.append(
            f'<h2><a href="{address}">{html.escape(mine[0].article.title)}</a></h2>'
            f'<div class="table-box" role="region" aria-label="Scripts" tabindex="0"><table class="table">'
            f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        )
    place.inner_html = "".join(parts)


def _row(script: Script, up: str, address: str, proofs: Proofs) -> str:
    name = f'<a href="{up}{script.path.as_posix()}"><code>{html.escape(script.path.name)}</code></a>'
    shows = f'<a href="{address}#{script.cell.label}">{html.escape(script.cell.section or script.article.title)}</a>'
    versions = in_words(proofs.versions(script)) or "not yet"
    return f"<tr><td>{name}</td><td>{shows}</td><td>{versions}</td></tr>"
