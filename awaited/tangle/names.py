"""What names statements bind and read; from ``symtable``, which knows Python's scopes."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterable, Iterator, Sequence


class Names:
    """The names in a few statements: those they bind, read, and read ``later``, when functions in them are called."""

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
            is_generator = child.get_name().strip("<>") == "genexpr"  # Python 3.15 writes `<genexpr>`
            is_now = child.get_type() in ("class", "type parameter", "type parameters") or is_generator
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


def targets(*nodes: ast.AST | None) -> set[str]:
    """The names that assignment targets (or deleted ones) bind."""
    found = (n for node in nodes if node for n in ast.walk(node))
    return {n.id for n in found if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}


def surely(nodes: Iterable[ast.stmt]) -> frozenset[str]:
    """The names that statements bind whatever happens."""
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
                bound |= targets(*(item.optional_vars for item in items)) | surely(body)
            case ast.If(body=body, orelse=orelse):
                bound |= surely(body) & surely(orelse)
            case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
                bound |= surely(final) | (frozenset() if handlers else surely([*body, *orelse]))
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
