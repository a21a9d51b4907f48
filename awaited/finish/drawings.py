"""Timelines as files of their own, for what shows pictures and no stylesheets: feed readers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from awaited.finish.markup import Node, Page, drop_attributes, element

WIDTH = 640
COLOURS = (
    ".timeline-picture{--timeline-run:#0a687a;--timeline-wait:#55646a;--timeline-raised:#a32a38;"
    "--timeline-cancelled:#8a4a0c;--timeline-late:#8a4a0c;--timeline-text:#1b2529;--timeline-grid:#dde5e7;"
    "--timeline-grid-opacity:1;background:#fff}"
)
"""The light ones of styles.css: a picture in a feed cannot know on what ground it stands."""


def drawings(page: Page, rules: Iterable[str]) -> dict[str, str]:
    """A page's timelines as SVG files, by their path in the site; ``rules`` is the CSS that they brought along."""
    style = f"<style>{''.join(rules)}{COLOURS}</style>"
    return {
        str(page.path.with_name(file_name(picture))): _standalone(picture, style)
        for picture in page.tree.css(".timeline-view svg.timeline-picture")
    }


def liveliness(run: Mapping[str, Any]) -> int:
    """How many different lanes a run has, to a tenth of its length; ``run`` is what its timeline tells the page."""
    seconds = run["seconds"] or 1
    return len({(round(10 * start / seconds), round(10 * end / seconds)) for start, end in run["lanes"]})


def file_name(picture: Node) -> str:
    """The name of the file that holds a timeline's picture."""
    name = (picture.attributes.get("aria-labelledby") or "timeline").removesuffix("-title")
    return str(PurePosixPath(name).with_suffix(".svg").name)


def _standalone(picture: Node, style: str) -> str:
    drawn = element(picture.html or "")
    drawn.attrs["width"] = str(WIDTH)
    drawn.attrs["class"] = "timeline-picture"
    drop_attributes(drawn, "style")
    text = (drawn.html or "").replace("\N{NO-BREAK SPACE}", "&#160;").replace("&nbsp;", "&#160;")
    start, end, rest = text.partition(">")
    return start + end + style + rest
