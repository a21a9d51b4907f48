"""Executes articles: each in a Jupyter kernel of its own, all at once, and freezes what their cells gave.

An article's cells run only when something they depend on has changed (see ``inputs``), and not where its author has
told Quarto to keep what is frozen (see ``freezer.is_settled``). Nothing is written before every article has run to its
end: an error leaves the freezer as it was.
"""

from __future__ import annotations

import asyncio
import os
import platform
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from awaited.execute.cells import run_article
from awaited.execute.clean import run_cleanly
from awaited.execute.forks import ForkServer
from awaited.execute.inputs import Lookup, changes, evaluated, inputs
from awaited.execute.kernels import import_nbclient, kernel_environment
from awaited.execute.processes import PROJECT, RUN, end_marked
from awaited.execute.quiet import Quiet
from awaited.memory import freezer
from awaited.memory.results import CellResult, Frozen
from awaited.progress import Progress
from awaited.read.articles import Article, decode
from awaited.read.errors import AwaitedError, together
from awaited.read.project import Project

Exception_ = TypeVar("Exception_", bound=Exception)


class Elsewhere(Protocol):
    """Who runs the cells whose output another Python gives than the one that runs now."""

    def depends_on(self, article: Article) -> dict[str, str]:
        """For each such cell of an article, by its label, what its result depends on."""

    async def run(self, article: Article) -> Sequence[CellResult]:
        """Their results, in their order."""


@dataclass(frozen=True)
class Outcome:
    """What an execution of a project did."""

    executed: Sequence[Path]
    """The articles whose cells ran."""
    kept: Sequence[Path]
    """The articles whose frozen results still held."""


GRACE = 2.0
"""Seconds that the other articles have to the end of their own, after one has failed; as many as it took, if more."""


def default_jobs() -> int:
    """How many articles run at once unless told otherwise: snippets wait more than they compute."""
    return max(16, 4 * (os.cpu_count() or 1))


async def execute(
    project: Project,
    articles: Sequence[Article],
    progress: Progress,
    *,
    fresh: bool = False,
    jobs: int | None = None,
    started: asyncio.Event | None = None,
    elsewhere: Elsewhere | None = None,
    quiet: Quiet | None = None,
) -> Outcome:
    """Brings the frozen results of articles up to date; ``fresh`` runs all of them, ``jobs`` is how many at once.

    Cells that want another Python run ``elsewhere``; without that, they are left out. ``quiet`` is for those that run
    alone; whatever else runs meanwhile should heed it.
    ``started`` is set once that many have a kernel: from then on there is time for other work, as cells mostly wait.
    Raises AwaitedError for each article's first cell that raises, hangs beyond its time limit, or loses its kernel: for
    all that come to light soon after the first. Then nothing has been written, and no kernel is left.
    """
    run, started = uuid.uuid4().hex, started or asyncio.Event()
    try:
        with ForkServer(kernel_environment() | {PROJECT: str(project.root), RUN: run}) as server:
            kept = {article.path: freezer.read(project.freezer, article.path) for article in articles}
            now = _all_inputs(project, articles, elsewhere)  # while the server imports what kernels need
            stale = [a for a in articles if fresh or not _holds(project, a, kept[a.path], now[a.path])]
            for article in stale:
                before = kept[article.path]
                because = _in_brief(changes(before.inputs, now[article.path])) if before and not fresh else ""
                progress.say(f"executing {article.path}" + (f" (changed: {because})" if because else ""))
            ran = await _run_all(
                project, stale, now, progress, server, jobs or default_jobs(), started, elsewhere, quiet or Quiet()
            )
    finally:
        end_marked(RUN, run)  # what a forked kernel has forked bears the fork server's mark
    started.set()  # there may have been none to start
    for article in articles:
        if article in stale and article.path not in ran:
            freezer.discard(project.freezer, article.path)
            continue
        frozen, source = ran.get(article.path) or kept[article.path], _source(project, article)
        if frozen and _fits(frozen, now[article.path], article):
            freezer.write(project.freezer, article, source, _numbered(frozen, article))
        elif not freezer.is_current(project.freezer, article.path, source):
            progress.say(f"keeping {article.path} as it was frozen: 'freeze: true' says so; --fresh runs it")
    return Outcome(tuple(ran), tuple(path for path in now if path not in ran))


def _in_brief(changed: Sequence[str], most: int = 3) -> str:
    more = [f"{len(changed) - most} more"] if len(changed) > most else []
    return ", ".join([*changed[:most], *more])


