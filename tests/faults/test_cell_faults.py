"""A cell that goes wrong stops the build with one message: where, what, and what to do. Nothing is lost by it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from awaited.read.project import Project
from tests.faults.injection import ROOT, build, fault, said

CELL = "---\ntitle: Bad\nexecute:\n  timeout: 1\n---\n\nProse.\n\n```{python}\n#| label: bad\n"
PATIENT = CELL.replace("timeout: 1", "timeout: 60")
TOO_LONG = "still running after 1 s; 'timeout: N' under 'execute:' allows it more"
TOO_MUCH = (
    "too much output: a page holds 1 MB of text and 20 MB of figures and other displays; "
    "print less, or write it to a file"
)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        fault(
            "a cell raises", "posts/bad.qmd:12: cell 'bad': ValueError: no good", "x = 1\nraise ValueError('no good')"
        ),
        fault(
            "a function that a cell calls raises",
            "posts/bad.qmd:12: cell 'bad': ZeroDivisionError: division by zero",
            "def f():\n    1 / 0\n\n\nf()",
        ),
        fault(
            "a cell's task raises in a group",
            "posts/bad.qmd:15: cell 'bad': ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)",
            "import asyncio\n\n\nasync def fail():\n    raise KeyError(3)\n\n\n"
            "async with asyncio.TaskGroup() as group:\n    group.create_task(fail())",
        ),
        fault(
            "a cell hangs in `await`",
            f"posts/bad.qmd:9: cell 'bad': {TOO_LONG}",
            "import asyncio\n\nawait asyncio.Event().wait()",
        ),
        fault("a cell hangs in a call", f"posts/bad.qmd:13: cell 'bad': {TOO_LONG}", "import time\n\ntime.sleep(60)"),
        fault(
            "a cell hangs in a busy loop that ignores an interrupt",
            f"posts/bad.qmd:9: cell 'bad': {TOO_LONG}",
            "while True:\n    try:\n        while True:\n            pass\n    except KeyboardInterrupt:\n        pass",
        ),
        fault(
            "a cell ignores every signal and waits",
            f"posts/bad.qmd:9: cell 'bad': {TOO_LONG}",
            "import signal, time\n\nfor n in (1, 2, 3, 15):\n    signal.signal(n, signal.SIG_IGN)\ntime.sleep(60)",
        ),
        fault(
            "the kernel is killed",
            "posts/bad.qmd:9: cell 'bad': its kernel died of SIGKILL",
            "import os\n\nos.kill(os.getpid(), 9)",
        ),
        fault(
            "the kernel crashes",
            "posts/bad.qmd:9: cell 'bad': its kernel died of SIGSEGV",
            "import os\n\nos.kill(os.getpid(), 11)",
        ),
        fault(
            "the kernel exits",
            "posts/bad.qmd:9: cell 'bad': its kernel died with exit status 3",
            "import os\n\nos._exit(3)",
        ),
        fault(
            "the kernel runs out of memory",
            "posts/bad.qmd:13: cell 'bad': MemoryError",
            "import resource\nresource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))\nx = bytes(2**31)",
        ),
        fault(
            "a cell displays what is no picture",
            "posts/bad.qmd:9: cell 'bad' displays an image/png that is no base64; correct what it displays",
            "from IPython.display import display\n\ndisplay({'image/png': 'no picture'}, raw=True)",
        ),
    ],
)
def test_a_cell_goes_wrong(
    good: Project, bad: Path, capfd: pytest.CaptureFixture[str], code: str, outcome: str
) -> None:
    bad.write_text((CELL if "hang" in outcome or "running" in outcome else PATIENT) + f"{code}\n```\n")
    assert build(good) == 1
    out, errors = capfd.readouterr()
    assert said(errors) == f"awaited: {outcome}\n"
    assert out == ""


MEASURED = """\
import sys
from pathlib import Path

from awaited.__main__ import main

status = main(sys.argv[1:])
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
sys.exit(status)
"""


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        fault(
            "a cell prints 100 MB, piece by piece",
            f"posts/bad.qmd:9: cell 'bad': {TOO_MUCH}",
            "for _ in range(100_000):\n    print('x' * 1000)",
        ),
        fault("a cell prints 100 MB at once", f"posts/bad.qmd:9: cell 'bad': {TOO_MUCH}", "print('x' * 10**8)"),
        fault(
            "a cell prints without end", f"posts/bad.qmd:9: cell 'bad': {TOO_MUCH}", "while True:\n    print('x' * 100)"
        ),
        fault(
            "a cell displays without end",
            f"posts/bad.qmd:9: cell 'bad': {TOO_MUCH}",
            "from IPython.display import display\n\nwhile True:\n    display('x' * 10**6)",
        ),
    ],
)
def test_a_flood_of_output(good: Project, bad: Path, code: str, outcome: str) -> None:
    bad.write_text(PATIENT + f"{code}\n```\n")
    command = [sys.executable, "-c", MEASURED, "build", str(good.root), "--engine", "smalldocs"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert said(done.stderr) == f"awaited: {outcome}\n"
    megabytes = int(done.stdout.splitlines()[-1]) / 1000
    # what has come before the build sees it is too much: a busy machine lets a connection fill while nobody reads
    assert megabytes < 400, "the build has not kept what it throws away"
    print("MB", megabytes)
