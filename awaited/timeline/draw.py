"""Draws recordings of ``timeline``: as SVG in a page, as text in a terminal, and as a sentence and a table in words.

A picture keeps the size of its letters at every width: it has no ``viewBox``, times are percentages of its width, and
all else is in pixels. Its colours are CSS custom properties of the page, else the colour of the text around it.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import shutil
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from awaited.timeline.recorder import Lane, Run, Span

NARROWEST = 256
"""The width in CSS pixels that labels must still fit into: that of a picture on a phone."""
CELL = 7.25
"""The width of a letter in CSS pixels: 12 px high in a monospace font, of which the widest take 0.604 em."""
FONT = 'ui-monospace,"SF Mono",Menlo,Consolas,"Roboto Mono","DejaVu Sans Mono","Liberation Mono",monospace'
LANES = 24
"""How many lanes a picture has at most."""
ROW, TOP, HEADING, AXIS = 36, 22, 22, 26
"""Heights: of a lane, of the legend above them, of a heading above that, of the axis below them."""
MARGIN = 1.02
"""The axis is longer than the run by this factor, so that what marks its end stays in the picture."""
SIZE, BLOCK = 8000, 14
"""Bytes: of a picture of ten lanes at most, and of one stretch of running in it."""
LINES = 500
"""How many printed lines a figure keeps for its replay."""

STYLE = (
    f".timeline-picture{{display:block;overflow:visible;font:12px var(--timeline-font,{FONT});"
    "fill:var(--timeline-text,currentColor)}"
    ".timeline-picture text{stroke:var(--timeline-paper,transparent);stroke-width:4px;paint-order:stroke}"
    ".timeline-lane rect{fill:none;pointer-events:all}"
    ".timeline-picture :is(path,line,use){fill:none;stroke:currentColor}"
    ".timeline-picture :is(.timeline-runs path,.timeline-run){stroke:var(--timeline-run,currentColor);stroke-width:10;"
    "vector-effect:non-scaling-stroke}"
    ".timeline-picture :is(.timeline-lane line,.timeline-wait){stroke:var(--timeline-wait,currentColor);"
    "stroke-width:2;stroke-dasharray:2 3}"
    ".timeline-picture .timeline-grid{stroke:var(--timeline-grid,currentColor);"
    "stroke-opacity:var(--timeline-grid-opacity,.25)}"
    ".timeline-picture use{stroke-width:2.5}"
    ".timeline-picture .timeline-raised{color:var(--timeline-raised,currentColor)}"
    ".timeline-picture .timeline-cancelled{color:var(--timeline-cancelled,currentColor)}"
    ".timeline-picture text:is(.timeline-raised,.timeline-cancelled){fill:currentColor}"
    "@media(forced-colors:active){.timeline-picture{--timeline-run:CanvasText;--timeline-wait:CanvasText;"
    "--timeline-grid:GrayText;--timeline-text:CanvasText;--timeline-paper:Canvas;--timeline-raised:CanvasText;"
    "--timeline-cancelled:CanvasText}}"
)
FIGURE_STYLE = (
    "figure.timeline{margin-inline:0}.timeline-sentence{margin:.5em 0}"
    f".timeline-pictures{{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,{NARROWEST}px),1fr));gap:1.5em}}"
)
MARKS = {"raised": "M-5-5 5 5M-5 5 5-5", "cancelled": "M0-9V9", "unfinished": "M-3-4 2 0-3 4"}
"""What ends a lane that did not just return: a cross, a tall bar, an arrowhead."""


@dataclass(frozen=True)
class Row:
    """What a picture shows in one line: a lane, or all those for which it has no room."""

    label: str
    depth: int
    created: float
    ended: float
    """When it was over, or when the recording was."""
    running: Sequence[Span]
    waited: float
    """How long it did not run, in seconds."""
    outcome: str
    error: str
    lanes: int = 1
    """How many lanes it stands for."""

    @property
    def ran(self) -> float:
        """How long it ran, in seconds."""
        return sum(end - start for start, end in self.running)

    @property
    def end_label(self) -> str:
        """How it ended, in a word or two; for what just returned, how long it took."""
        if self.outcome == "raised":
            return f"raised {self.error.partition(':')[0].rpartition('.')[2]}"
        return f"{duration(self.ended - self.created)} s" if self.outcome == "returned" else self.outcome

    @property
    def description(self) -> str:
        """All about it in a line, names cut where they are very long."""
        how = self.outcome if not self.error else f"raised {cut(self.error, 32)}"
        how = f"{how} after {duration(self.ended - self.created)} s" if self.outcome != "unfinished" else how
        return f"{cut(self.label, 24)}: ran {duration(self.ran)} s, waited {duration(self.waited)} s, {how}"


@dataclass(frozen=True)
class Text:
    """A piece of text in a picture, in a monospace font."""

    text: str
    percent: float
    """Where it is anchored, in percent of the picture's width."""
    y: int
    """Its baseline, in pixels."""
    anchor: str = "start"
    indent: int = 0
    """Pixels to the right of that."""
    css: str = ""
    """Its class."""

    def box(self, width: float) -> tuple[float, float]:
        """Its left and right edge in pixels, in a picture of some width."""
        length = cells(self.text) * CELL
        left = width * self.percent / 100 + self.indent - {"start": 0, "middle": length / 2, "end": length}[self.anchor]
        return left, left + length

    def svg(self) -> str:
        """It as an SVG element."""
        x = f"{_number(self.percent)}%" if self.percent else str(self.indent)
        anchor = f' text-anchor="{self.anchor}"' if self.anchor != "start" else ""
        css = f' class="{self.css}"' if self.css else ""
        return f'<text x="{x}" y="{self.y}"{anchor}{css}>{escape(self.text, quote=False)}</text>'


