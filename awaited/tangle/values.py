"""What expressions give and change."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from awaited.tangle.calls import Calls
from awaited.tangle.things import NOTHING, Function, Scope, Thing, Things, elements, hold, member, new

Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


class Values(Calls):
    """Evaluates expressions, and binds what they give."""

    def value(self, node: ast.expr, scope: Scope) -> Things:
        """What an expression may give; evaluates it, with all that this changes."""
        match node:
            case ast.Name(id=name):
                return self.lookup(name, scope) or NOTHING
            case ast.Attribute(value=value, attr=attr):
                return self._attribute(self.value(value, scope), attr, self.qualified(node, scope))
            case ast.Subscript(value=value, slice=index):
                self.value(index, scope)
                return elements(self.value(value, scope))
            case ast.Call():
                return self.call(node, scope)
            case ast.Await(value=value):
                return self._await(value, scope)
            case ast.NamedExpr(target=target, value=value):
                things = self.value(value, scope)
                self.branches += 1
                self.bind(target, things, scope)
                self.branches -= 1
                return things
            case ast.Lambda():
                return frozenset({self.function(node, scope)})
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self.value(test, scope)
                return self._any_of([body, orelse], scope)
            case ast.BoolOp(values=values):
                return self._any_of(values, scope)
            case ast.Starred(value=value):
                return elements(self.value(value, scope))
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node, scope)
            case ast.Yield(value=value) | ast.YieldFrom(value=value):
                scope.yields = True
                scope.returns |= self.value(value, scope) if value else NOTHING
                return NOTHING
        held = self._any_of((child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)), scope)
        if isinstance(node, ast.List | ast.Set | ast.Dict) or (isinstance(node, ast.Tuple | ast.BinOp) and held):
            return new("container", type(node).__name__, held)
        return NOTHING  # a number, text, a comparison

    def _any_of(self, nodes: Iterable[ast.expr], scope: Scope) -> Things:
        return frozenset[Thing]().union(*[self.value(node, scope) for node in nodes])

    def _attribute(self, owners: Things, attr: str, qualified: str | None) -> Things:
        if qualified and not qualified.startswith("builtins."):
            return self.imported(qualified)
        found: set[Thing] = set()
        for owner in owners:
            found |= member(owner, attr)
            if owner.kind == "instance":
                found |= {thing for thing in owner.holds if thing.kind != "class"}
            elif owner.kind != "function":
                found |= {owner, *owner.holds}
        return frozenset(found)

    def _await(self, node: ast.expr, scope: Scope) -> Things:
        self.awaited = node
        things = self.value(node, scope)
        self.changed.add(self.running)
        if not isinstance(node, ast.Call):
            self.change_all(things)
        results = {result for thing in things for result in thing.members.get("result", ())}
        return frozenset(results | {thing for thing in things if thing.kind != "coroutine"})

    def _comprehension(self, node: Comprehension, scope: Scope) -> Things:
        inner = Scope("comprehension", scope)
        went_over: Things = NOTHING
        for generator in node.generators:
            over = self.go_over(generator.iter, inner)
            went_over |= over
            names = (name.id for name in ast.walk(generator.target) if isinstance(name, ast.Name))
            inner.values |= dict.fromkeys(names, NOTHING)
            self.bind(generator.target, elements(over), inner)
            for test in generator.ifs:
                self.value(test, inner)
        held = self._any_of([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt], inner)
        if isinstance(node, ast.GeneratorExp):
            return new("iterator", "generator", held | went_over)
        return new("container", "comprehension", held)

    def go_over(self, node: ast.expr, scope: Scope) -> Things:
        """What an expression gives that a loop goes over; an iterator moves on by this."""
        over = self.value(node, scope)
        self.change(thing for thing in over if thing.kind == "iterator")
        return over

    def bind(self, target: ast.expr, things: Things, scope: Scope) -> None:
        """Gives things to whatever can stand to the left of ``=``."""
        match target:
            case ast.Name(id=name):
                self.set(name, things, scope)
            case ast.Tuple(elts=inner) | ast.List(elts=inner):
                for element in inner:
                    self.bind(element, elements(things), scope)
            case ast.Starred(value=value):
                self.bind(value, new("container", "starred", things), scope)
            case ast.Attribute(value=value) | ast.Subscript(value=value):
                owners = self.value(value, scope)
                self.value(target, scope)
                self.change(owners)
                hold(owners, things)

    def function(self, node: Function, scope: Scope) -> Thing:
        """A function, with its defaults evaluated."""
        defined_in = scope
        while defined_in.kind == "class" and defined_in.parent:  # functions do not see the names of their class
            defined_in = defined_in.parent
        thing = Thing("function", getattr(node, "name", "lambda"), node=node, scope=defined_in)
        parameters = node.args
        positional = [*parameters.posonlyargs, *parameters.args]
        with_default = positional[len(positional) - len(parameters.defaults) :]
        for parameter, default in [
            *zip(with_default, parameters.defaults, strict=True),
            *zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True),
        ]:
            if default:
                thing.members[parameter.arg] = self.value(default, scope)
                thing.holds |= thing.members[parameter.arg]
        return thing
