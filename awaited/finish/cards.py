"""Social cards: the picture that a link to a page shows in a chat or a feed, 1200 by 630 pixels.

An article's card shows its title and, beside that, its liveliest timeline; other pages share the card of the site.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

from awaited.finish.articles import published
from awaited.finish.drawings import liveliness
from awaited.memory.files import write_whole
from awaited.read.articles import Article
from awaited.read.project import Project

SIZE = 1200, 630
MARGIN = 80
PAPER, INK, QUIET, ACCENT, RULE = "#11181b", "#f4f8f8", "#9dabb0", "#6fcbdb", "#2a363b"
STYLE = 5
"""To be counted up when the drawing changes, so that cards are drawn anew."""
SITE_CARD = "card.png"
DATA = re.compile(r'<script[^>]*class="timeline-data"[^>]*>(.*?)</script>', re.S)
MOST_LANES = 9


@dataclass(frozen=True)
class Lanes:
    """A run as a card shows it."""

    spans: Sequence[tuple[float, float]]
    """When each lane began and ended, as parts of the run's length."""
    marks: Sequence[tuple[float, int]]
    """When something was printed, and by which lane."""


def draw_card(project: Project, site: Path, article: Article, text: str) -> str:
    """Draws the card of an article, whose page is ``text`` as HTML, into the site; gives its address."""
    when = published(article)
    facts = article.categories + ([f"{when:%B} {when.year}"] if when else [])
    address = article.path.with_name(SITE_CARD)
    return _put(project, site, address, article.title, " · ".join(facts), _liveliest([text]))


def draw_site_card(project: Project, site: Path, texts: Iterable[str]) -> str:
    """Draws the card of all pages that are no articles; ``texts`` are the articles' pages. Gives its address."""
    website = project.config.get("website")
    about = str(website.get("description") or "") if isinstance(website, dict) else ""
    return _put(project, site, Path(SITE_CARD), about or project.title, "", _liveliest(texts))


def _put(project: Project, site: Path, address: Path, title: str, facts: str, lanes: Lanes | None) -> str:
    """Draws a card unless it is the same as last time; one of the author's stays, and ours has another name."""
    if (project.root / address).is_file():
        address = address.with_name(f"generated-{address.name}")
    key = hashlib.sha256(repr((STYLE, project.title, title, facts, lanes)).encode()).hexdigest()[:16]
    kept = project.scratch / f"card-{key}.png"
    if not kept.is_file():
        write_whole(kept, _draw(project.title, title, facts, lanes))
    (site / address).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(kept, site / address)
    return address.as_posix()


def _liveliest(texts: Iterable[str]) -> Lanes | None:
    """The run with the most lanes that differ, of all on some pages."""
    runs = [run for text in texts for data in DATA.findall(text) for run in json.loads(data)]
    found = [(liveliness(run), lanes) for run in runs if (lanes := _lanes(run)) is not None]
    return max(found, key=itemgetter(0), default=(0, None))[1]


def _lanes(run: dict[str, Any]) -> Lanes | None:
    seconds = float(run["seconds"])
    times = [[value for value in lane if isinstance(value, int | float)][:2] for lane in run["lanes"]]
    if not (seconds > 0 and times and all(len(pair) == 2 for pair in times)):
        return None
    spans = [(start / seconds, min(end / seconds, 1.0)) for start, end in times[:MOST_LANES]]
    marks = [(time / seconds, lane) for time, lane, _ in run["lines"] if lane is not None and lane < len(spans)]
    return Lanes(spans, marks)


def _draw(name: str, title: str, facts: str, lanes: Lanes | None) -> bytes:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(image)

    def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
        return ImageFont.load_default(size)  # comes with the library: the same card on every machine

    for row, (start, length) in enumerate([(0, 38), (9, 43), (31, 33)]):  # the site's mark: tasks that overlap
        height = MARGIN + row * 15
        draw.rounded_rectangle((MARGIN + start, height, MARGIN + start + length, height + 8), 4, ACCENT)
    draw.text((MARGIN + 84, MARGIN - 1), name, INK, font(36))
    width = 560 if lanes else SIZE[0] - 2 * MARGIN
    lines, size = _fitted(title, font, draw, width)
    top = (SIZE[1] - len(lines) * size * 1.15) / 2 + 10
    for number, line in enumerate(lines):
        draw.text((MARGIN, top + number * size * 1.15), line, INK, font(size))
    draw.text((MARGIN, SIZE[1] - MARGIN - 28), facts, QUIET, font(28))
    if lanes:
        _draw_lanes(draw, lanes, (720, 170, SIZE[0] - MARGIN, 470))
    buffer = io.BytesIO()
    few_colours = image.quantize(64, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)  # a third of the bytes
    few_colours.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _draw_lanes(draw: Any, lanes: Lanes, box: tuple[int, int, int, int]) -> None:
    """A timeline as on the pages, without words: a bar while a task lived, a dot where it printed."""
    left, top, right, bottom = box
    step = min(60, (bottom - top) / len(lanes.spans))
    first = (top + bottom - step * len(lanes.spans)) / 2
    for part in range(5):
        x = left + (right - left) * part / 4
        draw.line((x, first - 10, x, first + step * len(lanes.spans) + 10), RULE, 2)
    for lane, (start, end) in enumerate(lanes.spans):
        x, y = left + (right - left) * start, first + step * (lane + 0.5)
        draw.rounded_rectangle((x, y - 9, max(left + (right - left) * end, x + 18), y + 9), 9, "#2f6d78")
    for time, lane in lanes.marks:
        x, y = left + (right - left) * min(time, 1), first + step * (lane + 0.5)
        draw.ellipse((x - 9, y - 9, x + 9, y + 9), ACCENT)


def _fitted(title: str, font: object, draw: object, width: int) -> tuple[list[str], int]:
    """A title in lines that fit, in the largest size at which their height fits, too."""
    for size in range(84, 29, -6):
        lines = [""]
        for word in title.split():
            longer = f"{lines[-1]} {word}".strip()
            if draw.textlength(longer, font(size)) <= width:  # type: ignore[attr-defined, operator]
                lines[-1] = longer
            else:
                lines.append(word)
        lines = [line for line in lines if line]
        if len(lines) * size * 1.15 <= 290 and all(draw.textlength(line, font(size)) <= width for line in lines):  # type: ignore[attr-defined, operator]
            return lines, size
    return lines[:4], size
