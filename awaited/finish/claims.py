"""What is said of proofs, in few characters: no proof, no claim."""

from __future__ import annotations

import html
from collections.abc import Iterable

from awaited.prove.proofs import Proof, Proofs
from awaited.prove.pythons import in_words
from awaited.tangle.scripts import Script

PROOF_PAGE = "proofs.html"
"""Where a person can read what is proven."""


def spans(versions: Iterable[str]) -> str:
    """Versions by their minor ones, a word before the last."""
    first, comma, last = in_words(list(versions)).rpartition(", ")
    return f"{first} and {last}" if comma else last


def of(script: Script, proofs: Proofs, outcome: str) -> list[Proof]:
    """The proofs of a script that came out in one way."""
    return [proof for proof in proofs.of.get(script.path, ()) if proof.outcome == outcome]


def claim(script: Script, proofs: Proofs) -> str:
    """On which Pythons a script prints what its page shows, on which something else, and where it was not run."""
    found: list[str] = []
    for outcome, words in (("same", ""), ("other", "prints otherwise on "), ("left out", "not run on ")):
        if versions := spans(proof.version for proof in of(script, proofs, outcome)):
            found.append(f"{words}{'' if found else 'Python '}{versions}")
    if proofs.holds_in_browser(script):
        found.insert(1, "in the browser")
    return ", ".join(found)


BROKEN = "broken on purpose"
"""What is said of a script that shows how not to do it."""


def anchor(script: Script) -> str:
    """The name of a script's part of the page of proofs."""
    return "-".join(script.path.with_suffix("").parts[1:])


def link(script: Script, proofs: Proofs, up: str) -> str:
    """The claim for a script as a link to what it rests on; ``up`` is the way to the top of the site."""
    said = html.escape(claim(script, proofs)).replace(
        " \N{EN DASH} ", "\N{NO-BREAK SPACE}\N{EN DASH}\N{NO-BREAK SPACE}"
    )
    return f'<a class="proven" href="{up}{PROOF_PAGE}#{anchor(script)}">{said}</a>' if said else ""
