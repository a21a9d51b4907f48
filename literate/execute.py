"""Executes articles: each in a Jupyter kernel of its own, all at once, and freezes what their cells gave.

An article's cells run only when something they depend on has changed (see ``inputs``). Nothing is written before every
article has run to its end: an error leaves the freezer as it was.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import re
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from literate import freeze
from literate.cells import Article, Cell, LiterateError, decode
from literate.freeze import CellResult, Frozen
from literate.inputs import changes, evaluated, inputs, kernel_name, working_directory
from literate.progress import Progress
from literate.project import Project

if TYPE_CHECKING:
    from nbclient import NotebookClient

KERNEL_START_LIMIT = 60
"""Seconds that a kernel may take to answer."""


@dataclass(frozen=True)
class Outcome:
    """What an execution of a project did."""

    executed: Sequence[Path]
    """The articles whose cells ran."""
    kept: Sequence[Path]
    """The articles whose frozen results still held."""


def default_jobs() -> int:
    """How many articles run at once unless told otherwise: snippets wait more than they compute."""
    return max(4, 2 * (os.cpu_count() or 1))


async def execute(
    project: Project, articles: Sequence[Article], progress: Progress, *, fresh: bool = False, jobs: int | None = None
) -> Outcome:
    """Brings the frozen results of articles up to date; ``fresh`` runs all of them, ``jobs`` is how many at once.

    Raises LiterateError for the first cell that raises, hangs beyond its time limit, or loses its kernel; then nothing
    has been written, and no kernel is left.
    """
    now = {article.path: inputs(project, article) for article in articles}
    kept = {article.path: freeze.read(project.freezer, article.path) for article in articles}
    stale = [article for article in articles if fresh or not _holds(kept[article.path], now[article.path], article)]
    for article in stale:
        before = kept[article.path]
        because = ", ".join(changes(before.inputs, now[article.path])) if before and not fresh else ""
        progress.say(f"executing {article.path}" + (f" (changed: {because})" if because else ""))
    ran = await _run_all(project, stale, now, progress, jobs or default_jobs())
    for article in articles:
        frozen = ran.get(article.path) or kept[article.path]
        if frozen:
            source = (project.root / article.path).read_bytes()
            if decode(source, article.path) != article.text:  # edited meanwhile: the results are those of the old text
                source = article.text.encode()
            freeze.write(project.freezer, article, source, _numbered(frozen, article))
    return Outcome(tuple(ran), tuple(path for path in now if path not in ran))


def _holds(kept: Frozen | None, now: dict[str, Any], article: Article) -> bool:
    return kept is not None and kept.inputs == now and len(kept.results) == len(evaluated(article))


def _numbered(frozen: Frozen, article: Article) -> Frozen:
    """The results under the numbers that their cells have now: cells that do not run may have come and gone."""
    cells = evaluated(article)
    results = (replace(result, number=cell.number) for result, cell in zip(frozen.results, cells, strict=True))
    return replace(frozen, results=tuple(results))


async def _run_all(
    project: Project, articles: Sequence[Article], now: dict[Path, dict[str, Any]], progress: Progress, jobs: int
) -> dict[Path, Frozen]:
    places = asyncio.Semaphore(jobs)

    async def run(article: Article) -> tuple[Path, Frozen]:
        async with places:
            executed = datetime.now(UTC).isoformat(timespec="seconds")
            results = await run_article(project, article, progress)
            return article.path, Frozen(now[article.path], executed, platform.python_version(), results)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(run(article)) for article in articles]
    except* LiterateError as errors:
        raise _first(errors) from None
    return dict(task.result() for task in tasks)


def _first(errors: BaseExceptionGroup[LiterateError]) -> LiterateError:
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


async def run_article(project: Project, article: Article, progress: Progress) -> tuple[CellResult, ...]:
    """Runs an article's cells in a new kernel, one after the other, and gives what each printed and displayed."""
    cells = evaluated(article)
    if not cells:
        return ()
    job, results = article.path.as_posix(), []
    progress.doing(job, "starting its kernel")
    try:
        async with _kernel(project, article) as client:
            for place, cell in enumerate(cells):
                progress.doing(job, f"{cell.name} ({place + 1} of {len(cells)})")
                start = time.perf_counter()
                outputs = await _run_cell(client, article, cell, place)
                seconds = time.perf_counter() - start
                progress.did(job, cell.name, seconds)
                results.append(CellResult(cell.number, round(seconds, 3), outputs))
    finally:
        progress.end(job)
    return tuple(results)


