"""Resolves citations (``[@key, p. 9]``) and lists what is cited, in Chicago's author-date style, Quarto's own default.

(Source: "The Chicago Manual of Style", 17th edition, chapter 15; the syntax is Pandoc's, "Citations" in its manual.)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from awaited.read.articles import Article
from awaited.read.errors import AwaitedError
from awaited.read.includes import FENCE
from awaited.read.losses import Loss, loss_at
from awaited.read.metadata import as_list, html_options, split_front_matter
from awaited.read.project import Project
from awaited.weave.bibliography import Work, read_bibliography
from awaited.weave.references import KINDS

KEY = r"@(?P<key>\w[\w:.#$%&+?<>~/-]*\w|\w|\{[^}]+\})"
CITATION = re.compile(
    r"(?P<code>(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))"
    rf"|\[(?P<group>[^\[\]]*?-?(?<![\w@.])@\w[^\[\]]*)\](?!\()"
    rf"|(?<![\w@./]){KEY}(?:\s\[(?P<where>[^\[\]@]+)\](?!\())?"
)
ONE = re.compile(rf"^(?P<before>.*?)(?P<bare>-?){KEY}(?P<after>.*)$", re.S)
PAGES = re.compile(r"^,?\s*(?:pp?\.\s*)?")
REFS = re.compile(r"^:{3,}\s*\{#refs[^}]*\}\s*$")
ESCAPED = re.compile(r"([\\`*_\[\]<>$#@|~^])")
MOST_NAMED = 3
"""How many authors a citation names; of more it names the first."""


def cite(markdown: str, page: Article, project: Project, lose: Callable[[Loss], None]) -> str:
    """A page's Markdown with its citations as links to its list of references.

    ``lose`` is told of each key in brackets that no bibliography has, and of each bibliography that cannot be read.
    """
    named = as_list(html_options(page.metadata).get("bibliography") or [])
    if "@" not in markdown:
        return markdown
    works: dict[str, Work] = {}
    for name in map(str, named):
        try:
            works |= read_bibliography(*_file(name, page, project))
        except AwaitedError as error:
            lose(loss_at(f"{name}: {error.message}", "its citations stay as text", page.path, page.line_with(name)))

    def miss(key: str) -> None:
        wrong, advice = (
            f"the citation '@{key}' is in no bibliography of its page",
            "add it, or name its 'bibliography:'",
        )
        lose(loss_at(wrong, advice, page.path, page.line_with(f"@{key}")))

    lines, header = markdown.split("\n"), split_front_matter(markdown, page.path)[1]
    writer = _Writer(works, miss)
    cited = [*lines[:header], *_cited(lines[header:], writer)]
    if "@*" in str(page.metadata.get("nocite") or ""):
        writer.cited.update(dict.fromkeys(works))
    return "\n".join(_with_list(cited, list(writer.references())))


def _file(name: str, page: Article, project: Project) -> tuple[Path, Path | str]:
    """A bibliography's file: beside the page, else in the project."""
    beside = project.root / page.path.parent / name
    file = beside if beside.is_file() and not name.startswith("/") else project.root / name.lstrip("/")
    return file, file.relative_to(project.root) if file.is_relative_to(project.root) else file


def _cited(lines: list[str], writer: _Writer) -> Iterator[str]:
    fence = ""
    for line in lines:
        mark = FENCE.match(line)
        if mark and not fence and ("`" not in mark[2] or mark[1][0] == "~"):
            fence = mark[1]
        elif fence:
            fence = "" if mark and mark[1].startswith(fence) and not mark[2].strip() else fence
        elif "@" in line:
            line = CITATION.sub(writer.write, line)
        yield line


def _with_list(lines: list[str], references: list[str]) -> list[str]:
    """A page with its list of references: in the div that is meant for it, else at its end."""
    if not references:
        return lines
    place = next((number for number, line in enumerate(lines) if REFS.match(line)), None)
    if place is not None:
        return [*lines[: place + 1], "", *references, *lines[place + 1 :]]
    return [*lines, "", "## References {.unnumbered}", "", "::: {#refs .references}", *references, ":::", ""]


