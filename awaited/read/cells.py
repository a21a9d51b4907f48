"""Reads an article: its front matter, its prose and its labelled ``{python}`` cells, with line numbers.

Cells are found as Quarto finds them (its ``src/core/jupyter/jupyter.ts``): a fence of three or more backticks with
``{python}``, indented or not, closed by the same indent and the same number of backticks; ``#|`` lines at its top are
YAML options. What Quarto would do by surprise (run a cell shown inside a longer fence) is an error here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from reprlib import repr  # for messages: a value may be long
from typing import Any

import yaml

OPENING_FENCE = re.compile(r"^(\s*)(`{3,})\s*\{python([ ,].*)?\}\s*$")
ANY_FENCE = re.compile(r"^\s*(`{3,}|~{3,})(.*)$")
OPTION_LINE = re.compile(r"^#\s*\| ?")
HEADING = re.compile(r"^#{1,6}\s+(\S.*)$")
LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,99}")

EXECUTE_DEFAULTS: Mapping[str, Any] = {
    "echo": True,
    "eval": True,
    "include": True,
    "output": True,
    "warning": True,
    "error": False,
    "timeout": 60,
    "fig-width": 7,
    "fig-height": 5,
    "fig-dpi": 96,
    "fig-format": "retina",
}
"""What Quarto does in an HTML page unless told otherwise; ``timeout`` (seconds a cell may take) is ours."""

MOST_VALUES = 100_000
"""How many values a piece of YAML may stand for; a thousand times what an article needs."""


class AwaitedError(Exception):
    """An error that a person can put right: one message, with the file and the line where there is one."""

    def __init__(self, message: str, path: Path | str | None = None, line: int | None = None) -> None:
        self.message, self.path, self.line = message, path, line
        where = "" if path is None else f"{path}: " if line is None else f"{path}:{line}: "
        super().__init__(_one_line(where + message))


def _one_line(text: str) -> str:
    """A text as one line of a terminal: what is no sign is escaped, the middle of a long one left out."""
    shown = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
    return shown if len(shown) <= 600 else f"{shown[:400]} … {shown[-150:]}"


class _QuartoLoader(yaml.SafeLoader):
    """YAML as Quarto reads it: of the words for true and false only ``true`` and ``false`` (YAML 1.2)."""

    def get_single_node(self) -> yaml.Node | None:
        """The whole text as one node; raises YAMLError where its aliases make more of it than anybody would write."""
        node: yaml.Node | None = super().get_single_node()
        if node is not None and _values(node, {}) > MOST_VALUES:
            raise yaml.YAMLError("its aliases stand for too many values, or for themselves")
        return node


def _values(node: yaml.Node, known: dict[int, float]) -> float:
    """How many values a piece of YAML stands for, its aliases followed; no end for one that holds itself."""
    if id(node) not in known:
        known[id(node)] = math.inf
        below = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
        known[id(node)] = 1 + sum(_values(part, known) for part in below if isinstance(part, yaml.Node))
    return known[id(node)]


_QuartoLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_QuartoLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def read_yaml(text: str, path: Path | str, line: int) -> dict[str, Any]:
    """The mapping in a piece of YAML that begins at a line of a file; an empty text is an empty mapping.

    Raises AwaitedError where it is no valid YAML, or no mapping of names to values.
    """
    try:
        value = yaml.load(text, _QuartoLoader)  # noqa: S506 (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = line + (mark.line if mark else 0)
        raise AwaitedError(f"invalid YAML: {error.problem or error.context}", path, at) from None
    except RecursionError:
        raise AwaitedError("invalid YAML: nested too deep", path, line) from None
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, OverflowError) as error:
        raise AwaitedError(f"invalid YAML: {error}", path, line) from None  # PyYAML's own for '!!int x' and its like
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise AwaitedError(f"expected YAML of the form 'name: value', found {repr(value)}", path, line)
    for name in value:
        if not isinstance(name, str):
            raise AwaitedError(f"the YAML name {repr(name)} is not text; put it in quotes", path, line)
    return value


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Two layers of metadata in one: mappings are joined at every depth, anything else in ``over`` wins."""
    merged = dict(base)
    for name, value in over.items():
        below = merged.get(name)
        merged[name] = merge(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def execute_options(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The cell defaults that one layer of metadata sets: under ``execute:``, ``format: html:``, or at its top."""
    html = metadata.get("format")
    html = html.get("html") if isinstance(html, dict) else None
    layers = [metadata, html if isinstance(html, dict) else {}]
    found: dict[str, Any] = {}
    for layer in layers:
        execute = layer.get("execute")
        nested = execute if isinstance(execute, dict) else {}
        found |= {name: layer[name] for name in EXECUTE_DEFAULTS if name in layer and name != "timeout"}
        found |= {name: nested[name] for name in EXECUTE_DEFAULTS if name in nested}
    return found


def as_list(value: Any) -> list[Any]:
    """One or several values of an option, as a list."""
    return value if isinstance(value, list) else [value]


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


def _texts(value: object) -> bool:
    return _text(value) or (isinstance(value, list) and all(map(_text, value)))


def _scalar(value: object) -> bool:
    return isinstance(value, str | int | float | date) and not isinstance(value, bool)


def _scalars(value: object) -> bool:
    return all(map(_scalar, as_list(value)))


def _mapping(value: object) -> bool:
    return isinstance(value, dict)


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
    "example": (_switch, "true or false"),
    "code-fold": (_one_of("show"), "true, false or show"),
    "code-summary": (_text, "text"),
    "fig-cap": (_texts, "text or a list of texts"),
    "fig-alt": (_texts, "text or a list of texts"),
    "tbl-cap": (_texts, "text or a list of texts"),
    "python": (_versions, 'a version range in quotes, such as ">=3.12"'),
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
    "categories": (_scalars, "text or a list of texts"),
    "draft": (_switch, "true or false"),
    "freeze": (_one_of("auto"), "true, false or auto"),
    "jupyter": (_named, "the name of a kernel, or 'kernel: name'"),
    "format": (_named, "the name of a format, or settings below it"),
    "execute": (_mapping, "settings below it, such as 'echo: false'"),
    "project": (_mapping, "settings below it, such as 'type: website'"),
    "website": (_mapping, "settings below it, such as 'title: …'"),
}
"""The same for the fields of a page's header, ``_metadata.yml`` and ``_quarto.yml``."""


def check_options(options: Mapping[str, Any], path: Path | str, line_of: Callable[[str], int]) -> None:
    """Raises AwaitedError for the first option of a wrong type; ``line_of`` gives the line an option is on."""
    _check(options, OPTION_TYPES, "option", path, line_of)


def _check(values: Mapping[str, Any], types: Types, kind: str, path: Path | str, line_of: Callable[[str], int]) -> None:
    for name, value in values.items():
        is_right, expected = types.get(name, (None, ""))
        if is_right and not is_right(value):
            shown = str(value).lower() if isinstance(value, bool) else repr(value)
            raise AwaitedError(f"{kind} '{name}' must be {expected}, not {shown}", path, line_of(name))


def check_metadata(metadata: Mapping[str, Any], path: Path | str, lines: Sequence[str]) -> None:
    """Raises AwaitedError for the first field or cell default of a wrong type in metadata read from some lines."""
    given = {name: value for name, value in metadata.items() if value is not None}  # no value counts as no field
    _check(given, FIELD_TYPES, "field", path, lambda name: line_of(lines, name))
    check_options(execute_options(metadata), path, lambda name: line_of(lines, name))


@dataclass(frozen=True)
class Cell:
    """One ``{python}`` cell of an article."""

    number: int
    """Its place among the article's cells, from 1."""
    label: str | None
    """The ``label`` option."""
    code: str
    """Its source without the option lines, without the indent of its fence, without blank lines around it."""
    option_lines: tuple[str, ...]
    """The ``#|`` lines as they are written."""
    options: Mapping[str, Any]
    """The options that the cell itself sets."""
    defaults: Mapping[str, Any]
    """What holds where the cell says nothing: the article's, folder's and project's ``execute`` settings."""
    line: int
    """The line of its opening fence, from 1."""
    code_line: int
    """The line of the first line of ``code``."""
    end_line: int
    """The line of its closing fence."""
    indent: str
    """The white space before its fences."""
    section: str | None
    """The text of the heading it stands under."""

    def setting(self, name: str) -> Any:
        """An option's value in force: the cell's own, else the default."""
        return self.options.get(name, self.defaults.get(name))

    @property
    def name(self) -> str:
        """What messages call it: its label, else its number."""
        return self.label or f"cell {self.number}"

    @property
    def is_evaluated(self) -> bool:
        """Whether its code runs, on a Python that it works on."""
        return self.setting("eval") is not False and bool(self.code)

    def works_on(self, version: str) -> bool:
        """Whether the cell's option ``python`` admits a version, such as ``3.12.1``."""
        if "python" not in self.options:
            return True
        from packaging.specifiers import SpecifierSet

        return SpecifierSet(self.options["python"]).contains(version, prereleases=True)

    @property
    def is_visible(self) -> bool:
        """Whether the page shows its code."""
        return self.setting("include") is not False and self.setting("echo") is not False


@dataclass(frozen=True)
class Article:
    """A ``.qmd`` page: front matter, prose and cells."""

    path: Path
    """The file, relative to the project."""
    text: str
    """All of it, line ends as ``\\n``, without a byte-order mark."""
    front_matter: Mapping[str, Any]
    """Its YAML header."""
    metadata: Mapping[str, Any]
    """Its header over those of its folders and of the project."""
    cells: Sequence[Cell]

    @property
    def title(self) -> str:
        """Its title, else its file's name."""
        return str(self.front_matter.get("title") or self.path.stem)

    @property
    def categories(self) -> list[str]:
        """What it is filed under."""
        return [str(name) for name in as_list(self.metadata.get("categories") or [])]

    @property
    def slug(self) -> str:
        """Its short name: that of its folder where it is an index page, else that of its file."""
        named = self.path.parent if self.path.stem == "index" and self.path.parent.name else self.path
        return named.stem

    def with_cells(self, replacements: Mapping[int, str]) -> str:
        """The text, each cell replaced by the Markdown given under its number; prose stays as it is, to the letter."""
        lines = self.text.split("\n")
        for cell in reversed(self.cells):
            lines[cell.line - 1 : cell.end_line] = [replacements[cell.number]]
        return "\n".join(lines)


def decode(data: bytes, path: Path | str) -> str:
    """A file's bytes as text with ``\\n`` line ends; raises AwaitedError with the line where they are not UTF-8."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        wrong = f"byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        raise AwaitedError(wrong, path, line) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def split_front_matter(text: str, path: Path | str) -> tuple[dict[str, Any], int]:
    """The YAML header at the top of a page, and the number of lines it takes (0 without one)."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return {}, 0
    for number, line in enumerate(lines[1:], 2):
        if line.rstrip() in ("---", "..."):
            return read_yaml("\n".join(lines[1 : number - 1]), path, 2), number
    raise AwaitedError("the front matter opened here is never closed by a line '---'", path, 1)


def parse(text: str, path: Path, inherited: Mapping[str, Any] | None = None) -> Article:
    """Reads an article's text; ``inherited`` is the metadata of its folders and project.

    Raises AwaitedError, with the line, for YAML that is invalid or of a wrong type, a fence that is never closed,
    a label that cannot be an HTML id or stands twice, and a cell inside another code block.
    """
    text = decode(text.encode("utf-8", "surrogatepass"), path)
    front_matter, header = split_front_matter(text, path)
    inherited = inherited or {}
    own = execute_options(front_matter)
    check_metadata(front_matter, path, text.split("\n")[:header])
    defaults = dict(EXECUTE_DEFAULTS) | execute_options(inherited) | own
    cells = tuple(_cells(text.split("\n"), header, path, defaults))
    _check_labels(cells, path)
    return Article(path, text, front_matter, merge(inherited, front_matter), cells)


def line_of(lines: Sequence[str], name: str, first_line: int = 1) -> int:
    """The line that an option is on, in lines of YAML of which the first has a number; that number where none is."""
    pattern = re.compile(rf"^\W*{re.escape(name)}\W*:")
    return next((first_line + n for n, line in enumerate(lines) if pattern.match(line)), first_line)


def _cells(lines: Sequence[str], header: int, path: Path, defaults: Mapping[str, Any]) -> Iterator[Cell]:
    section: str | None = None
    block: tuple[str, int] | None = None  # the fence that opened a plain code block, and its line
    number, position = 0, header
    while position < len(lines):
        line = lines[position]
        opening, fence = OPENING_FENCE.match(line), ANY_FENCE.match(line)
        if opening and block:
            raise AwaitedError(
                f"a {{python}} cell inside the code block opened at line {block[1]}: Quarto would run it; "
                "write {{python}} to show one, or close the block",
                path,
                position + 1,
            )
        if opening:
            end = _closing_fence(lines, position, opening[1], opening[2], path)
            number += 1
            yield _cell(number, lines, position, end, opening[1], section, path, defaults)
            position = end
        elif fence and block is None:
            block = (fence[1], position + 1) if "`" not in fence[2] or fence[1][0] == "~" else None
        elif fence and block and fence[1].startswith(block[0]) and not fence[2].strip():
            block = None
        elif block is None and (heading := HEADING.match(line)):
            section = _heading(heading[1])
        position += 1


def _heading(text: str) -> str:
    """A heading's words, without the signs and attributes at its end and without emphasis."""
    text = text.rstrip().rstrip("#").rstrip()
    words = text.rpartition("{")[0].rstrip() if text.endswith("}") else text
    return re.sub(r"[*_`]", "", words or text)


def _closing_fence(lines: Sequence[str], opening: int, indent: str, ticks: str, path: Path) -> int:
    closing = re.compile(f"^{indent}{ticks}\\s*$")
    for position in range(opening + 1, len(lines)):
        if closing.match(lines[position]):
            return position
    raise AwaitedError(f"the cell opened here is never closed by a line '{indent}{ticks}'", path, opening + 1)


def _cell(
    number: int,
    lines: Sequence[str],
    opening: int,
    closing: int,
    indent: str,
    section: str | None,
    path: Path,
    defaults: Mapping[str, Any],
) -> Cell:
    body = [line.removeprefix(indent) for line in lines[opening + 1 : closing]]
    start = next((n for n, line in enumerate(body) if line.strip()), len(body))
    count = next((n for n, line in enumerate(body[start:]) if not OPTION_LINE.match(line)), len(body) - start)
    option_lines = tuple(body[start : start + count])
    first_option_line = opening + 2 + start
    options = read_yaml("\n".join(OPTION_LINE.sub("", line) for line in option_lines), path, first_option_line)
    check_options(options, path, lambda name: line_of(option_lines, name, first_option_line))
    code = body[start + count :]
    blank = next((n for n, line in enumerate(code) if line.strip()), len(code))
    return Cell(
        number=number,
        label=options.get("label"),
        code="\n".join(code[blank:]).rstrip(),
        option_lines=option_lines,
        options=options,
        defaults=defaults,
        line=opening + 1,
        code_line=first_option_line + count + blank,
        end_line=closing + 1,
        indent=indent,
        section=section,
    )


def _check_labels(cells: Sequence[Cell], path: Path) -> None:
    seen: dict[str, Cell] = {}
    for cell in cells:
        if cell.label is None:
            continue
        line = line_of(cell.option_lines, "label", cell.code_line - len(cell.option_lines))
        if not LABEL.fullmatch(cell.label):
            rule = "a letter, then letters, digits and any of _ . : - (100 at most)"
            raise AwaitedError(f"label {cell.label!r} cannot be used as an id: it must be {rule}", path, line)
        if cell.label in seen:
            first = seen[cell.label].line
            raise AwaitedError(
                f"label '{cell.label}' is taken by the cell at line {first}; labels must be unique", path, line
            )
        seen[cell.label] = cell
