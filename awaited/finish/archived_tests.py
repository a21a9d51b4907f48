"""Runs each script of the archive that this file came in, and compares what it prints with what its page shows.

The rule is that of the proofs on the site: ``compare.py``. What a page shows is in ``shown.json``.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
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
TRIES = 3
"""How often a script runs at most whose durations alone are off: a busy machine may have been the reason."""


@pytest.fixture(scope="module")
def web_service() -> Iterator[str]:
    """A local copy of the service that some scripts call."""
    with httpbin.running() as address:
        yield address


@pytest.mark.parametrize("name", CASES)
def test_a_script_prints_what_its_page_shows(name: str, request: pytest.FixtureRequest) -> None:
    case = CASES[name]
    if case["shown"] is None:
        pytest.skip("what its page shows was not kept when the site was made")
    if case["python"] and not admits(case["python"], VERSION):
        pytest.skip(f"needs {in_words(case['python'])}, and this is {VERSION}")
    if case["printed-by"] and not admits(case["printed-by"], VERSION):
        pytest.skip(f"its page shows what {in_words(case['printed-by'])} prints, and this is {VERSION}")
    if httpbin.VARIABLE in (FOLDER / name).read_text(encoding="utf-8"):
        request.getfixturevalue("web_service")
    for _ in range(TRIES):
        found = _difference(name, case)
        if found is None or not found.is_time:
            break
    assert found is None, found.text


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
