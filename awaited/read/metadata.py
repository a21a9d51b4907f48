"""Reads YAML as Quarto does: of headers, of ``_metadata.yml`` and ``_quarto.yml``, and of cells' options."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from reprlib import repr  # for messages: a value may be long
from typing import Any

import yaml

from awaited.read.errors import AwaitedError

TABS = re.compile(r"[ ]*\t[ \t]*$", re.M)
MOST_VALUES = 100_000
"""How many values a piece of YAML may stand for; a thousand times what an article needs."""


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
        value = yaml.load(without_tabs(text), _QuartoLoader)  # noqa: S506 (a SafeLoader)
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


def without_tabs(text: str) -> str:
    """YAML without tabs at the ends of its lines, which Quarto reads over and PyYAML does not."""
    return TABS.sub("", text) if "\t" in text else text


def split_front_matter(text: str, path: Path | str) -> tuple[dict[str, Any], int]:
    """The YAML header at the top of a page, and the number of lines it takes (0 without one)."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return {}, 0
    for number, line in enumerate(lines[1:], 2):
        if line.rstrip() in ("---", "..."):
            return read_yaml("\n".join(lines[1 : number - 1]), path, 2), number
    raise AwaitedError("the front matter opened here is never closed by a line '---'", path, 1)


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Two layers of metadata in one: mappings are joined at every depth, anything else in ``over`` wins."""
    merged = dict(base)
    for name, value in over.items():
        below = merged.get(name)
        merged[name] = merge(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def html_options(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """A page's options for HTML: what stands under ``format: html:`` lies over what stands at its top."""
    formats = metadata.get("format")
    html = formats.get("html") if isinstance(formats, dict) else None
    return {**metadata, **(html if isinstance(html, dict) else {})}


def line_of(lines: Sequence[str], name: str, first_line: int = 1) -> int:
    """The line that an option is on, in lines of YAML of which the first has a number; that number where none is."""
    pattern = re.compile(rf"^\W*{re.escape(name)}\W*:")
    return next((first_line + n for n, line in enumerate(lines) if pattern.match(line)), first_line)


def as_list(value: Any) -> list[Any]:
    """One or several values of an option, as a list."""
    return value if isinstance(value, list) else [value]
