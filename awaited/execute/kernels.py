"""Gives an article a Jupyter kernel of its own, and takes it away again with all that it has started."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import platform
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import IO, TYPE_CHECKING, Any

from awaited.execute.forks import ForkServer
from awaited.execute.inputs import evaluated, kernel_name, working_directory
from awaited.execute.limits import DISPLAY_LIMIT
from awaited.execute.processes import PROJECT, RUN, end_group, end_marked
from awaited.read.articles import Article
from awaited.read.cells import Cell
from awaited.read.errors import AwaitedError
from awaited.read.project import Project

if TYPE_CHECKING:
    from nbclient import NotebookClient

KERNEL_START_LIMIT = 60
"""Seconds that a kernel may take to answer."""
NO_TRACEBACK_YET = "--IPKernelApp.exec_lines=get_ipython()._last_traceback = []"
"""Without it ipykernel 7.4 never answers where the first error of a kernel is an ExceptionGroup."""


def import_nbclient() -> None:
    """Imports nbclient without a grammar of web addresses that a package below it compiles, which takes a second.

    jsonschema has it as an optional check, and nothing here needs it.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # as if it were not installed
    import nbclient  # noqa: F401


@asynccontextmanager
async def kernel(project: Project, article: Article, server: ForkServer) -> AsyncIterator[NotebookClient]:
    """A kernel for an article's cells; whatever happens, it is gone in the end, with all the processes it started."""
    from awaited.timeline.notebook import LABELS

    cells, run = evaluated(article), uuid.uuid4().hex
    labels = json.dumps([cell.label for cell in cells])
    environment = kernel_environment() | {PROJECT: str(project.root), RUN: run, LABELS: labels}
    client = _client(article, cells)
    with tempfile.TemporaryFile() as log, tempfile.TemporaryDirectory(prefix="awaited-") as sockets:
        try:
            settings = {"cwd": str(working_directory(project, article)), "env": environment}
            await _start(client, article, server, log, sockets, settings)
            yield client
        finally:
            await _stop(client)
            end_marked(RUN, run)


def _client(article: Article, cells: Sequence[Cell]) -> NotebookClient:
    """What speaks to a kernel, with the cells as a notebook."""
    from nbclient import NotebookClient
    from nbformat import v4

    notebook = v4.new_notebook(cells=[_notebook_cell(cell) for cell in cells])  # type: ignore[no-untyped-call]
    client = NotebookClient(
        notebook,
        kernel_name=kernel_name(article),
        record_timing=False,
        store_widget_state=False,
        extra_arguments=[*(_picture_settings(cells[0]) if cells else []), NO_TRACEBACK_YET],
    )
    client.log.disabled = True  # what it would say is in the error that follows
    return client


async def _start(
    client: NotebookClient, article: Article, server: ForkServer, log: IO[bytes], sockets: str, settings: dict[str, Any]
) -> None:
    """Starts a client's kernel; raises AwaitedError where it does not start, or is not what the page needs."""
    from jupyter_client.kernelspec import NoSuchKernel

    from awaited.execute.provisioner import Provisioner

    try:
        manager: Any = client.create_kernel_manager()
        manager.transport = "ipc"  # free TCP ports are looked for before they are taken, so two may get one
        manager.connection_file = f"{sockets}/kernel.json"
        manager.provisioner = Provisioner(server, manager)
        async with server.starts:
            await client.async_start_new_kernel(stdout=log, stderr=log, **settings)
            about = await _connect(client)
        _check_python(about, article)
    except NoSuchKernel as error:
        wrong = f"no Jupyter kernel '{error.name}' on this machine"
        raise AwaitedError(f"{wrong}; install it, or change 'jupyter:' in the header", article.path) from None
    except (RuntimeError, OSError) as error:
        raise AwaitedError(f"its kernel did not start: {_tail(log) or error}", article.path) from None


def kernel_environment() -> dict[str, str]:
    """The environment of every kernel: colours would have to be taken out again, a debugger's warnings as well."""
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


def _tail(log: IO[bytes], lines: int = 3) -> str:
    log.seek(0)
    return " / ".join(log.read().decode("utf-8", "replace").strip().splitlines()[-lines:])
