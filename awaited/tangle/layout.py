"""Lays out a cell and what it needs as a script.

Imports stand at the top, sorted; then definitions and constants. What acts goes into ``main()``, below a guard, so that
importing a script does nothing. The code itself stays as the page shows it.
"""

from __future__ import annotations

import ast
import builtins
import io
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count, pairwise
from pathlib import Path
from typing import Any

from awaited.read.cells import Cell
from awaited.script import is_program
from awaited.tangle.changes import Effects, words
from awaited.tangle.names import Need, Statement, targets

WIDTH = 120
"""The longest line, as the project's ruff settings have it."""
REMOVED_MODULES = words(
    "aifc asynchat asyncore audioop cgi cgitb chunk crypt distutils imghdr imp lib2to3 mailcap msilib nis nntplib "
    "ossaudiodev pipes smtpd sndhdr spwd sunau telnetlib uu xdrlib"
)
"""Standard modules of some Python versions only; with them, names do not depend on the version that tangles."""
UNUSED = re.compile(r"_\w*|dummy.*|unused.*")
"""Names of variables that ruff takes to be left unused on purpose."""
STANDARD_MODULES = sys.stdlib_module_names | REMOVED_MODULES | {"annotationlib", "compression"}


@dataclass(frozen=True)
class _Piece:
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
        return self.statement.is_definition


@dataclass(frozen=True)
class Program:
    """A cell and what it needs, to be written as a script."""

    cell: Cell
    postponed: bool
    needed: Need

    @property
    def imported_modules(self) -> set[str]:
        """The top-level names of the modules that it imports."""
        walked = [n for s in self.needed.statements for node in s.nodes for n in ast.walk(node)]
        plain = {alias.name for n in walked if isinstance(n, ast.Import) for alias in n.names}
        return {
            name.partition(".")[0] for name in plain | {n.module or "" for n in walked if isinstance(n, ast.ImportFrom)}
        }

    def text(self, root: Path) -> str:
        """The script below its docstring, with the blank lines before it."""
        imports, pieces, rest = self._split()
        layout = _Layout(pieces, {entry.binds for entry in imports}, self._is_left_as_it_is())
        below = layout.guard()
        if layout.needs_asyncio:
            imports = [replace(entry, is_unused=entry.is_unused and entry.binds != "asyncio") for entry in imports]
            imports.append(_Import("", "asyncio"))
        if layout.needs_any:
            imports.append(_Import("typing", "Any"))
        if self.postponed and any(_is_annotated(node) for s in self.needed.statements for node in s.nodes):
            imports.append(_Import("__future__", "annotations"))
        top = _merge_imports(imports, root)
        body = "\n\n\n".join(filter(None, [_join(layout.module), *below, rest]))
        blank = 2 if not layout.module or layout.module[0].is_definition else 1
        return "\n\n" + top + "\n" * (blank + 1 if top else blank - 1) + body

    def _is_left_as_it_is(self) -> bool:
        return is_program(self.cell.code) and not any(statement.awaits for statement in self.needed.statements)

    def _split(self) -> tuple[list[_Import], list[_Piece], str]:
        """The imports, which stand at the top; all other statements; and the comments of a cell without any."""
        imports: list[_Import] = []
        pieces: list[_Piece] = []
        meanings: dict[str, object] = {}
        used = {name for s in self.needed.statements for name in s.reads | s.later} | _exported(self.needed)
        loose: list[str] = []
        end = 0  # of the statements of the cell that were seen so far
        for statement, effects in zip(self.needed.statements, self.needed.effects, strict=True):
            lines = statement.cell.code.split("\n")
            own = statement.cell is self.cell
            is_further_alias = own and end == statement.end
            if own and not is_further_alias:
                above, end = lines[end : statement.start], statement.end
                while pieces and above and above[0][:1].isspace() and above[0].strip():  # a comment at a block's end
                    pieces[-1] = replace(pieces[-1], text=f"{pieces[-1].text}\n{above.pop(0)}")
                loose += above
            entry = _Import.of(statement) if statement.is_import else None
            if entry and (entry.name == "*" or meanings.get(entry.binds, entry.meaning) == entry.meaning):
                imports.append(replace(entry, is_unused=own and entry.may_be_unused and entry.binds not in used))
            else:
                gap = _blank(loose) if own else _blank(lines[: statement.start][::-1])
                comments, loose = (loose[gap:], []) if own else ([], loose)
                code = [ast.unparse(statement.node)] if entry else lines[statement.start : statement.end]
                offset = len(comments) - statement.start
                pieces.append(_Piece(statement, effects, "\n".join([*comments, *code]), offset, gap))
            meanings |= dict.fromkeys(statement.binds, entry.meaning if entry else statement)
        rest = loose + self.cell.code.split("\n")[end:]
        if pieces and pieces[-1].statement.cell is self.cell:
            pieces[-1] = replace(pieces[-1], text="\n".join([pieces[-1].text, *rest]).rstrip())
            rest = []
        return imports, pieces, "\n".join(rest).strip("\n")


