"""Runs Python in a headless Chromium: a page of ours asks for work, and tells what came of it.

Nothing drives the browser from outside: it opens one page of a server on this machine, which talks to us.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from awaited.execute.processes import RUN, end_group, end_marked
from awaited.live import machine
from awaited.live.files import Runtime
from awaited.live.worker.runner import Request
from awaited.read.errors import AwaitedError

FLAGS = (
    "--headless=new",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--mute-audio",
)
POLITENESS = 10
"""The browser leaves the processor to the cells, whose timings are on the pages."""
START = 60.0
"""Seconds that a browser, and then Python in it, may take to be ready."""
TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm"}
PAGE = '<!doctype html><meta charset="utf-8"><title>Awaited</title><script src="/trial.js"></script>'


@dataclass(frozen=True)
class Result:
    """What came of a run in the browser; see ``worker.runner.Done``."""

    outcome: str
    """That of ``Done``, or "late" for one that was stopped."""
    error: str = ""
    pieces: Sequence[tuple[str, float, str]] = ()
    """What was printed, as it was sent: the stream, when (seconds since the run began), the text."""
    seconds: float = 0.0
    figure: str = ""

    @property
    def stdout(self) -> str:
        """All that was printed."""
        return self._all("stdout")

    @property
    def stderr(self) -> str:
        """All that was written to standard error."""
        return self._all("stderr")

    def _all(self, name: str) -> str:
        return "".join(text for stream, _, text in self.pieces if stream == name)


class Chromium:
    """A browser that runs Python."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._waiting: dict[str, asyncio.Future[Mapping[str, Any]]] = {}

    async def run(self, request: Request, limit: float, *, fresh: bool = False) -> Result:
        """Runs a program; it is stopped after ``limit`` seconds, counted from when Python may be expected to be ready.

        ``fresh`` asks for a Python that has run nothing before. Raises AwaitedError where none comes to be.
        """
        name = uuid.uuid4().hex
        answer = self._waiting[name] = asyncio.get_running_loop().create_future()
        try:
            await self._socket.send_json({**asdict(request), "id": name, "fresh": fresh})
            async with asyncio.timeout(START + limit):
                told = await answer
        except TimeoutError:
            await self._socket.send_json({"type": "stop", "id": name})
            return Result("late", seconds=limit)
        except ConnectionError:
            raise AwaitedError("the browser has gone") from None
        finally:
            del self._waiting[name]
        if "failed" in told:
            raise AwaitedError(f"Python did not start in the browser: {told['failed']}")
        return Result(**{name: told[name] for name in Result.__dataclass_fields__})

    async def listen(self) -> None:
        """Takes the answers, until the browser goes."""
        async for message in self._socket:
            if message.type == WSMsgType.TEXT:
                told = json.loads(message.data)
                if (waiting := self._waiting.get(told["id"])) and not waiting.done():
                    waiting.set_result(told)
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(AwaitedError("the browser has gone"))


@asynccontextmanager
async def running(runtime: Runtime) -> AsyncIterator[Chromium]:
    """A browser for the block; raises AwaitedError where there is none, or it does not start."""
    executable = machine.browser()
    if executable is None:
        raise AwaitedError("no Chromium was found; install it (on Debian: chromium)")
    connected: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def jobs(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        if not connected.done():
            browser = Chromium(socket)
            connected.set_result(browser)
            await browser.listen()
        return socket

    app = web.Application()
    app.router.add_get("/jobs", jobs)
    app.router.add_get("/{name:.*}", functools.partial(_file, runtime))
    server = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await server.setup()
    try:
        site = web.TCPSite(server, "127.0.0.1", 0)
        await site.start()
        port = server.addresses[0][1]
        async with _started(executable, f"http://127.0.0.1:{port}/") as process:
            ended: asyncio.Future[Any] = asyncio.create_task(process.wait())
            await asyncio.wait({connected, ended}, timeout=START, return_when=asyncio.FIRST_COMPLETED)
            ended.cancel()
            if not connected.done():
                raise AwaitedError(f"{Path(executable).name} did not start")
            yield connected.result()
    finally:
        await server.cleanup()


async def _file(runtime: Runtime, request: web.Request) -> web.Response:
    name = request.match_info["name"]
    if not name:
        return web.Response(text=PAGE, content_type="text/html")
    data = Path(__file__).with_name(name).read_bytes() if name == "trial.js" else runtime.files.get(name)
    if data is None:
        raise web.HTTPNotFound
    return web.Response(body=data, content_type=TYPES.get(Path(name).suffix, "application/octet-stream"))


@asynccontextmanager
async def _started(executable: str, address: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A browser with a profile of its own, which goes with it; raises AwaitedError where it cannot be started."""
    folder, mark = tempfile.mkdtemp(prefix="awaited-"), uuid.uuid4().hex
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []  # with it, Chromium refuses to run as root
    process = None
    try:
        process = await asyncio.create_subprocess_exec(
            executable,
            *FLAGS,
            *as_root,
            f"--user-data-dir={folder}",
            address,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, RUN: mark},
            start_new_session=True,
        )
        with contextlib.suppress(OSError):  # it may be over already
            os.setpriority(os.PRIO_PROCESS, process.pid, POLITENESS)
        yield process
    except OSError as error:
        raise AwaitedError(f"{Path(executable).name} cannot be started: {error.strerror}") from None
    finally:
        if process is not None:
            end_group(process.pid)
            end_marked(RUN, mark)
            await process.wait()
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
