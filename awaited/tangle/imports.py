"""Imports, one name each, and how they are written at the top of a script: sorted, as ruff's isort rule wants them."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awaited.tangle.known import STANDARD_MODULES
from awaited.tangle.statements import Statement

WIDTH = 120
"""The longest line, as the project's ruff settings have it."""


@dataclass(frozen=True)
class Import:
    """One name that is imported."""

    module: str
    """What stands after ``from``, with its dots; empty for a plain import."""
    name: str
    asname: str | None = None
    comments: tuple[str, ...] = ()
    """The comment lines above it."""
    trailing: tuple[str, ...] = ()
    """The comments on its lines."""
    is_unused: bool = False

    @classmethod
    def of(cls, statement: Statement) -> Import:
        node = statement.node
        assert isinstance(node, ast.Import | ast.ImportFrom)
        module = "." * node.level + (node.module or "") if isinstance(node, ast.ImportFrom) else ""
        lines = statement.cell.code.split("\n")
        own = "\n".join(lines[node.lineno - 1 : statement.end])
        tokens = tokenize.generate_tokens(io.StringIO(own).readline)
        trailing = tuple(token.string for token in tokens if token.type == tokenize.COMMENT)
        alias = node.names[0]
        return cls(module, alias.name, alias.asname, tuple(lines[statement.start : node.lineno - 1]), trailing)

    @property
    def binds(self) -> str:
        """The name that it binds."""
        return self.asname or (self.name if self.module else self.name.partition(".")[0])

    @property
    def meaning(self) -> tuple[str, str]:
        """What the name stands for."""
        return self.module, self.name if self.module or self.asname else self.binds

    @property
    def may_be_unused(self) -> bool:
        """Whether ruff minds where nothing reads the name."""
        return self.module != "__future__" and self.asname != self.name and self.name != "*"


def merge(imports: Sequence[Import], root: Path) -> str:
    """All imports, sorted into sections as ruff's isort rule wants them."""
    groups: dict[tuple[str, str, str], list[Import]] = {}
    for entry in imports:
        alone = not entry.module or entry.asname or entry.name == "*"
        key = (entry.module, entry.name if alone else "", entry.asname or "")
        groups.setdefault(key, []).append(entry)
    sections: dict[int, list[tuple[tuple[Any, ...], str]]] = {}
    for group in groups.values():
        group.sort(key=_member_order)
        first = group[0]
        order = (bool(first.module), _natural(first.module or first.name), _member_order(first), first.asname or "")
        sections.setdefault(_section(first, root), []).append((order, _import_text(group)))
    return "\n\n".join("\n".join(text for _, text in sorted(sections[number])) for number in sorted(sections))


def _section(entry: Import, root: Path) -> int:
    top = (entry.module or entry.name).partition(".")[0]
    if top == "__future__":
        return 0
    if entry.module.startswith("."):
        return 4
    if top in STANDARD_MODULES:
        return 1
    is_of_project = (root / top).is_dir() or (root / f"{top}.py").is_file()
    return 3 if is_of_project else 2


def _natural(text: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", text.casefold())
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]


def _member_order(entry: Import) -> tuple[int, list[tuple[int, int, str]], str]:
    is_constant = entry.name.isupper() and len(entry.name) > 1
    kind = 0 if is_constant else 1 if entry.name[:1].isupper() else 2
    return kind, _natural(entry.name), entry.name


def _import_text(group: Sequence[Import]) -> str:
    """One import statement for the names of a group, each once."""
    names: dict[str, bool] = {}
    for entry in group:
        name = f"{entry.name} as {entry.asname}" if entry.asname else entry.name
        names[name] = names.get(name, False) or entry.is_unused
    comments = list(dict.fromkeys(line for entry in group for line in entry.comments))
    trailing = list(dict.fromkeys(comment for entry in group for comment in entry.trailing))
    silencer = ["# noqa: F401"] if any(names.values()) and not any("noqa" in comment for comment in trailing) else []
    head = f"from {group[0].module} import " if group[0].module else "import "
    line = "  ".join([head + ", ".join(names), *trailing, *silencer])
    if len(line) > WIDTH and group[0].module:
        inner = [f"    {name},{'  # noqa: F401' * (unused and bool(silencer))}" for name, unused in names.items()]
        line = "\n".join(["  ".join([f"{head}(", *trailing]), *inner, ")"])
    return "\n".join([*comments, line])
