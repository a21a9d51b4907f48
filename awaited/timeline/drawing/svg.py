"""A recording as inline SVG.

A picture keeps the size of its letters at every width: times are percentages of its width, or thousandths in an inner
picture that is stretched; all else is in pixels. Its colours are CSS custom properties of the page, else the colour of
the text around it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape

from awaited.timeline.drawing.letters import cells, cut, number, printable, slug
from awaited.timeline.drawing.rows import LANES, Row, merged, rows
from awaited.timeline.drawing.strips import Strip, strips
from awaited.timeline.drawing.style import CELL, STYLE
from awaited.timeline.drawing.words import sentence
from awaited.timeline.recording import Line, Recording

NARROWEST = 256
"""The width in CSS pixels that labels must still fit into: that of a picture on a phone."""
ROW, STRIP, LEGEND, AXIS = 44, 40, 22, 28
"""Heights: of a lane, of a strip above them, of a line of the legend above those, of the axis below them."""
BAR, DOT = 27, 38
"""How far below the top of its lane the middle of a bar is, and that of the marks of printed lines."""
MARGIN = 1.02
"""The axis is longer than the run by this factor, so that what marks its end stays in the picture."""
SIZE = 8000
"""Bytes of a picture of ten lanes at most, without the style."""
FADE = ((0, 40), (48, 24), (82, 14), (106, 7), (124, 3))
"""Where the dashes of a line that fades out begin, and how long they are."""
MARKS = {"raised": "M2-4l8 8M2 4l8-8", "cancelled": "M3-9V9"}
"""What stands after the end of a lane that did not just return: a cross, a tall bar; one that never ends fades out."""


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


@dataclass(frozen=True)
class Layout:
    """Where the parts of a picture are. Pictures that stand above each other share a scale, a legend and an axis."""

    shown: Sequence[Row]
    lines: Sequence[Line]
    """What is printed in them."""
    scale: float
    """How many seconds the picture is wide."""
    legend: Sequence[str] = ()
    """The states that the legend above the lanes explains; without any there is none."""
    has_axis: bool = True
    strips: Sequence[Strip] = ()

    @property
    def first_strip(self) -> int:
        """Where the first strip begins."""
        return LEGEND * (bool(self.legend) + ("late" in self.legend))

    @property
    def top(self) -> int:
        """Where the first lane begins."""
        return self.first_strip + STRIP * len(self.strips)

    @property
    def bottom(self) -> int:
        """Where the last lane ends."""
        return self.top + ROW * len(self.shown)

    @property
    def height(self) -> int:
        """Of all of it."""
        return self.bottom + AXIS * self.has_axis

    def at(self, time: float) -> float:
        """Where a time is, in thousandths of the width."""
        return min(1000 * time / self.scale, 1000.0)

    def texts(self) -> list[Text]:
        """All text, where it stands."""
        found = [*_legend_texts(self.legend), *(_axis(self) if self.has_axis else ())]
        for place, strip in enumerate(self.strips):
            found += _texts(strip.label, strip.end_label, self.first_strip + STRIP * place)
        return found + [
            text for place, row in enumerate(self.shown) for text in _lane_texts(row, self.top + ROW * place)
        ]


def layout(
    run: Recording,
    *,
    until: float | None = None,
    limit: int = LANES,
    legend: Sequence[str] | None = None,
    has_axis: bool = True,
    queues: bool = False,
) -> Layout:
    """Where the parts of a run's picture are; ``until`` is the longest run among those that are compared."""
    shown = rows(run, limit)
    scale = (until or run.seconds or 1e-6) * MARGIN
    shared = strips(run) if queues else ()
    plain = Layout(shown, run.lines, scale, (), has_axis, shared)
    return replace(plain, legend=states(plain) if legend is None else legend)


def states(picture: Layout) -> list[str]:
    """What a legend has to explain."""
    has_late = any(_lates(row, picture, 1) for row in picture.shown)
    return ["run", "wait", *["print"] * bool(picture.lines), *["late"] * has_late]


