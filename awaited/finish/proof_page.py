"""The page on which a person can read what is proven: of which scripts, how, under which Pythons, and what differed."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import PurePosixPath

from awaited.finish import claims, dates
from awaited.finish.articles import by_page
from awaited.finish.frame import Frame
from awaited.finish.markup import address_of
from awaited.finish.scripts import breakable, way_to
from awaited.live.files import PYTHON
from awaited.prove.compare import TOLERANCE
from awaited.prove.proofs import Proof, Proofs
from awaited.prove.pythons import numbers
from awaited.read.metadata import as_list
from awaited.read.settings import Settings
from awaited.tangle.scripts import Script

PATH = PurePosixPath(claims.PROOF_PAGE)
TITLE = "Proofs"
DESCRIPTION = "What each script printed under each Python, compared with what its page shows."
IN_BROWSER = "The last of these Pythons is the one that runs in your browser, where it can run a snippet in its page. "
NOTHING = "<p>This site was built without running the scripts, so it claims no proof.</p>"


def proof_page(frame: Frame, scripts: Sequence[Script], proofs: Proofs, json: str, settings: Settings) -> str:
    """The page of proofs, to be completed; ``json`` is the address of the same for machines."""
    header = (
        '<header id="title-block-header" class="quarto-title-block default"><div class="quarto-title">'
        f'<h1 class="title">{TITLE}</h1></div><div><div class="description">{DESCRIPTION}</div></div></header>'
    )
    parts = (
        [_rule(IN_BROWSER if proofs.in_browser else ""), _surroundings(scripts, proofs)] if proofs.when else [NOTHING]
    )
    for page, mine in by_page(scripts).items() if proofs.when else ():
        parts.append(_article(address_of(page), mine, proofs, proofs.unproven.get(page, ""), settings))
    machines = f'<p>For machines, all this is in <a href="{json}">{json}</a>.</p>' if proofs.when else ""
    made = frame.around(PATH, TITLE, DESCRIPTION, "".join([header, *parts, machines]))
    return made.replace('<main class="content', '<main class="proof-page content', 1)


def _rule(more: str) -> str:
    seconds, part = TOLERANCE
    return (
        '<section id="rule" class="level2"><h2 class="anchored" data-anchor-id="rule">What is compared</h2>'
        "<p>Every snippet is also a script. "
        "Each script ran as a program of its own, under each Python below, from the first line to the last. "
        f"{more}"
        "What it printed was compared with what its page shows below the snippet, line by line. "
        "That holds for standard error, too, and for the exception where the snippet is meant to raise one. "
        "A script may print first what the snippets above it have shown.</p>"
        "<p>Equal means equal, with two exceptions. "
        f"Durations in seconds may be off by {seconds:g} s, or by {part:.0%} of the longer one, whichever is more. "
        "What differs from run to run by its nature, such as an address in memory, must be declared at the snippet; "
        "each such pattern is named below.</p></section>"
    )


def _surroundings(scripts: Sequence[Script], proofs: Proofs) -> str:
    """The Pythons, their packages, and how many scripts are proven on each."""
    rows = []
    for version, packages in proofs.packages.items():
        held = ", ".join(f"{name} {number}" for name, number in packages.items()) or "none"
        count = sum(version in proofs.versions(script) for script in scripts)
        rows.append(
            f"<tr><th scope='row'>{version}</th><td>{html.escape(held)}</td><td>{count} of {len(scripts)}</td></tr>"
        )
    if proofs.in_browser:
        count = sum(map(proofs.holds_in_browser, scripts))
        row = f"<th scope='row'>{PYTHON}, in the browser</th><td>none</td><td>{count} of {len(scripts)}</td>"
        rows.append(f"<tr>{row}</tr>")
    for version, why in proofs.unavailable.items():
        rows.append(f"<tr><th scope='row'>{version}</th><td colspan='2'>not used: {html.escape(why)}</td></tr>")
    heads = "".join(f"<th scope='col'>{name}</th>" for name in ("Python", "Packages", "Proven"))
    return (
        '<section id="pythons" class="level2"><h2 class="anchored" data-anchor-id="pythons">With what</h2>'
        f"<p>On {html.escape(proofs.system)}. The last run began on {_moment(proofs.when)}.</p>"
        '<div class="table-box" role="region" aria-label="The Pythons" tabindex="0"><table class="table proofs">'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div></section>"
    )


def _article(address: str, scripts: Sequence[Script], proofs: Proofs, unproven: str, settings: Settings) -> str:
    """How the scripts of an article came out, a row for each, and below it what there is to say of it."""
    versions = sorted({proof.version for script in scripts for proof in proofs.of.get(script.path, ())}, key=numbers)
    heads = "".join(f"<th scope='col'>{'.'.join(map(str, numbers(version)[:2]))}</th>" for version in versions)
    in_browser = any(script.path in proofs.in_browser for script in scripts)
    heads += "<th scope='col'>browser</th>" if in_browser else ""
    title, name = html.escape(scripts[0].article.title), scripts[0].path.parts[1]
    heading = f'<h2 class="anchored" data-anchor-id="{name}"><a href="{address}">{title}</a></h2>'
    if unproven:
        shown = f"<p>Nothing is proven: {html.escape(unproven)}.</p>"
    else:
        rows = "".join(_rows(script, versions, proofs, settings, in_browser) for script in scripts)
        shown = (
            f'<div class="table-box" role="region" aria-label="The proofs of {title}" tabindex="0">'
            f"<table class='table proofs runs'><caption>Seconds that each run took. {_days(scripts, proofs)}</caption>"
            f"<thead><tr><th scope='col'>Script</th>{heads}</tr></thead>{rows}</table></div>"
        )
    return f'<section id="{name}" class="level2">{heading}{shown}</section>'


def _rows(script: Script, versions: Sequence[str], proofs: Proofs, settings: Settings, in_browser: bool) -> str:
    """A script's outcomes under some versions, in a table body of its own."""
    found = {proof.version: proof for proof in proofs.of.get(script.path, ())}
    outcomes = [found.get(version) for version in versions] + [proofs.in_browser.get(script.path)] * in_browser
    cells = "".join(f"<td>{_outcome(proof)}</td>" for proof in outcomes)
    name = f'<a href="{way_to(script, settings)}"><code>{breakable(script.path.name)}</code></a>'
    notes = "".join(
        f"<tr class='note'><td colspan='{len(outcomes) + 1}'>{note}</td></tr>" for note in _notes(script, proofs)
    )
    return f"<tbody id='{claims.anchor(script)}'><tr><th scope='row'>{name}</th>{cells}</tr>{notes}</tbody>"