# ------------------------------------------------------------------------------------------------ what there is to show


def rows(run: Run, limit: int = LANES) -> list[Row]:
    """The lanes of a run as rows; from the ``limit``-th on they share one, where there are more."""
    lanes = run.lanes
    kept = lanes if len(lanes) <= limit else lanes[: limit - 1]
    found = [_row(lane, run.seconds) for lane in kept]
    if rest := [_row(lane, run.seconds) for lane in lanes[len(kept) :]]:
        outcomes = Counter(row.outcome for row in rest)
        said = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
        running = sorted(span for row in rest for span in row.running)
        created, ended = min(row.created for row in rest), max(row.ended for row in rest)
        waited = sum(row.waited for row in rest)
        found.append(Row(f"{len(rest)} more lanes", 0, created, ended, running, waited, said, "", len(rest)))
    return found


def _row(lane: Lane, until: float) -> Row:
    ended = until if lane.ended is None else min(lane.ended, until)
    waited = sum(span.seconds for span in lane.waiting(until))
    label = printable(lane.label)
    return Row(
        label, lane.depth, min(lane.created, ended), ended, lane.running, waited, lane.outcome, printable(lane.error)
    )


def sentence(run: Run) -> str:
    """What a run comes to, from its times: "3 tasks overlapped: 6.0 s of waiting took 2.0 s."."""
    tasks = [lane for lane in run.lanes if lane.kind != "main"]
    if not tasks:
        (main,) = run.lanes
        return f"Nothing overlapped: {_effort([main], run)} took {rounded(run.seconds)} s."
    began = min(lane.created for lane in tasks)
    ended = max(run.seconds if lane.ended is None else lane.ended for lane in tasks)
    together = _overlapping(tasks, run.seconds)
    if together == len(tasks):
        said = f"{_counted(tasks)} overlapped"
    elif together:
        kinds = "tasks and threads" if len({lane.kind for lane in tasks}) > 1 else f"{tasks[0].kind}s"
        said = f"{together} of {len(tasks)} {kinds} overlapped"
    elif len(tasks) == 1:
        said = f"{_counted(tasks)} ran alone"
    else:
        said = f"{_counted(tasks)} ran one after the other"
    text = f"{said}: {_effort(tasks, run)} took {rounded(ended - began)} s."
    outcomes = Counter(lane.outcome for lane in tasks)
    others = [("raised", "failed"), ("cancelled", "cancelled"), ("unfinished", "unfinished")]
    words = [f"{outcomes[outcome]} {word}" for outcome, word in others if outcomes[outcome]]
    return f"{text} {_listed(words).capitalize()}." if words else text


