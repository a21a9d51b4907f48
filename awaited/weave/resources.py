"""Publishes the files that pages name under ``resources:``; those of the project the engine publishes itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from awaited.read.articles import Article
from awaited.read.metadata import as_list, html_options
from awaited.read.project import Project


def publish_resources(project: Project, pages: Sequence[Article], site: Path) -> None:
    """Copies each page's resources into the site, to where they stand in the project."""
    for page in pages:
        for file in _named(project, page):
            target = site / file
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(project.root / file, target)


def _named(project: Project, page: Article) -> Iterator[Path]:
    """The files that a page's patterns take in, relative to the project; none of what is made, hidden or outside."""
    made = (project.site, project.freezer, project.scratch)
    for pattern in map(str, as_list(html_options(page.metadata).get("resources") or [])):
        folder = project.root if pattern.startswith("/") else project.root / page.path.parent
        for found in sorted(folder.glob(pattern.strip("/"))) if not pattern.startswith("!") else ():
            for file in sorted(found.rglob("*")) if found.is_dir() else [found]:
                resolved = file.resolve()
                is_own = resolved.is_relative_to(project.root) and not any(map(resolved.is_relative_to, made))
                if is_own and resolved.is_file():
                    yield resolved.relative_to(project.root)
