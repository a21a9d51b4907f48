"""Lays out a cell and what it needs as a script.

Imports stand at the top, sorted; then definitions and constants. What acts goes into ``main()``, below a guard, so that
importing a script does nothing. The code itself stays as the page shows it.
"""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path

from awaited.read.cells import Cell
from awaited.script import is_program
from awaited.tangle.imports import Import, merge
from awaited.tangle.names import targets
from awaited.tangle.needs import Need
from awaited.tangle.pieces import UNUSED, Piece, Place, indent, join
from awaited.tangle.statements import Statement


@dataclass(frozen=True)
class Program:
    """A cell and what it needs, to be written as a script."""

    cell: Cell
    postponed: bool
    needed: Need
    earlier: Sequence[Statement] = ()
    """All that the cells above it have left behind, whether it needs that or not."""

    @property
    def imported_modules(self) -> set[str]:
        """The top-level names of the modules that it imports."""
        names: set[str] = set()
        for node in (node for statement in self.needed.statements for node in statement.walk()):
            match node:
                case ast.Import(names=aliases):
                    names |= {alias.name for alias in aliases}
                case ast.ImportFrom(module=str(module)):
                    names.add(module)
        return {name.partition(".")[0] for name in names}

    def text(self, root: Path) -> str:
        """The script below its docstring, with the blank lines before it."""
        imports, pieces, rest = self._split()
        layout = _Layout(pieces, {entry.binds for entry in imports}, self._is_left_as_it_is())
        below = layout.guard()
        if layout.needs_asyncio:
            imports = [replace(entry, is_unused=entry.is_unused and entry.binds != "asyncio") for entry in imports]
            imports.append(Import("", "asyncio"))
        if layout.needs_any:
            imports.append(Import("typing", "Any"))
        if self.postponed and any(map(_is_annotated, self.needed.statements)):
            imports.append(Import("__future__", "annotations"))
        top = merge(imports, root)
        body = "\n\n\n".join(filter(None, [join(layout.module), *below, rest]))
        blank = 2 if not layout.module or layout.module[0].is_definition else 1
        return "\n\n" + top + "\n" * (blank + 1 if top else blank - 1) + body

    def _is_left_as_it_is(self) -> bool:
        return is_program(self.cell.code) and not any(statement.awaits for statement in self.needed.statements)

    def _split(self) -> tuple[list[Import], list[Piece], str]:
        """The imports, which stand at the top; all other statements; and the comments of a cell without any."""
        imports: list[Import] = []
        pieces: list[Piece] = []
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
            entry = Import.of(statement) if statement.is_import else None
            if entry and (entry.name == "*" or meanings.get(entry.binds, entry.meaning) == entry.meaning):
                imports.append(replace(entry, is_unused=own and entry.may_be_unused and entry.binds not in used))
            else:
                gap = _blank(loose) if own else _blank(lines[: statement.start][::-1])
                comments, loose = (loose[gap:], []) if own else ([], loose)
                code = [ast.unparse(statement.node)] if entry else lines[statement.start : statement.end]
                offset = len(comments) - statement.start
                pieces.append(Piece(statement, effects, "\n".join([*comments, *code]), offset, gap))
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


def _is_annotated(statement: Statement) -> bool:
    return any(getattr(node, "annotation", None) or getattr(node, "returns", None) for node in statement.walk())


