"""The rooms of the house stay small: no module over 500 lines, no function over 60."""

from __future__ import annotations

import ast
from pathlib import Path


def test_no_module_and_no_function_grows_too_long(root: Path) -> None:
    for file in (root / "awaited").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert text.count("\n") <= 500, file
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 60, f"{file}:{node.lineno}"