def _counted(lanes: Sequence[Lane]) -> str:
    kinds = Counter(lane.kind for lane in lanes)
    counts = [f"{kinds[kind]} {kind}{'s' * (kinds[kind] != 1)}" for kind in ("task", "thread") if kinds[kind]]
    return _listed(counts)


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 2 else words)


def _overlapping(lanes: Iterable[Lane], until: float) -> int:
    """How many of some lanes were there while another was."""
    spans = sorted((lane.created, until if lane.ended is None else lane.ended) for lane in lanes)
    count, first, latest, group = 0, -math.inf, -math.inf, 0
    for start, end in spans:
        if start >= latest and start > first:
            count += group if group > 1 else 0
            first, group = start, 0
        group, latest = group + 1, max(latest, end)
    return count + (group if group > 1 else 0)


def _effort(lanes: Sequence[Lane], run: Run) -> str:
    """How long lanes waited, or ran where they did that for longer; waiting for tasks of their own doesn't count."""
    children: dict[int, list[tuple[float, float]]] = {}
    for lane in run.lanes:
        end = run.seconds if lane.ended is None else lane.ended
        children.setdefault(id(lane.parent), []).append((lane.created, end))
    waited = sum(_outside(lane.waiting(run.seconds), children.get(id(lane), ())) for lane in lanes)
    ran = sum(span.seconds for lane in lanes for span in lane.running)
    return f"{rounded(waited)} s of waiting" if waited >= ran else f"{rounded(ran)} s of running"


def _outside(spans: Sequence[Span], others: Iterable[tuple[float, float]]) -> float:
    """How much of some spans in order lies outside all others."""
    merged = list(_merged(sorted(others)))
    total, first = 0.0, 0
    for start, end in spans:
        while first < len(merged) and merged[first][1] <= start:
            first += 1
        total += end - start
        for low, high in itertools.takewhile(lambda other: other[0] < end, merged[first:]):  # noqa: B023
            total -= min(end, high) - max(start, low)
    return total


def _merged(spans: Iterable[tuple[float, float]], gap: float = 0.0) -> Iterator[tuple[float, float]]:
    """Spans in order, those that overlap or are no further apart than a gap taken together."""
    current: tuple[float, float] | None = None
    for start, end in spans:
        if current is None or start > current[1] + gap:
            if current is not None:
                yield current
            current = start, end
        else:
            current = current[0], max(current[1], end)
    if current is not None:
        yield current


# ------------------------------------------------------------------------------------------------ as SVG


def figure(runs: Sequence[Run], *, name: str = "", caption: str = "", limit: int = LANES) -> str:
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


