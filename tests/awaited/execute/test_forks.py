"""A forked kernel is the same as one that has started by itself, and ends with its server."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import AsyncKernelManager

from awaited.execute import forks, forkserver
from awaited.execute.articles import Outcome
from awaited.execute.forks import Forked, ForkServer
from awaited.execute.provisioner import Provisioner
from awaited.read.errors import AwaitedError
from awaited.read.project import Project

pytestmark = pytest.mark.slow

LOOK = """
import asyncio, json, os, random, signal, sys, threading, warnings
report = {
    "argv": [word if "/" not in word or "site-packages" in word else "file" for word in sys.argv],
    "path": sys.path,
    "flags": list(sys.flags),
    "cwd": os.getcwd(),
    "environment": {name: value for name, value in os.environ.items() if name != "JPY_PARENT_PID"},
    "leads its group and session": os.getpid() == os.getpgid(0) == os.getsid(0),
    "hash": hash("a text"),
    "main": sorted(name for name in vars(sys.modules["__main__"]) if not name.startswith("_")),
    "loop": repr(type(asyncio.get_running_loop())),
    "threads": sorted(thread.name.split("-")[0] for thread in threading.enumerate()),
    "signals": [str(signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)],
    "wakes": signal.set_wakeup_fd(-1) >= 0,
    "filters": [str(one) for one in warnings.filters],
    "files": sorted(os.path.basename(os.readlink(f"/proc/self/fd/{n}")) for n in "12"),
}
differs = {"random": random.random(), "modules": sorted(sys.modules)}
open("report.json", "w").write(json.dumps([report, differs]))
"""


async def looked(folder: Path, server: ForkServer | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """What code in a kernel sees of its process."""
    manager = AsyncKernelManager(kernel_name="python3")
    manager.transport, manager.connection_file = "ipc", str(folder / "kernel.json")
    if server:
        manager.provisioner = Provisioner(server, manager)
    with (folder / "log").open("w+b") as log:
        environment = {**os.environ, "PYTHONHASHSEED": "0", "PYDEVD_DISABLE_FILE_VALIDATION": "1", "OF_THE_KERNEL": "1"}
        await manager.start_kernel(cwd=str(folder), stdout=log, stderr=log, env=environment)
        assert manager.provisioner is not None
        assert isinstance(manager.provisioner.process, Forked) == bool(server)  # type: ignore[attr-defined]
        client = manager.client()
        client.start_channels(hb=False)
        try:
            await client.wait_for_ready(timeout=60)
            await client.execute_interactive(LOOK, timeout=60)
        finally:
            client.stop_channels()
            await manager.shutdown_kernel(now=True)
    report, differs = json.loads((folder / "report.json").read_text())
    return report, differs


@pytest.mark.skipif(not forks.FORKS, reason="forks are for Linux; elsewhere kernels start by themselves")
async def test_a_forked_kernel_is_the_same_as_another(tmp_path: Path) -> None:
    by_itself, its_own = await looked(tmp_path, None)
    with ForkServer({**os.environ, "PYTHONHASHSEED": "0", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}) as server:
        (forked, first), (_, second) = [await looked(tmp_path, server) for _ in range(2)]
    assert forked == by_itself
    assert first["random"] != second["random"]
    started_with = set(its_own["modules"])
    preloaded = set(first["modules"])
    assert not {name for name in preloaded - started_with if name.partition(".")[0] == "awaited"}
    # a start by itself runs as a module of runpy; all else is preloaded, and nothing more
    assert started_with - preloaded <= {"runpy"}
    assert preloaded - started_with <= {"select", "_socket", "socket"}


PAGE = "```{{python}}\n#| label: cell\nimport os, signal\n\n{code}\n```\n"


def test_a_server_that_is_gone(
    make_project: Callable[..., Project], run: Callable[..., Outcome], tmp_path: Path, kernels_of: Callable[..., Any]
) -> None:
    files = {"a.qmd": PAGE.format(code="os.kill(os.getppid(), signal.SIGKILL)\nawait __import__('asyncio').sleep(60)")}
    with pytest.raises(AwaitedError, match=r"^a\.qmd:1: cell 'cell': its kernel died of SIGKILL$"):
        run(make_project(tmp_path, files))
    assert kernels_of(tmp_path) == []


def test_a_server_that_does_not_start(
    make_project: Callable[..., Project], run: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.py").write_text("raise SystemExit('no')\n")
    monkeypatch.setattr(forkserver, "__file__", str(tmp_path / "broken.py"))
    assert run(make_project(tmp_path, {"a.qmd": PAGE.format(code="print(1)")})).executed == (Path("a.qmd"),)


async def test_a_forked_process_is_used_like_any_other(tmp_path: Path) -> None:
    with ForkServer(dict(os.environ)) as server, (tmp_path / "log").open("w+b") as log:
        process = await server.start(["-f", str(tmp_path / "kernel.json")], str(tmp_path), log, {})
        assert process.poll() is None
        process.terminate()
        assert await asyncio.to_thread(process.wait) == -signal.SIGTERM == process.poll()
        process.kill()  # does nothing: its number may be another process's by now
        wrong = await server.start(["--no-such-option"], str(tmp_path / "missing"), log, {})
        assert await asyncio.to_thread(wrong.wait) == 1
        log.seek(0)
        assert b"FileNotFoundError" in log.read()
        killed = await server.start([], str(tmp_path), log, {})
        killed.kill()
        assert await asyncio.to_thread(killed.wait) == -signal.SIGKILL
        left = await server.start([], str(tmp_path), log, {})
    with pytest.raises(ProcessLookupError):
        os.kill(left.pid, 0)
    assert left.wait() == -signal.SIGKILL


async def test_who_waits_for_an_end_hears_of_it_though_another_asks_first() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    with theirs:
        forked = Forked(1, ours)
        waiting = asyncio.create_task(forked.ended())
        await asyncio.sleep(0)
        assert forked.poll() is None
        theirs.send(b"-9")
        assert forked.poll() == -9
        await asyncio.wait_for(waiting, 5)
    assert (forked.poll(), forked.wait()) == (-9, -9)
    assert ours.fileno() == -1


def test_another_kernel_starts_by_itself(
    make_project: Callable[..., Project], run: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "share/jupyter/kernels/own/kernel.json"
    argv = [sys.executable, "-X", "utf8", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.parent.mkdir(parents=True)
    spec.write_text(json.dumps({"argv": argv, "display_name": "Own", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share/jupyter"))
    code = "import sys\nfrom pathlib import Path\n\nPath('flag').write_text(str(sys.flags.utf8_mode))"
    run(make_project(tmp_path, {"a.qmd": "---\njupyter: own\n---\n" + PAGE.format(code=code)}))
    assert (tmp_path / "flag").read_text() == "1"


def test_a_build_that_is_killed_leaves_no_kernel(
    make_project: Callable[..., Project], tmp_path: Path, kernels_of: Callable[[Path], list[str]]
) -> None:
    code = "import subprocess\n\nopen('ready', 'w').close()\nsubprocess.run(['sleep', '60'])"
    make_project(tmp_path, {"a.qmd": PAGE.format(code=code)})
    command = [sys.executable, "-m", "awaited", "execute", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as build:
        wait_until((tmp_path / "ready").exists)
        wait_until(lambda: len(kernels_of(tmp_path)) == 2)  # the kernel, and what its cell has started
        build.kill()
    wait_until(lambda: kernels_of(tmp_path) == [])


def wait_until(happens: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.02)
