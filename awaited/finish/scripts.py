"""What the site offers for each snippet: its script to open and to copy, and the list of them all."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from awaited.finish import claims
from awaited.finish.archive import ARCHIVE
from awaited.finish.articles import by_page
from awaited.finish.markup import Page, Tree, address_of, append
from awaited.memory.files import write_whole
from awaited.prove.proofs import Proofs
from awaited.read.settings import Settings
from awaited.tangle.scripts import Script

LISTING = "div#scripts:not(.cell)"
"""The element of a page (``::: {#scripts}``) that the list of all scripts goes into; no heading, no snippet."""


def publish_scripts(site: Path, scripts: Iterable[Script]) -> None:
    """Puts the scripts into the site, as they are."""
    for script in scripts:
        write_whole(site / script.path, script.text.encode())


def feet(scripts: Iterable[Script], proofs: Proofs, up: str, settings: Settings) -> dict[str, str]:
    """The last line of each snippet, by its label: its script, and where that is proven; ``up`` leads to the top."""
    lines = ((script, f"{_link(script, up, settings)} {claims.link(script, proofs, up)}") for script in scripts)
    return {str(script.cell.label): line if settings.script_links else "" for script, line in lines}


def _link(script: Script, up: str, settings: Settings) -> str:
    return f'<a href="{up}{way_to(script, settings)}" data-script="">{html.escape(script.path.name)}</a>'


def way_to(script: Script, settings: Settings) -> str:
    """Where a script can be seen, from the top of the site: on its page, or as it is where there are no such pages."""
    return (script.path.with_suffix(".html") if settings.examples_page else script.path).as_posix()


def link_scripts(page: Page, feet: Mapping[str, str]) -> None:
    """Puts a line under each of a page's snippets, with a link to the snippet itself at its end."""
    for label, foot in feet.items():
        cell = page.tree.css_first(f'div.cell[id="{label}"], div.cell[id="cell-{label}"]')
        if cell is not None and foot:
            here = f'<a class="cell-link" href="#{cell.id}" aria-label="Link to the snippet">#</a>'
            append(cell, f'<div class="cell-script">{foot} {here}</div>')


def outputs(page: Page, labels: Iterable[str]) -> dict[str, str]:
    """What a page shows below the code of its snippets, as HTML, by their labels."""
    found = {}
    for label in labels:
        cell = page.tree.css_first(f'div.cell[id="{label}"], div.cell[id="cell-{label}"]')
        shown = cell.css(".cell-python, .cell-output:not(.cell-output .cell-output)") if cell is not None else []
        found[label] = "".join(output.html or "" for output in shown)
    return found


def lists_scripts(text: str) -> bool:
    """Whether a page, as HTML, asks for the list of all scripts."""
    return 'id="scripts"' in text and Tree(text).css_first(LISTING) is not None


def list_scripts(tree: Tree, up: str, scripts: Sequence[Script], proofs: Proofs, settings: Settings) -> None:
    """Lists all scripts on a page that asks for it; ``up`` is the way from there to the top of the site."""
    place = tree.css_first(LISTING)
    if place is None:
        return
    ways = [f'<a href="{up}{ARCHIVE}">All scripts in one archive, with tests</a>'] if settings.examples_page else []
    ways += [f'<a href="{up}{claims.PROOF_PAGE}">What is proven, and how</a>'] if proofs.when else []
    parts = [f"<p>{' · '.join(ways)}</p>"] if scripts and ways else []
    heads = ["Script", "Shows", *(["Proven"] if proofs.when else [])]
    for page, mine in by_page(scripts).items():
        address = f"{up}{address_of(page)}"
        rows = "".join(_row(script, up, address, proofs, settings) for script in mine)
        cells = "".join(f'<th scope="col">{name}</th>' for name in heads)
        title = html.escape(mine[0].article.title)
        parts.append(
            f'<h2><a href="{address}">{title}</a></h2>'
            f'<div class="table-box" role="region" aria-label="The scripts of {title}" tabindex="0">'
            f'<table class="table scripts"><thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table></div>'
        )
    place.inner_html = "".join(parts)


def _row(script: Script, up: str, address: str, proofs: Proofs, settings: Settings) -> str:
    name = f'<a href="{up}{way_to(script, settings)}"><code>{breakable(script.path.name)}</code></a>'
    shows = f'<a href="{address}#{script.cell.label}">{html.escape(script.cell.section or script.article.title)}</a>'
    shows += f" ({claims.BROKEN})" if script.cell.is_broken else ""
    proven = f"<td>{claims.link(script, proofs, up)}</td>" if proofs.when else ""
    return f"<tr><td>{name}</td><td>{shows}</td>{proven}</tr>"


def breakable(name: str) -> str:
    """A name as HTML that may break between its words."""
    return html.escape(name).replace("_", "_<wbr>")
