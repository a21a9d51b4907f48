"""What the site offers for each snippet: its script to open and to copy, all scripts in an archive, and their proof."""

from __future__ import annotations

import html
import io
import shutil
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from awaited.finish.markup import Page, Tree, address_of, append, page_files, rewrite, way_up
from awaited.finish.own import check_not_own, is_own
from awaited.memory import freezer
from awaited.memory.files import write_whole
from awaited.prove import proof
from awaited.read.project import Project
from awaited.tangle.scripts import Script

ARCHIVE = "examples.zip"
PROOFS = "proofs.json"
LISTING = "div#scripts:not(.cell)"
"""The element of a page (``::: {#scripts}``) that the list of all scripts goes into; no heading, no snippet."""


@dataclass(frozen=True)
class Proofs:
    """What has been proven of scripts."""

    when: str
    """When the last proof was made, as ISO 8601."""
    held: Mapping[Path, Mapping[str, Any]]
    """Its entries that still hold, by script."""


def by_page(scripts: Iterable[Script]) -> dict[Path, list[Script]]:
    """Scripts under the pages that they come from, in their order."""
    found: dict[Path, list[Script]] = {}
    for script in scripts:
        found.setdefault(script.article.path, []).append(script)
    return found


def publish_scripts(project: Project, site: Path, scripts: Sequence[Script]) -> None:
    """Puts the scripts, and an archive of them all, into the site; raises AwaitedError where that has the author's."""
    for name in (ARCHIVE, PROOFS) if scripts else ():
        check_not_own(project, site, name)
    for script in scripts:
        write_whole(site / script.path, script.text.encode())
    if scripts:
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


def keep_proofs(project: Project, site: Path, scripts: Sequence[Script]) -> Proofs:
    """Puts the record of the last proof into the site, and gives what of it still holds: no proof, no claim."""
    when, held = proof.read(project, scripts)
    proofs = site / PROOFS
    if held:
        shutil.copyfile(proof.record_file(project), proofs)
    elif not is_own(project, site, PROOFS):
        proofs.unlink(missing_ok=True)
    return Proofs(when, held)


def show_proofs(project: Project, site: Path, scripts: Sequence[Script]) -> None:
    """Says on the pages of a finished site what has been proven since."""
    proofs = keep_proofs(project, site, scripts)
    for page, its_own in by_page(scripts).items():
        file = site / page.with_suffix(".html")
        if file.is_file():
            rewrite(file, partial(stamp, said=proof_of(project, page, its_own, proofs)))
    for path in page_files(site):
        if lists_scripts((site / path).read_text(encoding="utf-8")):
            rewrite(site / path, partial(list_scripts, up=way_up(path), scripts=scripts, proofs=proofs))


def proof_of(project: Project, page: Path, scripts: Sequence[Script], proofs: Proofs) -> str:
    """When an article's snippets were executed, and what has been proven of them, as HTML; empty where none has run."""
    frozen = freezer.read(project.freezer, page) if scripts else None
    if frozen is None:
        return ""
    said = f"Executed on {_date(frozen.executed)} with Python {frozen.python}."
    if versions := proof.proven_versions(page, scripts, proofs.held):
        count = f"{len(scripts)} snippets, each run as a script" if len(scripts) > 1 else "1 snippet, run as a script"
        proven = f'<a href="{way_up(page)}{PROOFS}">proven</a> to print the same'
        said += f" {count} and {proven} on Python {_and(versions)}, on {_date(proofs.when)}."
    return said


def stamp(tree: Tree, said: str) -> None:
    """Puts what ``proof_of`` says into an article's title block."""
    for old in tree.css(".proof"):
        old.decompose()
    if said:
        append(tree.css_first("#title-block-header"), f'<p class="proof">{said}</p>')


def _date(iso: str) -> str:
    moment = datetime.fromisoformat(iso)
    return f'<time datetime="{iso}">{moment.day} {moment:%B %Y}</time>'


def _and(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


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
    versions = ", ".join(proofs.held.get(script.path, {}).get("proven", {})) or "not yet"
    return f"<tr><td>{name}</td><td>{shows}</td><td>{versions}</td></tr>"