class _Writer:
    """Writes the citations of one page, and keeps what they cite."""

    def __init__(self, works: Mapping[str, Work], miss: Callable[[str], None]) -> None:
        self._works, self._miss = works, miss
        self.cited: dict[str, None] = {}
        self._letters = dict(_letters(works))

    def write(self, match: re.Match[str]) -> str:
        """What stands in the place of a citation."""
        if match["code"]:
            return match[0]
        if match["group"]:
            return self._group(match)
        key = match["key"].strip("{}")
        if key not in self._works or _is_reference(key):
            return match[0]
        self.cited[key] = None
        names, where = _names(self._works[key]), PAGES.sub(", ", match["where"]) if match["where"] else ""
        return f"[{names}](#ref-{key}) ([{self._year(key)}](#ref-{key}){where})"

    def _group(self, match: re.Match[str]) -> str:
        parts = [ONE.match(part) for part in match["group"].split(";")]
        keys = [part["key"].strip("{}").rstrip(",") for part in parts if part]
        if not all(parts) or any(map(_is_reference, keys)):
            return match[0]
        for key in keys:
            if key not in self._works:
                self._miss(key)
        if not all(key in self._works for key in keys):
            return match[0]
        self.cited.update(dict.fromkeys(keys))
        return f"({'; '.join(self._part(part, key) for part, key in zip(filter(None, parts), keys, strict=True))})"

    def _part(self, part: re.Match[str], key: str) -> str:
        names = "" if part["bare"] else f"{_names(self._works[key])} "
        after = part["after"]
        where = PAGES.sub(", ", after) if after.startswith(",") else after
        before = f"{part['before'].strip()} " if part["before"].strip() else ""
        return f"{before}[{names}{self._year(key)}](#ref-{key}){where.rstrip()}"

    def _year(self, key: str) -> str:
        return self._works[key].year + self._letters.get(key, "")

    def references(self) -> Iterator[str]:
        """The list of what is cited, by names, then by year."""
        works = [self._works[key] for key in self.cited]
        for work in sorted(works, key=lambda work: (_names(work).casefold(), self._year(work.key), work.title)):
            yield from (f"::: {{#ref-{work.key} .csl-entry}}", _entry(work, self._year(work.key)), ":::", "")


def _is_reference(key: str) -> bool:
    return key.partition("-")[0] in KINDS and "-" in key


def _letters(works: Mapping[str, Work]) -> Iterator[tuple[str, str]]:
    """The letters that tell apart what the same people wrote in the same year."""
    same: dict[tuple[str, str], list[Work]] = {}
    for work in works.values():
        same.setdefault((_names(work), work.year), []).append(work)
    for group in same.values():
        for letter, work in zip("abcdefghijklmnopqrstuvwxyz", sorted(group, key=lambda work: work.title), strict=False):
            yield work.key, letter * (len(group) > 1)


def _escaped(text: str) -> str:
    return ESCAPED.sub(r"\\\1", text)


def _names(work: Work) -> str:
    families = [_escaped(family) for family, _ in work.names] or [f"\u201c{_escaped(work.title)}\u201d"]
    return f"{families[0]} et al." if len(families) > MOST_NAMED else _joined(families)


def _joined(names: list[str]) -> str:
    return " and ".join(names) if len(names) < MOST_NAMED else f"{', '.join(names[:-1])}, and {names[-1]}"


def _entry(work: Work, year: str) -> str:
    """A work in the list of references."""
    field = {name: _escaped(value) for name, value in work.fields.items()}
    first = [", ".join(filter(None, name)) for name in work.names[:1]]
    people = [*first, *(f"{given} {family}".strip() for family, given in work.names[1:])]
    authors = _listed([_escaped(person) for person in people])
    title, whole = field.get("title", ""), field.get("journal") or field.get("journaltitle") or field.get("booktitle")
    parts = [
        authors,
        year,
        f"\u201c{title}.\u201d" if whole or work.kind not in ("book", "phdthesis") else f"*{title}*",
    ]
    if whole:
        volume = f" {field['volume']}" if "volume" in field else ""
        number = f" ({field['number']})" if "number" in field else ""
        pages = f": {field['pages']}" if "pages" in field else ""
        parts.append(f"{'In ' if 'booktitle' in field else ''}*{whole}*{volume}{number}{pages}")
    parts.append(": ".join(filter(None, (field.get("address"), field.get("publisher") or field.get("school")))))
    link = f"https://doi.org/{work.fields['doi']}" if "doi" in work.fields else work.fields.get("url", "")
    parts.append(f"<{link}>" if link else "")
    return " ".join(part if part.endswith((".", "\u201d")) else f"{part}." for part in parts if part)


def _listed(people: list[str]) -> str:
    if len(people) < 2:
        return "".join(people)
    return f"{', '.join(people[:-1])}, and {people[-1]}"
