"""Social cards: the picture that a link to an article shows in a chat or a feed, 1200 by 630 pixels."""

from __future__ import annotations

import hashlib
import io
import shutil
from pathlib import Path

from awaited.finish.articles import published
from awaited.memory.files import write_whole
from awaited.read.articles import Article
from awaited.read.project import Project

SIZE = 1200, 630
MARGIN = 90
PAPER, INK, QUIET, ACCENT = "#11181b", "#f4f8f8", "#9dabb0", "#6fcbdb"
STYLE = 2
"""To be counted up when the drawing changes, so that cards are drawn anew."""


def draw_card(project: Project, site: Path, article: Article) -> str:
    """Draws an article's card into the site, unless it is the same as last time; gives its address."""
    when = published(article)
    facts = article.categories + ([f"{when:%B} {when.year}"] if when else [])
    texts = project.title, article.title, " · ".join(facts)
    key = hashlib.sha256(repr((STYLE, texts)).encode()).hexdigest()[:16]
    kept = project.scratch / f"card-{key}.png"
    if not kept.is_file():
        write_whole(kept, _draw(*texts))
    address = article.path.with_name("card.png")
    if (project.root / address).is_file():  # the author's own
        address = article.path.with_name("generated-card.png")
    (site / address).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(kept, site / address)
    return address.as_posix()


def _draw(name: str, title: str, facts: str) -> bytes:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(image)

    def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
        return ImageFont.load_default(size)  # comes with the library: the same card on every machine

    for row, (start, length) in enumerate([(0, 150), (36, 170), (126, 130)]):  # the site's mark: tasks that overlap
        top = MARGIN + row * 26
        draw.rounded_rectangle((MARGIN + start, top, MARGIN + start + length, top + 12), 6, ACCENT)
    draw.text((MARGIN + 300, MARGIN + 6), name, INK, font(48))
    lines, size = _fitted(title, font, draw)
    for number, line in enumerate(lines):
        draw.text((MARGIN, 250 + number * size * 1.2), line, INK, font(size))
    draw.text((MARGIN, SIZE[1] - MARGIN - 30), facts, QUIET, font(32))
    buffer = io.BytesIO()
    few_colours = image.quantize(64, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)  # a third of the bytes
    few_colours.save(buffer, "PNG")
    return buffer.getvalue()


def _fitted(title: str, font: object, draw: object) -> tuple[list[str], int]:
    """A title in lines that fit, in the largest size at which three lines are enough."""
    for size in range(88, 31, -8):
        lines = [""]
        for word in title.split():
            longer = f"{lines[-1]} {word}".strip()
            if draw.textlength(longer, font(size)) <= SIZE[0] - 2 * MARGIN:  # type: ignore[attr-defined, operator]
                lines[-1] = longer
            else:
                lines.append(word)
        if len(lines) <= 3:
            return lines, size
    return lines[:3], size
