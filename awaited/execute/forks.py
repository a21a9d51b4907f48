"""Asks the fork server for kernels, and keeps an eye on those it has forked."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from awaited.execute import forkserver

LAUNCHER = "ipykernel_launcher"
FORKS = sys.platform == "linux"
"""Elsewhere a fork without an exec is not safe, or not there."""
LOST = -int(signal.SIGKILL)
"""The exit status of a kernel whose fork server is gone: it has ended, too."""


class ForkServer:
    """The process that forks kernels, for one ``with`` block; no kernel outlives it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """``environment`` is that of every kernel, but for what a kernel asks for itself."""
        self.environment = environment
        self._asked = False
        self.starts = asyncio.Semaphore(4 * (os.cpu_count() or 1))
        """To be held while a kernel starts: too many at once would hold up the snippets that run."""

    def __enter__(self) -> ForkServer:
        if FORKS:
            self._start_server()
        return self

    def __exit__(self, *_: object) -> None:
        if FORKS:
            self._channel.close()
            if not self._asked:
                self._process.kill()  # it may still be busy with imports
            self._process.wait()

    def _start_server(self) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, str(Path(forkserver.__file__)), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=dict(self.environment),
                start_new_session=True,  # Ctrl-C is for us alone
            )

    async def start(self, arguments: list[str], cwd: str, log: IO[bytes], environment: Mapping[str, str]) -> Forked:
        """Forks a kernel; raises OSError where that cannot be done."""
        different = {name: value for name, value in environment.items() if self.environment.get(name) != value}
        launcher = importlib.util.find_spec(LAUNCHER)
        argv = [str(launcher and launcher.origin), *arguments]
        request = json.dumps({"argv": argv, "cwd": cwd, "environment": different}).encode()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._asked = True
        try:
            with theirs:
                socket.send_fds(self._channel, [request], [log.fileno(), theirs.fileno()])
            ours.setblocking(False)
            pid = await asyncio.get_running_loop().sock_recv(ours, 64)
            if not pid:
                raise ConnectionError("the fork server has ended")
        except BaseException:
            ours.close()
            raise
        return Forked(int(pid), ours)


class Forked:
    """A forked kernel's process, with the part of ``subprocess.Popen`` that jupyter_client uses."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, answers: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._answers = answers
        self._is_awaited = False

    def poll(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""
        if self.returncode is None:
            with contextlib.suppress(BlockingIOError):
                # what somebody awaits must stay there: else they would wait for ever
                self.returncode = int(self._answers.recv(64, socket.MSG_PEEK if self._is_awaited else 0) or LOST)
                self._close()
        return self.returncode

    async def ended(self) -> None:
        """Waits for its end; one at a time may."""
        if self.returncode is not None:
            return
        self._is_awaited = True
        try:
            self.returncode = int(await asyncio.get_running_loop().sock_recv(self._answers, 64) or LOST)
        finally:
            self._is_awaited = False
            self._close()

    def _close(self) -> None:
        if self.returncode is not None and not self._is_awaited:
            self._answers.close()

    def wait(self) -> int:
        """Its exit status, once it has ended."""
        if self.returncode is None:
            self._answers.setblocking(True)
            self.poll()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Sends it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Asks it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it."""
        self.send_signal(signal.SIGKILL)
