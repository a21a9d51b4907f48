"""Compiles the modules in an archive: a program for a Python whose bytecode is that of the browser's.

What readers have no use for is left out, since they wait for each byte: docstrings, and with Python's option
``-X no_debug_ranges`` also the columns, which only the reader's own lines need. Assertions stay.

It needs nothing but Python: ``python precompile.py FROM.zip TO.zip FOLDER``, where FOLDER is what tracebacks show.
"""

from __future__ import annotations

import ast
import importlib.util
import marshal
import os
import sys
import zipfile
from types import CodeType

MAGIC = 3627
"""What the bytecode of Python 3.14 begins with."""
LONG_AGO = (1980, 1, 1, 0, 0, 0)


def precompile(source: str, target: str, folder: str) -> None:
    """Writes an archive with the compiled modules of another, and all else that is in it."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(entry.filename for entry in old.infolist() if not entry.is_dir()):
            data = old.read(name)
            if name.endswith(".py"):
                tree = without_docstrings(ast.parse(data))
                code = compile(tree, f"{folder}/{name}", "exec", dont_inherit=True, optimize=0)
                name, data = f"{name}c", compiled(code)
            new.writestr(zipfile.ZipInfo(name, LONG_AGO), data, zipfile.ZIP_DEFLATED, compresslevel=9)


def without_docstrings(tree: ast.Module) -> ast.Module:
    """A module's syntax tree with all its docstrings empty."""
    for node in ast.walk(tree):
        match node:
            case (
                ast.Module(body=[ast.Expr(value=ast.Constant(value=str()) as said), *_])
                | ast.ClassDef(body=[ast.Expr(value=ast.Constant(value=str()) as said), *_])
                | ast.FunctionDef(body=[ast.Expr(value=ast.Constant(value=str()) as said), *_])
                | ast.AsyncFunctionDef(body=[ast.Expr(value=ast.Constant(value=str()) as said), *_])
            ):
                said.value = ""
    return tree


def compiled(code: CodeType) -> bytes:
    """A module's code as a ``.pyc`` whose source is not looked for (PEP 552)."""
    flags = 0b01.to_bytes(4, "little")  # by hash, and not checked
    return importlib.util.MAGIC_NUMBER + flags + bytes(8) + marshal.dumps(code)


if __name__ == "__main__":
    if int.from_bytes(importlib.util.MAGIC_NUMBER[:2], "little") != MAGIC:
        sys.exit("the bytecode of this Python is another")
    os.nice(10)  # cells may be running, and their timings are on the pages
    precompile(*sys.argv[1:])
