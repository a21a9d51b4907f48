"""Reads bibliographies: BibTeX, and CSL's JSON."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awaited.read.errors import AwaitedError
from awaited.read.text import decode

ENTRY = re.compile(r"@(?P<kind>\w+)\s*[{(]\s*(?P<key>[^\s,{}()\"]+)\s*,")
FIELD = re.compile(r"\s*(?P<name>[\w-]+)\s*=\s*")
BARE = re.compile(r"[\w.-]+")
ACCENT = re.compile(r"\\([`'^\"~=.uvHcdbkr])\s*(?:\{\\?([A-Za-z])\}|\\?([A-Za-z]))")
COMBINING = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "d": "\u0323", "b": "\u0331", "k": "\u0328",
    "r": "\u030a",
}  # fmt: skip
LETTERS = {"ss": "ß", "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "oe": "œ", "aa": "å", "AA": "Å", "l": "ł", "i": "i"}
CSL = {
    "container-title": "journal", "publisher-place": "address", "issue": "number", "page": "pages", "DOI": "doi",
    "URL": "url", "collection-title": "series",
}  # fmt: skip
"""CSL's names of fields, and BibTeX's."""


@dataclass(frozen=True)
class Work:
    """Something that a page may cite."""

    key: str
    kind: str
    """BibTeX's name for what it is, such as ``article``."""
    fields: Mapping[str, str]
    """Its fields by BibTeX's names, as plain text."""

    @property
    def names(self) -> list[tuple[str, str]]:
        """Its authors, else its editors: family names, and the others."""
        people = re.split(r"\s+and\s+", self.fields.get("author") or self.fields.get("editor") or "")
        return [_name(person) for person in people if person]

    @property
    def year(self) -> str:
        """The year it appeared in; ``n.d.`` where it has none."""
        found = re.search(r"\d{4}", self.fields.get("year") or self.fields.get("date") or "")
        return found[0] if found else "n.d."

    @property
    def title(self) -> str:
        """Its title."""
        return self.fields.get("title", "")


def read_bibliography(file: Path, shown: Path | str) -> dict[str, Work]:
    """The works in a file, by their keys; raises AwaitedError where it cannot be read, or is of another kind."""
    try:
        text = decode(file.read_bytes(), shown)
    except OSError as error:
        raise AwaitedError(f"the bibliography cannot be read: {error.strerror}", shown) from None
    if file.suffix == ".json":
        return {work.key: work for work in _from_json(text, shown)}
    if file.suffix in (".bib", ".bibtex"):
        return {work.key: work for work in _from_bibtex(text)}
    raise AwaitedError("a bibliography of this kind is not read here; save it as BibTeX (.bib)", shown)


def _from_bibtex(text: str) -> Iterator[Work]:
    for entry in ENTRY.finditer(text):
        kind = entry["kind"].lower()
        if kind not in ("comment", "string", "preamble"):
            yield Work(entry["key"], kind, dict(_fields(text, entry.end())))


def _fields(text: str, place: int) -> Iterator[tuple[str, str]]:
    while field := FIELD.match(text, place):
        value, place = _value(text, field.end())
        yield field["name"].lower(), _plain(value)
        while place < len(text) and text[place] in ", \t\r\n":
            place += 1


def _value(text: str, place: int) -> tuple[str, int]:
    """A field's value, in braces, in quotes or bare, and the place behind it."""
    if text[place : place + 1] not in ("{", '"'):
        bare = BARE.match(text, place)
        return (bare[0], bare.end()) if bare else ("", place + 1)
    closing, depth, start = ("}" if text[place] == "{" else '"'), 0, place + 1
    for end in range(start, len(text)):
        if text[end] == closing and depth == 0:
            return text[start:end], end + 1
        depth += (text[end] == "{") - (text[end] == "}")
    return text[start:], len(text)


def _plain(latex: str) -> str:
    """LaTeX as plain text: accents as letters, no braces, one space where there are several."""

    def accented(match: re.Match[str]) -> str:
        return unicodedata.normalize("NFC", (match[2] or match[3]) + COMBINING[match[1]])

    text = ACCENT.sub(accented, latex)
    text = re.sub(r"\\([A-Za-z]+)\s*(?:\{\})?", lambda match: LETTERS.get(match[1], ""), text)
    text = re.sub(r"\\([&%$#_{}])", r"\1", text).replace("---", "\u2014").replace("--", "\u2013").replace("~", " ")
    return " ".join(text.replace("{", "").replace("}", "").split())


def _name(person: str) -> tuple[str, str]:
    family, comma, given = person.partition(",")
    if comma:
        return family.strip(), given.strip()
    *others, last = person.split()
    return last, " ".join(others)


def _from_json(text: str, shown: Path | str) -> Iterator[Work]:
    try:
        entries = json.loads(text)
        for entry in entries:
            yield Work(str(entry["id"]), str(entry.get("type", "misc")), dict(_csl_fields(entry)))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise AwaitedError("is no bibliography in CSL's JSON; save it anew", shown) from None


def _csl_fields(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in entry.items():
        if name in ("author", "editor"):
            people = ((one.get("family") or one.get("literal", ""), one.get("given", "")) for one in value)
            yield name, " and ".join(f"{family}, {given}" for family, given in people)
        elif name == "issued":
            yield "year", "-".join(map(str, _first(value.get("date-parts")))) or str(value.get("raw", ""))
        elif isinstance(value, str | int):
            yield CSL.get(name, name.lower()), str(value)


def _first(parts: Sequence[Sequence[object]] | None) -> Sequence[object]:
    return parts[0] if parts else ()
