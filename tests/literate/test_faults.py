"""Whatever goes wrong, a build says so once and clearly, leaves the last good site as it was, and no kernel behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from literate.__main__ import main
from literate.project import Project

GOOD = "---\ntitle: Good\n---\n\n```{python}\n#| label: greet\nprint('hello')\n```\n"
Kernels = Callable[[Path], list[str]]
Start = Callable[..., "subprocess.Popen[str]"]


def contents(project: Project) -> dict[Path, bytes]:
    """All that a failing build must leave alone: the site and the freezer, file by file."""
    folders = project.site, project.freezer
    return {file: file.read_bytes() for folder in folders for file in folder.rglob("*") if file.is_file()}


def build(project: Project) -> int:
    return main(["build", str(project.root), "--engine", "smalldocs"])


@pytest.fixture(scope="module")
def start(root: Path, hears_ctrl_c: Callable[[], None]) -> Start:
    """Starts ``literate build`` as a process of its own."""

    def start(project: Project, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "literate", "build", "--engine", "smalldocs"],
            cwd=project.root,
            env={**os.environ, "PYTHONPATH": str(root), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=hears_ctrl_c,
        )

    return start


@pytest.fixture(scope="module")
def good(make_project: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a good site."""
    project = make_project(tmp_path_factory.mktemp("faults"), {"index.qmd": "Home\n", "posts/good.qmd": GOOD})
    assert build(project) == 0
    assert len(contents(project)) > 5
    return project


@pytest.fixture
def bad(good: Project, kernels_of: Kernels, capfd: pytest.CaptureFixture[str]) -> Iterator[Path]:
    """A page that is going to be the fault of that project; whatever happens, all else stays and no kernel remains."""
    before = contents(good)
    file = good.root / "posts/bad.qmd"
    yield file
    file.unlink()
    assert contents(good) == before
    assert kernels_of(good.root) == []
    assert build(good) == 0, "the next build goes on as before"
    out, errors = capfd.readouterr()
    assert "no cell had to run" in out
    assert errors == ""


CELL = "---\ntitle: Bad\nexecute:\n  timeout: 1\n---\n\nProse.\n\n```{python}\n#| label: bad\n"
PATIENT = CELL.replace("timeout: 1", "timeout: 60")
FAULTS = {
    "a raising cell": (CELL + "x = 1\nraise ValueError('no good')\n```\n", "12: cell 'bad': ValueError: no good"),
    "a cell that calls what raises": (
        CELL + "def f():\n    1 / 0\n\n\nf()\n```\n",
        "12: cell 'bad': ZeroDivisionError: division by zero",
    ),
    "a cell that is no Python": (CELL + "x = 1\nif\n```\n", "12: cell 'bad' is not Python .invalid syntax."),
    "a cell without a label, in a callout": (
        "::: {.callout-note}\n```{python}\nraise KeyError('a')\n```\n:::\n",
        "2: this cell has no label",
    ),
    "a cell that waits for ever": (
        CELL + "import asyncio\n\nawait asyncio.Event().wait()\n```\n",
        "9: cell 'bad': still running after 1 s; 'timeout: N' under 'execute:' allows it more",
    ),
    "a cell that loops for ever": (
        CELL + "while True:\n    pass\n```\n",
        r"1[12]: cell 'bad': still running after 1 s",
    ),
    "a cell that cannot be interrupted": (
        CELL + "while True:\n    try:\n        while True:\n            pass\n"
        "    except KeyboardInterrupt:\n        pass\n```\n",
        "9: cell 'bad': still running after 1 s",
    ),
    "a killed kernel": (
        PATIENT + "import os\n\nos.kill(os.getpid(), 9)\n```\n",
        "9: cell 'bad': its kernel died of SIGKILL",
    ),
    "a kernel that exits": (
        PATIENT + "import os\n\nos._exit(3)\n```\n",
        "9: cell 'bad': its kernel died with exit status 3",
    ),
    "invalid front matter": ("---\ntitle: Bad\nlist: [a\n---\n", "3: invalid YAML: expected ',' or ']'"),
    "invalid cell options": (
        "\n```{python}\n#| label: a: b\nx\n```\n",
        "3: invalid YAML: mapping values are not allowed",
    ),
    "an option of the wrong type": (
        "```{python}\n#| label: a\n#| echo: 3\nx\n```\n",
        "3: option 'echo' must be true, false",
    ),
    "a duplicate label": (
        "```{python}\n#| label: a\nx\n```\n\n```{python}\n#| label: a\ny\n```\n",
        "7: label 'a' is taken by the cell at line 1",
    ),
    "a file that is not UTF-8": (b"Prose\ncaf\xe9\n", "2: byte 0xe9 is not UTF-8"),
    "a missing kernel": (
        "---\njupyter: julia-1.9\n---\n```{python}\n#| label: a\nx = 1\n```\n",
        " no Jupyter kernel 'julia-1.9'",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_stops_the_build(good: Project, bad: Path, capfd: pytest.CaptureFixture[str], fault: str) -> None:
    text, message = FAULTS[fault]
    bad.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert build(good) == 1
    out, errors = capfd.readouterr()
    said = [line for line in errors.splitlines() if not line.startswith(("executing ", "  posts/"))]
    assert len(said) == 1, errors
    assert re.match(rf"literate: posts/bad\.qmd:{message}", said[0]), said
    assert "index.html" not in out


def test_a_broken_link_stops_the_build(good: Project, bad: Path, capfd: pytest.CaptureFixture[str]) -> None:
    bad.write_text("---\ntitle: Bad\n---\n\n[here](good.qmd#greet)\nand [there](missing.html)\n")
    assert build(good) == 1
    _, errors = capfd.readouterr()
    assert errors == ("literate: posts/bad.qmd:6: the link 'missing.html' leads to no file of the site; correct it\n")


HANGING = PATIENT + ("import time\nfrom pathlib import Path\n\nPath('started').touch()\ntime.sleep(60)\n```\n")


@pytest.mark.parametrize("moment", ["while a kernel starts", "while a cell runs"])
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_build_that_is_stopped(
    good: Project, bad: Path, start: Start, kernels_of: Kernels, moment: str, sent: signal.Signals
) -> None:
    bad.write_text(HANGING)
    process, started = start(good), bad.with_name("started")
    try:
        while not (started.exists() if moment == "while a cell runs" else kernels_of(bad.parent)):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(sent)
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
        started.unlink(missing_ok=True)
    assert process.returncode == 130
    assert errors == "executing posts/bad.qmd\nliterate: stopped; the last good site stays\n"


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
---
title: Trying
---

```{python}
#| label: try
import socket

try:
    socket.create_connection(("example.com", 80))
except OSError as error:
    print(error)
```
"""


def test_a_build_needs_no_network(
    make_project: Callable[..., Project], tmp_path: Path, root: Path, start: Start
) -> None:
    log = tmp_path / "log"
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK.format(log=str(log)))
    project = make_project(tmp_path / "project", {"index.qmd": "Home\n", "posts/a.qmd": TRYING})
    process = start(project, PYTHONPATH=f"{tmp_path}{os.pathsep}{root}")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "there is no network" in (project.site / "posts/a.html").read_text()
    assert log.read_text() == "example.com\n", "nothing but the cell has tried"
