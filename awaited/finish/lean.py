"""Leaves out of a page what neither its readers nor its script have a use for, so that a first visit weighs little."""

from __future__ import annotations

import re
from collections.abc import Collection

from awaited.finish.markup import Page, classes, drop_attributes, remove, set_classes
from awaited.memory.document import OURS

NEEDED = ("broken",)
"""The options of cells that styles.css and page.js look for."""
OPTIONS = ("data-execution_count", *(f"data-{name}" for name in OURS if name not in NEEDED))
BLOCKS = (
    "p|div|section|figure|figcaption|details|summary|ul|ol|li|dl|dt|dd|h[1-6]|table|caption|thead|tbody|tr|th|td"
    "|svg|g|title|desc|path|rect|text"
)
GAP = re.compile(
    r"(?P<kept><(?P<tag>pre|script|style|textarea)\b.*?</(?P=tag)>)"
    rf"|(?<=>)\n+(?=</?(?:{BLOCKS})[ >])|(?P<end></(?:{BLOCKS})>)\n+(?=<)",
    re.S,
)
"""White space beside an element that stands on lines of its own: it is never shown, but in what is kept as it is."""


def take_out_needless(page: Page, undressed: Collection[str]) -> None:
    """Takes out the engines' notes to themselves, and the options of cells that only a build reads.

    ``undressed`` are classes that say nothing (``styles.undressed``).
    """
    for node in page.tree.css(",".join(f".{name}" for name in undressed)) if undressed else ():
        set_classes(node, [name for name in classes(node) if name not in undressed])
    remove(page.tree.css('meta[name="smalldocs:offset"]'))
    for cell in page.tree.css("div.cell"):
        drop_attributes(cell, *OPTIONS)
    for node in page.tree.css("main [data-anchor-id], main [data-lane]"):
        drop_attributes(node, "data-anchor-id", "data-lane")
    for picture in page.tree.css("svg.timeline-picture"):  # by its title and its description alone it is known as well
        drop_attributes(picture, "xmlns", "aria-labelledby", "aria-describedby")
        for words in picture.css("title, desc"):
            drop_attributes(words, "id")
    if not page.tree.css('a[href^="#cb"]'):
        for block in page.tree.css('div.sourceCode[id^="cb"]'):
            drop_attributes(block, "id")


def without_gaps(html: str) -> str:
    """A page as HTML, without line breaks that show nothing."""
    return GAP.sub(lambda found: found["kept"] or found["end"] or "", html)
