"""Starts kernels through the fork server where that gives just what a start of their own gives, else so."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from awaited.execute.forks import FORKS, LAUNCHER, Forked, ForkServer


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
