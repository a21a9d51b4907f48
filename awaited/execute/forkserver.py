"""A process that has imported what every IPython kernel imports, and forks itself for each one that is asked for.

Python, then some six hundred modules, take most of the time that a kernel needs to start; a fork needs none of it. This
file is the program that runs in that process (see ``kernels``). It has no threads and no event loop, so that a fork is
safe, and imports nothing of ``awaited``: a project may have a module of that name, which its kernels must find.

A request is one message on a socket: JSON with ``argv``, ``cwd`` and ``environment`` (what differs from the process's
own), and two file descriptors, the kernel's log and a socket. Down that socket come the kernel's process id, and in the
end its exit status, negative for a signal. When the channel closes, whatever still runs is killed.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import sys
from typing import NoReturn

REQUEST_LIMIT = 100_000
"""Bytes that a request may take."""
PRELOADED = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "sqlite3",
    "tornado.platform.asyncio",
)
"""What a kernel that has just started has imported: a test compares the two."""


def main() -> None:
    """Serves the socket whose file descriptor is the first argument, until its other end is closed."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    del sys.path[0]  # this file's folder: its modules are parts of a package
    os.environ["JPY_PARENT_PID"] = str(os.getpid())  # a kernel ends when its parent has ended
    for name in PRELOADED:
        importlib.import_module(name)
    _serve(channel)


def _serve(channel: socket.socket) -> None:
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    kernels: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([channel.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _tell_ends(kernels)
        if channel.fileno() in ready:
            request, descriptors, _, _ = socket.recv_fds(channel, REQUEST_LIMIT, 2)
            if not request:
                break
            log, answers = descriptors[0], socket.socket(fileno=descriptors[1])
            pid = os.fork()
            if pid == 0:
                for other in (channel, answers, *kernels.values()):
                    other.close()
                os.close(woken)
                signal.set_wakeup_fd(-1)
                os.close(wake)
                _become_kernel(request, log)
            os.close(log)
            kernels[pid] = answers
            _tell(answers, pid)
    for pid in kernels:
        os.kill(pid, signal.SIGKILL)  # it may have no process group of its own yet
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    os._exit(0)  # to take six hundred modules down in order takes longer than all else here


def _tell_ends(kernels: dict[int, socket.socket]) -> None:
    """Passes on the exit status of each kernel that has ended."""
    for pid in list(kernels):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            with kernels.pop(pid) as answers:
                _tell(answers, os.waitstatus_to_exitcode(status))


def _tell(answers: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):  # nobody may be listening any more
        answers.send(str(number).encode())


def _become_kernel(request: bytes, log: int) -> NoReturn:
    """Does what a new Python does that is told ``-m ipykernel_launcher``."""
    from ipykernel import kernelapp

    asked = json.loads(request)
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    os.close(log)
    os.environ.update(asked["environment"])
    os.chdir(asked["cwd"])
    sys.argv[:] = asked["argv"]
    kernelapp.launch_new_instance()
    sys.exit()


if __name__ == "__main__":
    main()
