"""Finds which installed packages some Python code imports, and what these need in turn."""

from __future__ import annotations

import ast
import functools
import importlib.metadata
import re
import sys
from collections.abc import Iterable, Mapping


def imported(texts: Iterable[str]) -> list[str]:
    """The distributions that some Python texts import themselves, in order; a module without one stands for itself."""
    tops = {name.partition(".")[0] for text in texts for name in _modules(text)}
    outside = {name for name in tops if name and name not in sys.stdlib_module_names}
    return sorted({normal(package) for name in outside for package in _providers().get(name, [name])})


def needed(texts: Iterable[str]) -> list[str]:
    """What has to be installed to run some Python texts, in order: a module of the project is no package."""
    return [package for package in imported(texts) if version(package)]


def with_requirements(packages: Iterable[str]) -> list[str]:
    """Some distributions with all that they need, as installed here, in order; without those that are not installed."""
    found: set[str] = set()
    todo = list(packages)
    while todo:
        name = normal(todo.pop())
        if name not in found and version(name):
            found.add(name)
            todo += _required(name)
    return sorted(found)


def version(package: str) -> str | None:
    """The version of an installed distribution; None where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def normal(name: str) -> str:
    """A distribution's name as the index of packages has it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _modules(text: str) -> Iterable[str]:
    try:
        tree = ast.parse(text)
    except SyntaxError:  # that of a newer Python
        yield from re.findall(r"^\s*(?:import|from)\s+([\w.]+)", text, re.M)
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""


def _required(package: str) -> list[str]:
    from packaging.requirements import Requirement

    requirements = map(Requirement, importlib.metadata.requires(package) or [])
    return [requirement.name for requirement in requirements if "extra ==" not in str(requirement.marker or "")]


@functools.cache
def _providers() -> Mapping[str, list[str]]:
    return importlib.metadata.packages_distributions()
