"""Executes articles: each in a Jupyter kernel of its own, all at once, and freezes what their cells gave.

An article's cells run only when something they depend on has changed (see ``inputs``). Nothing is written before every
article has run to its end: an error leaves the freezer as it was.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import platform
import re
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from awaited.execute.inputs import Lookup, changes, evaluated, inputs, kernel_name, working_directory
from awaited.execute.kernels import ForkServer
from awaited.execute.processes import PROJECT, RUN, end_group, end_marked
from awaited.memory import freezer
from awaited.memory.freezer import CellResult, Frozen
from awaited.progress import Progress
from awaited.read.cells import Article, AwaitedError, Cell, decode
from awaited.read.project import Project

if TYPE_CHECKING:
    from nbclient import NotebookClient

KERNEL_START_LIMIT = 60
"""Seconds that a kernel may take to answer."""
NO_TRACEBACK_YET = "--IPKernelApp.exec_lines=get_ipython()._last_traceback = []"
"""Without it ipykernel 7.4 never answers where the first error of a kernel is an ExceptionGroup."""
PRINT_LIMIT = 1_000_000
"""Characters that all cells of a page may print."""
DISPLAY_LIMIT = 20_000_000
"""Characters of figures and other displays of a page, and bytes that a cell may give at once."""


@dataclass(frozen=True)
class Outcome:
    """What an execution of a project did."""

    executed: Sequence[Path]
    """The articles whose cells ran."""
    kept: Sequence[Path]
    """The articles whose frozen results still held."""


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
) -> Outcome:
    """Brings the frozen results of articles up to date; ``fresh`` runs all of them, ``jobs`` is how many at once.

    ``started`` is set once that many have a kernel: from then on there is time for other work, as cells mostly wait.
    Raises AwaitedError for the first cell that raises, hangs beyond its time limit, or loses its kernel; then nothing
    has been written, and no kernel is left.
    """
    run, started = uuid.uuid4().hex, started or asyncio.Event()
    try:
        with ForkServer(_environment() | {PROJECT: str(project.root), RUN: run}) as server:
            kept = {article.path: freezer.read(project.freezer, article.path) for article in articles}
            now = _all_inputs(project, articles)  # while the server imports what kernels need
            stale = [a for a in articles if fresh or not _holds(kept[a.path], now[a.path], a)]
            for article in stale:
                before = kept[article.path]
                because = ", ".join(changes(before.inputs, now[article.path])) if before and not fresh else ""
                progress.say(f"executing {article.path}" + (f" (changed: {because})" if because else ""))
            ran = await _run_all(project, stale, now, progress, server, jobs or default_jobs(), started)
    finally:
        end_marked(RUN, run)  # what a forked kernel has forked bears the fork server's mark
    started.set()  # there may have been none to start
    for article in articles:
        frozen = ran.get(article.path) or kept[article.path]
        if frozen:
            source = (project.root / article.path).read_bytes()
            if decode(source, article.path) != article.text:  # edited meanwhile: the results are those of the old text
                source = article.text.encode()
            freezer.write(project.freezer, article, source, _numbered(frozen, article))
    return Outcome(tuple(ran), tuple(path for path in now if path not in ran))


def _all_inputs(project: Project, articles: Sequence[Article]) -> dict[Path, dict[str, Any]]:
    lookup = Lookup()
    return {article.path: inputs(project, article, lookup) for article in articles}


def _holds(kept: Frozen | None, now: dict[str, Any], article: Article) -> bool:
    return kept is not None and kept.inputs == now and len(kept.results) == len(evaluated(article))


def _numbered(frozen: Frozen, article: Article) -> Frozen:
    """The results under the numbers that their cells have now: cells that do not run may have come and gone."""
    cells = evaluated(article)
    results = (replace(result, number=cell.number) for result, cell in zip(frozen.results, cells, strict=True))
    return replace(frozen, results=tuple(results))


async def _run_all(
    project: Project,
    articles: Sequence[Article],
    now: Mapping[Path, dict[str, Any]],
    progress: Progress,
    server: ForkServer,
    jobs: int,
    started: asyncio.Event,
) -> dict[Path, Frozen]:
    if not articles:
        return {}
    _import_nbclient()
    places = asyncio.Semaphore(jobs)
    to_start = min(jobs, sum(bool(evaluated(article)) for article in articles))

    def has_started() -> None:
        nonlocal to_start
        to_start -= 1
        if to_start == 0:
            started.set()

    async def run(article: Article) -> tuple[Path, Frozen]:
        async with places:
            executed = datetime.now(UTC).isoformat(timespec="seconds")
            results = await run_article(project, article, progress, server, has_started)
            return article.path, Frozen(now[article.path], executed, platform.python_version(), results)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(run(article)) for article in articles]
    except* (AwaitedError, OSError) as errors:
        raise first(errors) from None
    return dict(task.result() for task in tasks)


def first(errors: BaseExceptionGroup[Exception]) -> Exception:
    """The first error of a group, however deep it is."""
    error = errors.exceptions[0]
    return first(error) if isinstance(error, BaseExceptionGroup) else error


async def run_article(
    project: Project, article: Article, progress: Progress, server: ForkServer, has_started: Callable[[], None]
) -> tuple[CellResult, ...]:
    """Runs an article's cells in a new kernel, one after the other, and gives what each printed and displayed.

    ``has_started`` is called once the kernel is there.
    """
    cells = evaluated(article)
    if not cells:
        return ()
    job, results = article.path.as_posix(), []
    progress.doing(job, "starting its kernel")
    try:
        async with _kernel(project, article, server) as client, _output_limit(client) as flood:
            has_started()
            for place, cell in enumerate(cells):
                progress.doing(job, f"{cell.name} ({place + 1} of {len(cells)})")
                start = time.perf_counter()
                outputs = await _run_cell(client, article, cell, place, flood)
                seconds = time.perf_counter() - start
                progress.did(job, cell.name, seconds)
                results.append(CellResult(cell.number, round(seconds, 3), outputs))
    finally:
        progress.end(job)
    return tuple(results)


@asynccontextmanager
async def _kernel(project: Project, article: Article, server: ForkServer) -> AsyncIterator[NotebookClient]:
    """A kernel for an article's cells; whatever happens, it is gone in the end, with all the processes it started."""
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient import NotebookClient
    from nbformat import v4

    from awaited.execute.provisioner import Provisioner
    from awaited.timeline.notebook import LABELS

    cells = evaluated(article)
    notebook = v4.new_notebook(cells=[_notebook_cell(cell) for cell in cells])  # type: ignore[no-untyped-call]
    client = NotebookClient(
        notebook,
        kernel_name=kernel_name(article),
        record_timing=False,
        store_widget_state=False,
        extra_arguments=[*_picture_settings(cells[0]), NO_TRACEBACK_YET],
    )
    client.log.disabled = True  # what it would say is in the error that follows
    run = uuid.uuid4().hex
    labels = json.dumps([cell.label for cell in cells])
    environment = _environment() | {PROJECT: str(project.root), RUN: run, LABELS: labels}
    with tempfile.TemporaryFile() as log, tempfile.TemporaryDirectory(prefix="awaited-") as sockets:
        try:
            try:
                manager: Any = client.create_kernel_manager()
                manager.transport = "ipc"  # free TCP ports are looked for before they are taken, so two may get one
                manager.connection_file = f"{sockets}/kernel.json"
                manager.provisioner = Provisioner(server, manager)
                async with server.starts:
                    await client.async_start_new_kernel(
                        cwd=str(working_directory(project, article)), stdout=log, stderr=log, env=environment
                    )
                    about = await _connect(client)
                _check_python(about, article)
            except NoSuchKernel as error:
                wrong = f"no Jupyter kernel '{error.name}' on this machine"
                raise AwaitedError(f"{wrong}; install it, or change 'jupyter:' in the header", article.path) from None
            except (RuntimeError, OSError) as error:
                raise AwaitedError(f"its kernel did not start: {_tail(log) or error}", article.path) from None
            yield client
        finally:
            await _stop(client)
            end_marked(RUN, run)


