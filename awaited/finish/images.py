"""Gives pictures their size, so that nothing moves when they arrive."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from awaited.finish.markup import Page
from awaited.memory.files import is_file


def size_images(page: Page, site: Path) -> list[list[Any]]:
    """Gives each picture of the site its width and height, so that nothing moves when it arrives.

    What it gives holds for ``same_images`` as long as the pictures stay what they are.
    """
    looked_at = []
    for image in page.tree.css("img[src]:not([width]):not([height])"):
        source = image.attributes["src"] or ""
        if source.startswith("data:"):
            continue
        file = site / page.path.parent / unquote(source)
        looked_at.append([os.path.relpath(file, site), _state(file)])
        if not is_file(file):
            continue
        from PIL import Image, UnidentifiedImageError  # for the pages that have any: it takes a while

        try:
            with Image.open(file) as picture:
                width, height = picture.size
        except UnidentifiedImageError:
            continue  # an SVG brings its own proportions along
        image.attrs["width"], image.attrs["height"] = str(width), str(height)
        image.attrs["loading"] = "lazy"
    return looked_at


def same_images(looked_at: Iterable[Sequence[Any]], site: Path) -> bool:
    """Whether pictures are as they were when ``size_images`` looked at them."""
    return all(_state(site / file) == state for file, state in looked_at)


def _state(file: Path) -> list[int]:
    """A file's length and its time; empty where there is none."""
    try:
        found = file.stat()
    except (OSError, ValueError):
        return []
    return [found.st_size, found.st_mtime_ns]
