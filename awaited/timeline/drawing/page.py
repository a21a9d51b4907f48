"""Recordings as a figure of a page: pictures, a sentence and a table in words, and the data for a replay."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from html import escape

from awaited.timeline.drawing.letters import printable, slug
from awaited.timeline.drawing.rows import LANES, rows
from awaited.timeline.drawing.svg import NARROWEST, svg, thumbnail
from awaited.timeline.drawing.words import sentence
from awaited.timeline.recording import Recording

LINES = 500
"""How many printed lines a figure keeps for its replay."""
FIGURE_STYLE = (
    "figure.timeline{margin-inline:0}.timeline-sentence{margin:.5em 0}"
    f".timeline-pictures{{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,{NARROWEST}px),1fr));gap:1.5em}}"
)


def figure(runs: Sequence[Recording], *, name: str = "", caption: str = "", limit: int = LANES) -> str:
    """The HTML of a figure: the pictures of runs at one scale, their data in a closed table, and for a replay.

    What the pictures show stands under them in a sentence; a hidden element holds a small picture for lists.
    """
    name = name or slug("-".join(run.name for run in runs))
    until = max(run.seconds for run in runs)
    is_one = len(runs) == 1
    tag = "figure" if caption else "div"
    parts = [f'<{tag} class="timeline" id="timeline-{name}"><style>{FIGURE_STYLE}</style>']
    parts.append('<div class="timeline-pictures">')
    for number, run in enumerate(runs, 1):
        own = name if is_one else f"{name}-{number}"
        picture = svg(run, name=own, until=until, limit=limit, heading="" if is_one else run.name)
        said = f'<p class="timeline-sentence" aria-hidden="true">{escape(sentence(run))}</p>'
        parts.append(f'<div class="timeline-view">{picture}\n{said}</div>')
    parts.append("</div>")
    tables = "\n".join(table(run, limit=limit, caption="" if is_one else run.name) for run in runs)
    summary = "The times in a table" if is_one else "The times in tables"
    parts.append(f'<details class="timeline-table"><summary>{summary}</summary>\n{tables}\n</details>')
    data = json.dumps([_data(run, limit) for run in runs], separators=(",", ":")).replace("<", "\\u003c")
    parts.append(f'<script type="application/json" class="timeline-data">{data}</script>')
    fullest = max(runs, key=lambda run: len(run.lanes))
    parts.append(f'<div class="timeline-thumbnail" hidden>{thumbnail(fullest)}</div>')
    parts += [f"<figcaption>{escape(printable(caption))}</figcaption>"] if caption else []
    return "\n".join([*parts, f"</{tag}>"])


def table(run: Recording, *, limit: int = LANES, caption: str = "") -> str:
    """A run as an HTML table, one row for each lane; times in seconds."""
    names = ("Lane", "Began (s)", "Ran (s)", "Waited (s)", "Ended (s)", "How it ended")
    heads = "".join(f'<th scope="col">{name}</th>' for name in names)
    digits = max(2, 3 - math.floor(math.log10(run.seconds or 1)))
    body = []
    for number, row in enumerate(rows(run, limit)):
        how = f"raised {row.error}" if row.error else row.outcome
        times = (row.created, row.ran, row.waited, row.ended)
        values = "".join(f"<td>{value:.{digits}f}</td>" for value in times)
        indent = f' style="padding-left:{row.depth}em"' if row.depth else ""
        lane = f'<th scope="row"{indent}>{escape(row.label)}</th>'
        body.append(f'<tr data-lane="{number}">{lane}{values}<td>{escape(how)}</td></tr>')
    said = f"{printable(caption)}: {sentence(run)}" if caption else sentence(run)
    head = f"<table><caption>{escape(said)}</caption>\n<thead><tr>{heads}</tr></thead>"
    return "\n".join([head, "<tbody>", *body, "</tbody></table>"])


def _data(run: Recording, limit: int) -> dict[str, object]:
    """What a replay needs: lanes as in the picture, and the printed text, each with its time and its lane's number."""
    shown = rows(run, limit)
    places = {id(lane): min(number, len(shown) - 1) for number, lane in enumerate(run.lanes)}
    return {
        "seconds": round(run.seconds, 4),
        "lanes": [[row.label, round(row.created, 4), round(row.ended, 4), row.outcome] for row in shown],
        "lines": [[round(time, 4), places.get(id(lane)), text] for time, lane, text in run.lines[:LINES]],
    }