def _blank(lines: Sequence[str]) -> int:
    """How many blank lines come first."""
    return next((number for number, line in enumerate(lines) if line.strip()), len(lines))


def _exported(needed: Need) -> set[str]:
    """The names in ``__all__``."""
    return {
        constant.value
        for statement in needed.statements
        if "__all__" in statement.binds
        for constant in ast.walk(statement.node)
        if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
    }


def _is_annotated(node: ast.stmt) -> bool:
    return any(getattr(n, "annotation", None) or getattr(n, "returns", None) for n in ast.walk(node))


class _Layout:
    """Parts a program's statements: those that stay in the module, and those that act and go into ``main()``."""

    def __init__(self, pieces: Sequence[_Piece], imported: set[str], left_as_it_is: bool) -> None:
        self.module: list[_Piece] = []
        self.main: list[_Piece] = []
        self.needs_asyncio = self.needs_any = False
        self.imported = imported
        self.bindings = Counter(name for piece in pieces for name in piece.statement.binds)
        self.read_by_definitions = _names_read(piece for piece in pieces if piece.is_definition)
        for piece in pieces:
            stays = left_as_it_is or self._stays(piece)
            (self.module if stays else self.main).append(piece)

    def _stays(self, piece: _Piece) -> bool:
        """Whether a statement stays in the module: all that declare do, as long as none has acted before them."""
        if not _is_quiet(piece) or not self.main:
            return _is_quiet(piece)
        statement = piece.statement
        bound = {name for acting in self.main for name in acting.statement.binds | acting.effects.rebound}
        used = {name for acting in self.main for name in acting.statement.reads}
        if statement.reads & bound or statement.binds & (bound | used):
            return False
        if any(self.bindings[name] > 1 for name in statement.binds):  # what acted before may have used another one
            return False
        return statement.is_definition or type(statement.node).__name__ == "TypeAlias" or self._is_constant(statement)

    def _is_constant(self, statement: Statement) -> bool:
        """Whether an assignment may be made earlier than it stands, and should: by its name, or for a function."""
        made_of = {name for name in statement.reads if self.bindings[name] > 1 or not name.isupper()}
        return (
            isinstance(statement.node, ast.Assign | ast.AnnAssign)
            and all(name in self.read_by_definitions or not name.islower() for name in statement.binds)
            and not made_of & self.bindings.keys()
        )

    def guard(self) -> list[str]:
        """The text of ``main()`` and of the guard that calls it; nothing where no statement acts."""
        if not self.main:
            return []
        line = 'if __name__ == "__main__":\n'
        if len(self.main) == 1:
            call = self._as_single_call(self.main[0])
            if call:
                return [line + _indent(call)]
        names = self.imported | self.bindings.keys() | _names_read([*self.module, *self.main])
        name = next(name for name in _main_names() if name not in names)
        is_async = any(p.statement.awaits or p.effects.needs_loop for p in self.main)
        shared = self._shared_names()
        declared = self._declared(shared)
        body = [f"    global {', '.join(sorted(shared))}"] if shared else []
        parts = [replace(p, text=self._rewritten(p, shared)) for p in self.main]
        text = _join([part for part in parts if part.text], most=1)
        body.append(_indent(text))
        self.needs_asyncio |= is_async
        head = f"{'async ' if is_async else ''}def {name}() -> None:\n"
        call = f"asyncio.run({name}())" if is_async else f"{name}()"
        return [*declared, head + "\n".join(body), f"{line}    {call}"]

    def _as_single_call(self, piece: _Piece) -> str | None:
        """The text of a statement that only calls a function without arguments, made so that a script can run it."""
        node = piece.statement.node
        if len(piece.statement.nodes) > 1 or not isinstance(node, ast.Expr):
            return None
        functions = {
            p.statement.node.name: p.statement.node
            for p in self.module
            if isinstance(p.statement.node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        match node.value:
            case ast.Await(value=ast.Call(func=ast.Name(id=name), args=[], keywords=[]) as call):
                if isinstance(functions.get(name), ast.AsyncFunctionDef):
                    self.needs_asyncio = True
                    return _replaced(piece, node, f"asyncio.run({ast.unparse(call)})")
            case ast.Call(func=ast.Name(id=name), args=[], keywords=[]):
                if isinstance(functions.get(name), ast.FunctionDef) and not piece.effects.needs_loop:
                    return piece.text
            case ast.Call(func=ast.Attribute(value=ast.Name(id="asyncio"), attr="run")):
                return piece.text
        return None

    def _shared_names(self) -> set[str]:
        """What ``main()`` binds that the rest of the module must see."""
        bound = {name for p in self.main for name in p.statement.binds}
        used = _names_read(self.main)
        outside = self.imported | {n for p in self.module for n in p.statement.binds} | _names_read(self.module)
        outside |= {name for name in used if hasattr(builtins, name)}  # a local name would hide it from the start
        declared = {
            name
            for p in [*self.module, *self.main]
            for node in p.statement.nodes
            for inner in ast.walk(node)
            if isinstance(inner, ast.Global)
            for name in inner.names
        }
        looks_up = {"globals", "locals", "vars", "eval", "exec"} & (outside | used)
        return bound if looks_up else bound & (outside | declared)

    def _declared(self, shared: set[str]) -> list[str]:
        """Declarations, for type checkers, of names that only ``main()`` assigns."""
        lines = []
        for name in sorted(shared - self.imported - {n for p in self.module for n in p.statement.binds}):
            nodes = [node for p in self.main for node in p.statement.nodes if name in targets(node) | _defined(node)]
            if any(_defined(node) for node in nodes):
                continue
            annotation = self._annotation(name, nodes)
            self.needs_any |= annotation == "Any"
            lines.append(f"{name}: {annotation}")
        return ["\n".join(lines)] if lines else []

    def _annotation(self, name: str, nodes: Sequence[ast.stmt]) -> str:
        """The type of a name: as its assignment states it, or as the function that it is the result of does."""
        annotated = next((node for node in nodes if isinstance(node, ast.AnnAssign)), None)
        if annotated:
            return ast.unparse(annotated.annotation)
        match nodes:
            case [
                ast.Assign(targets=[ast.Name()], value=ast.Constant(value=str() | bytes() | int() | float() as value))
            ]:
                return type(value).__name__
            case [ast.Assign(targets=[ast.Name()], value=ast.Call(func=ast.Name(id=function)))]:
                return self._result_type(function)
            case [ast.Assign(targets=[ast.Name()], value=ast.Await(value=ast.Call(func=ast.Name(id=function))))]:
                return self._result_type(function)
        return "Any"

    def _result_type(self, name: str) -> str:
        for piece in self.module:
            node = piece.statement.node
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name and node.returns:
                names = {n.id for n in ast.walk(node.returns) if isinstance(n, ast.Name)}
                if not node.decorator_list and all(hasattr(builtins, n) for n in names):
                    return ast.unparse(node.returns)
        return "Any"

    def _rewritten(self, piece: _Piece, shared: set[str]) -> str:
        """A statement's text as it stands in ``main()``."""
        node = piece.statement.node
        if isinstance(node, ast.AnnAssign) and targets(node.target) & shared and len(piece.statement.nodes) == 1:
            if node.value is None:
                return ""
            return _without_annotation(piece, node)
        read = _names_read([*self.module, *self.main])
        last = {name: place for p in self.main for name, place, _ in _local_names(p)}
        unread = {(name, place) for name, place in last.items() if name not in read and not UNUSED.fullmatch(name)}
        return _silenced(piece, unread, shared)


def _names_read(pieces: Iterable[_Piece]) -> set[str]:
    return {name for piece in pieces for name in piece.statement.reads | piece.statement.later}


def _main_names() -> Iterator[str]:
    return chain(["main", "run_main"], (f"run_main_{number}" for number in count(2)))


def _defined(node: ast.stmt) -> set[str]:
    return {node.name} if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else set()


def _is_quiet(piece: _Piece) -> bool:
    """Whether a statement may run when the script is imported."""
    return (
        not piece.effects.acts
        and not piece.effects.needs_loop
        and not piece.statement.awaits
        and all(map(_is_declarative, piece.statement.nodes))
    )


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


# --- Text -------------------------------------------------------------------------------------------------------------


def _join(pieces: Sequence[_Piece], most: int = 2) -> str:
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


def _indent(text: str) -> str:
    """Code one level deeper; what is in its strings stays as it is."""
    fixed = _lines_inside_strings(text)
    lines = text.split("\n")
    return "\n".join(f"    {line}" if line and n not in fixed else line for n, line in enumerate(lines))


def _cut(piece: _Piece, start: tuple[int, int], end: tuple[int, int], new: str) -> str:
    """The piece's text with what stands between two positions (line from 1, bytes) of its cell replaced."""
    lines = piece.text.split("\n")
    first, last = start[0] - 1 + piece.offset, end[0] - 1 + piece.offset
    before = lines[first].encode()[: start[1]].decode()
    after = lines[last].encode()[end[1] :].decode()
    return "\n".join([*lines[:first], before + new + after, *lines[last + 1 :]])


def _replaced(piece: _Piece, node: ast.stmt, new: str) -> str:
    return _cut(piece, (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0), new)


def _without_annotation(piece: _Piece, node: ast.AnnAssign) -> str:
    start = (node.target.end_lineno or 0, node.target.end_col_offset or 0)
    return _cut(piece, start, (node.annotation.end_lineno or 0, node.annotation.end_col_offset or 0), "")


def _silenced(piece: _Piece, unread: set[tuple[str, _Place]], shared: set[str]) -> str:
    """A statement's text, with a word to ruff where it would mind what is right in a module, but not in a function."""
    wanted: dict[int, set[str]] = {}
    for name, place, code in _local_names(piece):
        if name not in shared and code:
            codes = wanted.setdefault(place[1] - 1 + piece.offset, set())
            codes |= {"N806"} if name != name.lower() and code != "def" else set()
            codes |= {code} if (name, place) in unread and code in ("F841", "RUF059") else set()
    fixed = _lines_inside_strings(piece.text)
    lines = piece.text.split("\n")
    for number, codes in sorted(wanted.items()):
        while number + 1 in fixed or lines[number].endswith("\\"):
            number += 1
        if codes and "noqa" not in lines[number]:
            lines[number] += f"  # noqa: {', '.join(sorted(codes))}"
    return "\n".join(lines)


_Place = tuple[int, int, int]
"""Where a name is bound: the number of the cell, the line and the column."""


def _local_names(piece: _Piece) -> Iterator[tuple[str, _Place, str]]:
    """The names that a statement binds, where, and ruff's rule against such a name that nothing reads."""
    for node, name, code in _bindings(piece.statement.nodes):
        yield name, (piece.statement.cell.number, node.lineno, node.col_offset), code


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


# --- Imports ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Import:
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
    def of(cls, statement: Statement) -> _Import:
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


def _merge_imports(imports: Sequence[_Import], root: Path) -> str:
    """All imports, sorted into sections as ruff's isort rule wants them."""
    groups: dict[tuple[str, str, str], list[_Import]] = {}
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
    return "\n\n".join(
        "\n".join(text for _, text in sorted(sections[number], key=lambda pair: pair[0])) for number in sorted(sections)
    )


def _section(entry: _Import, root: Path) -> int:
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


def _member_order(entry: _Import) -> tuple[int, list[tuple[int, int, str]], str]:
    is_constant = entry.name.isupper() and len(entry.name) > 1
    kind = 0 if is_constant else 1 if entry.name[:1].isupper() else 2
    return kind, _natural(entry.name), entry.name


def _import_text(group: Sequence[_Import]) -> str:
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
