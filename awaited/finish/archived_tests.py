"""Runs each script of the archive that this file came in, and compares what it prints with what its page shows.

The rule is that of the proofs on the site: ``compare.py``. What a page shows is in ``shown.json``.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest

from awaited import httpbin
from awaited.memory.plain_text import plain
from awaited.prove.compare import Difference, Printed, Shown, difference
from awaited.read.versions import admits, in_words

FOLDER = Path(__file__).resolve().parents[1]
CASES: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("shown.json").read_text(encoding="utf-8"))
VERSION = platform.python_version()
SETTINGS = {"PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
LIMIT = 60.0
"""Seconds that a script may take, unless its page allows it more."""
SIDE_BY_SIDE = 8
"""How many scripts run at once, for they mostly wait."""
TRIES_ALONE = 3
"""How often a script whose durations alone are off runs again with nothing beside it: a busy machine may be why."""


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[Difference | None]]]:
    """What differs between the page of each script that is asked for and a run of it, beside the runs of others."""
    names = [str(item.callspec.params["name"]) for item in request.session.items if isinstance(item, pytest.Function)]
    names = [name for name in names if not _why_not(CASES[name])]
    with contextlib.ExitStack() as open_meanwhile:
        if any(httpbin.VARIABLE in (FOLDER / name).read_text(encoding="utf-8") for name in names):
            open_meanwhile.enter_context(httpbin.running())
        pool = open_meanwhile.enter_context(ThreadPoolExecutor(SIDE_BY_SIDE))
        open_meanwhile.callback(pool.shutdown, cancel_futures=True)
        yield {name: pool.submit(_difference, name, CASES[name]) for name in names}


@pytest.mark.parametrize("name", CASES)
def test_a_script_prints_what_its_page_shows(name: str, runs: dict[str, Future[Difference | None]]) -> None:
    case = CASES[name]
    if reason := _why_not(case):
        pytest.skip(reason)
    found = runs[name].result()
    for _ in range(TRIES_ALONE):
        if found is None or not found.is_time:
            break
        wait(runs.values())
        found = _difference(name, case)
    assert found is None, found.text


def _why_not(case: dict[str, Any]) -> str | None:
    """Why a script cannot be compared with its page here; None where it can."""
    if case["shown"] is None:
        return "what its page shows was not kept when the site was made"
    if case["python"] and not admits(case["python"], VERSION):
        return f"needs {in_words(case['python'])}, and this is {VERSION}"
    if case["printed-by"] and not admits(case["printed-by"], VERSION):
        return f"its page shows what {in_words(case['printed-by'])} prints, and this is {VERSION}"
    return None


def _difference(name: str, case: dict[str, Any]) -> Difference | None:
    """What differs between a script's page and a run of it; None where they agree."""
    file = FOLDER / name
    done = subprocess.run(
        [sys.executable, str(file)],
        cwd=FOLDER,
        env={**os.environ, **SETTINGS},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=float(case["timeout"] or LIMIT),
    )
    stdout, stderr = (
        plain(written.decode("utf-8", "replace")).replace(f"{file.parent}{os.sep}", "")
        for written in (done.stdout, done.stderr)
    )
    page = case["shown"]
    shown = Shown(Printed(**page["own"]), Printed(**page["earlier"]), page["error"], page["hides_stderr"])
    return difference(shown, Printed(stdout, stderr), done.returncode, case["varies"])