def _outcome(proof: Proof | None) -> str:
    if proof is None:
        return ""
    words = {"same": f"{proof.seconds:.2f}", "other": "<em>other</em>", "left out": "\N{EN DASH}"}
    return words[proof.outcome]


def _notes(script: Script, proofs: Proofs) -> list[str]:
    """What there is to say of a script's proofs, as HTML."""
    notes = [f"{claims.BROKEN.capitalize()}."] if script.cell.is_broken else []
    if patterns := as_list(script.cell.options.get("varies", [])):
        notes.append(f"May differ: {', '.join(f'<code>{html.escape(str(pattern))}</code>' for pattern in patterns)}.")
    for outcome, lead in (("other", "something else"), ("left out", "")):
        for text, versions in _by_text(claims.of(script, proofs, outcome)):
            on, said = f"Python {claims.spans(versions)}", html.escape(text)
            if lead:
                notes.append(f"On {on} it prints {lead}:<pre><code>{said or '(nothing)'}</code></pre>")
            else:
                notes.append(f"Not run on {on}: {said}.")
    if script.path in proofs.in_browser and not proofs.holds_in_browser(script):
        notes.append(f"Not proven in the browser: {html.escape(proofs.in_browser[script.path].text)}")
    return notes


def _by_text(proofs: Iterable[Proof]) -> list[tuple[str, list[str]]]:
    """Versions by what their runs printed, neighbours with the same text together."""
    return [(text, [proof.version for proof in group]) for text, group in groupby(proofs, lambda proof: proof.text)]


def _days(scripts: Sequence[Script], proofs: Proofs) -> str:
    """When the scripts ran: on one day, or from one to another."""
    moments = [proof.when for script in scripts for proof in proofs.of.get(script.path, ()) if proof.when]
    days = sorted({dates.moment(when).date() for when in moments})
    if not days:
        return ""
    if len(days) == 1:
        return f"They ran on {dates.marked_up(days[0])}."
    return f"They ran from {dates.marked_up(days[0])} to {dates.marked_up(days[-1])}."


def _moment(iso: str) -> str:
    when: datetime = dates.moment(iso)
    return f'<time datetime="{iso}">{dates.in_words(when.date())}, {when:%H:%M} UTC</time>'
