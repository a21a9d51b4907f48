"""What calls give and change: functions are followed where their text is known, and others by what is known of them."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import NamedTuple

from awaited.tangle import known
from awaited.tangle.things import NOTHING, Function, Scope, State, Thing, Things, elements, hold, methods, new, reach

MOST_CALLS = 500
"""How many calls are followed for one statement; beyond, everything that is passed is taken to change."""
MOST_THINGS = 20_000
"""How many things may be passed in all calls that a cell and those before it make; a hundred times what ours do."""


class EntangledError(Exception):
    """Code in which everything holds everything: to follow it would take minutes."""


class Arguments(NamedTuple):
    """What a call passes."""

    everything: Things
    """All of it. Without arguments in order or by name, each may be any of these."""
    positional: tuple[Things, ...] = ()
    named: frozenset[tuple[str, Things]] = frozenset()

    def after(self, thing: Thing) -> Arguments:
        """The same, after a method's own object."""
        return self._replace(positional=(frozenset({thing}), *self.positional))


class Calls(State, ABC):
    """Follows calls; raises EntangledError where there is no end to it."""

    passed = 0
    """How many things all calls were given so far."""

    def begin(self) -> None:
        """Forgets what the last statement did."""
        super().begin()
        self.results: dict[object, Things] = {}
        """What calls gave, by function and arguments."""
        self.active: list[Function] = []
        """The functions being followed."""
        self.awaited: ast.expr | None = None
        self.discarded: ast.expr | None = None
        """What was met last that is awaited, and whose value nothing takes."""

    @abstractmethod
    def value(self, node: ast.expr, scope: Scope) -> Things:
        """What an expression may give; evaluates it, with all that this changes."""

    @abstractmethod
    def execute(self, nodes: Iterable[ast.stmt], scope: Scope) -> None:
        """Runs statements one after another."""

    def call(self, node: ast.Call, scope: Scope) -> Things:
        """What a call may give; functions among its arguments may be called back."""
        is_awaited, is_discarded = node is self.awaited, node is self.discarded
        name = self.qualified(node.func, scope)
        word = name.rpartition(".")[2] if name else getattr(node.func, "attr", getattr(node.func, "id", ""))
        before, self.changed = self.changed, set()
        arguments = self._arguments(node, scope)
        made = NOTHING
        for thing in arguments.everything:
            if thing.kind == "function":
                made |= self.apply(thing, Arguments(reach(arguments.everything)))
        touched = self.changed
        self.changed = before | touched
        self.needs_loop |= name in known.NEEDS_LOOP
        if name and name.startswith("builtins."):
            made |= self._call_builtin(word, arguments)
        elif name:
            made |= self._call_imported(name, word, arguments.everything, is_discarded)
        elif isinstance(node.func, ast.Attribute):
            made |= self._call_method(self.value(node.func.value, scope), word, arguments, is_awaited)
        else:
            made |= self.call_value(self.value(node.func, scope), arguments)
        if word in known.STARTS_TASKS and not is_awaited:
            self.needs_loop |= word not in ("run_coroutine_threadsafe", "submit")
            hold((thing for thing in touched if thing.kind != "package"), frozenset({self.running}))
            made |= new("other", "task", {self.running})
        return made

    def _arguments(self, node: ast.Call, scope: Scope) -> Arguments:
        positional = [self.value(argument, scope) for argument in node.args]
        named = {keyword.arg or "**": self.value(keyword.value, scope) for keyword in node.keywords}
        everything = frozenset[Thing]().union(*positional, *named.values())
        if any(isinstance(argument, ast.Starred) for argument in node.args) or "**" in named:
            return Arguments(everything)
        return Arguments(everything, tuple(positional), frozenset(named.items()))

    def _call_builtin(self, word: str, arguments: Arguments) -> Things:
        everything = arguments.everything
        self.acts |= word in known.ACTS
        if word in known.CHANGES_ARGUMENTS:
            first = arguments.positional[0] if arguments.positional else NOTHING
            self.change_all(first if arguments.positional else everything)
            hold(first, everything)
            return elements(everything)
        if word in known.MAKES_VALUES:
            return NOTHING
        if word in known.MAKES_ITERATORS:  # it reads what it goes over only when it gets there
            return new("iterator", word, everything | elements(everything))
        if word in known.MAKES_CONTAINERS:
            return new("container", word, elements(everything))
        if word[:1].isupper():  # an exception
            return new("other", word, everything)
        return reach(everything)

    def _call_imported(self, name: str, word: str, everything: Things, is_discarded: bool) -> Things:
        package = self.packages[name.partition(".")[0]]
        is_plain = package.name in known.PLAIN_PACKAGES
        if word[:1].isupper():
            self.acts |= name in known.NEEDS_LOOP
            return new("container" if is_plain else "other", name, everything)
        self.acts |= not (
            is_plain and (package.name not in known.ACTING_PACKAGES or name.startswith(known.QUIET_FUNCTIONS))
        )
        is_changing = word.startswith(known.CHANGING_WORDS) or (word in known.CONTAINER_METHODS and name.count(".") > 1)
        if (is_plain and is_changing) or name.startswith(known.STATEFUL_MODULES) or (not is_plain and is_discarded):
            self.changed.add(package)
            self.acts = True
        if not is_plain or is_changing:
            self.change_all(everything)
        made = new("other", name, everything)
        return made | {package} if word.startswith(known.SINGLETONS) else made

    def _call_method(self, receiver: Things, word: str, arguments: Arguments, is_awaited: bool) -> Things:
        everything = arguments.everything
        is_reading = word in known.READING_METHODS
        if not receiver:  # a method of a number or of text
            self.acts |= not is_reading and word not in known.CONTAINER_METHODS
            return NOTHING if word in known.VALUE_METHODS else new("container", word, everything)
        is_reading |= word in known.LOGGING_METHODS or (word == "get" and bool(arguments.positional) and not is_awaited)
        made: Things = NOTHING
        rest: set[Thing] = set()
        for thing in receiver:
            followed = methods(thing, word)
            for method in followed:
                takes_it = thing.kind == "instance" and not _is_static(method)
                self.acts = True
                made |= self.apply(method, arguments.after(thing) if takes_it else arguments)
            if not followed:
                rest.add(thing)
        if not rest:
            return made
        self._call_unknown_methods(rest, word, everything, is_reading)
        self.acts |= word in known.LOGGING_METHODS or (not is_reading and word not in known.CONTAINER_METHODS)
        if word in known.VALUE_METHODS:
            return made
        kept = elements(frozenset(rest))
        return made | kept | new("other", word, kept | everything)

    def _call_unknown_methods(self, things: Iterable[Thing], word: str, everything: Things, is_reading: bool) -> None:
        changed: set[Thing] = set()
        for thing in things:
            if thing.kind in ("import", "package"):
                if word.startswith(known.CHANGING_WORDS):
                    self.change({thing})
            elif thing.kind == "container" and word in known.CONTAINER_METHODS:
                self.changed.add(thing)
                thing.holds |= everything
            elif not is_reading:
                changed.add(thing)
        self.change(changed)
        self.change_all(changed)
        for thing in changed:
            thing.holds |= everything

    def call_value(self, callees: Things, arguments: Arguments) -> Things:
        """Calls whatever an expression gave."""
        made: set[Thing] = set()
        rest: set[Thing] = set()
        for callee in callees:
            called = methods(callee, "__call__") if callee.kind == "instance" else []
            if callee.kind == "function":
                made |= self.apply(callee, arguments)
            elif callee.kind == "class":
                made.add(self._construct(callee, arguments))
            elif called:
                made |= {result for method in called for result in self.apply(method, arguments.after(callee))}
            else:
                rest.add(callee)
        is_known = len(rest) < len(callees)
        self.acts |= not is_known or any(callee.kind not in ("class", "import") for callee in callees)
        self.change(thing for thing in rest if thing.kind != "import")
        if not is_known:
            self.change_all(rest | arguments.everything)
            made |= new("other", "call", arguments.everything) | arguments.everything
        return frozenset(made)

    def _construct(self, made_by: Thing, arguments: Arguments) -> Thing:
        made = Thing("instance", made_by.name, {made_by, *arguments.everything})
        for word in ("__new__", "__init__", "__post_init__"):
            given = arguments._replace(positional=()) if word == "__post_init__" else arguments
            for method in methods(made, word):
                self.apply(method, given.after(made))
        return made

    def apply(self, function: Thing, arguments: Arguments) -> Things:
        """Follows a function whose text is known."""
        key, node = (function, arguments), function.node
        assert isinstance(node, Function)
        if key in self.results or self.active.count(node) > 1:  # a recursion's third round shows nothing new
            return self.results.get(key, arguments.everything)
        if len(self.results) > MOST_CALLS:
            self.change_all(arguments.everything)
            return arguments.everything
        self.passed += len(arguments.everything)
        if self.passed > MOST_THINGS:
            raise EntangledError
        self.results[key] = NOTHING
        self.active.append(node)
        scope = _scope_of_call(function, node.args, arguments)
        before = self.needs_loop, self.awaited, self.discarded
        if isinstance(node, ast.Lambda):
            scope.returns |= self.value(node.body, scope)
        else:
            self.execute(node.body, scope)
        needs_loop, self.awaited, self.discarded = before
        self.active.pop()
        made = frozenset(scope.returns)
        is_coroutine = isinstance(node, ast.AsyncFunctionDef)
        if is_coroutine:  # its body runs when it is awaited, and then a loop runs
            self.needs_loop = needs_loop
        if scope.yields:
            made = new("iterator", function.name, made | arguments.everything)
        elif is_coroutine:
            members = {"result": made}
            made = frozenset({Thing("coroutine", function.name, {*made, *arguments.everything}, members=members)})
        self.results[key] = made
        return made


def _scope_of_call(function: Thing, parameters: ast.arguments, arguments: Arguments) -> Scope:
    """A function's scope with its parameters bound."""
    scope = Scope("function", function.scope)
    in_order = [parameter.arg for parameter in [*parameters.posonlyargs, *parameters.args]]
    given = dict(zip(in_order, arguments.positional, strict=False)) | dict(arguments.named)
    is_known = arguments.positional or arguments.named or not arguments.everything
    for name in [*in_order, *(parameter.arg for parameter in parameters.kwonlyargs)]:
        default = function.members.get(name, NOTHING) if is_known else arguments.everything
        scope.values[name] = given.get(name, default)
    for rest in filter(None, (parameters.vararg, parameters.kwarg)):
        scope.values[rest.arg] = new("container", rest.arg, arguments.everything)
    return scope


def _is_static(method: Thing) -> bool:
    decorators = getattr(method.node, "decorator_list", [])
    return any(isinstance(decorator, ast.Name) and decorator.id == "staticmethod" for decorator in decorators)
