"""Runs an article's cells one after the other, and finds the line of what goes wrong."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from awaited.execute.forks import ForkServer
from awaited.execute.inline import evaluate
from awaited.execute.inputs import evaluated, inline_between
from awaited.execute.kernels import kernel
from awaited.execute.limits import DISPLAY_LIMIT, PRINT_LIMIT, output_limit
from awaited.execute.quiet import Quiet
from awaited.memory.plain_text import plain
from awaited.memory.results import CellResult
from awaited.progress import Progress
from awaited.read.articles import Article
from awaited.read.cells import Cell
from awaited.read.errors import AwaitedError
from awaited.read.project import Project

CELL_FILE = re.compile(r"/[^\s\"'<>]{0,200}?/ipykernel_\d+/\d+\.py")
"""What IPython calls a cell in warnings and tracebacks: another name in each run, which tells a reader nothing."""
NAMED_CELL = re.compile(r" \(\d+\.py, line \d+\)$")
"""How it calls a cell in a syntax error."""

Results = tuple[tuple[CellResult, ...], tuple[str, ...]]
"""What an article's cells gave, and what its inline code gave, as Markdown."""

if TYPE_CHECKING:
    from nbclient import NotebookClient


async def run_article(
    project: Project,
    article: Article,
    progress: Progress,
    server: ForkServer,
    quiet: Quiet,
    has_started: Callable[[], None],
) -> Results:
    """Runs an article's cells in a new kernel, one after the other, and gives what each printed and displayed.

    Inline code is evaluated in between, where it stands: what it gives comes second, as Markdown.

    ``has_started`` is called once the kernel is there.
    """
    cells = evaluated(article)
    if not cells and not article.inline:
        return (), ()
    job, results, inline = article.path.as_posix(), list[CellResult](), list[str]()
    progress.doing(job, "starting its kernel")
    try:
        async with kernel(project, article, server) as client, output_limit(client) as flood:
            has_started()
            between = inline_between(article)
            inline += await evaluate(client, article, between.get(0, ()))
            for place, cell in enumerate(cells):
                progress.doing(job, f"{cell.name} ({place + 1} of {len(cells)})")
                async with quiet.for_cell(cell):
                    start = time.perf_counter()
                    outputs = await _run_cell(client, article, cell, place, flood)
                    seconds = time.perf_counter() - start
                progress.did(job, cell.name, seconds)
                results.append(CellResult(cell.number, round(seconds, 3), outputs))
                inline += await evaluate(client, article, between.get(place + 1, ()))
    finally:
        progress.end(job)
    return tuple(results), tuple(inline)


async def _run_cell(
    client: NotebookClient, article: Article, cell: Cell, place: int, flood: asyncio.Event
) -> tuple[dict[str, Any], ...]:
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    limit = cell.setting("timeout")
    running = asyncio.create_task(client.async_execute_cell(client.nb.cells[place], place))
    flooded = asyncio.create_task(flood.wait())
    try:
        done, _ = await asyncio.wait({running, flooded}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        if flood.is_set():
            await client.km.provisioner.kill()  # type: ignore[union-attr]  # else what it still gives fills the memory
            limits = f"{PRINT_LIMIT // 10**6} MB of text and {DISPLAY_LIMIT // 10**6} MB of figures and other displays"
            wrong = f"too much output: a page holds {limits}; print less, or write it to a file"
            raise AwaitedError(f"{cell.in_words}: {wrong}", article.path, cell.line)
        if not done:
            line = await _interrupt(client, running, cell)
            wrong = f"still running after {limit:g} s; 'timeout: N' under 'execute:' allows it more"
            raise AwaitedError(f"{cell.in_words}: {wrong}", article.path, line)
        return _coalesced(running.result()["outputs"])
    except CellExecutionError as error:
        message = NAMED_CELL.sub("", f"{error.ename}: {plain(error.evalue)}".rstrip(": "))
        line = _line(cell, error.traceback, place)
        raise AwaitedError(f"{cell.in_words}: {message}", article.path, line) from None
    except DeadKernelError:
        raise AwaitedError(f"{cell.in_words}: its kernel died{_why(client)}", article.path, cell.line) from None
    finally:
        flooded.cancel()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await running


def _coalesced(outputs: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """The outputs of a cell, all that it printed to a stream as one: else it would fall into several boxes.

    Of two streams side by side stdout is the first, for their order is not certain. nbclient can do all this itself,
    but takes hours where a line is long.
    """
    found: list[dict[str, Any]] = []
    printed: dict[str, list[str]] = {}
    for output in outputs:
        if output["output_type"] != "stream" or output["name"] not in printed:
            found.append(dict(output))
        if output["output_type"] == "stream":
            printed.setdefault(output["name"], []).append(output["text"])
    for place, (one, other) in enumerate(pairwise(found)):
        if (one.get("name"), other.get("name")) == ("stderr", "stdout"):
            found[place : place + 2] = other, one
    return tuple(
        output | {"text": CELL_FILE.sub("cell.py", "".join(printed[output["name"]]))}
        if output["output_type"] == "stream"
        else output
        for output in found
    )


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
    found = re.findall(rf"Cell In\[{count}\], line (\d+)", plain(traceback))
    if not found:  # an ExceptionGroup is shown as Python shows it; the first file in it is the cell
        files = re.findall(r"ipykernel_\d+[/\\](\d+)\.py\", line (\d+)", traceback)
        found = [line for file, line in files if file == files[0][0]]
    return cell.code_line + int(found[-1]) - 1 if found else cell.line


def _why(client: NotebookClient) -> str:
    process = getattr(client.km.provisioner, "process", None) if client.km else None
    status = process.poll() if process else None
    if status is not None and status < 0:
        return f" of {signal.Signals(-status).name}"
    return f" with exit status {status}" if status is not None else ""
