"""Lets cells run that a kernel cannot run as they are: whole programs, and what wants another Python.

A cell with ``if __name__ == "__main__":`` at its top level shows how to start async code from a plain script. Inside a
kernel, where an event loop already runs, ``asyncio.run()`` is an error; so such a cell runs as a process of its own.
``enable()`` does this for our executor, plain Quarto and Jupyter alike, and the shown code stays as a reader needs it.
"""

from __future__ import annotations

import ast
import os
import platform
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory


class ProgramError(RuntimeError):
    """A cell's program has failed; what it wrote to stderr stands above this error."""


def enable() -> None:
    """Has IPython run every further cell that is a whole program as a process of its own.

    Where Quarto itself runs the page, a cell whose option ``python`` does not admit this Python says so and is left
    out: Quarto knows no such option. A second call changes nothing, and neither does a call outside IPython, where
    nothing stands in a program's way.
    """
    from IPython import get_ipython

    shell = get_ipython()
    if shell is not None and _as_process not in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.extend([_left_out, _as_process])


def is_program(code: str) -> bool:
    """Whether a piece of code has an ``if __name__ == "__main__":`` at its top level."""
    try:
        statements = ast.parse(code).body
    except (SyntaxError, ValueError):  # IPython's own syntax, or unfinished code
        return False
    guards = {"__name__ == '__main__'", "'__main__' == __name__"}
    return any(isinstance(statement, ast.If) and ast.unparse(statement.test) in guards for statement in statements)


def run(code: str) -> None:
    """Runs a program with this Python and passes on what it wrote: all of stdout, then all of stderr.

    Raises ProgramError where it ends with an exit status other than 0.
    """
    with TemporaryDirectory() as folder:
        program = Path(folder, "program.py")  # a file, since processes that the program starts must find it again
        program.write_text(code, encoding="utf-8")
        process = subprocess.run(
            [sys.executable, str(program)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env=os.environ | {"PYTHONIOENCODING": "utf-8"},
            check=False,
        )
    for written, stream in (process.stdout, sys.stdout), (process.stderr, sys.stderr):
        stream.write(written.replace(folder + os.sep, ""))  # the folder is a different one each time
        stream.flush()
    if process.returncode:
        raise ProgramError(f"the program ended with exit status {process.returncode}")


def _left_out(lines: list[str]) -> list[str]:
    from awaited.read.running import cells_in_document  # here: only where Quarto runs the page
    from awaited.read.versions import in_words

    code, version = "".join(lines), platform.python_version()
    for cell in cells_in_document(code) if "QUARTO_DOCUMENT_FILE" in os.environ else ():
        if not cell.works_on(version):
            return [f"print('Needs {in_words(cell.options['python'])}: this page was built with {version}.')\n"]
        if not cell.is_printed_by(version):
            wanted = in_words(cell.options["printed-by"])
            return [*lines, f"\nprint('Printed by Python {version}: {wanted} prints something else.')\n"]
    return lines


def _as_process(lines: list[str]) -> list[str]:
    code = "".join(lines)
    return [f"__import__({__name__!r}, fromlist=['run']).run({code!r})\n"] if is_program(code) else lines