def svg(
    run: Recording,
    *,
    name: str = "",
    until: float | None = None,
    limit: int = LANES,
    legend: Sequence[str] | None = None,
    has_axis: bool = True,
    queues: bool = False,
) -> str:
    """A run as inline SVG, as wide as there is room.

    ``name`` makes its ids unique on a page; pictures with the same ``until`` have the same scale; ``legend`` says which
    states are explained above it, by default those that it has; ``queues`` asks for what lanes share, in strips.
    """
    picture = layout(run, until=until, limit=limit, legend=legend, has_axis=has_axis, queues=queues)
    name = slug(name or run.name)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="timeline-picture" width="100%" height="{picture.height}" '
        f'style="height:{picture.height}px" role="img" aria-labelledby="timeline-{name}-title" '
        f'aria-describedby="timeline-{name}-desc" data-seconds="{number(picture.scale, 4)}">',
        f'<title id="timeline-{name}-title">{escape(f"Timeline of {printable(run.name)}")}</title>',
        f'<desc id="timeline-{name}-desc">{escape(sentence(run))}</desc>',
        f"<style>{STYLE}</style>",
        *_legend(picture.legend),
        *(text.svg() for text in [*_legend_texts(picture.legend), *(_axis(picture) if picture.has_axis else ())]),
    ]
    parts += [_shared(strip, picture.first_strip + STRIP * place) for place, strip in enumerate(picture.strips)]
    parts += [_lane(place, row, picture.top + ROW * place) for place, row in enumerate(picture.shown)]
    ends = _ends(picture)
    taken = sum(len(part.encode()) + 1 for part in [*parts, *ends]) - len(STYLE)
    drawn = _stretches(picture, most := 60)
    while taken + len(drawn) > max(SIZE, SIZE // 10 * len(picture.shown)) and most > 4:
        drawn = _stretches(picture, most := most * 3 // 4)
    return "\n".join([*parts, drawn, *ends, "</svg>"])


def _lane(place: int, row: Row, y: int) -> str:
    texts = "".join(text.svg() for text in _lane_texts(row, y))
    return (
        f'<g class="timeline-lane" data-lane="{place}"><title>{escape(row.description)}</title>'
        f'<rect y="{y}" width="100%" height="{ROW}"/>{texts}</g>'
    )


def _shared(strip: Strip, y: int) -> str:
    texts = "".join(text.svg() for text in _texts(strip.label, strip.end_label, y))
    return f'<g class="timeline-shared"><title>{escape(strip.description)}</title>{texts}</g>'


def _lane_texts(row: Row, y: int) -> list[Text]:
    """What stands above a lane's bar: its label on the left, on the right how it ended."""
    css = f"timeline-{row.outcome}" if row.outcome in ("raised", "cancelled", "unfinished") else ""
    return _texts(row.label, row.end_label, y, 12 * min(row.depth, 4), css)


def _texts(label: str, end: str, y: int, indent: int = 0, css: str = "") -> list[Text]:
    """A text on the left and one on the right, both cut to fit."""
    end = cut(end, 17)
    label = cut(label, int(NARROWEST / CELL) - 2 - cells(end) - math.ceil(indent / CELL))
    return [Text(label, 0, y + 15, indent=indent), Text(end, 100, y + 15, "end", css=css)]


def _stretches(picture: Layout, most: int) -> str:
    """What lanes did, as paths: where they ran, waited, and were kept waiting, and when they printed."""
    paths: dict[str, list[str]] = {"grid": [_grid(picture)], "wait": [], "fade": [], "late": [], "run": [], "print": []}
    places = {id(lane): place for place, row in enumerate(picture.shown) for lane in row.lanes}
    for place, row in enumerate(picture.shown):
        y = picture.top + ROW * place + BAR
        runs = blocks(row.running, picture.scale, most)
        late = _lates(row, picture, most)
        if row.outcome in MARKS and runs:  # what is drawn wider than it was must leave room for the mark
            low, high = runs[-1]
            beyond = max(0.0, high - picture.at(row.ended))
            runs[-1] = max(low - beyond, 0.0), high - beyond
        start, end = picture.at(row.created), picture.at(row.ended)
        is_endless = row.outcome == "unfinished"
        for state, spans in ("run", runs), ("late", late), ("wait", _gaps(start, end - 60 * is_endless, runs, late)):
            paths[state].append(_line(y, ((low, high) for low, high in spans if high - low >= 0.5)))
        if is_endless:
            begin = max(min(end - 60, 870), max((high for _, high in runs), default=0))
            paths["fade"] += [
                f"M{begin + at:.0f} {y}h{min(length, 1000 - begin - at):.0f}"
                for at, length in FADE
                if begin + at < 1000
            ]
    paths["held"] = [_level(strip, picture, place) for place, strip in enumerate(picture.strips)]
    for time, place in sorted(_printed(picture, places)):
        paths["print"].append(f"M{picture.at(time):.0f} {picture.top + ROW * place + DOT}h0")
    drawn = "".join(f'<path class="timeline-{state}" d="{"".join(d)}"/>' for state, d in paths.items() if any(d))
    size = f'width="100%" height="{picture.height}" viewBox="0 0 1000 {picture.height}" preserveAspectRatio="none"'
    return f'<svg class="timeline-stretches" {size}>{drawn}</svg>'


def _line(y: int, spans: Iterable[tuple[float, float]]) -> str:
    """Strokes in one line, as a path; each is placed from the end of the one before, since such steps recur."""
    path, last = "", 0
    for low, high in spans:
        start, length = round(low), round(high - low)
        path += f"m{start - last} 0h{length}" if path else f"M{start} {y}h{length}"
        last = start + length
    return path


def _level(strip: Strip, picture: Layout, place: int) -> str:
    """A line that steps up and down with how many hold something, or how many items there are."""
    base, last = picture.first_strip + STRIP * (place + 1) - 5, 0.0
    path = f"M0 {base}"
    for time, count in strip.steps:
        if picture.at(time) - last >= 1 or count == strip.most or count == 0:
            last = picture.at(time)
            path += f"H{last:.0f}V{base - round(12 * count / max(strip.most, 1))}"
        if len(path) > 400:
            break
    return f"{path}H{picture.at(picture.shown[0].ended):.0f}"


def _printed(picture: Layout, places: dict[int, int]) -> set[tuple[float, int]]:
    """The times at which lanes printed lines, those that would lie over each other taken as one."""
    found: dict[tuple[int, int], tuple[float, int]] = {}
    for line in picture.lines:
        if (place := places.get(id(line.lane))) is not None:
            found.setdefault((place, round(picture.at(line.time) / 12)), (line.time, place))
    return set(itertools.islice(found.values(), max(6 * len(picture.shown), 40)))


def _lates(row: Row, picture: Layout, most: int) -> list[tuple[float, float]]:
    """Where a lane was kept waiting for long enough to be seen."""
    wide = [span for span in row.late if span.seconds >= picture.scale / 80]
    return blocks(sorted(wide), picture.scale, most) if wide else []


def _gaps(start: float, end: float, *taken: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """What is left between two places beside all that is taken."""
    for low, high in merged(sorted(itertools.chain(*taken))):
        if low > start:
            yield start, min(low, end)
        start = max(start, high)
        if start >= end:
            return
    if end > start:
        yield start, end


def _ends(picture: Layout) -> list[str]:
    """The marks at the ends of lanes that did not just return."""
    found = []
    for outcome, shape in MARKS.items():
        uses = []
        for place, row in enumerate(picture.shown):
            if row.outcome == outcome:
                x, y = picture.at(row.ended) / 10, picture.top + ROW * place + BAR
                uses.append(f'<svg x="{number(x)}%" y="{y}"><path d="{shape}"/></svg>')
        found += [f'<g class="timeline-{outcome}">{"".join(uses)}</g>'] if uses else []
    return found


# ------------------------------------------------------------------------------------------------ legend and axis

LEGENDS = {
    "run": ("runs", 0, 0, 20),
    "wait": ("waits", 72, 0, 24),
    "print": ("prints", 157, 0, 0),
    "late": ("ready, but kept waiting", 0, 1, 20),
}
"""By state: what it is called, where its sample begins and in which line, and how long that is."""


def _legend(states: Sequence[str]) -> list[str]:
    places = [(state, *LEGENDS[state]) for state in states]
    return [
        f'<path class="timeline-{state}" d="M{x} {LEGEND * line + 9}h{length}"/>'
        for state, _, x, line, length in places
    ]


def _legend_texts(states: Sequence[str]) -> list[Text]:
    places = [(LEGENDS[state], 8 if state == "print" else 7) for state in states]
    return [Text(text, 0, LEGEND * line + 14, indent=x + length + gap) for (text, x, line, length), gap in places]


def _axis(picture: Layout) -> list[Text]:
    found = []
    for time, said in ticks(picture.scale):
        percent, half = picture.at(time) / 10, cells(said) * CELL / 2
        middle = NARROWEST * percent / 100
        anchor = "start" if middle < half else "end" if middle > NARROWEST - half else "middle"
        found.append(Text(said, percent, picture.bottom + 22, anchor))
    return found


def _grid(picture: Layout) -> str:
    """A line for each tick, and one for the axis. They are dashed, so that they pass by the texts."""
    times = [time for time, _ in ticks(picture.scale)]
    step, height = number(picture.at(times[-1]) / max(len(times) - 1, 1)), picture.bottom - picture.top - 18
    return f"M0 {picture.top + 18}v{height}" + f"m{step}-{height}v{height}" * (len(times) - 1)


def ticks(scale: float, room: int = int(NARROWEST / CELL)) -> list[tuple[float, str]]:
    """The ticks of an axis: times that are easy to read, and their labels, as many as fit side by side."""
    for exponent in itertools.count(math.floor(math.log10(scale)) - 1):
        for digit in (1, 2, 5):
            step = digit * 10.0**exponent
            times = [n * step for n in range(int(scale / step + 1e-9) + 1)]
            labels = [f"{time:.{max(0, -exponent)}f} s" for time in times]
            apart = (
                step / scale * room
            )  # the first label begins at its tick, and the next one has its tick in the middle
            fits = len(times) == 1 or apart >= 1.5 * max(map(cells, labels))
            if len(times) <= 7 and fits and sum(cells(label) + 2 for label in labels) <= room:
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
