"""What statements change without binding a name: ``results.append(1)``, ``random.seed(1)``, ``await fill(results)``.

Statements are run in the abstract. A value is the set of things that it may be; numbers, text and other things that
cannot change are no things at all. Every branch is taken, functions are followed where their text is known, and what
is not known is taken to change: but not by ``print``, and not by what is well known to leave its arguments alone.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Things: TypeAlias = "frozenset[Thing]"
Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
NOTHING: Things = frozenset()
MOST_CALLS = 500
"""How many calls are followed for one statement; beyond, everything that is passed is taken to change."""


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


# --- What is known of Python's own functions --------------------------------------------------------------------------

MAKES_VALUES = words(
    "abs all any ascii bin bool bytes callable chr complex divmod float format hasattr hash hex id input int "
    "isinstance issubclass len oct ord pow print range repr round str type"
)
"""Builtins whose results cannot change."""
MAKES_CONTAINERS = words("bytearray dict enumerate filter frozenset iter list map reversed set slice sorted tuple zip")
MAKES_ITERATORS = words("enumerate filter iter map open reversed zip")
CHANGES_ARGUMENTS = words("anext delattr eval exec next setattr")
ACTS = words("__import__ anext breakpoint compile eval exec help input next open print")
"""Builtins that one notices: a module that calls them when it is imported has side effects."""

READING_METHODS = words(
    "cancelled copy count decode done empty encode endswith exception find format full get_coro "
    "get_name getvalue hex index is_alive is_closed is_running is_set isalpha isdigit isoformat issubset items "
    "join keys locked lower maxsize partition qsize removeprefix removesuffix replace result rfind rsplit split "
    "splitlines startswith strftime strip time title total_seconds upper values zfill"
)
LOGGING_METHODS = words("critical debug error exception info log warning")
VALUE_METHODS = READING_METHODS - words("copy items keys partition result rsplit split splitlines values exception")
"""Methods whose results cannot change."""
CONTAINER_METHODS = words(
    "add append appendleft clear difference_update discard extend extendleft insert intersection_update move_to_end "
    "pop popitem popleft remove reverse rotate setdefault sort subtract symmetric_difference_update update"
)
"""Methods that change a container, but not what is in it."""

PLAIN_PACKAGES = words(
    "abc aiohttp anyio argparse ast asyncio base64 bisect calendar cmath collections concurrent contextlib "
    "contextvars copy dataclasses datetime decimal difflib enum fractions functools gc graphlib hashlib html httpx "
    "inspect io itertools json logging math numbers numpy operator os pandas pathlib platform pprint queue re secrets "
    "statistics string struct sys textwrap threading time timeit traceback types typing typing_extensions urllib uuid "
    "weakref yaml zoneinfo"
)
"""Packages whose functions change neither the package nor their arguments, but for those in ``CHANGING_WORDS``."""
CHANGING_WORDS = (
    *("set", "install", "add", "remove", "register", "patch", "update", "insort", "shuffle", "fill", "put"),
    *("basicConfig", "capture", "dictConfig", "disable", "fileConfig", "chdir"),
)
ACTING_PACKAGES = words(
    "aiohttp anyio asyncio concurrent gc httpx os platform pprint secrets sys threading time timeit traceback urllib"
)
"""Those of them whose functions one notices, or that depend on when they are called."""
STATEFUL_MODULES = ("random.", "numpy.random.")
"""Modules that every call changes: a generator of random numbers moves on."""
CACHES = words("functools.cache functools.cached_property functools.lru_cache functools.singledispatch")
QUIET_FUNCTIONS = ("os.path.", "os.environ.get", "os.getenv", "os.cpu_count", "sys.getsizeof", "platform.system")
NEEDS_LOOP = words(
    "aiohttp.ClientSession aiohttp.TCPConnector asyncio.all_tasks asyncio.as_completed asyncio.create_task "
    "asyncio.current_task asyncio.ensure_future asyncio.Future asyncio.gather asyncio.get_event_loop "
    "asyncio.get_running_loop asyncio.shield asyncio.Task asyncio.timeout asyncio.timeout_at asyncio.wrap_future"
)
"""Callables that only work where an event loop runs."""
STARTS_TASKS = words(
    "call_at call_later call_soon call_soon_threadsafe create_task ensure_future run_coroutine_threadsafe "
    "run_in_executor start_server start_unix_server submit"
)
SINGLETONS = ("get", "current", "all_tasks")
"""How the names of functions begin that give a part of their package, such as the event loop."""
RELEASED = words("BoundedSemaphore Condition Lock RLock Semaphore")
"""Context managers that are after a ``with`` what they were before."""


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


def reach(things: Iterable[Thing]) -> Things:
    """The things, all that they hold, and so on."""
    seen: set[Thing] = set()
    waiting = list(things)
    while waiting:
        thing = waiting.pop()
        if thing not in seen:
            seen.add(thing)
            waiting.extend(thing.holds)
            scope = thing.scope
            while thing.kind == "function" and scope and scope.kind != "module":  # a closure holds what it sees
                waiting.extend(value for values in scope.values.values() for value in values)
                scope = scope.parent
    return frozenset(seen)


class Run:
    """Statements run one after another in one module, in the abstract."""

    def __init__(self) -> None:
        self.module = Scope("module")
        self.packages: dict[str, Thing] = {}
        self.running = Thing("other", "running tasks")
        """Stands for all that goes on in the background; every await changes it."""
        self._begin()

    def _begin(self) -> None:
        self.changed: set[Thing] = set()
        self.rebound: set[str] = set()
        self.acts = self.needs_loop = False
        self.branches = 0
        self.results: dict[object, Things] = {}
        """What calls gave, by function and arguments."""
        self.active: list[Function] = []
        """The functions being followed."""
        self.awaited: ast.expr | None = None
        self.discarded: ast.expr | None = None

    def step(self, nodes: Iterable[ast.stmt]) -> Effects:
        """Runs statements of the module and says what they did."""
        before = dict(self.module.values)
        self._begin()
        self.execute(nodes, self.module)
        return Effects(before, frozenset(self.changed), frozenset(self.rebound), self.acts, self.needs_loop)

    # Statements

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
            case ast.Assign(targets=[target], value=value):
                self.assign(target, value, scope)
            case ast.Assign(targets=targets, value=value):
                things = self.value(value, scope)
                for target in targets:
                    self.bind(target, things, scope)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.assign(target, value, scope)
            case ast.AugAssign(target=target, value=value):
                given = self.value(value, scope)
                old = self.value(_loaded(target), scope)
                self.change(old)
                _hold(old, given)
                self.bind(target, old | given, scope)
            case ast.Delete(targets=targets):
                for target in targets:
                    if isinstance(target, ast.Subscript | ast.Attribute):
                        self.change(self.value(target.value, scope))
                    elif isinstance(target, ast.Name) and scope is self.module and not self.branches:
                        scope.values.pop(target.id, None)
            case ast.For() | ast.AsyncFor():
                self._loop(node, scope)
            case ast.While(test=test, body=body, orelse=orelse):
                for _ in range(2):  # what a first round stored, the second may use
                    self.value(test, scope)
                    self._branch(body, scope)
                self._branch(orelse, scope)
            case ast.If(test=test, body=body, orelse=orelse):
                self.value(test, scope)
                self._branch(body, scope)
                self._branch(orelse, scope)
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                self._with(items, scope)
                self.execute(body, scope)
                if isinstance(node, ast.AsyncWith):
                    self.changed.add(self.running)
            case ast.Try() | ast.TryStar():
                self._branch(node.body, scope)
                for handler in node.handlers:
                    if handler.name:
                        self.set(handler.name, frozenset({Thing("other", handler.name)}), scope)
                    self._branch(handler.body, scope)
                self._branch(node.orelse, scope)
                self.execute(node.finalbody, scope)
            case ast.Match(subject=subject, cases=cases):
                given = reach(self.value(subject, scope))
                for case in cases:
                    for name in _captures(case.pattern):
                        self.set(name, given, scope)
                    self._branch([*([ast.Expr(case.guard)] if case.guard else []), *case.body], scope)
            case ast.Return(value=ast.expr() as value):
                scope.returns |= self.value(value, scope)
            case ast.Global(names=names):
                scope.outer |= dict.fromkeys(names, self.module)
            case ast.Nonlocal(names=names):
                for name in names:
                    scope.outer[name] = _owner(name, scope.parent) or self.module
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
                cache = Thing("other", "cache", {thing})
                values |= {cache}
            elif name is None or (_package(name) not in PLAIN_PACKAGES and not name.startswith("builtins.")):
                made = self.value(decorator, scope)
                values |= self.call_value(made, [values], {}, values)
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
                dotted = alias.name if alias.asname else _package(alias.name)
            self.set(alias.asname or alias.name.partition(".")[0], self._imported(dotted), scope)

    def _imported(self, dotted: str) -> Things:
        package = _package(dotted)
        whole = self.packages.setdefault(package, Thing("package", package))
        return frozenset({self.packages.setdefault(f"{dotted}:", Thing("import", dotted, {whole}))})

    def _loop(self, node: ast.For | ast.AsyncFor, scope: Scope) -> None:
        over = self.value(node.iter, scope)
        self.change(thing for thing in over if thing.kind == "iterator")
        if isinstance(node, ast.AsyncFor):
            self.changed.add(self.running)
        for _ in range(2):  # what a first round stored, the second may use
            self.branches += 1
            self.bind(node.target, _elements(over), scope)
            self.execute(node.body, scope)
            self.branches -= 1
        self._branch(node.orelse, scope)

    def _with(self, items: Sequence[ast.withitem], scope: Scope) -> None:
        for item in items:
            manager = self.value(item.context_expr, scope)
            if not isinstance(item.context_expr, ast.Call):
                self.change_all(thing for thing in manager if thing.name.rpartition(".")[2] not in RELEASED)
            if item.optional_vars:
                self.bind(item.optional_vars, reach(manager), scope)

    # Names

    def assign(self, target: ast.expr, value: ast.expr, scope: Scope) -> None:
        """Evaluates and binds; a tuple to a tuple in pairs, so that their things are kept apart."""
        pairs = [(target, value)]
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            starred = any(isinstance(element, ast.Starred) for element in target.elts + value.elts)
            if len(target.elts) == len(value.elts) and not starred:
                pairs = list(zip(target.elts, value.elts, strict=True))
        given = [(left, self.value(right, scope)) for left, right in pairs]
        for left, things in given:
            self.bind(left, things, scope)

    def bind(self, target: ast.expr, things: Things, scope: Scope) -> None:
        """Gives things to whatever can stand to the left of ``=``."""
        match target:
            case ast.Name(id=name):
                self.set(name, things, scope)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                for element in elements:
                    self.bind(element, _elements(things), scope)
            case ast.Starred(value=value):
                self.bind(value, frozenset({Thing("container", "starred", set(things))}), scope)
            case ast.Attribute(value=value) | ast.Subscript(value=value):
                owners = self.value(value, scope)
                self.value(target, scope)
                self.change(owners)
                _hold(owners, things)

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
        owner = scope.outer.get(name) or _owner(name, scope) or self.module
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

    # Values

    def change(self, things: Iterable[Thing]) -> None:
        """Notes that things have changed; something imported stands for its package."""
        for thing in things:
            self.changed.add(self.packages[_package(thing.name)] if thing.kind == "import" else thing)

    def change_all(self, things: Iterable[Thing]) -> None:
        """Changes things and all that they hold: but no modules, functions and classes, which are rarely changed so."""
        self.change(thing for thing in reach(things) if thing.kind not in ("import", "package", "function", "class"))

    def value(self, node: ast.expr, scope: Scope) -> Things:
        """What an expression may give; evaluates it, with all that this changes."""
        match node:
            case ast.Name(id=name):
                return self.lookup(name, scope) or NOTHING
            case ast.Attribute(value=value, attr=attr):
                return self._attribute(self.value(value, scope), attr, self.qualified(node, scope))
            case ast.Subscript(value=value, slice=index):
                self.value(index, scope)
                return _elements(self.value(value, scope))
            case ast.Call():
                return self.call(node, scope)
            case ast.Await(value=value):
                self.awaited = value
                things = self.value(value, scope)
                self.changed.add(self.running)
                if not isinstance(value, ast.Call):
                    self.change_all(things)
                results = {result for thing in things for result in thing.members.get("result", ())}
                return frozenset(results | {thing for thing in things if thing.kind != "coroutine"})
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
                return self.value(body, scope) | self.value(orelse, scope)
            case ast.BoolOp(values=values):
                return frozenset[Thing]().union(*(self.value(value, scope) for value in values))
            case ast.Starred(value=value):
                return _elements(self.value(value, scope))
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node, scope)
            case ast.Yield(value=ast.expr() as value) | ast.YieldFrom(value=value):
                scope.returns |= self.value(value, scope)
                return NOTHING
        held = {
            t for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr) for t in self.value(child, scope)
        }
        if isinstance(node, ast.List | ast.Set | ast.Dict) or (isinstance(node, ast.Tuple | ast.BinOp) and held):
            return frozenset({Thing("container", type(node).__name__, held)})
        return NOTHING  # a number, text, a comparison

    def _attribute(self, owners: Things, attr: str, qualified: str | None) -> Things:
        if qualified and not qualified.startswith("builtins."):
            return self._imported(qualified)
        found: set[Thing] = set()
        for owner in owners:
            method = _member(owner, attr)
            if method:
                found |= method
            if owner.kind == "instance":
                found |= {thing for thing in owner.holds if thing.kind != "class"}
            elif owner.kind != "function":
                found |= {owner, *owner.holds}
        return frozenset(found)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, scope: Scope
    ) -> Things:
        inner = Scope("comprehension", scope)
        went_over: set[Thing] = set()
        for generator in node.generators:
            over = self.value(generator.iter, inner)
            went_over |= over
            self.change(thing for thing in over if thing.kind == "iterator")
            for name in ast.walk(generator.target):
                if isinstance(name, ast.Name):
                    inner.values[name.id] = NOTHING
            self.bind(generator.target, _elements(over), inner)
            for test in generator.ifs:
                self.value(test, inner)
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        held = {thing for part in parts for thing in self.value(part, inner)}
        if isinstance(node, ast.GeneratorExp):
            return frozenset({Thing("iterator", "generator", held | went_over)})
        return frozenset({Thing("container", "comprehension", held)})

    # Calls

    def function(self, node: Function, scope: Scope) -> Thing:
        """A function, with its defaults evaluated."""
        defined_in = scope
        while defined_in.kind == "class" and defined_in.parent:  # functions do not see the names of their class
            defined_in = defined_in.parent
        thing = Thing("function", getattr(node, "name", "lambda"), node=node, scope=defined_in)
        arguments = node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        with_default = positional[len(positional) - len(arguments.defaults) :]
        for parameter, default in [
            *zip(with_default, arguments.defaults, strict=True),
            *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
        ]:
            if default:
                thing.members[parameter.arg] = self.value(default, scope)
                thing.holds |= thing.members[parameter.arg]
        return thing

    def call(self, node: ast.Call, scope: Scope) -> Things:
        """What a call may give; functions among its arguments may be called back."""
        is_awaited, is_discarded = node is self.awaited, node is self.discarded
        name = self.qualified(node.func, scope)
        word = name.rpartition(".")[2] if name else getattr(node.func, "attr", getattr(node.func, "id", ""))
        before, self.changed = self.changed, set()
        positional = [self.value(argument, scope) for argument in node.args]
        named = {keyword.arg or "**": self.value(keyword.value, scope) for keyword in node.keywords}
        everything = frozenset[Thing]().union(*positional, *named.values())
        if any(isinstance(argument, ast.Starred) for argument in node.args) or "**" in named:
            positional, named = [], {}
        called_back = NOTHING
        is_known = name and not name.startswith("builtins.") and isinstance(node.func, ast.Name | ast.Attribute)
        for thing in everything:
            if thing.kind == "function":
                called_back |= self.apply(thing, [], {}, reach(everything))
        touched = self.changed
        self.changed = before | touched
        self.needs_loop |= name in NEEDS_LOOP

        if name and name.startswith("builtins."):
            made = self._call_builtin(word, positional, everything) | called_back
        elif is_known and name:
            made = self._call_imported(name, word, everything, is_discarded) | called_back
        elif isinstance(node.func, ast.Attribute):
            receiver = self.value(node.func.value, scope)
            made = self._call_method(receiver, word, positional, named, everything, is_awaited) | called_back
        else:
            made = self.call_value(self.value(node.func, scope), positional, named, everything)
            made |= called_back
        if word in STARTS_TASKS and not is_awaited:
            self.needs_loop |= word not in ("run_coroutine_threadsafe", "submit")
            for thing in touched:
                if thing.kind != "package":
                    thing.holds.add(self.running)
            made |= {Thing("other", "task", {self.running})}
        return made

    def _call_builtin(self, word: str, positional: list[Things], everything: Things) -> Things:
        self.acts |= word in ACTS
        if word in CHANGES_ARGUMENTS:
            self.change_all(positional[0] if positional else everything)
            _hold(positional[0] if positional else NOTHING, everything)
            return _elements(everything)
        if word in MAKES_VALUES:
            return NOTHING
        if word in MAKES_CONTAINERS or word == "open":
            if word in MAKES_ITERATORS:  # it reads what it goes over only when it gets there
                return frozenset({Thing("iterator", word, {*everything, *_elements(everything)})})
            return frozenset({Thing("container", word, set(_elements(everything)))})
        if word[:1].isupper():  # an exception
            return frozenset({Thing("other", word, set(everything))})
        return reach(everything)

    def _call_imported(self, name: str, word: str, everything: Things, is_discarded: bool) -> Things:
        package = self.packages[_package(name)]
        is_plain = package.name in PLAIN_PACKAGES
        if word[:1].isupper():
            self.acts |= name in NEEDS_LOOP
            return frozenset({Thing("container" if is_plain else "other", name, set(everything))})
        self.acts |= not (is_plain and (package.name not in ACTING_PACKAGES or name.startswith(QUIET_FUNCTIONS)))
        is_changing = word.startswith(CHANGING_WORDS) or (word in CONTAINER_METHODS and name.count(".") > 1)
        if (is_plain and is_changing) or name.startswith(STATEFUL_MODULES) or (not is_plain and is_discarded):
            self.changed.add(package)
            self.acts = True
        if not is_plain or is_changing:
            self.change_all(everything)
        made = {Thing("other", name, set(everything))}
        return frozenset({*made, package} if word.startswith(SINGLETONS) else made)

    def _call_method(
        self,
        receiver: Things,
        word: str,
        positional: list[Things],
        named: dict[str, Things],
        everything: Things,
        is_awaited: bool,
    ) -> Things:
        if not receiver:  # a method of a number or of text
            made = Thing("container", word, set(everything))
            self.acts |= word not in READING_METHODS and word not in CONTAINER_METHODS
            return NOTHING if word in VALUE_METHODS else frozenset({made})
        found: Things = NOTHING
        is_reading = word in READING_METHODS | LOGGING_METHODS or (
            word == "get" and bool(positional) and not is_awaited
        )
        rest: set[Thing] = set()
        for thing in receiver:
            methods = [method for method in _member(thing, word) if method.kind == "function"]
            for method in methods:
                own = [frozenset({thing})] if thing.kind == "instance" and not _is_static(method) else []
                self.acts = True
                found |= self.apply(method, own + positional, named, everything)
            if methods:
                continue
            rest.add(thing)
            if thing.kind in ("import", "package"):
                if word.startswith(CHANGING_WORDS):
                    self.change({thing})
            elif thing.kind == "container" and word in CONTAINER_METHODS:
                self.changed.add(thing)
                thing.holds |= everything
            elif not is_reading:
                self.change({thing})
                self.change_all({thing})
                thing.holds |= everything
        if not rest:
            return found
        self.acts |= word in LOGGING_METHODS or (not is_reading and word not in CONTAINER_METHODS)
        if word in VALUE_METHODS:
            return found
        kept = _elements(frozenset(rest))
        return found | kept | {Thing("other", word, set(kept | everything))}

    def call_value(
        self, callees: Things, positional: list[Things], named: dict[str, Things], everything: Things
    ) -> Things:
        """Calls whatever an expression gave."""
        made: set[Thing] = set()
        known = False
        for callee in callees:
            if callee.kind == "function":
                known = True
                self.acts = True
                made |= self.apply(callee, positional, named, everything)
            elif callee.kind == "class":
                known = True
                made.add(self._construct(callee, positional, named, everything))
        for callee in callees:
            method = (
                [m for m in _member(callee, "__call__") if m.kind == "function"] if callee.kind == "instance" else []
            )
            for function in method:
                self.acts = known = True
                made |= self.apply(function, [frozenset({callee}), *positional], named, everything)
            if callee.kind not in ("function", "class", "import") and not method:
                self.acts = True
                self.change({callee})
                if not known:
                    self.change_all({callee})
        if not known:
            self.acts = True
            self.change_all(everything)
            made |= {Thing("other", "call", set(everything)), *everything}
        return frozenset(made)

    def _construct(
        self, made_by: Thing, positional: list[Things], named: dict[str, Things], everything: Things
    ) -> Thing:
        made = Thing("instance", made_by.name, {made_by, *everything})
        for word in ("__new__", "__init__", "__post_init__"):
            for method in _member(made, word):
                if method.kind == "function":
                    given = [] if word == "__post_init__" else positional
                    self.apply(method, [frozenset({made}), *given], named, everything)
        return made

    def apply(self, function: Thing, positional: list[Things], named: dict[str, Things], everything: Things) -> Things:
        """Follows a function whose text is known; without arguments in order, each may be anything that is given."""
        key = (function, tuple(positional), tuple(sorted(named.items(), key=lambda item: item[0])), everything)
        node = function.node
        assert isinstance(node, Function)
        if key in self.results or self.active.count(node) > 1:  # a recursion's third round shows nothing new
            return self.results.get(key, everything)
        if len(self.results) > MOST_CALLS:
            self.change_all(everything)
            return everything
        self.results[key] = NOTHING
        self.active.append(node)
        scope = Scope("function", function.scope)
        arguments = node.args
        parameters = [*arguments.posonlyargs, *arguments.args]
        in_order = positional or named or not everything
        for number, parameter in enumerate([*parameters, *arguments.kwonlyargs]):
            given = named.get(parameter.arg)
            if given is None and number < min(len(positional), len(parameters)):
                given = positional[number]
            if given is None:
                given = function.members.get(parameter.arg, NOTHING) if in_order else everything
            scope.values[parameter.arg] = given
        for rest in (arguments.vararg, arguments.kwarg):
            if rest:
                scope.values[rest.arg] = frozenset({Thing("container", rest.arg, set(everything))})
        needs_loop = self.needs_loop
        awaited, discarded = self.awaited, self.discarded
        if isinstance(node, ast.Lambda):
            scope.returns |= self.value(node.body, scope)
        else:
            self.execute(node.body, scope)
        self.awaited, self.discarded = awaited, discarded
        self.active.pop()
        made = frozenset(scope.returns)
        if isinstance(node, ast.AsyncFunctionDef):  # its body runs when it is awaited, and then a loop runs
            self.needs_loop = needs_loop
        if _yields(node):
            made = frozenset({Thing("iterator", function.name, {*made, *everything})})
        elif isinstance(node, ast.AsyncFunctionDef):
            made = frozenset({Thing("coroutine", function.name, {*made, *everything}, members={"result": made})})
        self.results[key] = made
        return made


def _package(dotted: str) -> str:
    return dotted.partition(".")[0]


def _loaded(target: ast.expr) -> ast.expr:
    return ast.Name(target.id, ast.Load()) if isinstance(target, ast.Name) else getattr(target, "value")  # noqa: B009


def _owner(name: str, scope: Scope | None) -> Scope | None:
    first = scope
    while scope:
        if name in scope.values and (scope.kind != "class" or scope is first):
            return scope
        if name in scope.outer:
            return scope.outer[name]
        scope = scope.parent
    return None


def _hold(owners: Iterable[Thing], things: Things) -> None:
    for owner in owners:
        owner.holds |= things - {owner}


def _elements(things: Things) -> Things:
    held = {inner for thing in things for inner in thing.holds}
    return frozenset(held | {thing for thing in things if thing.kind not in ("container", "iterator")})


def _member(thing: Thing, name: str) -> Things:
    """A method or value of an instance's class, a class, or of the classes that these are made from."""
    waiting, seen = [thing], set()
    while waiting:
        found = waiting.pop(0)
        if found.kind == "class" and name in found.members:
            return found.members[name]
        seen.add(found)
        waiting += [
            held
            for held in found.holds
            if held.kind == "class" and held not in seen and thing.kind in ("class", "instance")
        ]
    return NOTHING


def _is_static(method: Thing) -> bool:
    decorators = getattr(method.node, "decorator_list", [])
    return any(isinstance(decorator, ast.Name) and decorator.id == "staticmethod" for decorator in decorators)


def _yields(node: Function) -> bool:
    waiting: list[ast.AST] = list(node.body) if isinstance(node.body, list) else [node.body]
    while waiting:
        found = waiting.pop()
        if isinstance(found, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(found))
    return False


def _captures(pattern: ast.pattern) -> Iterator[str]:
    for node in ast.walk(pattern):
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        if isinstance(node, ast.MatchAs | ast.MatchStar | ast.MatchMapping) and name:
            yield name
