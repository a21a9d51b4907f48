"""Weaves frozen results into a site: with Quarto where it is installed, else with smalldocs.

Both read the same sources. What smalldocs lacks and a reader would miss is made up for here, in its input; what is
missing in the pages of either is mended in ``finish``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from literate import freeze
from literate.cells import Article, LiterateError
from literate.progress import Progress
from literate.project import LEFT_OUT, Project
from literate.references import resolve

ENGINES = ("quarto", "smalldocs")
EXPECTED_NOTES = (
    "smalldocs runs no code",
    "smalldocs compiles no Sass",
    "is not read by smalldocs",
    "is ignored",
    "broken link",
)
"""Notes of no use to somebody who builds: on settings meant for Quarto, on links (``finish`` checks them)."""


def find_quarto() -> str | None:
    """The ``quarto`` command: what the variable ``QUARTO`` names, else the one on the PATH, else None."""
    named = os.environ.get("QUARTO")
    if named and not shutil.which(named):
        raise LiterateError(f"QUARTO={named} is no program that can be run; correct it or unset it")
    return shutil.which(named or "quarto")


def choose_engine(forced: str | None = None) -> str:
    """``quarto`` where it is installed, else ``smalldocs``; raises LiterateError where a forced one is missing."""
    quarto = find_quarto() if forced != "smalldocs" else None
    if forced == "quarto" and quarto is None:
        raise LiterateError("Quarto is not installed; install it, name it with QUARTO=, or use --engine smalldocs")
    return forced or ("quarto" if quarto else "smalldocs")


def weave(project: Project, pages: Sequence[Article], engine: str, output: Path, progress: Progress) -> None:
    """Makes the site's pages from the frozen results, in a folder that is not the finished site yet."""
    shutil.rmtree(output, ignore_errors=True)
    if engine == "quarto":
        _with_quarto(project, output)
    else:
        _with_smalldocs(project, pages, output, progress)


def _with_quarto(project: Project, output: Path) -> None:
    command = [str(find_quarto()), "render", str(project.root), "--output-dir", str(output.relative_to(project.root))]
    environment = {**os.environ, "QUARTO_PYTHON": sys.executable, "LITERATE_BUILD": "1"}
    done = subprocess.run(command, cwd=project.root, env=environment, stdin=subprocess.DEVNULL, check=False)
    if done.returncode or not output.is_dir():
        raise LiterateError(f"quarto render failed with exit status {done.returncode}; what it said stands above")


def _with_smalldocs(project: Project, pages: Sequence[Article], output: Path, progress: Progress) -> None:
    from smalldocs.config import BuildError
    from smalldocs.site import load as load_site

    from literate.rendered import KeepingSite

    stage = project.scratch / "stage"
    shutil.rmtree(stage, ignore_errors=True)
    try:
        _lay_out(project, pages, stage, progress)
        site = KeepingSite(load_site(stage), project.scratch / "rendered.json")
        site.out = site.project.root / "_site"
        site.project.project.pop("post-render", None)  # what it would do, ``finish`` does
        try:
            site.build()
        except BuildError as error:
            raise LiterateError(f"smalldocs: {error}") from None
        for note in site.warnings:
            if not any(expected in note for expected in EXPECTED_NOTES):
                progress.say(f"  note: {note}")
        site.keep()
        site.out.replace(output)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _lay_out(project: Project, pages: Sequence[Article], stage: Path, progress: Progress) -> None:
    """Copies the project without its generated parts, each page replaced by its frozen Markdown."""
    for file in _files(project.root, project):
        target = stage / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(project.root / file, target)
    for page in pages:
        markdown = freeze.markdown(project.freezer, page.path) if page.cells else page.text

        def warn(text: str, path: Path = page.path) -> None:
            progress.say(f"  note: {path}: {text}")

        target = stage / page.path
        target.write_text(resolve(markdown, warn), encoding="utf-8")
        shutil.copystat(project.root / page.path, target)  # for 'last-modified'
        freeze.copy_figures(project.freezer, page.path, stage)


def _files(folder: Path, project: Project) -> Iterator[Path]:
    made = {project.site, project.freezer, project.scratch}
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.name in LEFT_OUT or entry in made:
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _files(entry, project)
        elif entry.is_file():
            yield entry.relative_to(project.root)
