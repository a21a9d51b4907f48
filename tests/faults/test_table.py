"""The committed table of faults is the one that the tests make."""

from __future__ import annotations

import subprocess
import sys

from tests.faults.injection import ROOT
from tests.faults.table import TABLE


def test_the_table_is_what_the_tests_say() -> None:
    command = [sys.executable, "tests/faults/table.py", "--show"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == TABLE.read_text(), "run `make faults`, and commit the table that it writes"
