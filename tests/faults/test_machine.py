"""What the machine lacks or does otherwise: kernels, Pythons, ports, the web service of the snippets, other builds."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from awaited import httpbin
from awaited.__main__ import main
from awaited.read.project import Project, load
from tests.faults.injection import ROOT, build, fault, nothing_lost, said, start

PAGE = "---\njupyter: {}\n---\n```{{python}}\n#| label: a\nx = 1\n```\n"
OTHER = """\
import sys

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp

IPythonKernel.language_info = IPythonKernel.language_info | {language!r}
IPKernelApp.launch_instance()
"""


def kernel(folder: Path, name: str, program: str) -> None:
    """A kernelspec whose kernel is a Python program."""
    file = folder / f"kernels/{name}/kernel.json"
    file.parent.mkdir(parents=True)
    command = [sys.executable, "-c", program, "-f", "{connection_file}"]
    file.write_text(json.dumps({"argv": command, "display_name": name, "language": "python"}))


THIS = "but the page is built with python VERSION; change 'jupyter:' in the header, or install that kernel anew"
OF_NO_USE = "make: PYTHON is no Python 3.11 or later with venv; name another with PYTHON="


@pytest.mark.parametrize(
    ("name", "program", "outcome"),
    [
        fault("the kernel is missing",
              "posts/bad.qmd: no Jupyter kernel 'none' on this machine; install it, or change 'jupyter:' in the header",
              "none", None),
        fault("the kernel is of another language", f"posts/bad.qmd: the kernel 'odd' runs R 4.5.1, {THIS}",
              "odd", OTHER.format(language={"name": "R", "version": "4.5.1"})),
        fault("the kernel is of an older Python", f"posts/bad.qmd: the kernel 'odd' runs python 3.9.2, {THIS}",
              "odd", OTHER.format(language={"name": "python", "version": "3.9.2"})),
        fault("the kernel breaks as it starts", "posts/bad.qmd: its kernel did not start: it is broken",
              "odd", "import sys; sys.exit('it is broken')"),
    ],
)  # fmt: skip
def test_a_kernel_that_is_of_no_use(
    good: Project,
    bad: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    name: str,
    program: str | None,
    outcome: str,
) -> None:
    if program:
        kernel(tmp_path, name, program)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    bad.write_text(PAGE.format(name))
    assert build(good) == 1
    assert said(capfd.readouterr().err) == f"awaited: {outcome}\n".replace("VERSION", sys.version.split()[0])


@pytest.mark.parametrize(
    ("python", "outcome"),
    [
        fault("`make` with a Python that is too old", OF_NO_USE,
              f"#!/bin/sh\n{sys.executable} -c 'import sys; sys.version_info = 3, 9; exec(sys.argv[1])' \"$2\"\n"),
        fault("`make` with a Python that is none", OF_NO_USE,
              "#!/bin/sh\nexit 3\n"),
    ],
)  # fmt: skip
def test_make_with_a_python_of_no_use(tmp_path: Path, python: str, outcome: str) -> None:
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    program = tmp_path / "python-of-old"
    program.write_text(python)
    program.chmod(0o755)
    done = subprocess.run(
        ["make", "site", f"PYTHON={program}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == outcome.replace("PYTHON is", f"{program} is")
    assert not (tmp_path / ".venv").exists()


# --- Ports and servers ------------------------------------------------------------------------------------------------


@pytest.mark.fault(
    "the preview's port is taken", "cannot serve on port N: Address already in use; choose another with --port"
)
def test_the_port_of_the_preview_is_taken(good: Project, capfd: pytest.CaptureFixture[str]) -> None:
    with nothing_lost(good), socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["preview", str(good.root), "--port", str(port)]) == 1
    wrong = f"cannot serve on port {port}: Address already in use; choose another with --port"
    assert capfd.readouterr() == ("", f"awaited: {wrong}\n")


@pytest.mark.fault("the preview's port is no port", "argument --port: must be between 0 and 65535")
def test_the_port_of_the_preview_is_none(good: Project, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["preview", str(good.root), "--port", "65536"])
    assert ended.value.code == 2
    assert capfd.readouterr().err.endswith("argument --port: must be between 0 and 65535\n")


@pytest.mark.fault("httpbin's port is taken", "it takes another: any that is free")
def test_the_port_of_httpbin_is_taken() -> None:
    with httpbin.running() as first, httpbin.running() as second:
        assert first != second
        with closing(socket.create_connection(("127.0.0.1", int(second.rpartition(":")[2])))):
            pass


class Server(ThreadingHTTPServer):
    """Keeps to itself that a client has gone before it had its answer."""

    def handle_error(self, *_: object) -> None:
        pass


@pytest.fixture
def service() -> Iterator[Callable[[str], str]]:
    """Starts a web service that answers as it is told to: its address."""
    over, servers = threading.Event(), []

    def serve(manner: str) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if manner == "slow":
                    over.wait()
                elif manner == "error":
                    self.send_error(503)
                elif manner == "nonsense":
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.end_headers()
                    self.wfile.write(b"<html>")
                self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = Server(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        if manner == "absent":
            server.shutdown()
            server.socket.close()
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    over.set()
    for server in servers:
        server.shutdown()
        server.server_close()


def article(url: str, timeout: float) -> str:
    """A page with the snippet of the article that calls a web service, as it is."""
    (cell,) = [cell for cell in load(ROOT).read(Path("posts/async-python-basics/index.qmd")).cells
               if cell.label == "http-requests"]  # fmt: skip
    setup = f"```{{python}}\n#| include: false\nimport asyncio, os\n\nos.environ['HTTPBIN_URL'] = '{url}'\n```\n"
    header = f"---\ntitle: Bad\nexecute:\n  timeout: {timeout}\n---\n\n{setup}\n"
    code = cell.code if "import asyncio" in cell.code else f"import asyncio\n{cell.code}"
    return f"{header}```{{python}}\n#| label: http-requests\n{code}\n```\n"


@pytest.mark.parametrize(
    ("manner", "outcome"),
    [
        fault("httpbin does not answer in time",
              "still running after 2 s; 'timeout: N' under 'execute:' allows it more", "slow"),
        fault("httpbin answers with an error",
              "ClientResponseError: 503, message='Service Unavailable', url='URL/PATH'", "error"),
        fault("httpbin answers nonsense", "JSONDecodeError: Expecting value: line 1 column 1 (char 0)", "nonsense"),
        fault("httpbin closes the connection", "ServerDisconnectedError: Server disconnected", "silent"),
        fault("httpbin is not there", "ClientConnectorError: Cannot connect to host ADDRESS ssl:default", "absent"),
    ],
)  # fmt: skip
def test_httpbin_misbehaves(
    good: Project,
    bad: Path,
    service: Callable[[str], str],
    capfd: pytest.CaptureFixture[str],
    manner: str,
    outcome: str,
) -> None:
    url = service(manner)
    bad.write_text(article(url, 2 if manner == "slow" else 30))
    assert build(good) == 1
    (message,) = said(capfd.readouterr().err).splitlines()
    assert message.startswith("awaited: posts/bad.qmd:")
    message = re.sub("/(?:json|uuid|headers)'", "/PATH'", message)  # any of the three calls may be the first to fail
    expected = outcome.replace("URL", url).replace("ADDRESS", url.removeprefix("http://"))
    assert f": cell 'http-requests': {expected}" in message


# --- Other builds, no network -----------------------------------------------------------------------------------------


@pytest.mark.fault(
    "two builds at once in one checkout",
    "the second ends at once: another build is running here (process N); wait for it, or stop it",
)
def test_two_builds_at_once(project: Project) -> None:
    slow = "```{python}\n#| label: slow\nimport time\nfrom pathlib import Path\n\nPath('here').touch()\n"
    (project.root / "slow.qmd").write_text(f"{slow}while Path('here').exists():\n    time.sleep(0.01)\n```\n")
    first, here = start(project), project.root / "here"
    while not here.exists():
        assert first.poll() is None
        time.sleep(0.01)
    second = start(project)
    _, errors = second.communicate(timeout=30)
    assert (second.returncode, errors) == (
        1,
        f"awaited: another build is running here (process {first.pid}); wait for it, or stop it\n",
    )
    here.unlink()
    _, errors = first.communicate(timeout=30)
    assert first.returncode == 0, errors
    assert (project.site / "slow.html").exists()


NO_NETWORK = """\
import socket

connect, getaddrinfo = socket.socket.connect, socket.getaddrinfo
OWN = ("127.0.0.1", "::1", "localhost", None, "")


def refuse(host):
    with open({log!r}, "a") as log:
        print(host, file=log)
    raise OSError("there is no network")


def connect_here(self, address):
    return connect(self, address) if isinstance(address, (str, bytes)) or address[0] in OWN else refuse(address[0])


def getaddrinfo_here(host, *args, **options):
    return getaddrinfo(host, *args, **options) if host in OWN else refuse(host)


socket.socket.connect, socket.getaddrinfo = connect_here, getaddrinfo_here
"""
TRYING = """\
```{python}
#| label: try
import socket

try:
    socket.create_connection(("example.com", 80))
except OSError as error:
    print(error)
```
"""


@pytest.mark.fault("there is no network", "the site is built; nothing but the snippet that asks for it has tried")
def test_a_build_needs_no_network(project: Project, tmp_path: Path) -> None:
    log = tmp_path / "log"
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK.format(log=str(log)))
    (project.root / "try.qmd").write_text(TRYING)
    process = start(project, PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "there is no network" in (project.site / "try.html").read_text()
    assert log.read_text() == "example.com\n" * 2, "once in the cell, and once in its script"
