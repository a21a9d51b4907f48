"""What the pages say of proofs at the head of each article, and as JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from awaited.finish import claims, dates
from awaited.finish.markup import Tree, append, way_up
from awaited.finish.own import check_not_own
from awaited.memory import freezer
from awaited.memory.files import write_whole
from awaited.prove.proofs import Proofs, public
from awaited.read.project import Project
from awaited.tangle.scripts import Script

PROOFS = "proofs.json"


def publish_proofs(project: Project, site: Path, scripts: Sequence[Script], proofs: Proofs) -> None:
    """Puts the proofs into the site, for machines; no proof, no claim.

    Raises AwaitedError where the site has a file of the author's under their name.
    """
    check_not_own(project, site, PROOFS)
    file = site / PROOFS
    if proofs.when:
        write_whole(file, (json.dumps(public(project, scripts, proofs), indent=2) + "\n").encode())
    else:
        file.unlink(missing_ok=True)


def proof_of(project: Project, page: Path, scripts: Sequence[Script], proofs: Proofs) -> str:
    """When an article's snippets were executed, and what has been proven of them, as HTML; empty where none has run."""
    frozen = freezer.read(project.freezer, page) if scripts else None
    if frozen is None:
        return ""
    said = f"Executed on {_day(frozen.executed)} with Python {frozen.python}."
    proven = [claims.spans(proofs.versions(script)) for script in scripts]
    if all(proven):
        count = f"{len(scripts)} snippets, each run as a script" if len(scripts) > 1 else "1 snippet, run as a script"
        way = f"{way_up(page)}{claims.PROOF_PAGE}#{scripts[0].path.parts[1]}"
        on = f"Python {proven[0]}" if len(set(proven)) == 1 else "the versions of Python that stand below it"
        when = max(proof.when for script in scripts for proof in proofs.of[script.path])
        live = sum(map(proofs.holds_in_browser, scripts))
        said += f' {count} and <a href="{way}">proven</a> to print the same on {on}, on {_day(when)}.'
        if live:
            said += f" {'All' if live == len(scripts) else live} of them do so in the browser, too."
    return said


def stamp(tree: Tree, said: str) -> None:
    """Puts what ``proof_of`` says into an article's title block."""
    if said:
        append(tree.css_first("#title-block-header"), f'<p class="proof">{said}</p>')


def _day(iso: str) -> str:
    when = dates.moment(iso)
    return f'<time datetime="{iso}">{dates.in_words(when.date())}</time>'
