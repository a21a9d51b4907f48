"""What statements change without binding a name: ``results.append(1)``, ``random.seed(1)``, ``await fill(results)``.

Statements are run in the abstract. Every branch is taken, functions are followed where their text is known, and what is
not known is taken to change: but not by ``print``, and not by what is well known to leave its arguments alone.
``Run`` is made in layers: what names stand for (``things``), calls (``calls``), expressions (``values``), statements.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from awaited.tangle.calls import Arguments
from awaited.tangle.known import CACHES, PLAIN_PACKAGES, RELEASED
from awaited.tangle.things import NOTHING, Scope, Thing, Things, elements, hold, new, owner_of, package_of, reach
from awaited.tangle.values import Values


@dataclass(frozen=True)
class Effects:
    """What running a statement did."""

    before: Mapping[str, Things]
    """The module's names before it ran."""
    changed: Things
    rebound: frozenset[str]
    """Names of the module that functions called by it assigned."""
    acts: bool
    """Whether it may be noticed from outside: it prints, or calls what is not known."""
    needs_loop: bool
    """Whether it only works where an event loop runs."""


class Run(Values):
    """Statements run one after another in one module, in the abstract."""

    def step(self, nodes: Iterable[ast.stmt]) -> Effects:
        """Runs statements of the module and says what they did."""
        before = dict(self.module.values)
        self.begin()
        self.execute(nodes, self.module)
        return Effects(before, frozenset(self.changed), frozenset(self.rebound), self.acts, self.needs_loop)

    def execute(self, nodes: Iterable[ast.stmt], scope: Scope) -> None:
        """Runs statements one after another."""
        for node in nodes:
            self._execute(node, scope)

    def _branch(self, nodes: Iterable[ast.stmt], scope: Scope) -> None:
        self.branches += 1
        self.execute(nodes, scope)
        self.branches -= 1

    def _execute(self, node: ast.stmt, scope: Scope) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._define(node, self.function(node, scope), scope)
            case ast.ClassDef():
                self._define(node, self._class(node, scope), scope)
            case ast.Import() | ast.ImportFrom():
                self._import(node, scope)
            case ast.Expr(value=value):
                self.discarded = value.value if isinstance(value, ast.Await) else value
                self.value(value, scope)
            case ast.Assign(targets=targets, value=value):
                self._assign(targets, value, scope)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign([target], value, scope)
            case ast.AugAssign():
                self._augment(node, scope)
            case ast.Delete(targets=targets):
                self._delete(targets, scope)
            case ast.For() | ast.AsyncFor() | ast.While():
                self._loop(node, scope)
            case ast.If(test=test, body=body, orelse=orelse):
                self.value(test, scope)
                self._branch(body, scope)
                self._branch(orelse, scope)
            case ast.With() | ast.AsyncWith():
                self._with(node, scope)
            case ast.Try() | ast.TryStar():
                self._try(node, scope)
            case ast.Match():
                self._match(node, scope)
            case ast.Return(value=ast.expr() as value):
                scope.returns |= self.value(value, scope)
            case ast.Global(names=names):
                scope.outer |= dict.fromkeys(names, self.module)
            case ast.Nonlocal(names=names):
                scope.outer |= {name: owner_of(name, scope.parent) or self.module for name in names}
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self.value(child, scope)

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, thing: Thing, scope: Scope) -> None:
        values = frozenset({thing})
        acts, self.acts = self.acts, False
        for decorator in reversed(node.decorator_list):
            inner = decorator.func if isinstance(decorator, ast.Call) else decorator
            name = self.qualified(inner, scope)
            if name in CACHES:  # what it remembers is a part of the function
                values |= new("other", "cache", {thing})
            elif name is None or (package_of(name) not in PLAIN_PACKAGES and not name.startswith("builtins.")):
                values |= self.call_value(self.value(decorator, scope), Arguments(values, (values,)))
        self.acts = acts
        self.set(node.name, values, scope)

    def _class(self, node: ast.ClassDef, scope: Scope) -> Thing:
        thing = Thing("class", node.name, node=node)
        inner = Scope("class", scope)
        for base in [*node.bases, *(keyword.value for keyword in node.keywords)]:
            thing.holds |= self.value(base, scope)
        self.execute(node.body, inner)
        thing.members = inner.values
        thing.holds |= {value for values in inner.values.values() for value in values}
        return thing

    def _import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        for alias in node.names:
            if isinstance(node, ast.ImportFrom):
                dotted = f"{'.' * node.level}{node.module or ''}.{alias.name}"
            else:
                dotted = alias.name if alias.asname else package_of(alias.name)
            self.set(alias.asname or package_of(alias.name), self.imported(dotted), scope)

    def _assign(self, targets: Sequence[ast.expr], value: ast.expr, scope: Scope) -> None:
        """Evaluates and binds; a tuple to a tuple in pairs, so that their things are kept apart."""
        match targets, value:
            case [ast.Tuple(elts=left)], ast.Tuple(elts=right) if len(left) == len(right) and not any(
                isinstance(element, ast.Starred) for element in left + right
            ):
                given = [self.value(element, scope) for element in right]
            case _:
                left, given = list(targets), [self.value(value, scope)] * len(targets)
        for target, things in zip(left, given, strict=True):
            self.bind(target, things, scope)

    def _augment(self, node: ast.AugAssign, scope: Scope) -> None:
        given = self.value(node.value, scope)
        old = self.value(node.target if isinstance(node.target, ast.Name) else node.target.value, scope)
        self.change(old)
        hold(old, given)
        self.bind(node.target, old | given, scope)

    def _delete(self, targets: Sequence[ast.expr], scope: Scope) -> None:
        for target in targets:
            if isinstance(target, ast.Subscript | ast.Attribute):
                self.change(self.value(target.value, scope))
            elif isinstance(target, ast.Name) and scope is self.module and not self.branches:
                scope.values.pop(target.id, None)

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, scope: Scope) -> None:
        over = NOTHING if isinstance(node, ast.While) else self.go_over(node.iter, scope)
        if isinstance(node, ast.AsyncFor):
            self.changed.add(self.running)
        self.branches += 1
        for _ in range(2):  # what a first round stored, the second may use
            if isinstance(node, ast.While):
                self.value(node.test, scope)
            else:
                self.bind(node.target, elements(over), scope)
            self.execute(node.body, scope)
        self.execute(node.orelse, scope)
        self.branches -= 1

    def _with(self, node: ast.With | ast.AsyncWith, scope: Scope) -> None:
        for item in node.items:
            manager = self.value(item.context_expr, scope)
            if not isinstance(item.context_expr, ast.Call):
                self.change_all(thing for thing in manager if thing.name.rpartition(".")[2] not in RELEASED)
            if item.optional_vars:
                self.bind(item.optional_vars, reach(manager), scope)
        self.execute(node.body, scope)
        if isinstance(node, ast.AsyncWith):
            self.changed.add(self.running)

    def _try(self, node: ast.Try | ast.TryStar, scope: Scope) -> None:
        self._branch(node.body, scope)
        for handler in node.handlers:
            if handler.name:
                self.set(handler.name, new("other", handler.name), scope)
            self._branch(handler.body, scope)
        self._branch(node.orelse, scope)
        self.execute(node.finalbody, scope)

    def _match(self, node: ast.Match, scope: Scope) -> None:
        given = reach(self.value(node.subject, scope))
        for case in node.cases:
            for pattern in ast.walk(case.pattern):
                match pattern:
                    case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                        self.set(name, given, scope)
            self._branch([*([ast.Expr(case.guard)] if case.guard else []), *case.body], scope)
