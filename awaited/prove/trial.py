"""Runs every script under every Python, many at once, beside whatever else is done; what is known is not run again."""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from awaited import httpbin
from awaited.execute.quiet import Quiet
from awaited.progress import Progress
from awaited.prove import environments, record
from awaited.prove.browser import BrowserTrial
from awaited.prove.environments import Environment
from awaited.prove.proofs import Proofs, judge, stays_unproven
from awaited.prove.pythons import Python, in_words, numbers
from awaited.prove.runs import Ran, run
from awaited.read.errors import AwaitedError
from awaited.read.packages import version
from awaited.read.project import Project
from awaited.tangle.scripts import Script

TRIES_ALONE = 2
"""How often a script whose durations alone are off runs again with nothing beside it."""


class Trial:
    """The runs of a project's scripts, for one ``async with`` block.

    ``run_all`` may be at work while cells run; ``judge`` compares once the pages' results are there.
    """

    def __init__(self, project: Project, progress: Progress, jobs: int | None = None) -> None:
        """``jobs`` is how many scripts run at once."""
        self.quiet = Quiet()
        self._project, self._progress = project, progress
        self.scripts: list[Script] = []
        self._to_run: list[Script] = []
        self.environments: list[Environment] = []
        self.contents: dict[Path, str] = {}
        self._record = record.Record()
        self._places = asyncio.Semaphore(jobs or max(8, 4 * (os.cpu_count() or 1)))
        self._tasks: dict[Any, asyncio.Task[Any]] = {}
        """What is done once, whoever asks for it: a key, and the task."""
        self._open = AsyncExitStack()
        self._count = self._done = 0
        self._browser = BrowserTrial(project, progress, self.quiet) if project.settings.live else None

    def take(self, scripts: Sequence[Script], pythons: Sequence[Python], *, fresh: bool = False) -> None:
        """Takes up scripts, to be run under Pythons.

        ``fresh`` runs all of them, whatever is known, and whatever stays frozen.
        """
        self.scripts, texts = list(scripts), [script.text for script in scripts]
        articles = {script.article.path: script.article for script in scripts}
        left = {path for path, one in articles.items() if not fresh and stays_unproven(self._project, one)}
        self._to_run = [script for script in scripts if script.article.path not in left]
        self.environments = [environments.plan(self._project, python, texts) for python in pythons]
        self.contents = record.contents(self._project, self.scripts)
        self._record = record.Record() if fresh else record.read(self._project)
        self._record.system = f"{platform.system()} {platform.release()} on {platform.machine()}"
        self._record.packages, self._record.unavailable = {}, {}

    async def __aenter__(self) -> Trial:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self._open.aclose()
        if self._browser:
            await self._browser.close()

    async def run_all(self) -> None:
        """Runs what is not known yet; a Python whose environment cannot be made is left out, and said."""
        async with asyncio.TaskGroup() as group:
            for environment in self.environments:
                version = environment.python.version
                mine = [script for script in self._to_run if script.cell.works_on(version)]
                todo = [script for script in mine if not self._known(script, environment)]
                self._count += len(todo)
                group.create_task(self._run_under(environment, todo))
            if self._browser:
                group.create_task(self._browser.run_all(self._to_run, self.contents, self._record))
        self._progress.end("proving")
        self._record.packages = dict(sorted(self._record.packages.items(), key=lambda item: numbers(item[0])))
        if self._done:
            count, on = self._done, in_words(list(self._record.packages))
            self._progress.say(f"  ran scripts on Python {on}: {count} run{'s' * (count != 1)}")

    async def ran(self, script: Script, environment: Environment) -> Ran:
        """What a script does in an environment: as it is known, or by running it once, whoever asks.

        Raises AwaitedError where the environment cannot be made.
        """
        key = script.path, environment.key
        if key not in self._tasks:
            self._tasks[key] = asyncio.create_task(self._run(script, environment))
        found: Ran = await asyncio.shield(self._tasks[key])
        return found

    async def judge(self) -> Proofs:
        """What the runs prove, once the pages' results are there; what is off in time alone runs again, alone."""
        by_version = {environment.python.version: environment for environment in self.environments}
        proofs = judge(self._project, self.scripts, self.contents, self._record)
        for _ in range(TRIES_ALONE):
            for problem in (late := [problem for problem in proofs.problems if problem.difference.is_time]):
                await self._measure(problem.script, by_version[problem.version])
            if late:
                proofs = judge(self._project, self.scripts, self.contents, self._record)
        for _ in range(TRIES_ALONE):
            if self._browser and await self._browser.run_again(proofs):
                proofs = judge(self._project, self.scripts, self.contents, self._record)
        for problem in proofs.problems:
            self._record.runs[problem.script.path].pop(problem.version, None)  # it may be mended elsewhere
        wanted = {script.path for script in self.scripts}
        self._record.runs = {path: runs for path, runs in self._record.runs.items() if path in wanted}
        self._record.in_browser = {path: kept for path, kept in self._record.in_browser.items() if path in wanted}
        record.write(self._project, self._record)
        return proofs

    def _known(self, script: Script, environment: Environment) -> Ran | None:
        return self._record.get(script, self.contents[script.path], environment)

    async def _run_under(self, environment: Environment, scripts: Sequence[Script]) -> None:
        python = environment.python
        try:
            await self._make(environment)
        except AwaitedError as error:
            self._record.unavailable[python.version] = error.message
            self._progress.say(f"  note: nothing is proven on Python {python.version}: {error.message}")
            return
        self._record.packages[python.version] = environments.packages(
            environment, [script.text for script in self.scripts]
        )
        await asyncio.gather(*(self.ran(script, environment) for script in scripts))

    async def _make(self, environment: Environment) -> None:
        if environment.key not in self._tasks:
            self._tasks[environment.key] = asyncio.create_task(environments.make(environment, self._progress))
        await asyncio.shield(self._tasks[environment.key])

    async def _run(self, script: Script, environment: Environment) -> Ran:
        if known := self._known(script, environment):
            return known
        await self._make(environment)
        async with self._places, self.quiet.for_cell(script.cell):
            ran = await self._measure(script, environment)
        self._done += 1
        self._progress.doing("proving", f"{self._done} of {self._count} runs of scripts")
        return ran

    async def _measure(self, script: Script, environment: Environment) -> Ran:
        if httpbin.VARIABLE in script.text and version("httpbin"):
            if httpbin not in self._tasks:
                entering = asyncio.to_thread(self._open.enter_context, httpbin.running())
                self._tasks[httpbin] = asyncio.create_task(entering)
            await asyncio.shield(self._tasks[httpbin])
        ran = await run(self._project, script, environment)
        self._record.put(script, self.contents[script.path], environment, ran)
        return ran


def kept(project: Project, scripts: Sequence[Script]) -> Proofs:
    """What earlier runs prove of scripts and pages as they are now; nothing is run."""
    return judge(project, scripts, record.contents(project, list(scripts)), record.read(project))
