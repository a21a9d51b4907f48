"""Builds the site: tangle, execute, weave, finish. The last good site stays until the new one is whole."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import importlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from awaited.execute.processes import PROJECT, end_marked
from awaited.memory.freezer import UNFINISHED
from awaited.memory.keeper import tool
from awaited.progress import Progress, Stopwatch
from awaited.read.cells import Article, AwaitedError
from awaited.read.project import EXAMPLES, Project, check_folders
from awaited.weave.engines import Stage, choose_engine, identity, weave

if TYPE_CHECKING:
    from awaited.execute.articles import Outcome
    from awaited.tangle.scripts import Script


@dataclass(frozen=True)
class Built:
    """What a build has made."""

    site: Path
    engine: str
    executed: int
    """How many articles' cells ran."""
    times: Stopwatch
    unchanged: bool = False
    """Whether there was nothing to do."""


def build(
    project: Project,
    progress: Progress,
    *,
    engine: str | None = None,
    fresh: bool = False,
    jobs: int | None = None,
) -> Built:
    """Builds the whole site; raises AwaitedError, with the site as it was, for whatever a person has to put right."""
    from awaited.memory import unchanged

    engine, times = choose_engine(engine), Stopwatch()
    with only_build(project):
        with times.step("compare"):
            reads = unchanged.read(project, identity(engine))
            if not fresh and unchanged.holds(project, reads):
                return Built(project.site, engine, 0, times, unchanged=True)
        executed = _build(project, progress, engine, fresh, jobs, times)
        unchanged.keep(project, reads)
    return Built(project.site, engine, executed, times)


def _build(project: Project, progress: Progress, engine: str, fresh: bool, jobs: int | None, times: Stopwatch) -> int:
    """Takes every step of a build; how many articles' cells ran."""
    from awaited.execute.articles import run_until_done

    with times.step("read"):
        pages = project.read_pages()
    stage = Stage(project, pages)
    ahead = stage if engine == "smalldocs" else None
    with times.step("execute"):
        scripts, outcome = run_until_done(lambda: _execute(project, pages, ahead, progress, fresh, jobs))
    from awaited.finish.site import finish  # only now: cells wait for what is imported before them
    from awaited.tangle.examples import write

    made = project.scratch / "site"
    with times.step("weave"):
        weave(project, engine, stage, made, progress)
    with times.step("finish"):
        finish(project, pages, made, scripts)
        write(project, scripts)  # like the site, they stay as they were until all is well
        publish(project, made)
    return len(outcome.executed)


async def _execute(
    project: Project, pages: Sequence[Article], stage: Stage | None, progress: Progress, fresh: bool, jobs: int | None
) -> tuple[list[Script], Outcome]:
    """Runs the cells, which mostly wait, and does in a thread what can be done meanwhile; the first error stops both.

    ``stage`` is one to prepare.
    """
    from awaited.execute.articles import execute, first

    articles, started = [page for page in pages if page.cells], asyncio.Event()

    async def prepare() -> list[Script]:
        await started.wait()
        try:
            return await asyncio.to_thread(_prepare, project, articles, stage)
        except asyncio.CancelledError:  # the thread itself goes on
            if stage:
                stage.stop()
            raise

    try:
        async with asyncio.TaskGroup() as group:
            preparing = group.create_task(prepare())
            executing = group.create_task(execute(project, articles, progress, fresh=fresh, jobs=jobs, started=started))
    except* (AwaitedError, OSError) as errors:
        raise first(errors) from None
    return preparing.result(), executing.result()


def _prepare(project: Project, articles: Sequence[Article], stage: Stage | None) -> list[Script]:
    """Tangles the scripts of all articles, prepares the weaving, and imports what the steps to come need."""
    from awaited.tangle.examples import changes
    from awaited.tangle.scripts import tangle_project

    scripts = tangle_project(project, articles)
    changes(project, scripts)  # a file in the way is to be told before the cells have run
    for name in ("awaited.finish", "rcssmin", "rjsmin"):
        importlib.import_module(name)
    tool()
    if stage:
        stage.prepare()
        for name in ("awaited.weave.kept_pages", "smalldocs.browser", "smalldocs.llms", "pygments.lexers.python"):
            importlib.import_module(name)
    return scripts


@contextlib.contextmanager
def only_build(project: Project) -> Iterator[None]:
    """Keeps a second build out of the checkout, and clears away what a build that was killed has left.

    Raises AwaitedError where there is one, and where a folder to write to is not the project's own.
    """
    check_folders(project)
    project.scratch.mkdir(exist_ok=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
    with os.fdopen(os.open(project.scratch / "lock", flags, 0o644), "r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AwaitedError(
                f"another build is running here (process {lock.read().strip() or 'unknown'}); wait for it, or stop it"
            ) from None
        if lock.read():  # the last one has not come to its end
            _recover(project)
        _clear(project)
        _write(lock, str(os.getpid()))
        try:
            yield
        finally:
            end_marked(PROJECT, str(project.root))
            _clear(project)
        _write(lock, "")


def publish(project: Project, made: Path) -> None:
    """Puts a finished site in the place of the old one, as a whole."""
    old = project.scratch / "old-site"
    try:
        if project.site.exists():
            project.site.replace(old)
        made.replace(project.site)
    except BaseException:
        _bring_back_site(project)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _write(lock: TextIO, text: str) -> None:
    lock.seek(0)
    lock.truncate()
    lock.write(text)
    lock.flush()


def _bring_back_site(project: Project) -> None:
    """Puts the last good site back where ``publish`` was stopped between its two steps."""
    old = project.scratch / "old-site"
    if old.exists() and not project.site.exists():
        old.replace(project.site)


def _recover(project: Project) -> None:
    """Makes good what a build that was killed has left: no site, half-written files, processes of its snippets."""
    _bring_back_site(project)
    for folder in (project.freezer, project.root / EXAMPLES):
        for file in folder.rglob(f".*{UNFINISHED}"):
            file.unlink()
    end_marked(PROJECT, str(project.root))


def _clear(project: Project) -> None:
    for leftover in project.scratch.iterdir():
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover, ignore_errors=True)
        elif leftover.is_symlink() or leftover.name.endswith(UNFINISHED):
            leftover.unlink(missing_ok=True)
