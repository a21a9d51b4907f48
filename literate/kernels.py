"""Starts kernels through the fork server where that gives just what a start of their own gives, else so."""

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
from typing import IO, Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from literate import forkserver

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
        self.starts = asyncio.Semaphore(4 * (os.cpu_count() or 1))
        """To be held while a kernel starts: too many at once would hold up the snippets that run."""

    def __enter__(self) -> ForkServer:
        if FORKS:
            self._start_server()
        return self

    def __exit__(self, *_: object) -> None:
        if FORKS:
            self._channel.close()
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
        with theirs:
            socket.send_fds(self._channel, [request], [log.fileno(), theirs.fileno()])
        ours.setblocking(False)
        try:
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

    def poll(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""
        if self.returncode is None:
            with contextlib.suppress(BlockingIOError):
                self.returncode = int(self._answers.recv(64) or LOST)
                self._answers.close()
        return self.returncode

    async def ended(self) -> None:
        """Waits for its end."""
        if self.returncode is None:
            self.returncode = int(await asyncio.get_running_loop().sock_recv(self._answers, 64) or LOST)
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


class Provisioner(LocalProvisioner):
    """Launches a manager's kernel: forked where it is an IPython kernel of this very Python, else as any other."""

    def __init__(self, server: ForkServer, manager: Any) -> None:
        super().__init__(kernel_id=manager.kernel_id or "", kernel_spec=manager.kernel_spec, parent=manager)
        self._server = server

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        """Starts the kernel, and gives what is needed to connect to it."""
        if FORKS and cmd[:3] == [sys.executable, "-m", LAUNCHER]:
            with contextlib.suppress(OSError):  # then let it say itself why it does not start
                process = await self._server.start(cmd[3:], options["cwd"], options["stdout"], options["env"])
                self.process, self.pid, self.pgid = process, process.pid, process.pid  # type: ignore[assignment]
                return self.connection_info
        return await super().launch_kernel(cmd, **options)

    async def wait(self) -> int | None:
        """Its exit status, once it has ended: a forked one tells, where jupyter_client asks every 100 ms."""
        if isinstance(self.process, Forked):
            await self.process.ended()
        return await super().wait()
