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
from collections.abc import AsyncIterator, Mapping
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
    stdout: str = ""
    stderr: str = ""
    seconds: float = 0.0
    figure: str = ""


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
    connected: asyncio.Future[Chromium] = asyncio.get_running_loop().create_future()

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
        async with _started(executable, f"http://127.0.0.1:{port}/"):
            try:
                async with asyncio.timeout(START):
                    browser = await connected
            except TimeoutError:
                raise AwaitedError(f"{Path(executable).name} did not start") from None
            yield browser
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
async def _started(executable: str, address: str) -> AsyncIterator[None]:
    """A browser with a profile of its own, which goes with it."""
    folder, mark = tempfile.mkdtemp(prefix="awaited-"), uuid.uuid4().hex
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []  # with it, Chromium refuses to run as root
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
    try:
        yield
    finally:
        end_group(process.pid)
        end_marked(RUN, mark)
        with contextlib.suppress(ProcessLookupError):
            await process.wait()
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
