"""A browser that runs Python says what is wrong with it, and leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
import pytest

from awaited.live import chromium, machine
from awaited.live.chromium import Result, running
from awaited.live.files import Runtime
from awaited.live.worker.runner import Request
from awaited.read.errors import AwaitedError


def run(files: Mapping[str, bytes], code: str = "print(1)") -> Result:
    async def run() -> Result:
        async with running(Runtime("trial", files)) as browser:
            return await browser.run(Request(code), 20)

    return asyncio.run(run())


def missing(_: bytes) -> None:
    return None


def wrong(data: bytes) -> bytes:
    return data[:100] + bytes(byte ^ 0x5A for byte in data[100:5000]) + data[5000:]


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


DAMAGE = {
    ("worker.js", missing): "the worker did not load",
    ("pyodide.mjs", cut): "Unexpected end of input",
    ("pyodide.asm.wasm", wrong): "pyodide.asm.wasm: WebAssembly",
    ("library.zip", cut): "library.zip: .* bytes instead of",
    ("awaited.zip", missing): "awaited.zip: status 404",
}


@pytest.mark.parametrize(("name", "damage"), DAMAGE)
def test_a_damaged_file_is_told(name: str, damage: Callable[[bytes], bytes | None], runtime: Runtime) -> None:
    changed = damage(runtime.files[name])
    others = {other: data for other, data in runtime.files.items() if other != name}
    with pytest.raises(AwaitedError, match=f"Python did not start in the browser: {DAMAGE[name, damage]}"):
        run(others if changed is None else {**others, name: changed})


def test_the_profile_goes_with_the_browser(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kernels_of: Callable[[Path], list[str]]
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(chromium.tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert run(runtime.files).stdout == "1\n"
    assert list(tmp_path.iterdir()) == []
    assert kernels_of(tmp_path) == []


def test_a_browser_that_goes_is_told(runtime: Runtime) -> None:
    async def run() -> None:
        async with running(runtime) as browser:
            waiting = asyncio.create_task(browser.run(Request("while True: pass"), 60))
            await asyncio.sleep(0.1)
            await browser._socket.close()
            with pytest.raises(AwaitedError, match="the browser has gone"):
                await waiting
            with pytest.raises(AwaitedError, match="the browser has gone"):
                await browser.run(Request("1"), 60)

    asyncio.run(run())


def test_without_a_browser_it_says_what_to_install(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "browser", lambda: None)
    with pytest.raises(AwaitedError, match="no Chromium was found; install it"):
        run(runtime.files)


def test_its_server_listens_on_this_machine_alone(runtime: Runtime) -> None:
    async def run() -> set[str]:
        async with running(runtime):
            own = psutil.Process().net_connections()
            return {connection.laddr.ip for connection in own if connection.status == psutil.CONN_LISTEN}

    assert asyncio.run(run()) == {"127.0.0.1"}
