"""What runs until it is done gives its result, and a stop lets it clear up; more is tried in ``tests/faults``."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from awaited.execute.signals import run_until_done

CLEARS_UP = """\
import asyncio
import os
import signal
import sys
import time

from awaited.execute import signals

signals.PATIENCE = 0.2
number = int(sys.argv[1])


async def main():
    try:
        os.kill(os.getpid(), number)
        await asyncio.sleep(60)
    finally:
        os.kill(os.getpid(), number)
        await asyncio.sleep(0.01)
        print("cleared up")


async def blocks():
    os.kill(os.getpid(), number)
    time.sleep(0.3)
    os.kill(os.getpid(), number)
    time.sleep(60)


async def is_done():
    os.kill(os.getpid(), number)


for function in (main, blocks, is_done):
    begun = time.monotonic()
    try:
        signals.run_until_done(function)
    except KeyboardInterrupt:
        print(function.__name__, "stopped", time.monotonic() - begun < 30)
    signal.signal(number, signal.default_int_handler)
"""


def test_run_until_done_gives_the_result() -> None:
    async def main() -> int:
        return 3

    assert run_until_done(main) == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_lets_all_clear_up_unless_somebody_insists(number: signal.Signals, root: Path) -> None:
    command = [sys.executable, "-c", CLEARS_UP, str(int(number))]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=30, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "cleared up",
        "main stopped True",
        "blocks stopped True",
        "is_done stopped True",
    ]
