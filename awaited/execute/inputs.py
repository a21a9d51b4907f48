"""What an article's results depend on: its cells, the modules and packages they import, the Python that runs them.

Quarto's own freezer looks at the page's text alone; so it runs cells again when a comma in the prose has changed, and
does not when a module or a package has.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import importlib.metadata
import json
import platform
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from awaited.read.articles import Article
from awaited.read.cells import Cell
from awaited.read.inline import Inline
from awaited.read.project import Project

EXECUTION_OPTIONS = ("error", "fig-width", "fig-height", "fig-dpi", "fig-format")
"""The options that change what a cell's run gives, not only how the page shows it."""


def evaluated(article: Article) -> list[Cell]:
    """The cells that run on this Python, in order."""
    version = platform.python_version()
    return [cell for cell in article.cells if cell.is_evaluated and cell.works_on(version)]


def working_directory(project: Project, article: Article) -> Path:
    """The folder that an article's cells run in, as Quarto chooses it."""
    return project.root if project.runs_in_root else (project.root / article.path).parent


def kernel_name(article: Article) -> str:
    """The Jupyter kernel that the page asks for: ``jupyter: name``, ``jupyter: {kernel: name}`` or a kernelspec."""
    asked = article.metadata.get("jupyter")
    if isinstance(asked, Mapping):
        spec = asked.get("kernelspec")
        asked = spec.get("name") if isinstance(spec, Mapping) else asked.get("kernel")
    return str(asked) if asked else "python3"


def inline_between(article: Article) -> dict[int, list[Inline]]:
    """An article's inline code, by how many of the cells that run here stand before it."""
    found: dict[int, list[Inline]] = {}
    cells = evaluated(article)
    for code in article.inline:
        found.setdefault(sum(cell.line < code.line for cell in cells), []).append(code)
    return found


@dataclass(frozen=True)
class Lookup:
    """Finds modules and reads what they import, each once: for articles that are looked at together."""

    find: Callable[[str, tuple[str, ...]], Path | None] = field(default_factory=lambda: functools.cache(_find))
    read: Callable[[Path, str], tuple[str, Sequence[str]]] = field(default_factory=lambda: functools.cache(_read))


def inputs(
    project: Project, article: Article, lookup: Lookup | None = None, elsewhere: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """All that the results of an article's cells depend on, as JSON; equal inputs mean the kept results still hold.

    ``elsewhere`` says, by label, what the results depend on that another Python gives.
    """
    cells = evaluated(article)
    inline = [[after, *(code.expression for code in codes)] for after, codes in inline_between(article).items()]
    of_cells = [[cell.label, cell.code, *map(cell.setting, EXECUTION_OPTIONS)] for cell in cells]
    modules, packages = imported(
        [cell.code for cell in cells], working_directory(project, article), project.root, lookup or Lookup()
    )
    return {
        "cells": _digest([*of_cells, *inline]),
        "kernel": kernel_name(article),
        "python": platform.python_version(),
        "modules": modules,
        "packages": packages,
        "elsewhere": dict(elsewhere or {}),
    }


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs between two sets of inputs, in words for a person."""
    found = []
    for name in now:
        old, new = before.get(name), now[name]
        if old == new:
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found += sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
        else:
            found.append(name if name == "cells" else f"{name} {old} -> {new}")
    return found


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def imported(texts: Sequence[str], folder: Path, root: Path, lookup: Lookup) -> tuple[dict[str, str], dict[str, str]]:
    """The project's modules that code in a folder imports, also indirectly, by file with a digest; and packages with
    their versions.
    """
    search_path = (str(folder), *sys.path)
    modules: dict[str, str] = {}
    packages: dict[str, str] = {}
    todo = [name for text in texts for name in _imported_names(text, None)]
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        top = name.partition(".")[0]
        if name in seen or top in sys.stdlib_module_names:
            continue
        seen.add(name)
        file = lookup.find(name, search_path)
        if file is None or not _is_own(file, root):
            if (version := _version(top)) is not None:
                packages[top] = version
            continue
        digest, names = lookup.read(file, name if file.name == "__init__.py" else name.rpartition(".")[0])
        modules[file.relative_to(root).as_posix()] = digest
        todo += names
    return dict(sorted(modules.items())), dict(sorted(packages.items()))


def _read(file: Path, package: str) -> tuple[str, Sequence[str]]:
    """A module's digest, and the names that it imports."""
    source = file.read_bytes()
    return hashlib.sha256(source).hexdigest(), list(_imported_names(source.decode("utf-8", "replace"), package))


def _imported_names(source: str, package: str | None) -> Iterator[str]:
    """Every module that a text might import, with its packages; ``from a import b`` may mean the module ``a.b``."""
    for node in _syntax(source):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _with_packages(alias.name)
        elif isinstance(node, ast.ImportFrom):
            above = (package or "").split(".")
            base = ".".join([*above[: len(above) - node.level + 1], *(node.module or "").split(".")]).strip(".")
            base = base if node.level else node.module or ""
            if not base:
                continue  # above the uppermost package: an error, which the cell's run will show
            yield from _with_packages(base)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _syntax(source: str) -> Iterator[ast.AST]:
    """All the nodes of a text; without IPython's own lines where they are in the way, else of its lines of imports."""
    without_magics = re.sub(r"^(\s*)[%!].*", r"\1pass", source, flags=re.M)
    for text in (source, without_magics):
        with contextlib.suppress(SyntaxError, ValueError):
            yield from ast.walk(ast.parse(text))
            return
    for line in source.split("\n"):
        with contextlib.suppress(SyntaxError, ValueError):
            if line.lstrip().startswith(("import ", "from ")):
                yield from ast.walk(ast.parse(line.strip()))


def _with_packages(name: str) -> Iterator[str]:
    parts = name.split(".")
    yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def _find(name: str, search_path: tuple[str, ...]) -> Path | None:
    """The file of a module, found without importing it."""
    path = list(search_path)
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        try:
            spec = PathFinder.find_spec(parts[length - 1], path)
        except (ImportError, ValueError):
            return None
        if spec is None or (length < len(parts) and not spec.submodule_search_locations):
            return None
        path = list(spec.submodule_search_locations or [])
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None


def _is_own(file: Path, root: Path) -> bool:
    return file.is_relative_to(root) and "site-packages" not in file.parts


@functools.cache
def _version(top: str) -> str | None:
    """The version of the package that a top-level module comes from."""
    try:
        return importlib.metadata.version(top)
    except importlib.metadata.PackageNotFoundError:
        names = _distributions().get(top, [])
        return ", ".join(sorted(f"{name} {importlib.metadata.version(name)}" for name in set(names))) or None


@functools.cache
def _distributions() -> Mapping[str, list[str]]:
    return importlib.metadata.packages_distributions()
