"""Takes a cell apart into its statements."""

from __future__ import annotations

import ast
import platform
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from awaited.read.cells import Cell
from awaited.read.errors import AwaitedError
from awaited.tangle.left_out import NOT_PYTHON, NoScriptError
from awaited.tangle.names import Names, surely

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IPYTHON_LINE = re.compile(r"\s*([\w,.\s]+=\s*)?(%{1,2}[A-Za-z_]|!)|.*[\w)]\?{1,2}\s*$|\s*\?{1,2}\w")


@dataclass(frozen=True, eq=False)
class Statement:
    """A top-level statement of a cell: one alias of an import, or all statements that share a line."""

    cell: Cell
    nodes: Sequence[ast.stmt]
    start: int
    """Where it begins in the cell's code, with the comments directly above it: a line, from 0."""
    end: int
    """The line after its last."""
    binds: frozenset[str]
    """The names that it may bind or delete in the module."""
    surely: frozenset[str]
    """Those of them that it binds whatever happens."""
    reads: frozenset[str]
    """The names of the module that it reads when it runs."""
    later: frozenset[str]
    """The names of the module that functions defined in it read when they are called, and its annotations."""

    @property
    def node(self) -> ast.stmt:
        """Its syntax tree, the first where there are several."""
        return self.nodes[0]

    @property
    def is_import(self) -> bool:
        """Whether it can be merged with other imports."""
        return len(self.nodes) == 1 and isinstance(self.node, ast.Import | ast.ImportFrom)

    @property
    def is_definition(self) -> bool:
        """Whether it defines a function or a class."""
        return len(self.nodes) == 1 and isinstance(self.node, DEFINITIONS)

    @property
    def awaits(self) -> bool:
        """Whether it has a top-level ``await``, ``async for``, ``async with`` or asynchronous comprehension."""
        return any(map(awaits, self.nodes))

    def walk(self) -> Iterator[ast.AST]:
        """All nodes of its syntax trees."""
        return chain.from_iterable(map(ast.walk, self.nodes))

    def line_of(self, name: str) -> int:
        """The line of the article where the statement first names something."""
        found = [node.lineno for node in self.walk() if isinstance(node, ast.Name) and node.id == name]
        return self.cell.code_line + min(found, default=self.node.lineno) - 1


class NewerSyntaxError(AwaitedError):
    """A cell that another Python is to run, and that this one cannot even read."""


def read(cell: Cell, path: Path, postponed: bool = False) -> list[Statement]:
    """The statements of a cell; ``postponed`` where ``from __future__ import annotations`` is in force.

    Raises AwaitedError, with the line, where the code is not Python.
    """
    tree = parse(cell, path)
    statements: list[Statement] = []
    end = 0
    lines = cell.code.split("\n")
    for nodes in _sharing_lines(tree.body):
        start = first = _first_line(nodes[0])
        while start > end and lines[start - 1].startswith("#"):
            start -= 1
        end = nodes[-1].end_lineno or first + 1
        single = nodes if len(nodes) > 1 or not isinstance(nodes[0], ast.Import | ast.ImportFrom) else None
        for part in [single] if single else [[alias] for alias in _aliases(nodes[0])]:
            names = Names(part, postponed)
            sets = (names.binds, surely(part), names.reads, names.later)
            statements.append(Statement(cell, part, start, end, *map(frozenset, sets)))
    return statements


def parse(cell: Cell, path: Path) -> ast.Module:
    """A cell's syntax tree; raises AwaitedError, with the line, where the code is not Python."""
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(cell.code)
            compile(cell.code, str(path), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        number = (error.lineno if isinstance(error, SyntaxError) else None) or 1
        lines = cell.code.split("\n")
        line = lines[min(number, len(lines)) - 1]
        hint = ""
        if IPYTHON_LINE.match(line):
            hint = ": only IPython understands this line; write it in Python, or add `#| example: false`"
        message = error.msg if isinstance(error, SyntaxError) else str(error)
        wrong, at = f"{cell.in_words} is not Python ({message}){hint}", cell.code_line + number - 1
        if cell.works_on(platform.python_version()):
            raise NoScriptError(wrong, path, at, NOT_PYTHON) from None
        raise NewerSyntaxError(wrong, path, at) from None
    return tree


def awaits(node: ast.AST) -> bool:
    """Whether running a piece of code awaits something outside the functions defined in it."""
    if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith):
        return True
    if isinstance(node, ast.comprehension) and node.is_async:
        return True
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return any(map(awaits, [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]))
    if isinstance(node, ast.Lambda):
        return any(map(awaits, [*node.args.defaults, *filter(None, node.args.kw_defaults)]))
    if isinstance(node, ast.GeneratorExp):  # it only awaits where something iterates over it
        return awaits(node.generators[0].iter)
    return any(map(awaits, ast.iter_child_nodes(node)))


def _sharing_lines(nodes: Sequence[ast.stmt]) -> Iterator[list[ast.stmt]]:
    group: list[ast.stmt] = []
    for node in nodes:
        if group and _first_line(node) >= (group[-1].end_lineno or 0):
            yield group
            group = []
        group.append(node)
    if group:
        yield group


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1


def _aliases(node: ast.stmt) -> Iterator[ast.stmt]:
    assert isinstance(node, ast.Import | ast.ImportFrom)
    for alias in node.names:
        one = ast.Import([alias]) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, [alias], node.level)
        yield ast.copy_location(one, node)
