"""What the options of cells and the fields of headers may be, and what holds for a cell where nobody says anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from reprlib import repr  # for messages: a value may be long
from typing import Any

from awaited.read.errors import AwaitedError
from awaited.read.metadata import as_list, line_of

EXECUTE_DEFAULTS: Mapping[str, Any] = {
    "echo": True,
    "eval": True,
    "include": True,
    "output": True,
    "warning": True,
    "error": False,
    "example": True,
    "timeout": 60,
    "fig-width": 7,
    "fig-height": 5,
    "fig-dpi": 96,
    "fig-format": "retina",
}
"""What Quarto does in an HTML page unless told otherwise; ``example`` and ``timeout`` (in seconds) are ours."""
OURS = ("example", "timeout")
"""Those of them that count under ``execute:`` alone: at the top of a header they may mean anything."""


DIRECTIVES = ("script-src", "style-src", "img-src", "font-src", "connect-src", "frame-src", "media-src", "form-action")
"""The directives of a Content-Security-Policy that a project may add sources to."""


def execute_options(metadata: Mapping[str, Any], names: Iterable[str] = tuple(EXECUTE_DEFAULTS)) -> dict[str, Any]:
    """The cell defaults that one layer of metadata sets: under ``execute:``, ``format: html:``, or at its top."""
    html = metadata.get("format")
    html = html.get("html") if isinstance(html, dict) else None
    layers = [metadata, html if isinstance(html, dict) else {}]
    found: dict[str, Any] = {}
    for layer in layers:
        execute = layer.get("execute")
        nested = execute if isinstance(execute, dict) else {}
        found |= {name: layer[name] for name in names if name in layer and name not in OURS}
        found |= {name: nested[name] for name in names if name in nested}
    return found


def freeze_options(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What one layer of metadata says of ``freeze``, which may stand where cell defaults do; a mapping, or none."""
    return {name: value for name, value in execute_options(metadata, ["freeze"]).items() if value is not None}


def _text(value: object) -> bool:
    return isinstance(value, str)


def _versions(value: object) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    if not isinstance(value, str):
        return False
    try:
        SpecifierSet(value)
    except InvalidSpecifier:
        return False
    return True


def _patterns(value: object) -> bool:
    if not _texts(value):
        return False
    try:
        for pattern in as_list(value):
            re.compile(pattern)
    except re.error:
        return False
    return True


def _switch(value: object) -> bool:
    return isinstance(value, bool)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e9


