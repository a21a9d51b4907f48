"""Servers listen on 127.0.0.1 alone, and the preview gives away nothing but the site."""

from __future__ import annotations

import http.client
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from awaited import httpbin
from awaited.read.project import Project

LISTENS = "0A"
"""A socket's state in ``/proc/net/tcp`` (Linux, ``include/net/tcp_states.h``)."""
LOOPBACK = {"0100007F", "00000000000000000000000001000000"}
"""127.0.0.1 and ::1 as that file writes them on a little-endian machine."""
SLOW = """\
```{python}
#| label: wait
#| example: false
import asyncio
from pathlib import Path

Path("started").touch()
while not Path("seen").exists():
    await asyncio.sleep(0.01)
```
"""


def listening(processes: set[str]) -> dict[int, str]:
    """The addresses that processes listen on, as Linux writes them, by port."""
    inodes = set()
    for process in processes:
        for handle in Path("/proc", process, "fd").glob("*"):
            with suppress(OSError):
                inodes |= set(re.findall(r"^socket:\[(\d+)\]$", str(handle.readlink())))
    found = {}
    for table in ("tcp", "tcp6"):
        with suppress(FileNotFoundError):  # no IPv6 here
            for line in Path("/proc/net", table).read_text().splitlines()[1:]:
                _, local, _, state, *_, inode = line.split()[:10]
                if state == LISTENS and inode in inodes:
                    address, _, port = local.partition(":")
                    found[int(port, 16)] = address
    return found


def descendants(process: int) -> set[str]:
    """A process and all below it."""
    parents = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[file.parent.name] = file.read_text().rpartition(")")[2].split()[1]
    found = {str(process)}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)


def test_the_table_of_sockets_shows_what_listens() -> None:
    with socket.create_server(("127.0.0.2", 0)) as server:
        assert listening({"self"})[server.getsockname()[1]] == "0200007F"


def test_httpbin_listens_on_this_machine_alone() -> None:
    before = listening({"self"})
    with httpbin.running() as address:
        new = {port: where for port, where in listening({"self"}).items() if port not in before}
        assert list(new) == [int(address.rpartition(":")[2])]
        assert set(new.values()) <= LOOPBACK


@pytest.fixture(scope="module")
def preview(
    make_project: Callable[..., Project],
    tmp_path_factory: pytest.TempPathFactory,
    start_preview: Callable[[Project], subprocess.Popen[str]],
) -> Iterator[tuple[Project, int, dict[int, str]]]:
    """A preview at work: its project, its port, and what it and its kernel listened on while a cell ran."""
    project = make_project(tmp_path_factory.mktemp("preview"), {"index.qmd": "Home\n", "a.qmd": SLOW})
    process = start_preview(project)
    try:
        assert process.stderr is not None
        assert process.stdout is not None
        port = int(process.stderr.readline().partition("127.0.0.1:")[2].partition("/")[0])
        until((project.root / "started").exists)
        ports = listening(descendants(process.pid))
        (project.root / "seen").touch()
        assert "index.html" in process.stdout.readline()
        yield project, port, ports
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


Preview = tuple[Project, int, dict[int, str]]


def test_preview_and_kernels_listen_on_this_machine_alone(preview: Preview) -> None:
    _, port, ports = preview
    assert port in ports
    assert set(ports.values()) <= LOOPBACK


def ask(port: int, path: str, host: str | None = None, method: str = "GET") -> tuple[int, str]:
    """What the preview answers to a path sent as it stands."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with suppress(ValueError):  # a header that http.client would not send
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("Host", host or f"127.0.0.1:{port}")
    connection.endheaders()
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer.status, text


@pytest.mark.parametrize(
    "path",
    [
        *("/../secret.txt", "/../../etc/passwd", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/%2e%2e%2fsecret.txt"),
        *("//etc/passwd", "/../_quarto.yml", "/a/../../secret.txt", "/..\\secret.txt", "/%00", "/index.html%00.txt"),
        *(
            "/link.txt",
            "/folder/secret.txt",
            "/folder/",
            "/folder",
            "file:///etc/passwd",
            "http://a/../secret.txt",
            "/%ff",
        ),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_preview_gives_away_nothing_but_the_site(preview: Preview, method: str, path: str) -> None:
    project, port, _ = preview
    secret = project.root / "secret.txt"
    secret.write_text("a secret")
    for name, target in ("link.txt", secret), ("folder", project.root):
        with suppress(FileExistsError):
            (project.site / name).symlink_to(target)
    status, text = ask(port, path, method=method)
    assert status == 404
    assert "secret" not in text.replace(path, "")
    assert "root:" not in text


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{}", "127.0.0.1.evil.example:{}", "[::1]:{}", "0.0.0.0:{}"]
)
def test_the_preview_answers_to_its_own_names_alone(preview: Preview, host: str) -> None:
    _, port, _ = preview
    for path in ("/", "/search.json", "/.awaited/reload", "/.awaited/reload.js"):
        assert ask(port, path, host.format(port))[0] == 403
        assert ask(port, path, host.format(port), "HEAD")[0] == 403
    for own in ("127.0.0.1", "localhost"):
        assert ask(port, "/", f"{own}:{port}")[0] == 200