@asynccontextmanager
async def _kernel(project: Project, article: Article) -> AsyncIterator[NotebookClient]:
    """A kernel for an article's cells; whatever happens, it is gone in the end, with all the processes it started."""
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient import NotebookClient
    from nbformat import v4

    cells = evaluated(article)
    notebook = v4.new_notebook(cells=[_notebook_cell(cell) for cell in cells])  # type: ignore[no-untyped-call]
    client = NotebookClient(
        notebook,
        kernel_name=kernel_name(article),
        coalesce_streams=True,  # else one output falls into several boxes
        record_timing=False,
        store_widget_state=False,
        extra_arguments=_picture_settings(cells[0]),
    )
    client.log.disabled = True  # what it would say is in the error that follows
    with tempfile.TemporaryFile() as log:
        try:
            try:
                client.create_kernel_manager()
                await client.async_start_new_kernel(
                    cwd=str(working_directory(project, article)), stdout=log, stderr=log, env=_environment()
                )
                await _connect(client)
            except NoSuchKernel as error:
                wrong = f"no Jupyter kernel '{error.name}' on this machine"
                raise LiterateError(f"{wrong}; install it, or change 'jupyter:' in the header", article.path) from None
            except (RuntimeError, OSError) as error:
                raise LiterateError(f"its kernel did not start: {_tail(log) or error}", article.path) from None
            yield client
        finally:
            await _stop(client)


async def _connect(client: NotebookClient) -> None:
    """What nbclient's ``async_start_new_kernel_client`` does, but for the heartbeat.

    Its thread runs on for ever, and whoever waits for it as well, if it is stopped just when it begins; nobody needs
    it to learn that the kernel has died.
    """
    manager: Any = client.km
    client.kc = channels = manager.client()
    channels.start_channels(hb=False)
    channels.allow_stdin = False
    await channels.wait_for_ready(timeout=KERNEL_START_LIMIT)


def _environment() -> dict[str, str]:
    # colours would have to be taken out again, and a debugger's warnings are not the article's output
    return {**os.environ, "NO_COLOR": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1", "PYTHONHASHSEED": "0"}


def _picture_settings(cell: Cell) -> list[str]:
    """Quarto's defaults for pictures, for plots that the inline backend draws."""
    size = (cell.setting("fig-width"), cell.setting("fig-height"))
    rc = {"figure.figsize": size, "figure.dpi": cell.setting("fig-dpi"), "savefig.dpi": "figure"}
    return [f"--InlineBackend.figure_formats={{'{cell.setting('fig-format')}'}}", f"--InlineBackend.rc={rc}"]


def _notebook_cell(cell: Cell) -> Any:
    from nbformat import v4

    tags = ["raises-exception"] if cell.setting("error") else []
    return v4.new_code_cell(cell.code, metadata={"tags": tags})  # type: ignore[no-untyped-call]


async def _stop(client: NotebookClient) -> None:
    manager: Any = client.km
    channels: Any = client.kc
    if channels is not None:
        channels.stop_channels()
    if manager is not None:
        group = getattr(manager.provisioner, "pgid", None)
        await asyncio.shield(manager.shutdown_kernel(now=True))
        if group:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)  # what the cells left running


async def _run_cell(client: NotebookClient, article: Article, cell: Cell, place: int) -> tuple[dict[str, Any], ...]:
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    limit = cell.setting("timeout")
    running = asyncio.create_task(client.async_execute_cell(client.nb.cells[place], place))
    try:
        done, _ = await asyncio.wait({running}, timeout=limit)
        if not done:
            line = await _interrupt(client, running, cell)
            wrong = f"still running after {limit:g} s; 'timeout: N' under 'execute:' allows it more"
            raise LiterateError(f"cell '{cell.name}': {wrong}", article.path, line)
        return tuple(dict(output) for output in running.result()["outputs"])
    except CellExecutionError as error:
        message = f"{error.ename}: {freeze.plain(error.evalue)}".rstrip(": ")
        raise LiterateError(
            f"cell '{cell.name}': {message}", article.path, _line(cell, error.traceback, place)
        ) from None
    except DeadKernelError:
        raise LiterateError(f"cell '{cell.name}': its kernel died{_why(client)}", article.path, cell.line) from None
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await running


async def _interrupt(client: NotebookClient, running: asyncio.Task[Any], cell: Cell) -> int:
    """Interrupts a cell, and finds the line it was at where the interrupt tells."""
    manager: Any = client.km
    await manager.interrupt_kernel()
    await asyncio.wait({running}, timeout=2)
    error = running.exception() if running.done() and not running.cancelled() else None
    return _line(cell, getattr(error, "traceback", ""), None)


def _line(cell: Cell, traceback: str, place: int | None) -> int:
    """The line of the article at which a cell raised: the innermost of the cell's own lines in the traceback."""
    count = r"\d+" if place is None else str(place + 1)
    found = re.findall(rf"Cell In\[{count}\], line (\d+)", freeze.plain(traceback))
    return cell.code_line + int(found[-1]) - 1 if found else cell.line


def _why(client: NotebookClient) -> str:
    process = getattr(client.km.provisioner, "process", None) if client.km else None
    status = process.poll() if process else None
    if status is not None and status < 0:
        return f" of {signal.Signals(-status).name}"
    return f" with exit status {status}" if status is not None else ""


def _tail(log: IO[bytes], lines: int = 3) -> str:
    log.seek(0)
    return " / ".join(log.read().decode("utf-8", "replace").strip().splitlines()[-lines:])


def run_until_done(main: Callable[[], Any]) -> Any:
    """Runs a coroutine function as ``asyncio.run`` does, and lets SIGTERM stop it as tidily as Ctrl-C does."""

    async def with_signals() -> Any:
        task = asyncio.current_task()
        assert task is not None
        with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await main()

    try:
        return asyncio.run(with_signals())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