def _place(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9


def _texts(value: object) -> bool:
    return _text(value) or (isinstance(value, list) and all(map(_text, value)))


def _scalar(value: object) -> bool:
    return isinstance(value, str | int | float | date) and not isinstance(value, bool)


def _scalars(value: object) -> bool:
    return all(map(_scalar, as_list(value)))


def _mapping(value: object) -> bool:
    return isinstance(value, dict)


def _sources(value: object) -> bool:
    """Whether something is a policy: the sources that it adds to the directives of a Content-Security-Policy."""
    if not isinstance(value, dict):
        return _switch(value)
    return all(name in DIRECTIVES and all(map(_source, as_list(found))) for name, found in value.items())


def _source(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[\w:/.*?=&%+~-]+", value) is not None


def _named(value: object) -> bool:
    return _text(value) or _mapping(value)


def _word(*words: str) -> Callable[[object], bool]:
    return lambda value: value in words


def _one_of(*words: str) -> Callable[[object], bool]:
    return lambda value: _switch(value) or value in words


Types = Mapping[str, tuple[Callable[[object], bool], str]]
OPTION_TYPES: Types = {
    "label": (_text, "text"),
    "echo": (_one_of("fenced"), "true, false or fenced"),
    "eval": (_switch, "true or false"),
    "include": (_switch, "true or false"),
    "output": (_one_of("asis"), "true, false or asis"),
    "warning": (_switch, "true or false"),
    "error": (_switch, "true or false"),
    "alone": (_switch, "true or false"),
    "broken": (_switch, "true or false"),
    "example": (_switch, "true or false"),
    "code-fold": (_one_of("show"), "true, false or show"),
    "code-summary": (_text, "text"),
    "fig-cap": (_texts, "text or a list of texts"),
    "fig-alt": (_texts, "text or a list of texts"),
    "tbl-cap": (_texts, "text or a list of texts"),
    "python": (_versions, 'a version range in quotes, such as ">=3.12"'),
    "printed-by": (_versions, 'a version range in quotes, such as ">=3.13"'),
    "varies": (_patterns, "a regular expression or a list of them"),
    "timeout": (_number, "a number of seconds"),
    "fig-width": (_number, "a number of inches"),
    "fig-height": (_number, "a number of inches"),
    "fig-dpi": (_number, "a number"),
    "fig-format": (_word("retina", "png", "svg", "jpeg"), "retina, png, svg or jpeg"),
}
"""Each option whose type matters here: what it may be, and the words that say so. Others pass through unread."""
FIELD_TYPES: Types = {
    "title": (_scalar, "text"),
    "subtitle": (_scalar, "text"),
    "description": (_scalar, "text"),
    "date": (_scalar, "a date, such as 2026-01-31"),
    "order": (_place, "a number, from 0: the article's place on the path"),
    "needs": (_texts, "the short name of an article, or a list of them"),
    "next": (_text, "the short name of an article"),
    "categories": (_scalars, "text or a list of texts"),
    "draft": (_switch, "true or false"),
    "freeze": (_one_of("auto"), "true, false or auto"),
    "jupyter": (_named, "the name of a kernel, or 'kernel: name'"),
    "format": (_named, "the name of a format, or settings below it"),
    "execute": (_mapping, "settings below it, such as 'echo: false'"),
    "project": (_mapping, "settings below it, such as 'type: website'"),
    "website": (_mapping, "settings below it, such as 'title: …'"),
    "awaited": (_mapping, "settings below it, such as 'links: error'"),
}
"""The same for the fields of a page's header, ``_metadata.yml`` and ``_quarto.yml``."""
SETTING_TYPES: Types = {
    "examples": (_word("warn", "strict"), "warn or strict"),
    "links": (_word("warn", "error"), "warn or error"),
    "script-links": (_switch, "true or false"),
    "proofs": (_switch, "true or false"),
    "examples-page": (_switch, "true or false"),
    "controls": (_switch, "true or false"),
    "stylesheet": (_switch, "true or false"),
    "live": (_switch, "true or false"),
    "policy": (
        _sources,
        "false, or sources below names such as 'script-src': addresses, inline or self",
    ),
}
"""The same for the options under ``awaited:`` in ``_quarto.yml``."""


def check_options(options: Mapping[str, Any], path: Path | str, line_of: Callable[[str], int]) -> None:
    """Raises AwaitedError for the first option of a wrong type; ``line_of`` gives the line an option is on."""
    check_types(options, OPTION_TYPES, "option", path, line_of)


def check_metadata(metadata: Mapping[str, Any], path: Path | str, lines: Sequence[str]) -> None:
    """Raises AwaitedError for the first field or cell default of a wrong type in metadata read from some lines."""
    given = {name: value for name, value in metadata.items() if value is not None}  # no value counts as no field
    check_types(given, FIELD_TYPES, "field", path, lambda name: line_of(lines, name))
    check_types(freeze_options(metadata), FIELD_TYPES, "field", path, lambda name: line_of(lines, name))
    check_options(execute_options(metadata), path, lambda name: line_of(lines, name))


def check_types(
    values: Mapping[str, Any], types: Types, kind: str, path: Path | str, line_of: Callable[[str], int]
) -> None:
    """Raises AwaitedError for the first value of a wrong type; ``kind`` is what a message calls it."""
    for name, value in values.items():
        is_right, expected = types.get(name, (None, ""))
        if is_right and not is_right(value):
            shown = str(value).lower() if isinstance(value, bool) else repr(value)
            raise AwaitedError(f"{kind} '{name}' must be {expected}, not {shown}", path, line_of(name))
