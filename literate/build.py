"""Builds the site: tangle, execute, weave, finish. The last good site stays until the new one is whole."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from literate.cells import LiterateError
from literate.progress import Progress, Stopwatch
from literate.project import Project
from literate.weave import choose_engine


@dataclass(frozen=True)
class Built:
    """What a build has made."""

    site: Path
    engine: str
    executed: int
    """How many articles' cells ran."""
    times: Stopwatch


def build(
    project: Project,
    progress: Progress,
    *,
    engine: str | None = None,
    fresh: bool = False,
    jobs: int | None = None,
) -> Built:
    """Builds the whole site; raises LiterateError, with the site as it was, for whatever a person has to put right."""
    from literate import execute, finish, tangle, weave

    engine, times = choose_engine(engine), Stopwatch()
    with only_build(project):
        with times.step("tangle"):
            articles = project.articles()
            scripts = tangle.tangle_project(project)
            tangle.write(project, scripts)
        with times.step("execute"):
            outcome = execute.run_until_done(
                lambda: execute.execute(project, articles, progress, fresh=fresh, jobs=jobs)
            )
        made = project.scratch / "site"
        with times.step("weave"):
            weave.weave(project, engine, made, progress)
        with times.step("finish"):
            finish.finish(project, made, scripts)
        publish(project, made)
    return Built(project.site, engine, len(outcome.executed), times)


@contextlib.contextmanager
def only_build(project: Project) -> Iterator[None]:
    """Keeps a second build out of the checkout, and clears away what a build that was killed has left."""
    project.scratch.mkdir(exist_ok=True)
    with (project.scratch / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise LiterateError(
                f"another build is running here (process {lock.read().strip() or 'unknown'}); wait for it, or stop it"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        _recover(project)
        try:
            yield
        finally:
            _clear(project)


def publish(project: Project, made: Path) -> None:
    """Puts a finished site in the place of the old one, as a whole."""
    old = project.scratch / "old-site"
    if project.site.exists():
        project.site.replace(old)
    try:
        made.replace(project.site)
    except OSError:
        if old.exists():
            old.replace(project.site)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _recover(project: Project) -> None:
    """Brings back the last good site where a build was killed between the two steps of ``publish``."""
    old = project.scratch / "old-site"
    if old.exists() and not project.site.exists():
        old.replace(project.site)
    _clear(project)


def _clear(project: Project) -> None:
    for leftover in project.scratch.iterdir():
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
