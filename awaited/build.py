"""Builds the site: tangle, execute, weave, finish. The last good site stays until the new one is whole."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import importlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from awaited.execute.processes import PROJECT, end_marked
from awaited.memory.files import UNFINISHED
from awaited.memory.keeper import tool
from awaited.progress import Progress, Stopwatch
from awaited.read.articles import Article
from awaited.read.errors import AwaitedError, together
from awaited.read.project import EXAMPLES, Project, check_folders
from awaited.weave.engines import choose_engine, identity, weave
from awaited.weave.stage import Stage

if TYPE_CHECKING:
    from awaited.execute.articles import Outcome
    from awaited.prove.elsewhere import NewestPython
    from awaited.prove.proofs import Proofs
    from awaited.prove.trial import Trial
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


@dataclass(frozen=True)
class Wishes:
    """What somebody may want of a build."""

    engine: str | None = None
    """What weaves the pages; None for Quarto where it is installed."""
    fresh: bool = False
    """Whether every cell runs, whatever is frozen."""
    jobs: int | None = None
    """How many articles, and how many scripts, run at once."""
    proves: bool = True
    """Whether scripts are proven; where not, no page claims a proof."""
    pythons: Sequence[str] = ()
    """The minor versions of Python to prove on; empty for all that there are."""


def build(project: Project, progress: Progress, wishes: Wishes = Wishes()) -> Built:
    """Builds the whole site; raises AwaitedError, with the site as it was, for whatever a person has to put right."""
    from awaited.live import machine
    from awaited.memory import unchanged
    from awaited.prove import pythons
    from awaited.read import changes

    engine, times = choose_engine(wishes.engine), Stopwatch()
    with only_build(project):
        with times.step("compare"):
            around = [pythons.state(), wishes.proves, wishes.pythons, changes.state(project)]
            around += [machine.state(project.root)] if project.settings.live else []
            reads = unchanged.read(project, identity(engine), around)
            if not wishes.fresh and unchanged.holds(project, reads):
                return Built(project.site, engine, 0, times, unchanged=True)
        executed = _build(project, progress, engine, wishes, times)
        unchanged.keep(project, reads)
    return Built(project.site, engine, executed, times)


def _build(project: Project, progress: Progress, engine: str, wishes: Wishes, times: Stopwatch) -> int:
    """Takes every step of a build; how many articles' cells ran."""
    from awaited.execute.signals import run_until_done

    with times.step("read"):
        pages = project.read_pages()
    stage = Stage(project, pages)
    ahead = stage if engine == "smalldocs" else None
    articles = [page for page in pages if page.has_code]
    scripts, outcome, proofs = run_until_done(lambda: _run(project, articles, ahead, progress, wishes, times))
    from awaited.finish.site import finish  # only now: cells wait for what is imported before them
    from awaited.prove.proofs import disown
    from awaited.tangle.examples import write

    if engine == "quarto":  # which knows our results only where it keeps its own
        why = "Quarto runs its cells itself; with 'freeze: auto' in its header it shows those that were proven"
        disown(proofs, [script for script in scripts if not script.article.freeze], why)
        why = "Quarto shows what the notebook holds, not what was proven"
        disown(proofs, [script for script in scripts if script.article.path.suffix == ".ipynb"], why)
    _say_unproven(proofs, progress)
    made = project.scratch / "site"
    with times.step("weave"):
        weave(project, engine, stage, made, progress)
    with times.step("finish"):
        for dead in finish(project, pages, made, scripts, proofs):
            progress.say(f"  note: {dead}")
        write(project, scripts)  # like the site, they stay as they were until all is well
        publish(project, made)
    return len(outcome.executed)


def execute(project: Project, articles: Sequence[Article], progress: Progress, wishes: Wishes) -> Outcome:
    """Brings the frozen results of some articles up to date; raises AwaitedError as ``build`` does."""
    from awaited.execute.signals import run_until_done

    wishes = replace(wishes, proves=False)
    outcome: Outcome = run_until_done(lambda: _run(project, articles, None, progress, wishes, Stopwatch()))[1]
    return outcome


def prove(project: Project, scripts: Sequence[Script], progress: Progress, wishes: Wishes) -> Proofs:
    """Runs the scripts of all articles, and says what that proves; raises AwaitedError where cells have not run yet."""
    from awaited.execute.signals import run_until_done
    from awaited.memory import freezer
    from awaited.prove.pythons import find_pythons
    from awaited.prove.trial import Trial

    for page in dict.fromkeys(script.article.path for script in scripts):
        freezer.markdown(project.freezer, page)

    async def trial_alone() -> Proofs:
        async with Trial(project, progress, wishes.jobs) as trial:
            await asyncio.to_thread(trial.take, scripts, find_pythons(project, wishes.pythons), fresh=wishes.fresh)
            await trial.run_all()
            return await trial.judge()

    proofs: Proofs = run_until_done(trial_alone)
    return proofs


