"""What the pages say of proofs: on each article, on the list of scripts, and as JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from awaited.finish.markup import Tree, append, page_files, rewrite, way_up
from awaited.finish.own import check_not_own
from awaited.finish.scripts import by_page, link_proofs, list_scripts, lists_scripts
from awaited.memory import freezer
from awaited.memory.files import write_whole
from awaited.prove.proofs import Proofs, public
from awaited.prove.pythons import in_words
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


def show_proofs(project: Project, site: Path, scripts: Sequence[Script], proofs: Proofs) -> None:
    """Says on the pages of a finished site what has been proven since."""
    publish_proofs(project, site, scripts, proofs)
    for page, its_own in by_page(scripts).items():
        file = site / page.with_suffix(".html")
        if file.is_file():
            said = proof_of(project, page, its_own, proofs)
            rewrite(file, partial(_show, said=said, scripts=its_own, proofs=proofs))
    for path in page_files(site):
        if lists_scripts((site / path).read_text(encoding="utf-8")):
            rewrite(site / path, partial(list_scripts, up=way_up(path), scripts=scripts, proofs=proofs))


def proof_of(project: Project, page: Path, scripts: Sequence[Script], proofs: Proofs) -> str:
    """When an article's snippets were executed, and what has been proven of them, as HTML; empty where none has run."""
    frozen = freezer.read(project.freezer, page) if scripts else None
    if frozen is None:
        return ""
    said = f"Executed on {_date(frozen.executed)} with Python {frozen.python}."
    proven = [set(proofs.versions(script)) for script in scripts]
    if versions := in_words(sorted(set.intersection(*proven))):
        count = f"{len(scripts)} snippets, each run as a script" if len(scripts) > 1 else "1 snippet, run as a script"
        proof = f'<a href="{way_up(page)}{PROOFS}">proven</a> to print the same'
        said += f" {count} and {proof} on Python {versions}, on {_date(proofs.when)}."
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


def _show(tree: Tree, said: str, scripts: Sequence[Script], proofs: Proofs) -> None:
    stamp(tree, said)
    link_proofs(tree, scripts, proofs)
