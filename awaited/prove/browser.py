"""Runs scripts under one more Python: that of a reader's browser, which runs the snippets of a page."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from awaited.execute.articles import first
from awaited.execute.quiet import Quiet
from awaited.live import chromium, files
from awaited.live.chromium import Chromium, Result
from awaited.live.worker.runner import Request
from awaited.memory.plain_text import plain
from awaited.progress import Progress
from awaited.prove.compare import Printed
from awaited.prove.proofs import Proofs
from awaited.prove.record import Kept, Record
from awaited.prove.runs import LIMIT, Ran
from awaited.read.errors import AwaitedError
from awaited.read.project import Project
from awaited.tangle.scripts import Script

PLACES = 6
"""How many scripts run at once, each in a worker that takes some time to start, and 100 MB."""


class BrowserTrial:
    """The runs of a project's scripts in the browser's Python; what is known is not run again."""

    def __init__(self, project: Project, progress: Progress, quiet: Quiet) -> None:
        self._project, self._progress, self._quiet = project, progress, quiet
        self._open = AsyncExitStack()
        self._browser: Chromium | None = None
        self._just_run: list[Script] = []

    async def run_all(self, scripts: Sequence[Script], contents: Mapping[Path, str], record: Record) -> None:
        """Runs what is not known yet, and keeps it in a record; where that cannot be, it says so and claims nothing."""
        self._contents, self._record = contents, record
        try:
            self._runtime = await asyncio.to_thread(files.prepare, self._project)
        except AwaitedError as error:
            record.in_browser.clear()
            self._progress.say(f"  note: no snippet can be run in its page: {error.message}")
            return
        todo = [script for script in scripts if not self._is_known(script)]
        for script in todo:
            record.in_browser.pop(script.path, None)
        try:
            await self._run(todo)
        except* AwaitedError as errors:
            self._progress.say(f"  note: nothing more is proven in a browser: {first(errors).message}")

    async def run_again(self, proofs: Proofs) -> bool:
        """Runs what has just printed something else once more, alone, in a Python that has run nothing before.

        False where there is nothing to run.
        """
        odd = [script for script in self._just_run if self._may_come_out_otherwise(script, proofs)]
        for script in odd:
            await self._keep(script, is_again=True)
        return bool(odd)

    async def close(self) -> None:
        """Ends the browser."""
        await self._open.aclose()

    def _is_known(self, script: Script) -> bool:
        kept = self._record.in_browser.get(script.path)
        now = self._contents[script.path], self._runtime.hash
        return kept is not None and (kept.content, kept.environment) == now

    def _may_come_out_otherwise(self, script: Script, proofs: Proofs) -> bool:
        kept, proof = self._record.in_browser.get(script.path), proofs.in_browser.get(script.path)
        return bool(kept and proof and proof.outcome != "same" and not kept.ran.lacks)

    async def _run(self, scripts: Sequence[Script]) -> None:
        if not scripts:
            return
        self._browser = await self._open.enter_async_context(chromium.running(self._runtime))
        places = asyncio.Semaphore(PLACES)

        async def run(script: Script) -> None:
            async with places, self._quiet.for_cell(script.cell):
                await self._keep(script)
            self._just_run.append(script)

        async with asyncio.TaskGroup() as group:
            for script in scripts:
                group.create_task(run(script))
        self._progress.say(f"  ran scripts in a browser: {len(scripts)} run{'s' * (len(scripts) != 1)}")

    async def _keep(self, script: Script, is_again: bool = False) -> None:
        assert self._browser is not None
        limit = float(script.cell.setting("timeout") or LIMIT)
        request = Request(script.text, label=script.cell.label or "", program=True, file=script.path.name)
        when = datetime.now(UTC).isoformat(timespec="seconds")
        ran = _ran(await self._browser.run(request, limit, fresh=is_again), when)
        self._record.in_browser[script.path] = Kept(self._contents[script.path], self._runtime.hash, ran)


def _ran(result: Result, when: str) -> Ran:
    status = {"finished": 0, "late": None}.get(result.outcome, 1)
    lacks = result.error if result.outcome == "unavailable" else ""
    printed = Printed(plain(result.stdout), plain(result.stderr + ("" if lacks else result.error)))
    return Ran(status, printed, result.seconds, when, lacks)