def _all_inputs(
    project: Project, articles: Sequence[Article], elsewhere: Elsewhere | None
) -> dict[Path, dict[str, Any]]:
    lookup = Lookup()
    others = {article.path: elsewhere.depends_on(article) if elsewhere else {} for article in articles}
    return {article.path: inputs(project, article, lookup, others[article.path]) for article in articles}


def _holds(project: Project, article: Article, kept: Frozen | None, now: Mapping[str, Any]) -> bool:
    """Whether an article need not run: nothing has changed, or its author has settled that it does not matter."""
    if kept and kept.inputs == now and _fits(kept, now, article):
        return True
    return freezer.is_settled(project.freezer, article, _source(project, article))


def _fits(frozen: Frozen, now: Mapping[str, Any], article: Article) -> bool:
    """Whether results are those of the cells that an article has now."""
    is_same = all(frozen.inputs.get(name) == now[name] for name in ("cells", "elsewhere"))
    counts = len(frozen.results), len(frozen.inline)
    return is_same and counts == (len(evaluated(article)), len(article.inline))


def _source(project: Project, article: Article) -> bytes:
    source = (project.root / article.path).read_bytes()
    same = decode(source, article.path) == article.file_text
    return source if same else article.file_text.encode()  # edited meanwhile: results are of what was read


def _numbered(frozen: Frozen, article: Article) -> Frozen:
    """The results under the numbers that their cells have now: cells that do not run may have come and gone."""
    cells = evaluated(article)
    results = (replace(result, number=cell.number) for result, cell in zip(frozen.results, cells, strict=True))
    numbers = {cell.label: cell.number for cell in article.cells}
    labels = frozen.inputs["elsewhere"]  # in the order of their cells
    elsewhere = (replace(r, number=numbers[label]) for r, label in zip(frozen.elsewhere, labels, strict=True))
    return replace(frozen, results=tuple(results), elsewhere=tuple(elsewhere))


async def _run_all(
    project: Project,
    articles: Sequence[Article],
    now: Mapping[Path, dict[str, Any]],
    progress: Progress,
    server: ForkServer,
    jobs: int,
    started: asyncio.Event,
    elsewhere: Elsewhere | None,
    quiet: Quiet,
) -> dict[Path, Frozen]:
    if not articles:
        return {}
    import_nbclient()
    places = asyncio.Semaphore(jobs)
    to_start = min(jobs, sum(bool(evaluated(article) or article.inline) for article in articles))
    have_started: set[Path] = set()

    def has_started(article: Article) -> None:
        have_started.add(article.path)
        if len(have_started) == to_start:
            started.set()

    ran, wrong = dict[Path, Frozen](), dict[Path, AwaitedError]()
    clock, limit = asyncio.get_running_loop().time, asyncio.timeout(None)
    start = clock()

    async def run(article: Article) -> None:
        async with places:
            executed = datetime.now(UTC).isoformat(timespec="seconds")
            try:
                once = partial(run_article, project, article, progress, server, quiet, partial(has_started, article))
                async with asyncio.TaskGroup() as both:
                    here = both.create_task(run_cleanly(article.path, once, progress))
                    there = both.create_task(elsewhere.run(article)) if elsewhere else None
            except* AwaitedError as errors:
                wrong[article.path] = first(errors)
            if article.path in wrong and article.holds_outputs:  # Quarto would not even run it
                advice = "the page shows what the notebook holds; correct it, or say 'execute: {enabled: false}'"
                progress.say(f"  note: {wrong.pop(article.path)}; {advice}")
                return
            if article.path in wrong:
                if limit.when() is None:
                    limit.reschedule(clock() + max(GRACE, clock() - start))
                return
            python, others = platform.python_version(), tuple(there.result()) if there else ()
            results, inline = here.result()
            ran[article.path] = Frozen(now[article.path], executed, python, results, others, inline)

    try:
        async with limit, asyncio.TaskGroup() as group:
            for article in articles:
                group.create_task(run(article))
    except* TimeoutError:
        pass
    except* OSError as errors:
        raise first(errors) from None
    if wrong:
        raise together(wrong[article.path] for article in articles if article.path in wrong)
    return {article.path: ran[article.path] for article in articles if article.path in ran}


def first(errors: BaseExceptionGroup[Exception_]) -> Exception_:
    """The first error of a group, however deep it is."""
    error = errors.exceptions[0]
    return first(error) if isinstance(error, BaseExceptionGroup) else error
