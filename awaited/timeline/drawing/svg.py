"""A recording as inline SVG.

A picture keeps the size of its letters at every width: it has no ``viewBox``, times are percentages of its width, and
all else is in pixels. Its colours are CSS custom properties of the page, else the colour of the text around it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from awaited.timeline.drawing.letters import cells, cut, number, printable, slug
from awaited.timeline.drawing.rows import LANES, Row, merged, rows
from awaited.timeline.drawing.words import sentence
from awaited.timeline.recording import Recording

NARROWEST = 256
"""The width in CSS pixels that labels must still fit into: that of a picture on a phone."""
CELL = 7.25
"""The width of a letter in CSS pixels: 12 px high in a monospace font, of which the widest take 0.604 em."""
FONT = 'ui-monospace,"SF Mono",Menlo,Consolas,"Roboto Mono","DejaVu Sans Mono","Liberation Mono",monospace'
ROW, TOP, HEADING, AXIS = 36, 22, 22, 26
"""Heights: of a lane, of the legend above them, of a heading above that, of the axis below them."""
MARGIN = 1.02
"""The axis is longer than the run by this factor, so that what marks its end stays in the picture."""
SIZE, BLOCK = 8000, 14
"""Bytes: of a picture of ten lanes at most, and of one stretch of running in it."""
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
MARKS = {"raised": "M-5-5 5 5M-5 5 5-5", "cancelled": "M0-9V9", "unfinished": "M-3-4 2 0-3 4"}
"""What ends a lane that did not just return: a cross, a tall bar, an arrowhead."""


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
        x = f"{number(self.percent)}%" if self.percent else str(self.indent)
        anchor = f' text-anchor="{self.anchor}"' if self.anchor != "start" else ""
        css = f' class="{self.css}"' if self.css else ""
        return f'<text x="{x}" y="{self.y}"{anchor}{css}>{escape(self.text, quote=False)}</text>'


def svg(
    run: Recording,
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
        f'aria-describedby="timeline-{name}-desc" data-seconds="{number(scale, 4)}">',
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
    for place, row in enumerate(shown):
        parts.append(_lane(place, row, top + ROW * place, scale))
        if row.outcome in marks:
            x = number(min(max(100 * row.ended / scale, 2), 98))
            y = top + ROW * place + 25
            marks[row.outcome].append(f'<use href="#timeline-{name}-{row.outcome}" x="{x}%" y="{y}"/>')
    ends = [f'<g class="timeline-{outcome}">{"".join(uses)}</g>' for outcome, uses in marks.items()]
    taken = sum(len(part.encode()) + 1 for part in [*parts, *ends]) + 200 + 30 * len(shown)
    left = max(SIZE, SIZE // 10 * len(shown)) - taken
    runs = _runs(shown, top, height, scale, min(max(left // BLOCK // len(shown), 4), 60))
    return "\n".join([*parts, runs, *ends, "</svg>"])


def _runs(shown: Sequence[Row], top: int, height: int, scale: float, most: int) -> str:
    paths = []
    for place, row in enumerate(shown):
        y = top + ROW * place + 25
        path = "".join(f"M{start:.0f} {y}h{end - start:.0f}" for start, end in blocks(row.running, scale, most))
        paths.append(f'<path data-lane="{place}" d="{path}"/>' if path else "")
    size = f'width="100%" height="{height}" viewBox="0 0 1000 {height}" preserveAspectRatio="none"'
    return f'<svg class="timeline-runs" {size}>{"".join(paths)}</svg>'


def _lane(place: int, row: Row, y: int, scale: float) -> str:
    start, end = 100 * row.created / scale, 100 * row.ended / scale
    texts = "".join(text.svg() for text in lane_texts(row, y))
    return (
        f'<g class="timeline-lane" data-lane="{place}"><title>{escape(row.description)}</title>'
        f'<rect y="{y}" width="100%" height="{ROW}"/>{texts}'
        f'<line x1="{number(start)}%" x2="{number(end)}%" y1="{y + 25}" y2="{y + 25}"/></g>'
    )


def lane_texts(row: Row, y: int) -> list[Text]:
    """What stands above a lane's bar: its label on the left, on the right how it ended; both cut to fit."""
    room = int(NARROWEST / CELL) - 2
    css = f"timeline-{row.outcome}" if row.outcome in ("raised", "cancelled") else ""
    end = Text(cut(row.end_label, 18), 100, y + 14, "end", css=css)
    depth = min(row.depth, 4)
    left = room - cells(end.text) - math.ceil(12 * depth / CELL)
    return [Text(cut(row.label, left), 0, y + 14, indent=12 * depth), end]


def texts(run: Recording, *, until: float | None = None, limit: int = LANES, heading: str = "") -> list[Text]:
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
        f'<line class="timeline-grid" x1="{number(x)}%" x2="{number(x)}%" y1="{top}" y2="{bottom}"/>'
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

    found = list(merged(placed(), seen / 2))
    if len(found) > most:
        gaps = sorted(after[0] - before[1] for before, after in itertools.pairwise(found))
        found = list(merged(found, gaps[-most]))
    return found


def thumbnail(run: Recording, lanes: int = 8) -> str:
    """A run as a small SVG without words, which can be scaled."""
    shown = rows(run, LANES)[:lanes]
    scale = (run.seconds or 1e-6) * MARGIN
    step = 80 / len(shown)
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 90" fill="none" '
        'stroke="var(--timeline-run,#2a8a9d)" aria-hidden="true">'
    ]
    waits, runs = [], []
    for place, row in enumerate(shown):
        y = number(5 + step * (place + 0.5))
        start, end = 5 + 150 * row.created / scale, 5 + 150 * row.ended / scale
        waits.append(f"M{number(start, 1)} {y}H{number(end, 1)}")
        steps = blocks(row.running, scale, 64 // len(shown), 150)
        runs += [f"M{number(5 + low, 1)} {y}h{number(max(high - low, 2), 1)}" for low, high in steps]
    parts.append(f'<path opacity=".6" stroke-width="{number(step / 8)}" d="{"".join(waits)}"/>')
    parts.append(f'<path stroke-width="{number(step / 2)}" d="{"".join(runs)}"/></svg>')
    return "".join(parts)
