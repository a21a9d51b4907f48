"""Recordings as a figure of a page: pictures, a sentence and a table in words, and the data for a replay."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape

from awaited.timeline.drawing.letters import duration, printable, slug
from awaited.timeline.drawing.reasons import holder, stands, waited
from awaited.timeline.drawing.rows import LANES, Row, rows
from awaited.timeline.drawing.style import FIGURE_STYLE
from awaited.timeline.drawing.svg import LEGENDS, layout, svg, thumbnail
from awaited.timeline.drawing.words import sentence
from awaited.timeline.recording import Recording, Span, Wait

MOMENTS = 8
"""How many waits of a lane can be pointed at."""
LINES = 500
"""How many printed lines a figure keeps for its replay."""


def figure(
    runs: Sequence[Recording],
    *,
    name: str = "",
    caption: str = "",
    limit: int = LANES,
    queues: bool = False,
    until: float = 0,
) -> str:
    """The HTML of a figure: the pictures of runs above each other on one axis, their data in a closed table, and more
    for a replay.

    What a picture shows stands above it in a sentence; a hidden element holds a small picture for lists. ``queues``
    asks for strips of what lanes share: locks, semaphores, queues. The axis goes to ``until``, in seconds, at least.
    """
    name = name or slug("-".join(run.name for run in runs))
    tag = "figure" if caption else "div"
    parts = [f'<{tag} class="timeline" id="timeline-{name}"><style>{FIGURE_STYLE}</style>']
    parts += ['<div class="timeline-pictures">', *_views(runs, name, limit, queues, until), "</div>"]
    is_one = len(runs) == 1
    tables = "\n".join(table(run, limit=limit, caption="" if is_one else run.name) for run in runs)
    summary = "The times in a table" if is_one else "The times in tables"
    parts.append(f'<details class="timeline-table"><summary>{summary}</summary>\n{tables}\n</details>')
    data = json.dumps([_data(run, limit) for run in runs], separators=(",", ":")).replace("<", "\\u003c")
    parts.append(f'<script type="application/json" class="timeline-data">{data}</script>')
    fullest = max(runs, key=lambda run: len(run.lanes))
    parts.append(f'<div class="timeline-thumbnail" hidden>{thumbnail(fullest)}</div>')
    parts += [f"<figcaption>{escape(printable(caption))}</figcaption>"] if caption else []
    return "\n".join([*parts, f"</{tag}>"])


def without_styles(html: str) -> str:
    """A figure for a page whose policy allows no inline styles: the page has the rules, rows tell their own depth.

    Only our own markup is taken away: in texts, a quotation mark or a ``<`` is always escaped.
    """
    html = re.sub(r' style="padding-left:(\d+)em"', r' data-depth="\1"', html)
    return re.sub(r'<style>.*?</style>| style="[^"]*"', "", html)


def _views(runs: Sequence[Recording], name: str, limit: int, queues: bool, at_least: float) -> Iterator[str]:
    """Each run in a sentence, above its picture; the first has the legend of all, the last has their axis."""
    until = max(at_least, *(run.seconds for run in runs))
    used = {state for run in runs for state in layout(run, until=until, limit=limit).legend}
    legend = [state for state in LEGENDS if state in used]
    for place, run in enumerate(runs, 1):
        is_one = len(runs) == 1
        picture = svg(
            run,
            name=name if is_one else f"{name}-{place}",
            until=until,
            limit=limit,
            legend=legend if place == 1 else (),
            has_axis=place == len(runs),
            queues=queues,
        )
        heading = "" if is_one else f'<strong class="timeline-heading">{escape(printable(run.name))}</strong> '
        said = f'{heading}<span class="timeline-said">{escape(sentence(run))}</span>'
        yield f'<div class="timeline-view"><p class="timeline-sentence" aria-hidden="true">{said}</p>'
        yield f'<div class="timeline-stage">{picture}</div></div>'


def table(run: Recording, *, limit: int = LANES, caption: str = "") -> str:
    """A run as an HTML table, one row for each lane; times in seconds."""
    names = ("Lane", "Began (s)", "Ran (s)", "Waited (s)", "Kept waiting (s)", "Ended (s)", "How it ended", "Waited at")
    heads = "".join(f'<th scope="col">{name}</th>' for name in names)
    digits = max(2, 3 - math.floor(math.log10(run.seconds or 1)))
    body = []
    for number, row in enumerate(rows(run, limit)):
        how = f"raised {row.error}" if row.error else row.stuck if row.outcome == "unfinished" else row.outcome
        times = (row.created, row.ran, row.waited, row.kept, row.ended)
        values = "".join(f"<td>{value:.{digits}f}</td>" for value in times)
        indent = f' style="padding-left:{row.depth}em"' if row.depth else ""
        lane = f'<th scope="row"{indent}>{escape(row.label)}</th>'
        where = f"<td>{escape(how)}</td><td>{escape(_waited_at(row, run))}</td>"
        body.append(f'<tr data-lane="{number}">{lane}{values}{where}</tr>')
    said = f"{printable(caption)}: {sentence(run)}" if caption else sentence(run)
    head = f"<table><caption>{escape(said)}</caption>\n<thead><tr>{heads}</tr></thead>"
    return "\n".join([head, "<tbody>", *body, "</tbody></table>"])


def _waited_at(row: Row, run: Recording) -> str:
    """The lines at which a lane waited longest, three at most."""
    seconds: Counter[str] = Counter()
    for wait in row.waits:
        if wait.place is not None:
            seconds[_at(wait, run)] += wait.ready - wait.start  # type: ignore[assignment]
    return ", ".join(place for place, _ in seconds.most_common(3))


def _at(wait: Wait, run: Recording) -> str:
    """Where a lane waited, in words."""
    label, line = stands(wait.place, run)
    return f"line {line}" + (f" of {label}" if label and label != run.name else "")


def _data(run: Recording, limit: int) -> dict[str, object]:
    """What a page needs to point at things and to replay them: times, lanes by their number, lines of code.

    ``lanes`` are their start and end. ``moments`` are the waits that can be seen: lane, start, end, words, the label of
    the cell whose code it was in where that is another, and the line. ``lines`` are what was printed: time, lane, text.
    """
    shown = rows(run, limit)
    places = {id(lane): place for place, row in enumerate(shown) for lane in row.lanes}
    return {
        "cell": run.name,
        "seconds": round(run.seconds, 4),
        "lanes": [[round(row.created, 4), round(row.ended, 4)] for row in shown],
        "moments": [moment for place, row in enumerate(shown) for moment in _moments(place, row, run)],
        "lines": [[round(time, 4), places.get(id(lane)), text] for time, lane, text in run.lines[:LINES]],
    }


def _moments(place: int, row: Row, run: Recording) -> list[list[object]]:
    """The longest waits of a lane that can be seen, in their order."""
    if len(row.lanes) > 1:
        return []
    found: list[list[object]] = []
    least = run.seconds / 100
    for wait in row.waits:
        label, line = stands(wait.place, run)
        there = ["" if label == run.name else label, line]
        start, ready, end = (round(time, 4) for time in (wait.start, wait.ready, wait.end))
        if ready > start and ready - start >= least:
            where = f", {_at(wait, run)}" if line else ""
            found.append([place, start, ready, f"{waited(wait)}{where}", *there])
        if end > ready and end - ready >= least:
            by = holder(row.lanes[0], Span(wait.ready, wait.end), run)
            said = f"was kept waiting {duration(end - ready)} s{f' by {printable(by.label)}' if by else ''}"
            found.append([place, ready, end, said, *there])
    longest = sorted(found, key=lambda moment: moment[1] - moment[2])[:MOMENTS]  # type: ignore[operator]
    return sorted(longest, key=lambda moment: moment[1])  # type: ignore[arg-type,return-value]
