"""From an article's cells to programs: each visible cell with what it needs, as far as it may have it."""

from __future__ import annotations

import ast
import builtins
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from awaited.read.articles import Article
from awaited.read.cells import Cell
from awaited.read.errors import AwaitedError
from awaited.script import is_program
from awaited.tangle.calls import EntangledError
from awaited.tangle.layout import Program
from awaited.tangle.left_out import NEEDS_HIDDEN, NO_LABEL, NOT_PYTHON, NoScriptError
from awaited.tangle.needs import Need, need
from awaited.tangle.statements import NewerSyntaxError, Statement, read


@dataclass(frozen=True)
class _Source:
    """A cell that runs, and its statements or why it has none."""

    cell: Cell
    makes_script: bool
    postponed: bool
    """Whether ``from __future__ import annotations`` is in force."""
    statements: Sequence[Statement] = ()
    error: AwaitedError | None = None


def programs(article: Article, left_out: list[AwaitedError], *, leaves_out_newer: bool = False) -> list[Program]:
    """The programs of all cells that make scripts; for a cell that could not, ``left_out`` is told why.

    Raises NewerSyntaxError for a cell that this Python cannot read, and need not; or such a cell is left out.
    """
    made: list[Program] = []
    before: list[_Source] = []
    lasting: list[Statement] = []
    for source in list(_sources(article, left_out, leaves_out_newer)):
        if source.makes_script:
            try:
                made.append(_program(source, before, lasting, article))
            except AwaitedError as error:
                left_out.append(error)
        before.append(source)
        # a cell that is a program of its own runs as one (see awaited.script): it leaves nothing behind
        if source.statements and source.cell.is_visible and not is_program(source.cell.code):
            lasting += source.statements
    return made


def _sources(article: Article, left_out: list[AwaitedError], leaves_out_newer: bool) -> Iterator[_Source]:
    postponed = False
    for cell in article.cells:
        if not cell.is_evaluated:
            continue
        makes_script = cell.makes_script
        if makes_script and not cell.label:
            advice = "add a line `#| label: …`, or `#| example: false` if it should not become a script"
            wrong = f"this cell has no label to name its script by: {advice}"
            left_out.append(NoScriptError(wrong, article.path, cell.line, NO_LABEL))
            makes_script = False
        try:
            with not_too_deep(cell, article):
                statements = read(cell, article.path, postponed)
                if not postponed and any(_is_postponing(statement.node) for statement in statements):
                    postponed = True  # IPython keeps it up in the cells that follow
                    statements = read(cell, article.path, postponed)
            yield _Source(cell, makes_script, postponed, statements)
        except AwaitedError as error:
            if makes_script and isinstance(error, NewerSyntaxError):
                if not leaves_out_newer:
                    raise
            elif makes_script:
                left_out.append(error)
            yield _Source(cell, False, postponed, error=error)


@contextlib.contextmanager
def not_too_deep(cell: Cell, article: Article) -> Iterator[None]:
    """Says it of a cell whose syntax tree is deeper than Python itself can go down."""
    try:
        yield
    except (RecursionError, MemoryError):
        wrong = f"the code of {cell.in_words} is nested too deep to be read; take it apart"
        raise AwaitedError(wrong, article.path, cell.line) from None
    except EntangledError:
        wrong = f"what {cell.in_words} needs is too entangled to be followed: add `#| example: false` to the cell"
        raise NoScriptError(wrong, article.path, cell.line) from None


def _is_postponing(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__" and node.names[0].name == "annotations"


def _program(source: _Source, before: Sequence[_Source], lasting: Sequence[Statement], article: Article) -> Program:
    with not_too_deep(source.cell, article):
        needed = need(lasting, source.statements)
    _check_missing(needed, before, article)
    return Program(source.cell, source.postponed, needed, tuple(lasting))


def _check_missing(needed: Need, before: Sequence[_Source], article: Article) -> None:
    hidden = {
        name: source.cell
        for source in before
        if not source.cell.is_visible
        for statement in source.statements
        for name in statement.binds
    }
    broken = next((source.error for source in before if source.error), None)
    for name, reader in needed.missing.items():
        advice = "or add `#| example: false` to the cell"
        if name in hidden:
            raise NoScriptError(
                f"`{name}` is defined only in the hidden cell at line {hidden[name].line}, and scripts stand on their "
                f"own: define it in a visible cell before, {advice}",
                article.path,
                reader.line_of(name),
                NEEDS_HIDDEN,
            )
        if name in ("display", "get_ipython"):
            message = f"`{name}` exists in IPython only, not in a script: import what you need, {advice}"
            raise NoScriptError(message, article.path, reader.line_of(name), NOT_PYTHON)
        if broken and not hasattr(builtins, name) and not name.startswith("__"):
            raise broken