async def _run(
    project: Project,
    articles: Sequence[Article],
    stage: Stage | None,
    progress: Progress,
    wishes: Wishes,
    times: Stopwatch,
) -> tuple[list[Script], Outcome, Proofs]:
    """Runs the cells, which mostly wait, meanwhile the scripts, and prepares the weaving; the first error stops all.

    Raises AwaitedError for the first script that contradicts its page. ``stage`` is one to prepare.
    """
    from awaited.execute.articles import execute, first
    from awaited.prove.trial import Trial

    async with Trial(project, progress, wishes.jobs) as trial:
        started, elsewhere = asyncio.Event(), None
        if any(cell.wants_versions for article in articles for cell in article.cells):
            elsewhere = await asyncio.to_thread(_run_elsewhere, trial, project, articles, wishes, progress)

        async def work() -> None:
            await started.wait()
            if elsewhere is None:
                await asyncio.to_thread(_set_up, trial, project, articles, wishes, progress)
            if wishes.proves:
                group.create_task(trial.run_all())
            await _prepare(stage)

        try:
            with times.step("execute"):
                async with asyncio.TaskGroup() as group:
                    group.create_task(work())
                    executing = group.create_task(
                        execute(
                            project,
                            articles,
                            progress,
                            fresh=wishes.fresh,
                            jobs=wishes.jobs,
                            started=started,
                            elsewhere=elsewhere,
                            quiet=trial.quiet,
                        )
                    )
        except* (AwaitedError, OSError) as errors:
            raise first(errors) from None
        with times.step("prove"):
            proofs = await trial.judge() if wishes.proves else None
    return trial.scripts, executing.result(), _accepted(project, proofs, progress)


def _set_up(trial: Trial, project: Project, articles: Sequence[Article], wishes: Wishes, progress: Progress) -> None:
    """Tangles the scripts of all articles, and finds the Pythons to run them on."""
    from awaited.finish.articles import by_address
    from awaited.finish.path import places
    from awaited.prove.pythons import find_pythons
    from awaited.tangle.examples import changes
    from awaited.tangle.left_out import note
    from awaited.tangle.scripts import tangle_project

    left_out: list[AwaitedError] = []
    scripts = tangle_project(project, articles, left_out)
    if left_out:
        progress.say(f"  note: {note(left_out)}")
    changes(project, scripts)  # what a person has to put right is to be told before the cells have run
    places(by_address(articles))
    trial.take(scripts, find_pythons(project, wishes.pythons), fresh=wishes.fresh)


def _run_elsewhere(
    trial: Trial, project: Project, articles: Sequence[Article], wishes: Wishes, progress: Progress
) -> NewestPython:
    """Who runs the cells that want another Python; what they give is among the results, so the scripts come first."""
    from awaited.prove.elsewhere import NewestPython

    _set_up(trial, project, articles, wishes, progress)
    return NewestPython(trial, articles, progress)


async def _prepare(stage: Stage | None) -> None:
    """Prepares the weaving, and imports what the steps to come need."""

    def prepare() -> None:
        for name in ("awaited.finish.site", "rcssmin", "rjsmin"):
            importlib.import_module(name)
        tool()
        if stage:
            stage.prepare()
            for name in ("awaited.weave.kept_pages", "smalldocs.browser", "smalldocs.llms", "pygments.lexers.python"):
                importlib.import_module(name)

    try:
        await asyncio.to_thread(prepare)
    except asyncio.CancelledError:  # the thread itself goes on
        if stage:
            stage.stop()
        raise


def _accepted(project: Project, proofs: Proofs | None, progress: Progress) -> Proofs:
    """Proofs whose problems have been told; with ``examples: strict`` these are raised as an AwaitedError."""
    from awaited.prove.proofs import Proofs, explain

    proofs = proofs or Proofs()
    errors: dict[Path, AwaitedError] = {}
    for problem in proofs.problems:
        progress.say(explain(problem))
        script = problem.script
        wrong = f"the script of '{script.cell.label}' contradicts the page on Python {problem.version}, as told above"
        advice = "correct the cell, or say with 'varies' or 'printed-by' what may differ"
        errors.setdefault(script.path, AwaitedError(f"{wrong}; {advice}", script.article.path, script.cell.line))
    if errors and project.settings.is_strict:
        raise together(errors.values())
    if count := len(errors):
        scripts = f"{count} scripts contradict their pages" if count > 1 else "1 script contradicts its page"
        progress.say(f"  note: {scripts}, as told above, and nothing is claimed where it does")
    return proofs


def _say_unproven(proofs: Proofs, progress: Progress) -> None:
    for path, reason in proofs.unproven.items():
        progress.say(f"  note: {path}: nothing is proven: {reason}")


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
        os.environ[PROJECT] = str(project.root)  # for all that is started meanwhile: scripts, browsers, installers
        try:
            yield
        finally:
            del os.environ[PROJECT]
            try:
                _leave_nothing(project)
            except KeyboardInterrupt:  # a stop that comes only now waits for that
                _leave_nothing(project)
                raise
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


def _leave_nothing(project: Project) -> None:
    """Ends what was started meanwhile, and takes away all work in progress."""
    end_marked(PROJECT, str(project.root))
    _clear(project)


def _clear(project: Project) -> None:
    for leftover in project.scratch.iterdir():
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover, ignore_errors=True)
        elif leftover.is_symlink() or leftover.name.endswith(UNFINISHED):
            leftover.unlink(missing_ok=True)
