"""What a project wants of this tool: the options under ``awaited:`` in its ``_quarto.yml``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awaited.read.errors import AwaitedError
from awaited.read.metadata import line_of
from awaited.read.options import SETTING_TYPES, check_types

SECTION = "awaited"
"""The name that these options stand under; Quarto lets it pass."""


@dataclass(frozen=True)
class Settings:
    """The options of a project, each as it is where nobody says anything."""

    examples: str = "warn"
    """Whether a visible cell that makes no script, or a script that contradicts its page, is an error (``strict``)."""
    links: str = "warn"
    """Whether a link that leads nowhere is an error (``error``) or told (``warn``)."""
    script_links: bool = True
    """Whether each snippet has a line below it that leads to its script."""
    proofs: bool = True
    """Whether pages say what is proven, and a page of its own says how."""
    examples_page: bool = True
    """Whether each script has a page, and all are in an archive."""
    controls: bool = True
    """Whether navigation, search, light and dark, and copying are ours, and not the engine's."""
    stylesheet: bool = True
    """Whether all styles are united in one stylesheet."""

    live: bool = False
    """Whether readers can run snippets in the page."""
    policy: Mapping[str, Any] | bool = True
    """What pages may load besides themselves: sources by the names of a Content-Security-Policy's directives; ``False``
    for whatever they like."""

    @property
    def unites_styles(self) -> bool:
        """Whether pages have one stylesheet; the engine's controls need all that the engine brings along."""
        return self.stylesheet and self.controls

    @property
    def is_strict(self) -> bool:
        """Whether each visible cell has to make a script that prints what its page shows."""
        return self.examples == "strict"


def read_settings(config: Mapping[str, Any]) -> Settings:
    """The options of a project whose configuration has been checked."""
    section = config.get(SECTION)
    return Settings(**{name.replace("-", "_"): value for name, value in (section or {}).items()})


def check_settings(config: Mapping[str, Any], path: Path | str, lines: Sequence[str]) -> None:
    """Raises AwaitedError for the first option that there is not, or that is of a wrong type."""
    section = config.get(SECTION)
    start = line_of(lines, SECTION)
    below = lines[start - 1 :]
    for name in section or {}:
        if name not in SETTING_TYPES:
            known = ", ".join(SETTING_TYPES)
            raise AwaitedError(f"'{SECTION}' has no option '{name}'; it has {known}", path, line_of(below, name, start))
    check_types(section or {}, SETTING_TYPES, "option", path, lambda name: line_of(below, name, start))
