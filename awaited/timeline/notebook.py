"""Records the cells of an article, and draws them by their labels, as IPython runs them."""

from __future__ import annotations

import ast
import json
import os
import re
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

from awaited.script import is_program
from awaited.timeline.drawing import page, terminal
from awaited.timeline.drawing.letters import slug
from awaited.timeline.program import Program, recorded
from awaited.timeline.recorder import Recorder
from awaited.timeline.recording import Recording

LABELS = "AWAITED_LABELS"
"""The environment variable that tells a kernel the labels of the cells it will run: a JSON list, in their order."""
DELAY = "awaited-delay"
"""Under this name the metadata of a drawing tell how late the machine was in its recordings, in seconds."""


@dataclass
class _Cell:
    """A cell that is running."""

    recorder: Recorder
    code: str
    """As Python reads it."""
    program: Program | None
    """The program that it is, if it is one: it runs in a process of its own."""
    until_then: ExitStack
    """What is to be done in the end."""

    def end(self, result: Any) -> Recording:
        """Its recording, or that of the program."""
        self.recorder.stop(result and (result.error_before_exec or result.error_in_exec))
        run = self.program.recording() if self.program else None
        self.until_then.close()
        return run or self.recorder.run


@dataclass
class _Notebook:
    """The cells that a kernel has run since ``enable``."""

    shell: Any
    cells: list[tuple[Recording, list[str]]] = field(default_factory=list)
    """Each cell's recording, and the names that it goes by."""
    running: list[_Cell] = field(default_factory=list)
    """The cell that is running, and one that runs inside it."""
    files: dict[str, tuple[str, int]] = field(default_factory=dict)
    """See ``Recording.cells``."""
    drawn: dict[str, int] = field(default_factory=dict)
    """How many pictures bear each name."""
    runs: Counter[str] = field(default_factory=Counter)
    """How often each code has run."""

    def before(self, info: Any) -> None:
        """Begins to record a cell."""
        cell = _Cell(Recorder(Recording()), getattr(info, "transformed_cell", None) or info.raw_cell, None, ExitStack())
        if is_program(info.raw_cell):
            cell.program = cell.until_then.enter_context(recorded())
        self.running.append(cell)
        with suppress(TypeError):  # a loop that cannot be recorded is no reason not to run the cell
            cell.recorder.start()

    def after(self, result: Any) -> None:
        """Ends the recording of a cell."""
        if not self.running:
            return
        cell = self.running.pop()
        run = cell.end(result)
        names = self._names(result.info.raw_cell, result.execution_count) if result else []
        run.name = names[0] if names else f"cell-{len(self.cells) + 1}"
        if run.cells:  # a program tells its own file
            self.files |= dict.fromkeys(run.cells, (run.name, _options(result.info.raw_cell)))
        elif result and result.execution_count is not None:
            file = self.shell.compile.get_code_name(result.info.raw_cell, cell.code, result.execution_count)
            self.files[file] = run.name, _options(cell.code)
        run.cells = self.files
        self.cells += [(run, names)] if run.lanes else []

    def _names(self, code: str, number: int | None) -> list[str]:
        """What the cell of this code, the n-th to run, may be called: its label, where it is known, and more."""
        labels = _told(number)
        if not labels and (alike := _labels_in_document(code)):
            # in Quarto's preview a page runs again in the same kernel, hence the modulo
            labels = alike[self.runs[code] % len(alike)]
        self.runs[code] += 1
        return labels + _names(code)

    def find(self, name: str | int) -> Recording:
        """The recording of the cell of this name, the last where there are several."""
        if isinstance(name, int):
            return self.cells[name][0]
        for run, names in reversed(self.cells):
            if name in names:
                return run
        known = dict.fromkeys(name for _, names in self.cells for name in names)
        raise LookupError(f"no cell {name!r} has been recorded; recorded are: {', '.join(known) or 'none'}")


_notebook: _Notebook | None = None


def _told(number: int | None) -> list[str]:
    """The label of the n-th cell that the kernel runs, where the environment tells it."""
    labels = json.loads(os.environ.get(LABELS, "[]"))
    return [label for label in labels[number - 1 : number] if label] if number else []


def _labels_in_document(code: str) -> list[list[str]]:
    """The label, if any, of each cell with this code in the document that Quarto runs; it strips cells of options."""
    from awaited.read.running import cells_in_document  # here, since nothing else needs it

    return [[cell.label] if cell.label else [] for cell in cells_in_document(code)]


def _options(code: str) -> int:
    """How many lines of options a cell begins with, which are not shown."""
    lines = code.splitlines()
    return next((number for number, line in enumerate(lines) if line.strip() and not line.startswith("#|")), 0)


def _names(code: str) -> list[str]:
    """What a cell may be called: by its ``#| label:``, and by the function that its last line calls."""
    names: list[str] = re.findall(r"^#\|\s*label:\s*[\"']?([\w.:-]+)", code, re.M)
    with suppress(SyntaxError, ValueError, IndexError):  # IPython's own syntax
        last = ast.parse(code).body[-1]
        value = getattr(last, "value", None)
        value = value.value if isinstance(value, ast.Await) else value
        if isinstance(value, ast.Call):
            names.append(ast.unparse(value.func))
    return names


def enable() -> None:
    """Has IPython record every further cell. A second call changes nothing, and neither does one outside IPython."""
    global _notebook
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None or (_notebook and _notebook.shell is shell):
        return
    _notebook = _Notebook(shell)
    shell.events.register("pre_run_cell", _notebook.before)
    shell.events.register("post_run_cell", _notebook.after)


def show(*names: str | int, caption: str = "", queues: bool = False) -> None:
    """Draws recorded cells, several above each other on one axis.

    A cell is named by its label, by the function it ended with, or by a number: -1, which is also the default, is the
    cell that ran last. ``queues`` shows what its tasks share, too: locks, semaphores and queues.

    Raises LookupError where there is no such cell.
    """
    from IPython.display import display

    if _notebook is None:
        raise LookupError("no cell has been recorded: call timeline.enable() in a cell above")
    runs = [_notebook.find(cell) for cell in names or (-1,)]
    name = slug("-".join(run.name for run in runs))
    count = _notebook.drawn[name] = _notebook.drawn.get(name, 0) + 1
    figure = page.figure(runs, name=name if count == 1 else f"{name}-{count}", caption=caption, queues=queues)
    data = {"text/html": figure, "text/plain": "\n\n".join(map(terminal.text, runs))}
    late = {DELAY: round(max(run.delay for run in runs), 4)}
    display(data, metadata=late, raw=True)  # type: ignore[no-untyped-call]
