"""A page that is complete, with what the site as a whole has to know of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from awaited.finish.markup import address_of, is_for_errors


@dataclass(frozen=True)
class Completed:
    """A completed page, as JSON can hold it."""

    path: str
    """Its file, relative to the site."""
    html: str
    """The page, with ``styles.NAMED_LATER`` and the like in the place of the stylesheets' names."""
    is_article: bool
    """Whether it has a date, as articles have, so that the first visit to it shall weigh little."""
    anchors: Sequence[str]
    """What a link can lead to on it."""
    links: Sequence[str]
    """The address of everything that it names."""
    stylesheets: Sequence[str]
    """The files of the stylesheets that it asked for, relative to the site."""
    names: Sequence[str]
    """Every tag, class, id and attribute that a stylesheet may speak of."""
    drawn: Sequence[str]
    """The CSS that its drawings brought along."""
    inline: Mapping[str, str]
    """What stood in attributes ``style``, by the names of the classes that are in their place."""
    images: Sequence[Sequence[Any]]
    """The pictures whose size it tells: each file, relative to the site, with its length and its time."""
    picture: str
    """The small picture that stands for it in a listing, as SVG."""
    entries: Sequence[Sequence[str]]
    """What the search knows of it."""
    outputs: Mapping[str, str]
    """What it shows below the code of its snippets, as HTML, by their labels."""
    text: str
    """Its text for a feed, as HTML; empty where it is in none."""
    drawings: Mapping[str, str]
    """Its timelines as SVG files for the feed, by their path in the site."""
    runs: Mapping[str, Any]
    """What its timelines know of their runs (``replays``)."""
    losses: Sequence[Sequence[str]]
    """What it does not show as its source says (``read.losses``)."""
    changed: str
    """The day of its last change, in ISO 8601; empty where that is not known."""

    @property
    def address(self) -> str:
        """Its path on the web."""
        return address_of(PurePosixPath(self.path))

    @property
    def is_for_errors(self) -> bool:
        """Whether it is what a server shows in the place of a page that it does not have."""
        return is_for_errors(PurePosixPath(self.path))