class _Layout:
    """Parts a program's statements: those that stay in the module, and those that act and go into ``main()``."""

    def __init__(self, pieces: Sequence[Piece], imported: set[str], left_as_it_is: bool) -> None:
        self.module: list[Piece] = []
        self.main: list[Piece] = []
        self.needs_asyncio = self.needs_any = False
        self.imported = imported
        self.bindings = Counter(name for piece in pieces for name in piece.statement.binds)
        self.read_by_definitions = _names_read(piece for piece in pieces if piece.is_definition)
        for piece in pieces:
            stays = left_as_it_is or self._stays(piece)
            (self.module if stays else self.main).append(piece)

    def _stays(self, piece: Piece) -> bool:
        """Whether a statement stays in the module: all that declare do, as long as none has acted before them."""
        if not piece.is_quiet or not self.main:
            return piece.is_quiet
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
        if len(self.main) == 1 and (call := self._as_single_call(self.main[0])):
            return [line + indent(call)]
        read = _names_read([*self.module, *self.main])
        last = {name: place for piece in self.main for name, place, _ in piece.local_names()}
        unread = {(name, place) for name, place in last.items() if name not in read and not UNUSED.fullmatch(name)}
        names = self.imported | self.bindings.keys() | read
        name = next(name for name in _main_names() if name not in names)
        is_async = any(piece.statement.awaits or piece.effects.needs_loop for piece in self.main)
        shared = self._shared_names()
        declared = self._declared(shared)
        body = [f"    global {', '.join(sorted(shared))}"] if shared else []
        parts = [replace(piece, text=text) for piece in self.main if (text := self._rewritten(piece, unread, shared))]
        body.append(indent(join(parts, most=1)))
        self.needs_asyncio |= is_async
        head = f"{'async ' if is_async else ''}def {name}() -> None:\n"
        call = f"asyncio.run({name}())" if is_async else f"{name}()"
        return [*declared, head + "\n".join(body), f"{line}    {call}"]

    def _as_single_call(self, piece: Piece) -> str | None:
        """The text of a statement that only calls a function without arguments, made so that a script can run it."""
        node = piece.statement.node
        if len(piece.statement.nodes) > 1 or not isinstance(node, ast.Expr):
            return None
        match node.value:
            case ast.Await(value=ast.Call(func=ast.Name(id=name), args=[], keywords=[]) as call):
                if isinstance(self._functions().get(name), ast.AsyncFunctionDef):
                    self.needs_asyncio = True
                    return piece.replaced(node, f"asyncio.run({ast.unparse(call)})")
            case ast.Call(func=ast.Name(id=name), args=[], keywords=[]):
                if isinstance(self._functions().get(name), ast.FunctionDef) and not piece.effects.needs_loop:
                    return piece.text
            case ast.Call(func=ast.Attribute(value=ast.Name(id="asyncio"), attr="run")):
                return piece.text
        return None

    def _functions(self) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
        nodes = (piece.statement.node for piece in self.module)
        return {node.name: node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}

    def _shared_names(self) -> set[str]:
        """What ``main()`` binds that the rest of the module must see."""
        bound = _names_bound(self.main)
        used = _names_read(self.main)
        outside = self.imported | _names_bound(self.module) | _names_read(self.module)
        outside |= {name for name in used if hasattr(builtins, name)}  # a local name would hide it from the start
        declared = {
            name
            for piece in [*self.module, *self.main]
            for node in piece.statement.walk()
            if isinstance(node, ast.Global)
            for name in node.names
        }
        looks_up = {"globals", "locals", "vars", "eval", "exec"} & (outside | used)
        return bound if looks_up else bound & (outside | declared)

    def _declared(self, shared: set[str]) -> list[str]:
        """Declarations, for type checkers, of names that only ``main()`` assigns."""
        lines = []
        for name in sorted(shared - self.imported - _names_bound(self.module)):
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
            case [ast.Assign(targets=[ast.Name()], value=ast.Await(value=value) | value)]:
                return self._type_of(value)
        return "Any"

    def _type_of(self, value: ast.expr) -> str:
        match value:
            case ast.Constant(value=str() | bytes() | int() | float() as constant):
                return type(constant).__name__
            case ast.Call(func=ast.Name(id=name)) if function := self._functions().get(name):
                returns = function.returns
                names = {node.id for node in ast.walk(returns or function) if isinstance(node, ast.Name)}
                if returns and not function.decorator_list and all(hasattr(builtins, name) for name in names):
                    return ast.unparse(returns)
        return "Any"

    def _rewritten(self, piece: Piece, unread: set[tuple[str, Place]], shared: set[str]) -> str:
        """A statement's text as it stands in ``main()``."""
        node = piece.statement.node
        if isinstance(node, ast.AnnAssign) and targets(node.target) & shared and len(piece.statement.nodes) == 1:
            if node.value is None:
                return ""
            return piece.without_annotation(node)
        return piece.silenced(unread, shared)


def _names_bound(pieces: Iterable[Piece]) -> set[str]:
    return {name for piece in pieces for name in piece.statement.binds}


def _names_read(pieces: Iterable[Piece]) -> set[str]:
    return {name for piece in pieces for name in piece.statement.reads | piece.statement.later}


def _main_names() -> Iterator[str]:
    return chain(["main", "run_main"], (f"run_main_{number}" for number in count(2)))


def _defined(node: ast.stmt) -> set[str]:
    return {node.name} if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else set()
