"""Leaves out of a page what neither its readers nor its script have a use for, so that a first visit weighs little."""

from __future__ import annotations

import re
from collections.abc import Collection

from awaited.finish.markup import Page, classes, drop_attributes, remove, set_classes
from awaited.memory.document import OURS

NEEDED = ("broken",)
"""The options of cells that styles.css and page.js look for."""
OPTIONS = ("data-execution_count", *(f"data-{name}" for name in OURS if name not in NEEDED))
NOTES = ("data-anchor-id", "data-lane", "data-quarto-table-cell-role")
BLOCKS = (
    "nav|header|main|footer|body|meta|link|p|div|section|figure|figcaption|details|summary|ul|ol|li|dl|dt|dd|h[1-6]|table|caption|thead|tbody|tr|th|td"
    "|g|title|desc|path|rect|text"
)
BLANK = r"(?:\s|<!--(?:(?!-->).)*-->)+"
GAP = re.compile(
    r"(?P<kept><(?P<tag>pre|script|style|textarea)\b.*?</(?P=tag)>)"
    rf"|(?<=>){BLANK}(?=</?(?:{BLOCKS})[ >])|(?P<edge></?(?:{BLOCKS})(?: [^<>]*)?>){BLANK}(?=<)",
    re.S,
)
"""White space and comments beside an element that stands on lines of its own: they are never shown.

What is kept stays as it is: code and scripts.
"""


def take_out_needless(page: Page, undressed: Collection[str]) -> None:
    """Takes out the engines' notes to themselves, and the options of cells that only a build reads.

    ``undressed`` are classes that say nothing (``styles.undressed``).
    """
    for node in page.tree.css(",".join(f".{name}" for name in undressed)) if undressed else ():
        set_classes(node, [name for name in classes(node) if name not in undressed])
    remove(page.tree.css('meta[name$=":offset"]'))
    for cell in page.tree.css("div.cell"):
        drop_attributes(cell, *OPTIONS)
    for node in page.tree.css(",".join(f"main [{name}]" for name in NOTES)):
        drop_attributes(node, *NOTES)
    for picture in page.tree.css("svg.timeline-picture"):  # by its title and its description alone it is known as well
        drop_attributes(picture, "xmlns", "aria-labelledby", "aria-describedby")
        for words in picture.css("title, desc"):
            drop_attributes(words, "id")
    if not page.tree.css('a[href^="#cb"]'):
        for block in page.tree.css('div.sourceCode[id^="cb"]'):
            drop_attributes(block, "id")


def without_gaps(html: str) -> str:
    """A page as HTML, without the line breaks and comments between its elements that show nothing."""
    return GAP.sub(lambda found: found["kept"] or found["edge"] or "", html)
