"""Weaves frozen results into a site: with Quarto where it is installed, else with smalldocs.

Both read the same sources. What smalldocs lacks and a reader would miss is made up for here, in its input; what is
missing in the pages of either is mended in ``finish``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from awaited.memory.keeper import Keeper
from awaited.progress import Progress
from awaited.read.errors import AwaitedError
from awaited.read.losses import Loss, loss_at, told
from awaited.read.metadata import line_of
from awaited.read.project import Project
from awaited.weave.left_out import left_out_options
from awaited.weave.resources import publish_resources
from awaited.weave.stage import Stage

ENGINES = ("quarto", "smalldocs")


def find_quarto() -> str | None:
    """The ``quarto`` command: what the variable ``QUARTO`` names, else the one on the PATH, else None."""
    named = os.environ.get("QUARTO")
    if named and not shutil.which(named):
        raise AwaitedError(f"QUARTO={named} is no program that can be run; correct it or unset it")
    return shutil.which(named or "quarto")


def choose_engine(forced: str | None = None) -> str:
    """``quarto`` where it is installed, else ``smalldocs``; raises AwaitedError where a forced one is missing."""
    quarto = find_quarto() if forced != "smalldocs" else None
    if forced == "quarto" and quarto is None:
        raise AwaitedError("Quarto is not installed; install it, name it with QUARTO=, or use --engine smalldocs")
    return forced or ("quarto" if quarto else "smalldocs")


def identity(engine: str) -> str | None:
    """An engine's name and version; None where Quarto does not tell. That of smalldocs is among the packages'."""
    if engine != "quarto":
        return engine
    command = [str(find_quarto()), "--version"]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        return f"{engine} {subprocess.run(command, capture_output=True, check=True, text=True, timeout=30).stdout}"
    return None


def weave(project: Project, engine: str, stage: Stage, output: Path, progress: Progress) -> None:
    """Makes the site's pages from the frozen results, in a folder that is not the finished site yet."""
    shutil.rmtree(output, ignore_errors=True)
    if engine == "quarto":
        _with_quarto(project, output)
    else:
        for loss in told(_with_smalldocs(project, stage, output)):
            progress.say(f"  note: {loss}")


def _with_quarto(project: Project, output: Path) -> None:
    command = [str(find_quarto()), "render", str(project.root), "--output-dir", str(output.relative_to(project.root))]
    environment = {**os.environ, "QUARTO_PYTHON": sys.executable, "AWAITED_BUILD": "1"}
    done = subprocess.run(command, cwd=project.root, env=environment, stdin=subprocess.DEVNULL, check=False)
    if done.returncode or not output.is_dir():
        raise AwaitedError(f"quarto render failed with exit status {done.returncode}; what it said stands above")


def _with_smalldocs(project: Project, stage: Stage, output: Path) -> list[Loss]:
    """Makes the pages with the embedded engine; gives what these lose by that."""
    from smalldocs.config import BuildError
    from smalldocs.site import load as load_site

    from awaited.weave.kept_pages import KeepingSite

    try:
        losses = stage.lay_out()
        keeper = Keeper(project.scratch / "rendered.json")
        site = KeepingSite(load_site(stage.folder), keeper, [page.path for page in stage.pages])
        site.out = site.project.root / "_site"
        site.project.project.pop("post-render", None)  # what it would do, ``finish`` does
        if site.project.project.pop("pre-render", None):
            line = line_of((project.root / project.config_file).read_text(encoding="utf-8").split("\n"), "pre-render")
            what, advice = "'pre-render' is left out", "run it yourself before the build"
            losses.append(loss_at(what, advice, project.config_file, line))
        try:
            site.build()
        except BuildError as error:
            raise AwaitedError(f"smalldocs: {error}") from None
        keeper.save()
        publish_resources(project, stage.pages, site.out)
        site.out.replace(output)
        return losses + left_out_options(project, site.warnings, stage.pages)
    finally:
        shutil.rmtree(stage.folder, ignore_errors=True)
