"""What a program in the abstract is made of: things that can change, and the names that stand for them.

A value is the set of things that it may be. Numbers, text and other things that cannot change are no things at all.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

Things: TypeAlias = "frozenset[Thing]"
Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
NOTHING: Things = frozenset()


@dataclass(eq=False)
class Thing:
    """Something that can change, as far as the text of a program tells."""

    kind: str
    """``function``, ``class``, ``instance``, ``import``, ``package``, ``container``, ``iterator``, ``coroutine``
    or ``other``."""
    name: str = ""
    holds: set[Thing] = field(default_factory=set)
    """What can be had from it, or changed through it."""
    node: Function | ast.ClassDef | None = None
    scope: Scope | None = None
    """The scope that a function was defined in."""
    members: dict[str, Things] = field(default_factory=dict)
    """A class's functions and values; a function's defaults; a coroutine's result."""


@dataclass(eq=False)
class Scope:
    """The names of a module, a class, a function that runs, or a comprehension."""

    kind: str
    parent: Scope | None = None
    values: dict[str, Things] = field(default_factory=dict)
    outer: dict[str, Scope] = field(default_factory=dict)
    """Names declared ``global`` or ``nonlocal``, and the scope meant."""
    returns: set[Thing] = field(default_factory=set)
    """What a function may give or yield."""
    yields: bool = False


def new(kind: str, name: str, holds: Iterable[Thing] = ()) -> Things:
    """A value that is one new thing."""
    return frozenset({Thing(kind, name, set(holds))})


def reach(things: Iterable[Thing]) -> Things:
    """Things with everything that they hold, directly or not."""
    seen = set(things)
    waiting = list(seen)
    while waiting:
        thing = waiting.pop()
        found = thing.holds - seen
        scope = thing.scope
        while thing.kind == "function" and scope and scope.kind != "module":  # a closure holds what it sees
            found = found.union(*scope.values.values()) - seen
            scope = scope.parent
        seen |= found
        waiting += found
    return frozenset(seen)


def elements(things: Things) -> Things:
    """What things give where one goes over them or looks into them."""
    held = {inner for thing in things for inner in thing.holds}
    return frozenset(held | {thing for thing in things if thing.kind not in ("container", "iterator")})


def hold(owners: Iterable[Thing], things: Things) -> None:
    """Puts things into each of their owners."""
    for owner in owners:
        owner.holds |= things - {owner}


def member(thing: Thing, name: str) -> Things:
    """A method or value of an instance's class, a class, or of the classes that these are made from."""
    waiting, seen = [thing], set()
    while waiting and thing.kind in ("class", "instance"):
        found = waiting.pop(0)
        if found.kind == "class" and name in found.members:
            return found.members[name]
        seen.add(found)
        waiting += [held for held in found.holds if held.kind == "class" and held not in seen]
    return NOTHING


def methods(thing: Thing, name: str) -> list[Thing]:
    """The functions that a member may be."""
    return [found for found in member(thing, name) if found.kind == "function"]


def owner_of(name: str, scope: Scope | None) -> Scope | None:
    """The scope whose name is meant, seen from another; None where none binds it."""
    first = scope
    while scope:
        if name in scope.values and (scope.kind != "class" or scope is first):
            return scope
        if name in scope.outer:
            return scope.outer[name]
        scope = scope.parent
    return None


def package_of(dotted: str) -> str:
    """The package that a dotted name begins with."""
    return dotted.partition(".")[0]


class State:
    """What the names of a module stand for while it runs, and what the statement that runs has done so far."""

    def __init__(self) -> None:
        self.module = Scope("module")
        self.packages: dict[str, Thing] = {}
        self.running = Thing("other", "running tasks")
        """Stands for all that goes on in the background; every await changes it."""
        self.begin()

    def begin(self) -> None:
        """Forgets what the last statement did."""
        self.changed: set[Thing] = set()
        self.rebound: set[str] = set()
        """Names of the module that functions assigned."""
        self.acts = self.needs_loop = False
        self.branches = 0
        """How many branches it is in that may be taken or not."""

    def change(self, things: Iterable[Thing]) -> None:
        """Notes that things have changed; something imported stands for its package."""
        for thing in things:
            self.changed.add(self.packages[package_of(thing.name)] if thing.kind == "import" else thing)

    def change_all(self, things: Iterable[Thing]) -> None:
        """Changes things and all that they hold: but no modules, functions and classes, which are rarely changed so."""
        self.change(thing for thing in reach(things) if thing.kind not in ("import", "package", "function", "class"))

    def imported(self, dotted: str) -> Things:
        """Something imported, by its dotted name."""
        package = package_of(dotted)
        whole = self.packages.setdefault(package, Thing("package", package))
        return frozenset({self.packages.setdefault(f"{dotted}:", Thing("import", dotted, {whole}))})

    def set(self, name: str, things: Things, scope: Scope) -> None:
        """Binds a name; where it may or may not happen, what the name stood for before stays possible."""
        while scope.kind == "comprehension" and name not in scope.values and scope.parent:
            scope = scope.parent
        if name in scope.outer:
            scope = scope.outer[name]
            if scope is self.module:
                self.rebound.add(name)
        if scope.kind == "function" or self.branches or name in self.rebound:
            things |= scope.values.get(name, NOTHING)
        scope.values[name] = things

    def lookup(self, name: str, scope: Scope) -> Things | None:
        """What a name may stand for; None where nothing binds it."""
        owner = scope.outer.get(name) or owner_of(name, scope) or self.module
        return owner.values.get(name)

    def qualified(self, node: ast.expr, scope: Scope) -> str | None:
        """The dotted name of something imported or builtin, as the module that has it calls it."""
        if isinstance(node, ast.Attribute):
            base = self.qualified(node.value, scope)
            return base and f"{base}.{node.attr}"
        if not isinstance(node, ast.Name):
            return None
        things = self.lookup(node.id, scope)
        if things is None:
            return f"builtins.{node.id}" if hasattr(builtins, node.id) else None
        return next((thing.name for thing in things if thing.kind == "import"), None)
