"""The text of a statement as it stands in a script: cut, indented, with a word to ruff where it needs one."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from awaited.tangle.changes import Effects
from awaited.tangle.statements import Statement

UNUSED = re.compile(r"_\w*|dummy.*|unused.*")
"""Names of variables that ruff takes to be left unused on purpose."""

Place = tuple[int, int, int]
"""Where a name is bound: the number of the cell, the line and the column."""


@dataclass(frozen=True)
class Piece:
    """The text of a statement, with its comments."""

    statement: Statement
    effects: Effects
    text: str
    offset: int
    """What to add to a line number of the cell's code (from 0) to have that of the text."""
    gap: int
    """The blank lines above it in its cell."""

    @property
    def is_definition(self) -> bool:
        """Whether it defines a function or a class."""
        return self.statement.is_definition

    @property
    def is_quiet(self) -> bool:
        """Whether it may run when the script is imported."""
        acts = self.effects.acts or self.effects.needs_loop or self.statement.awaits
        return not acts and all(map(_is_declarative, self.statement.nodes))

    def local_names(self) -> Iterator[tuple[str, Place, str]]:
        """The names that it binds, where, and ruff's rule against such a name that nothing reads."""
        for node, name, code in _bindings(self.statement.nodes):
            yield name, (self.statement.cell.number, node.lineno, node.col_offset), code

    def replaced(self, node: ast.stmt, new: str) -> str:
        """Its text with a statement replaced."""
        return self._cut((node.lineno, node.col_offset), node, new)

    def without_annotation(self, node: ast.AnnAssign) -> str:
        """Its text with an assignment's annotation taken out."""
        return self._cut((node.target.end_lineno or 0, node.target.end_col_offset or 0), node.annotation, "")

    def _cut(self, start: tuple[int, int], last: ast.stmt | ast.expr, new: str) -> str:
        """Its text with what stands from a position (line from 1, bytes) of its cell to the end of a node replaced."""
        lines = self.text.split("\n")
        first, end = start[0] - 1 + self.offset, (last.end_lineno or 0) - 1 + self.offset
        before = lines[first].encode()[: start[1]].decode()
        after = lines[end].encode()[last.end_col_offset or 0 :].decode()
        return "\n".join([*lines[:first], before + new + after, *lines[end + 1 :]])

    def silenced(self, unread: set[tuple[str, Place]], shared: set[str]) -> str:
        """Its text, with a word to ruff where it would mind what is right in a module, but not in a function.

        ``unread`` are the names that nothing reads and where they are bound last, ``shared`` the names of the module.
        """
        wanted: dict[int, set[str]] = {}
        for name, place, code in self.local_names():
            if name not in shared and code:
                codes = wanted.setdefault(place[1] - 1 + self.offset, set())
                codes |= {"N806"} if name != name.lower() and code != "def" else set()
                codes |= {code} if (name, place) in unread and code in ("F841", "RUF059") else set()
        fixed = _lines_inside_strings(self.text)
        lines = self.text.split("\n")
        for number, codes in sorted(wanted.items()):
            while number + 1 in fixed or lines[number].endswith("\\"):
                number += 1
            if codes and "noqa" not in lines[number]:
                lines[number] += f"  # noqa: {', '.join(sorted(codes))}"
        return "\n".join(lines)


def join(pieces: Sequence[Piece], most: int = 2) -> str:
    """Statements one below the other, with the blank lines that ruff would put between them."""
    text = pieces[0].text if pieces else ""
    for above, below in pairwise(pieces):
        if above.is_definition or below.is_definition:
            blank = most
        elif above.statement.cell is below.statement.cell:
            blank = min(below.gap, most)
        else:
            blank = 1
        text += "\n" * (blank + 1) + below.text
    return text


def indent(text: str) -> str:
    """Code one level deeper; what is in its strings stays as it is."""
    fixed = _lines_inside_strings(text)
    lines = text.split("\n")
    return "\n".join(f"    {line}" if line and n not in fixed else line for n, line in enumerate(lines))


def _lines_inside_strings(text: str) -> set[int]:
    """The numbers (from 0) of the lines that begin inside a string, and so must stay as they are."""
    inside: set[int] = set()
    open_since: list[int] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = tokenize.tok_name[token.type]
        if kind.endswith("STRING_START"):  # from Python 3.12, an f-string is several tokens
            open_since.append(token.start[0])
        elif kind.endswith("STRING_END"):
            inside |= set(range(open_since.pop(), token.end[0]))
        elif kind == "STRING":
            inside |= set(range(token.start[0], token.end[0]))
    return inside


def _is_declarative(node: ast.stmt) -> bool:
    match node:
        case ast.If(body=body, orelse=orelse):
            return all(map(_is_declarative, [*body, *orelse]))
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
            inner = [statement for handler in handlers for statement in handler.body]
            return all(map(_is_declarative, [*body, *inner, *orelse, *final]))
        case ast.For() | ast.While() | ast.With() | ast.Match() | ast.Raise() | ast.TryStar():
            return False
    return True


def _bindings(nodes: Iterable[ast.AST]) -> Iterator[tuple[ast.expr | ast.stmt | ast.pattern, str, str]]:
    for node in nodes:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node, name, "def"
                continue
            case ast.Lambda():
                continue
            case ast.Assign(targets=into, value=value):
                for target in into:
                    yield from _names_in(target, "F841" if isinstance(value, ast.Tuple | ast.List) else "RUF059")
            case ast.AnnAssign(target=ast.Name() as target) | ast.NamedExpr(target=target):
                yield target, target.id, "F841"
            case ast.withitem(optional_vars=ast.expr() as target):
                yield from _names_in(target, "RUF059")
            case ast.For(target=target) | ast.AsyncFor(target=target):
                yield from ((place, name, "loop") for place, name, _ in _names_in(target, ""))
            case ast.AugAssign(target=ast.Name(id=name) as target):
                yield target, name, "again"
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                yield node, name, "F841"
        yield from _bindings(ast.iter_child_nodes(node))


def _names_in(target: ast.expr, unpacked: str) -> Iterator[tuple[ast.expr, str, str]]:
    if isinstance(target, ast.Name):
        yield target, target.id, "F841"
    elif isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            inner = element.value if isinstance(element, ast.Starred) else element
            yield from ((place, name, unpacked) for place, name, _ in _names_in(inner, unpacked))