def svg(
    run: Run,
    *,
    name: str = "",
    until: float | None = None,
    limit: int = LANES,
    heading: str = "",
) -> str:
    """A run as inline SVG, as wide as there is room.

    ``name`` makes its ids unique on a page; pictures with the same ``until`` have the same scale; ``heading`` stands
    above it.
    """
    shown = rows(run, limit)
    name = slug(name or run.name)
    scale = (until or run.seconds or 1e-6) * MARGIN
    top = HEADING * bool(heading) + TOP
    height = top + ROW * len(shown) + AXIS
    title = f"Timeline of {printable(heading or run.name)}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="timeline-picture" width="100%" height="{height}" '
        f'style="height:{height}px" role="img" aria-labelledby="timeline-{name}-title" '
        f'aria-describedby="timeline-{name}-desc" data-seconds="{_number(scale, 4)}">',
        f'<title id="timeline-{name}-title">{escape(title)}</title>',
        f'<desc id="timeline-{name}-desc">{escape(sentence(run))}</desc>',
        f"<style>{STYLE}</style>",
    ]
    used = [outcome for outcome in MARKS if any(row.outcome == outcome for row in shown)]
    defined = "".join(f'<path id="timeline-{name}-{outcome}" d="{MARKS[outcome]}"/>' for outcome in used)
    parts += [f"<defs>{defined}</defs>"] if used else []
    parts.append(
        f'<path class="timeline-run" d="M0 {top - 13}h16"/><path class="timeline-wait" d="M66 {top - 13}h22"/>'
    )
    parts += [text.svg() for text in [*_heading(heading), *_legend(top), *_axis(scale, height)]]
    parts.append(_grid(scale, top, height))
    marks: dict[str, list[str]] = {outcome: [] for outcome in used}
    for number, row in enumerate(shown):
        parts.append(_lane(number, row, top + ROW * number, scale))
        if row.outcome in marks:
            x = _number(min(max(100 * row.ended / scale, 2), 98))
            y = top + ROW * number + 25
            marks[row.outcome].append(f'<use href="#timeline-{name}-{row.outcome}" x="{x}%" y="{y}"/>')
    ends = [f'<g class="timeline-{outcome}">{"".join(uses)}</g>' for outcome, uses in marks.items()]
    taken = sum(len(part.encode()) + 1 for part in [*parts, *ends]) + 200 + 30 * len(shown)
    left = max(SIZE, SIZE // 10 * len(shown)) - taken
    runs = _runs(shown, top, height, scale, min(max(left // BLOCK // len(shown), 4), 60))
    return "\n".join([*parts, runs, *ends, "</svg>"])


def _runs(shown: Sequence[Row], top: int, height: int, scale: float, most: int) -> str:
    paths = []
    for number, row in enumerate(shown):
        y = top + ROW * number + 25
        path = "".join(f"M{start:.0f} {y}h{end - start:.0f}" for start, end in blocks(row.running, scale, most))
        paths.append(f'<path data-lane="{number}" d="{path}"/>' if path else "")
    size = f'width="100%" height="{height}" viewBox="0 0 1000 {height}" preserveAspectRatio="none"'
    return f'<svg class="timeline-runs" {size}>{"".join(paths)}</svg>'


def _lane(number: int, row: Row, y: int, scale: float) -> str:
    start, end = 100 * row.created / scale, 100 * row.ended / scale
    texts = "".join(text.svg() for text in lane_texts(row, y))
    return (
        f'<g class="timeline-lane" data-lane="{number}"><title>{escape(row.description)}</title>'
        f'<rect y="{y}" width="100%" height="{ROW}"/>{texts}'
        f'<line x1="{_number(start)}%" x2="{_number(end)}%" y1="{y + 25}" y2="{y + 25}"/></g>'
    )


def lane_texts(row: Row, y: int) -> list[Text]:
    """What stands above a lane's bar: its label on the left, on the right how it ended; both cut to fit."""
    room = int(NARROWEST / CELL) - 2
    css = f"timeline-{row.outcome}" if row.outcome in ("raised", "cancelled") else ""
    end = Text(cut(row.end_label, 18), 100, y + 14, "end", css=css)
    depth = min(row.depth, 4)
    left = room - cells(end.text) - math.ceil(12 * depth / CELL)
    return [Text(cut(row.label, left), 0, y + 14, indent=12 * depth), end]


def texts(run: Run, *, until: float | None = None, limit: int = LANES, heading: str = "") -> list[Text]:
    """All text of a picture, where it stands."""
    shown = rows(run, limit)
    scale = (until or run.seconds or 1e-6) * MARGIN
    top = HEADING * bool(heading) + TOP
    height = top + ROW * len(shown) + AXIS
    found = [*_heading(heading), *_legend(top), *_axis(scale, height)]
    return found + [text for n, row in enumerate(shown) for text in lane_texts(row, top + ROW * n)]


def _legend(top: int) -> list[Text]:
    return [Text("runs", 0, top - 9, indent=22), Text("waits", 0, top - 9, indent=94)]


def _heading(heading: str) -> list[Text]:
    text = cut(printable(heading), int(NARROWEST / CELL))
    return [Text(text, 0, 14, css="timeline-heading")] if heading else []


def _axis(scale: float, height: int) -> list[Text]:
    found = []
    for time, said in ticks(scale):
        percent, half = 100 * time / scale, cells(said) * CELL / 2
        middle = NARROWEST * percent / 100
        anchor = "start" if middle < half else "end" if middle > NARROWEST - half else "middle"
        found.append(Text(said, percent, height - 4, anchor))
    return found


def _grid(scale: float, top: int, height: int) -> str:
    bottom = height - AXIS + 6
    lines = [
        f'<line class="timeline-grid" x1="{_number(x)}%" x2="{_number(x)}%" y1="{top}" y2="{bottom}"/>'
        for x in (100 * time / scale for time, _ in ticks(scale))
    ]
    return "".join([*lines, f'<line class="timeline-grid" x2="100%" y1="{bottom}" y2="{bottom}"/>'])


def ticks(scale: float, room: int = int(NARROWEST / CELL)) -> list[tuple[float, str]]:
    """The ticks of an axis: times that are easy to read, and their labels, as many as fit side by side."""
    for exponent in itertools.count(math.floor(math.log10(scale)) - 1):
        for digit in (1, 2, 5):
            step = digit * 10.0**exponent
            times = [n * step for n in range(int(scale / step + 1e-9) + 1)]
            labels = [f"{time:.{max(0, -exponent)}f} s" for time in times]
            if len(times) <= 7 and sum(cells(label) + 2 for label in labels) <= room:
                return list(zip(times, labels, strict=True))
    raise AssertionError("unreachable: one tick always fits")


def blocks(
    spans: Iterable[tuple[float, float]], scale: float, most: int, width: float = 1000
) -> list[tuple[float, float]]:
    """Stretches of running in units of the picture, none too narrow to be seen, at most so many: the smallest gaps go.

    The spans are in order.
    """
    seen = width / 120

    def placed() -> Iterator[tuple[float, float]]:
        for start, end in spans:
            left = min(width * start / scale, width - seen)
            yield left, max(min(width * end / scale, width), left + seen)

    found = list(_merged(placed(), seen / 2))
    if len(found) > most:
        gaps = sorted(after[0] - before[1] for before, after in itertools.pairwise(found))
        found = list(_merged(found, gaps[-most]))
    return found


def thumbnail(run: Run, lanes: int = 8) -> str:
    """A run as a small SVG without words, which can be scaled."""
    shown = rows(run, LANES)[:lanes]
    scale = (run.seconds or 1e-6) * MARGIN
    step = 80 / len(shown)
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 90" fill="none" '
        'stroke="var(--timeline-run,#2a8a9d)" aria-hidden="true">'
    ]
    waits, runs = [], []
    for number, row in enumerate(shown):
        y = _number(5 + step * (number + 0.5))
        start, end = 5 + 150 * row.created / scale, 5 + 150 * row.ended / scale
        waits.append(f"M{_number(start, 1)} {y}H{_number(end, 1)}")
        steps = blocks(row.running, scale, 64 // len(shown), 150)
        runs += [f"M{_number(5 + low, 1)} {y}h{_number(max(high - low, 2), 1)}" for low, high in steps]
    parts.append(f'<path opacity=".6" stroke-width="{_number(step / 8)}" d="{"".join(waits)}"/>')
    parts.append(f'<path stroke-width="{_number(step / 2)}" d="{"".join(runs)}"/></svg>')
    return "".join(parts)


# ------------------------------------------------------------------------------------------------ in words


def table(run: Run, *, limit: int = LANES, caption: str = "") -> str:
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


def _data(run: Run, limit: int) -> dict[str, object]:
    """What a replay needs: lanes as in the picture, and the printed text, each with its time and its lane's number."""
    shown = rows(run, limit)
    places = {id(lane): min(number, len(shown) - 1) for number, lane in enumerate(run.lanes)}
    return {
        "seconds": round(run.seconds, 4),
        "lanes": [[row.label, round(row.created, 4), round(row.ended, 4), row.outcome] for row in shown],
        "lines": [[round(time, 4), places.get(id(lane)), text] for time, lane, text in run.lines[:LINES]],
    }


def text(run: Run, width: int | None = None) -> str:
    """A run as text for a terminal of some width, else for this one."""
    width = width or min(shutil.get_terminal_size().columns, 120)
    shown = rows(run)
    labels = ["  " * row.depth + row.label for row in shown]
    ends = [cut(row.end_label, min(width // 3, 24)) for row in shown]
    left = min(max(map(cells, labels)), width // 3)
    room = max(width - left - max(map(cells, ends)) - 2, 10)
    scale = (run.seconds or 1e-6) * MARGIN
    lines = [
        f"{_padded(cut(label, left), left)} {_bar(row, scale, room)} {end}".rstrip()
        for label, row, end in zip(labels, shown, ends, strict=True)
    ]
    axis = ""
    for time, said in ticks(scale, room):
        axis = axis.ljust(min(int(time / scale * room), room - len(said))) + said
    return "\n".join([*lines, " " * (left + 1) + axis, sentence(run)])


def _bar(row: Row, scale: float, room: int) -> str:
    def place(time: float) -> int:
        return min(int(time / scale * room), room - 1)

    bar = [" "] * room
    first, last = place(row.created), place(row.ended)
    bar[first : last + 1] = "─" * (last + 1 - first)
    for start, end in row.running:
        bar[place(start) : place(end) + 1] = "█" * (place(end) + 1 - place(start))
    if row.outcome in ("raised", "cancelled", "unfinished"):
        bar[last] = {"raised": "\N{MULTIPLICATION SIGN}", "cancelled": "┃", "unfinished": ">"}[row.outcome]
    return "".join(bar)


# ------------------------------------------------------------------------------------------------ letters and numbers


def rounded(seconds: float) -> str:
    """Seconds in a sentence: to a tenth, or where that is too little to one digit; small delays don't show."""
    if seconds >= 0.095 or seconds < 5e-7:
        return f"{seconds:.1f}"
    return f"{seconds:.{-math.floor(math.log10(seconds))}f}"


def duration(seconds: float) -> str:
    """Seconds in a table: to a hundredth, or where that is too little to two digits."""
    if seconds >= 0.095 or seconds < 5e-7:
        return f"{seconds:.2f}"
    return f"{seconds:.{1 - math.floor(math.log10(seconds))}f}"


def slug(name: str) -> str:
    """A name as a part of an HTML id."""
    return re.sub(r"[^\w.-]+", "-", name, flags=re.A).strip("-") or "run"


def printable(name: str) -> str:
    """A text in one line, without characters that cannot be shown or would turn others round."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in name)


def cells(name: str) -> int:
    """How many letters wide a text is in a monospace font."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in name)
    return len(name) + wide - sum(bool(unicodedata.combining(c)) for c in name)


def cut(name: str, most: int) -> str:
    """A text that is no wider than so many letters."""
    if cells(name) <= most:
        return name
    while cells(name) > most - 1:
        name = name[:-1]
    return name.rstrip() + "…"


def _padded(name: str, width: int) -> str:
    return name + " " * (width - cells(name))


def _number(value: float, digits: int = 2) -> str:
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else str(round(value))
