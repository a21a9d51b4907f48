"""What a page needs to run an article's snippets: their code, and what each finds defined by those above it."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from awaited.memory import freezer
from awaited.memory.plain_text import plain
from awaited.read.articles import Article
from awaited.read.project import Project
from awaited.script import is_program
from awaited.tangle.known import STANDARD_MODULES
from awaited.tangle.layout import Program
from awaited.tangle.programs import programs
from awaited.tangle.statements import Statement


@dataclass(frozen=True)
class Snippet:
    """A snippet as an editor opens it."""

    code: str
    """As the page shows it."""
    prelude: str
    """What earlier snippets define."""
    program: bool
    """Whether it starts its own event loop."""
    shown: str
    """What the page shows that it printed."""
    why_not: str | None = None
    """Why it does not run in a browser, as a sentence; None for one that does."""


def snippets(project: Project, article: Article, unfit: Mapping[str, str]) -> dict[str, Snippet]:
    """The snippets of an article, by label; ``unfit`` says of some why they do not run in a browser.

    One in the syntax of a newer Python than this is left out. Raises AwaitedError as ``tangle`` does.
    """
    frozen = freezer.read(project.freezer, article.path)
    found = {}
    for program in programs(article, [], leaves_out_newer=True):
        cell, label = program.cell, str(program.cell.label)
        result = frozen.by_number.get(cell.number) if frozen else None
        streams = [output for output in result.outputs if output["output_type"] == "stream"] if result else []
        shown = plain("".join("".join(output["text"]) for output in streams))
        found[label] = Snippet(cell.code, prelude(program), is_program(cell.code), shown, unfit.get(label))
    return found


def prelude(program: Program) -> str:
    """What earlier snippets define, for a program: all that it needs, and whatever else an edit of it may want.

    Nothing of it binds what the program itself binds: whoever deletes a definition there is to miss it.
    """
    needed = {id(statement) for statement in program.needed.statements}
    own = _bound(statement for statement in program.needed.statements if statement.cell is program.cell)
    known = set(dir(builtins)) | {"__name__"}
    lines = ["from __future__ import annotations"] if program.postponed else []
    for statement in program.earlier:
        is_wanted = _is_of_the_library(statement) if statement.is_import else statement.is_definition
        if id(statement) in needed or (is_wanted and not statement.binds & own and statement.reads <= known):
            known |= statement.binds
            lines.append(_text(statement))
    return "\n".join(line for line in lines if line)


def _bound(statements: Iterable[Statement]) -> set[str]:
    return {name for statement in statements for name in statement.binds}


def _is_of_the_library(statement: Statement) -> bool:
    """Whether an import is of Python's own library: a browser has no other packages."""
    node = statement.node
    module = (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name  # type: ignore[attr-defined]
    return module.partition(".")[0] in STANDARD_MODULES


def _text(statement: Statement) -> str:
    if statement.is_import:
        is_future = isinstance(statement.node, ast.ImportFrom) and statement.node.module == "__future__"
        return "" if is_future else ast.unparse(statement.node)
    return "\n".join(statement.cell.code.split("\n")[statement.start : statement.end])
