"""What the statements of cells bind, read and change, and which earlier ones a cell needs.

Names come from ``symtable``, which knows Python's scopes. What a statement changes without binding a name
(``results.append(1)``, ``await main()`` where ``main`` fills a global list) is found by running it in the abstract:
values are sets of things that they may be, every branch is taken, functions are followed where their text is known.
In doubt a statement is needed. Statements that only print are not.
"""

from __future__ import annotations

import ast
import re
import symtable
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from awaited.read.cells import Cell
from awaited.read.errors import AwaitedError
from awaited.tangle.changes import Effects, Run, reach

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IPYTHON_LINE = re.compile(r"\s*([\w,.\s]+=\s*)?(%{1,2}[A-Za-z_]|!)|.*[\w)]\?{1,2}\s*$|\s*\?{1,2}\w")

# --- Statements and their names ---------------------------------------------------------------------------------------


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

    def line_of(self, name: str) -> int:
        """The line of the article where the statement first names something."""
        found = [n.lineno for node in self.nodes for n in ast.walk(node) if isinstance(n, ast.Name) and n.id == name]
        return self.cell.code_line + min(found, default=self.node.lineno) - 1


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
            names = _Names(part, postponed)
            bound = (frozenset(names.binds), _surely(part))
            statements.append(Statement(cell, part, start, end, *bound, frozenset(names.reads), frozenset(names.later)))
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
        wanted = cell.setting("python")
        if wanted and not hint:
            hint = f"; the cell asks for Python {wanted}: tangle with that one"
        message = error.msg if isinstance(error, SyntaxError) else str(error)
        raise AwaitedError(
            f"cell '{cell.name}' is not Python ({message}){hint}", path, cell.code_line + number - 1
        ) from None
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


def targets(*nodes: ast.AST | None) -> set[str]:
    """The names that assignment targets (or deleted ones) bind."""
    found = (n for node in nodes if node for n in ast.walk(node))
    return {n.id for n in found if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}


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


def _surely(nodes: Iterable[ast.stmt]) -> frozenset[str]:
    bound: set[str] = set()
    for node in nodes:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                bound.add(name)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                # `import a.b` adds to `a`: it does not replace what an `import a.c` did
                bound |= {alias.asname or alias.name for alias in names if alias.asname or "." not in alias.name}
            case ast.Assign(targets=into) | ast.Delete(targets=into):
                bound |= targets(*into)
            case ast.AugAssign(target=target) | ast.AnnAssign(target=target, value=ast.expr()):
                bound |= targets(target)
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                bound |= targets(*(item.optional_vars for item in items)) | _surely(body)
            case ast.If(body=body, orelse=orelse):
                bound |= _surely(body) & _surely(orelse)
            case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
                bound |= _surely(final) | (frozenset() if handlers else _surely([*body, *orelse]))
            case _ if type(node).__name__ == "TypeAlias":
                bound |= targets(getattr(node, "name", None))
    return frozenset(bound - {"*"})


class _Synchronous(ast.NodeTransformer):
    """Code that ``symtable`` reads alike in every Python version: no top-level await, no comprehension but generators.

    (From Python 3.12 a list comprehension's names are mixed with those around it.)
    """

    def __init__(self, postponed: bool) -> None:
        self.postponed = postponed

    def visit_Await(self, node: ast.Await) -> ast.AST:
        inner: ast.AST = self.visit(node.value)
        return inner

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        return self.generic_visit(ast.For(node.target, node.iter, node.body, node.orelse))

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        return self.generic_visit(ast.With(node.items, node.body))

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp) -> ast.AST:
        return self.generic_visit(ast.GeneratorExp(node.elt, node.generators))

    def visit_SetComp(self, node: ast.SetComp) -> ast.AST:
        return self.visit_ListComp(node)

    def visit_DictComp(self, node: ast.DictComp) -> ast.AST:
        return self.generic_visit(ast.GeneratorExp(ast.Tuple([node.key, node.value], ast.Load()), node.generators))

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        node.is_async = 0
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(node.arg) if self.postponed else self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if self.postponed:
            node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        if self.postponed:
            node.returns = None
        return self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self.visit_FunctionDef(node)


