"""Runs the cells whose output another Python gives: as scripts, each under the newest Python that fits."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Sequence
from pathlib import Path

from awaited.memory.outputs import Output
from awaited.memory.results import CellResult
from awaited.progress import Progress
from awaited.prove.environments import Environment
from awaited.prove.runs import Ran
from awaited.prove.trial import Trial
from awaited.read.articles import Article
from awaited.read.cells import Cell
from awaited.read.errors import AwaitedError
from awaited.read.places import where
from awaited.tangle.scripts import Script


def is_elsewhere(cell: Cell) -> bool:
    """Whether a snippet's output is that of another Python than the one that runs now."""
    return cell.makes_script and not _fits(cell, platform.python_version())


def _fits(cell: Cell, version: str) -> bool:
    return cell.works_on(version) and cell.is_printed_by(version)


class NewestPython:
    """Who runs such cells; see ``awaited.execute.articles.Elsewhere``."""

    def __init__(self, trial: Trial, articles: Sequence[Article], progress: Progress) -> None:
        self._trial = trial
        self._places: dict[Path, list[tuple[Script, Environment]]] = {}
        scripts = {(script.article.path, script.cell.number): script for script in trial.scripts}
        for article, cell in ((page, cell) for page in articles for cell in filter(is_elsewhere, page.cells)):
            script = scripts.get((article.path, cell.number))
            fitting = [e for e in trial.environments if _fits(cell, e.python.version)]
            if script and fitting:
                self._places.setdefault(article.path, []).append((script, fitting[-1]))
                continue
            wanted, place = cell.options.get("python") or cell.options["printed-by"], where(article.path, cell.line)
            progress.say(f"  note: {place}: no Python {wanted} is here to run '{cell.label}'; the page says so")

    def depends_on(self, article: Article) -> dict[str, str]:
        """For each such cell of an article, by its label, what its result depends on."""
        return {
            str(
                script.cell.label
            ): f"{environment.python.version} {environment.key} {self._trial.contents[script.path]}"
            for script, environment in self._places.get(article.path, ())
        }

    async def run(self, article: Article) -> Sequence[CellResult]:
        """Their results; raises AwaitedError for a script that fails where its cell does not say ``error: true``."""
        places = self._places.get(article.path, ())
        runs = await asyncio.gather(*(self._trial.ran(script, environment) for script, environment in places))
        return [_result(script, environment, ran) for (script, environment), ran in zip(places, runs, strict=True)]


def _result(script: Script, environment: Environment, ran: Ran) -> CellResult:
    cell, version = script.cell, environment.python.version
    outputs: list[Output] = []
    if ran.printed.stdout:
        outputs.append({"output_type": "stream", "name": "stdout", "text": ran.printed.stdout})
    if ran.status == 0 and ran.printed.stderr:
        outputs.append({"output_type": "stream", "name": "stderr", "text": ran.printed.stderr})
    if ran.status != 0:
        last = ran.printed.stderr.rstrip().rpartition("\n")[2]
        if ran.status is None or not cell.setting("error"):
            wrong = last or ("it took too long" if ran.status is None else f"exit status {ran.status}")
            raise AwaitedError(f"{cell.in_words}, on Python {version}: {wrong}", script.article.path, cell.line)
        name, _, value = last.partition(": ")
        traceback = ran.printed.stderr.rstrip().split("\n")
        outputs.append({"output_type": "error", "ename": name, "evalue": value, "traceback": traceback})
    return CellResult(cell.number, ran.seconds, outputs, version)
