"""What the tests of running in a browser share: the files, a browser, and a Python to compare with."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from asyncio import unix_events
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from threading import Thread

import pytest

from awaited.live import chromium, files
from awaited.live.chromium import Chromium, Result
from awaited.live.files import Runtime
from awaited.live.machine import compilers
from awaited.live.worker.runner import Request
from awaited.read.project import load
from awaited.read.versions import pythons_on_path

RunThere = Callable[..., Result]
RunHere = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def runtime(root: Path) -> Runtime:
    """The files of this repository's own site, from npm's registry where no build has fetched them yet."""
    project = load(root)
    project.scratch.mkdir(exist_ok=True)
    return files.prepare(project)


@pytest.fixture(scope="session")
def run_there(runtime: Runtime) -> Iterator[RunThere]:
    """Runs a program in one browser for all tests: in a used Python, or in one of its own."""
    opened: Future[Chromium] = Future()
    loop = asyncio.new_event_loop()
    close = asyncio.Event()

    async def keep_open() -> None:
        try:
            async with chromium.running(runtime) as browser:
                opened.set_result(browser)
                await close.wait()
        except BaseException as error:
            if opened.done():
                raise
            opened.set_exception(error)

    thread = Thread(target=loop.run_until_complete, args=[keep_open()])
    thread.start()
    browser = opened.result(120)

    def run(code: str, *, fresh: bool = False, program: bool = True, limit: float = 60, **more: str) -> Result:
        request = Request(code, program=program, file="program.py", **more)
        return asyncio.run_coroutine_threadsafe(browser.run(request, limit, fresh=fresh), loop).result(limit + 90)

    yield run
    loop.call_soon_threadsafe(close.set)
    thread.join(30)
    loop.close()


@pytest.fixture(scope="session")
def run_here() -> RunHere:
    """Runs a program in the newest CPython of this machine that is no newer than the browser's."""
    named = {minor: path for minor, path in pythons_on_path().items() if minor <= 14}
    python = compilers()[:1] or [named[max(named)] if named else sys.executable]

    def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
        (folder / "program.py").write_text(code, encoding="utf-8")
        return subprocess.run([*python, "program.py"], cwd=folder, capture_output=True, text=True, timeout=60)

    return run


@pytest.fixture
def as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts asyncio back as it was, after a test has given it the browser's loop."""
    for module in (asyncio, unix_events):
        for name in ("SelectorEventLoop", "EventLoop"):
            monkeypatch.setattr(module, name, getattr(module, name, None), raising=False)
    monkeypatch.setattr(asyncio, "run", asyncio.run)
    monkeypatch.setattr(time, "sleep", time.sleep)
    policy = unix_events._UnixDefaultEventLoopPolicy
    monkeypatch.setattr(policy, "_loop_factory", policy._loop_factory)
    monkeypatch.setattr(asyncio.events, "_event_loop_policy", asyncio.events._event_loop_policy)
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.setattr(sys, "argv", sys.argv)