def _import_nbclient() -> None:
    """Imports nbclient without a grammar of web addresses that a package below it compiles, which takes a second.

    jsonschema has it as an optional check, and nothing here needs it.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # as if it were not installed
    import nbclient  # noqa: F401


async def _connect(client: NotebookClient) -> dict[str, Any]:
    """Connects to a kernel; gives what it says of itself.

    nbclient's own function would start a heartbeat as well. Its thread runs on for ever, and whoever waits for it as
    well, if it is stopped just when it begins; nobody needs it to learn that the kernel has died.
    """
    import zmq

    manager: Any = client.km
    client.kc = channels = manager.client()
    channels.context.setsockopt(zmq.MAXMSGSIZE, DISPLAY_LIMIT)  # else one message could be of any size
    channels.start_channels(hb=False)
    channels.allow_stdin = False
    return await _first_answer(channels, manager)


async def _first_answer(channels: Any, manager: Any) -> dict[str, Any]:
    """Asks a kernel what it is until it answers, and until what it publishes is heard as well.

    jupyter_client's ``wait_for_ready`` then waits 0.2 s more. Raises RuntimeError where no answer comes.
    """
    from queue import Empty

    deadline = time.monotonic() + KERNEL_START_LIMIT
    while time.monotonic() < deadline:
        question = channels.kernel_info()
        with contextlib.suppress(Empty):
            answer = await _next_to(question, channels.shell_channel, seconds=1)
            while (await _next_to(question, channels.iopub_channel, seconds=0.2)).get("execution_state") != "idle":
                pass
            return answer
        if not await manager.is_alive():
            raise RuntimeError("it ended before it answered")
    raise RuntimeError(f"no answer within {KERNEL_START_LIMIT} s")


async def _next_to(question: str, channel: Any, seconds: float) -> dict[str, Any]:
    """The content of the next message to a question; raises queue.Empty where none comes in time."""
    while True:
        message = await channel.get_msg(timeout=seconds)
        if message["parent_header"].get("msg_id") == question:
            content: dict[str, Any] = message["content"]
            return content


def _check_python(about: Mapping[str, Any], article: Article) -> None:
    """Raises AwaitedError where a kernel runs another language or another Python than the one that records it."""
    language = about["language_info"]
    runs, wanted = f"{language['name']} {language['version']}", f"python {platform.python_version()}"
    if runs != wanted:
        wrong = f"the kernel '{kernel_name(article)}' runs {runs}, but the page is built with {wanted}"
        raise AwaitedError(f"{wrong}; change 'jupyter:' in the header, or install that kernel anew", article.path)


@asynccontextmanager
async def _output_limit(client: NotebookClient) -> AsyncIterator[asyncio.Event]:
    """An event that is set once a page's cells have given more than a page can hold; no more is kept from then on."""
    import zmq

    flood, process = asyncio.Event(), client.process_message
    given = {"stream": 0, "display": 0}

    def count(message: dict[str, Any], *place: Any) -> Any:
        kind, content = message["msg_type"], message["content"]
        given["stream"] += len(content["text"]) if kind == "stream" else 0
        given["display"] += sum(len(str(value)) for value in content.get("data", {}).values())
        if given["stream"] > PRINT_LIMIT or given["display"] > DISPLAY_LIMIT:
            flood.set()
        return None if flood.is_set() and kind != "status" else process(message, *place)

    async def watch_connection() -> None:
        await monitor.recv_multipart()
        await asyncio.sleep(0.5)  # it breaks also where the kernel has died
        if await manager.is_alive():
            flood.set()

    manager: Any = client.km
    channels: Any = client.kc
    monitor = channels.iopub_channel.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    watching = asyncio.create_task(watch_connection())
    client.process_message = count  # type: ignore[assignment, method-assign]
    try:
        yield flood
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        channels.iopub_channel.socket.disable_monitor()