class _Names:
    """What ``symtable`` says of the names in a few statements."""

    def __init__(self, nodes: Sequence[ast.stmt], postponed: bool) -> None:
        self.binds: set[str] = set()
        self.reads: set[str] = set()
        self.later = set(_annotation_names(nodes))
        tree = ast.fix_missing_locations(_Synchronous(postponed).visit(ast.parse("\n".join(map(ast.unparse, nodes)))))
        self._scan(symtable.symtable(ast.unparse(tree), "cell", "exec"), runs_now=True)
        for node in (inner for outer in nodes for inner in ast.walk(outer)):
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                self.binds.add("*")
            elif isinstance(node, ast.AugAssign):  # this and the next symtable counts as assignments only
                self.reads |= targets(node.target) & self.binds
            elif isinstance(node, ast.Delete):
                self.reads |= targets(node) & self.binds

    def _scan(self, table: symtable.SymbolTable, runs_now: bool) -> None:
        is_module = table.get_type() == "module"
        for symbol in table.get_symbols():
            if not (is_module or symbol.is_global()):
                continue
            if symbol.is_referenced():
                (self.reads if runs_now else self.later).add(symbol.get_name())
            if runs_now and (symbol.is_assigned() or symbol.is_imported()):
                self.binds.add(symbol.get_name())
        for child in table.get_children():
            is_now = child.get_type() in ("class", "type parameter", "type parameters") or child.get_name() == "genexpr"
            self._scan(child, runs_now and is_now)


def _annotation_names(nodes: Sequence[ast.stmt]) -> Iterator[str]:
    for node in (n for statement in nodes for n in ast.walk(statement)):
        annotation = getattr(node, "returns", None) or getattr(node, "annotation", None)
        if isinstance(annotation, ast.expr):
            yield from _names_in_annotation(annotation)


def _names_in_annotation(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name):
            yield name
        case ast.Constant(value=str(text)):
            try:
                yield from _names_in_annotation(ast.parse(text, mode="eval"))
            except SyntaxError:
                return
        case ast.Subscript(value=ast.Name(id="Literal") | ast.Attribute(attr="Literal") as literal):
            yield from _names_in_annotation(literal)
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _names_in_annotation(child)


# --- What a cell needs ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Need:
    """What the statements of a cell need to run."""

    statements: Sequence[Statement]
    """The earlier ones, in order, then the cell's own."""
    effects: Sequence[Effects]
    """What each of them does."""
    missing: Mapping[str, Statement]
    """Names that no statement binds, and the first statement that reads each."""


def need(earlier: Sequence[Statement], own: Sequence[Statement]) -> Need:
    """The statements that a cell's ``own`` ones need from those of ``earlier`` cells."""
    return _Closure([*earlier, *own], len(earlier)).need()


class _Closure:
    """Goes back from the names that are read to the statements that bind them and change what they stand for."""

    def __init__(self, statements: Sequence[Statement], first_own: int) -> None:
        run = Run()
        self.statements = statements
        self.effects = [run.step(statement.nodes) for statement in statements]
        self.after = dict(run.module.values)
        self.chosen = set(range(first_own, len(statements)))
        self.demands: list[tuple[str, int, int, int]] = []
        self.bound: set[str] = set()
        self.unbound: dict[str, int] = {}

    def need(self) -> Need:
        end = len(self.statements)
        for number in sorted(self.chosen):
            self._demand_names_of(number, number, end)
        seen: set[tuple[str, int, int]] = set()
        while self.demands:
            name, point, use, reader = self.demands.pop()
            if (name, point, use) not in seen:
                seen.add((name, point, use))
                self._follow(name, point, use, reader)
        numbers = sorted(self.chosen)
        return Need(
            [self.statements[number] for number in numbers],
            [self.effects[number] for number in numbers],
            {name: self.statements[reader] for name, reader in self.unbound.items() if name not in self.bound},
        )

    def _demand_names_of(self, number: int, point: int, use: int) -> None:
        """A statement is needed: its value at ``point``, and until ``use`` the functions in it may be called."""
        statement = self.statements[number]
        self.demands += [(name, number, use, number) for name in statement.reads]
        moments = {point, use} if statement.is_definition else {number, point, use}
        self.demands += [(name, moment, use, number) for name in statement.later for moment in moments]

    def _follow(self, name: str, point: int, use: int, reader: int) -> None:
        """What a name stood for just before the statement at ``point``: all that bound it or changed what it held."""
        before = self.effects[point].before if point < len(self.effects) else self.after
        things = reach(before.get(name, ()))
        found = False
        for number in reversed(range(point)):
            statement, effects = self.statements[number], self.effects[number]
            binds = name in statement.binds or name in effects.rebound or "*" in statement.binds
            if binds or not things.isdisjoint(effects.changed):
                found |= binds
                self.chosen.add(number)
                self._demand_names_of(number, point, use)
            if name in statement.surely:
                break
        if found:
            self.bound.add(name)
        else:
            self.unbound[name] = min(reader, self.unbound.get(name, reader))