def _environment() -> dict[str, str]:
    # colours would have to be taken out again, and a debugger's warnings are not the article's output
    quiet = {"NO_COLOR": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1", "PYTHONHASHSEED": "0"}
    return {**os.environ, **quiet}


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
        if manager.has_kernel:
            await asyncio.shield(_end(manager.provisioner))
        with contextlib.suppress(KeyError):  # it has no ports where there was no room to write them down
            await asyncio.shield(manager.shutdown_kernel(now=True))
        manager.cleanup_connection_file()
        if group:
            end_group(group)  # what the cells left running


async def _end(provisioner: Any) -> None:
    """Ends a kernel; the manager would look for its end every 100 ms only."""
    await provisioner.kill()
    await provisioner.wait()


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
            limits = f"{PRINT_LIMIT // 10**6} MB of text and {DISPLAY_LIMIT // 10**6} MB of figures and other displays"
            wrong = f"too much output: a page holds {limits}; print less, or write it to a file"
            raise AwaitedError(f"cell '{cell.name}': {wrong}", article.path, cell.line)
        if not done:
            line = await _interrupt(client, running, cell)
            wrong = f"still running after {limit:g} s; 'timeout: N' under 'execute:' allows it more"
            raise AwaitedError(f"cell '{cell.name}': {wrong}", article.path, line)
        return _coalesced(running.result()["outputs"])
    except CellExecutionError as error:
        message = f"{error.ename}: {freezer.plain(error.evalue)}".rstrip(": ")
        line = _line(cell, error.traceback, place)
        raise AwaitedError(f"cell '{cell.name}': {message}", article.path, line) from None
    except DeadKernelError:
        raise AwaitedError(f"cell '{cell.name}': its kernel died{_why(client)}", article.path, cell.line) from None
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
        output | {"text": "".join(printed[output["name"]])} if output["output_type"] == "stream" else output
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
    found = re.findall(rf"Cell In\[{count}\], line (\d+)", freezer.plain(traceback))
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


def _tail(log: IO[bytes], lines: int = 3) -> str:
    log.seek(0)
    return " / ".join(log.read().decode("utf-8", "replace").strip().splitlines()[-lines:])


def run_until_done(main: Callable[[], Any]) -> Any:
    """Runs a coroutine function as ``asyncio.run`` does, and lets SIGTERM stop it as tidily as Ctrl-C does."""

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    async def with_signals() -> Any:
        task = asyncio.current_task()
        assert task is not None
        with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await main()

    try:
        with contextlib.suppress(ValueError):  # in another thread than the main one
            if before[signal.SIGINT] is not signal.SIG_IGN:
                signal.signal(signal.SIGINT, signal.default_int_handler)  # which asyncio puts a tidier one in place of
        return asyncio.run(with_signals())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        with contextlib.suppress(ValueError):
            for number, handler in before.items():
                signal.signal(number, handler)
