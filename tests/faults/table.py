"""Runs the tests of faults and writes what they say to README.md: fault, what happens, test (``make faults``).

Every row is a mark of a test, ``@pytest.mark.fault(name, outcome)``; where a test has cases, the outcome is the very
message that it asserts. ``--show`` runs nothing and prints the table that the tests make.
"""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
TABLE = FOLDER / "README.md"
HEAD = """\
# Faults, each one injected and survived

Written by `make faults` from the tests in this folder: edit them, not this table.
Where a fault stops a build, its test also asserts: exit status 1 (130 for a signal), one message, the last good site,
the frozen results and the scripts as they were or made good again, no process left, and the next build right.

| Fault | What happens | Test |
| --- | --- | --- |
"""


class Rows:
    """A pytest plugin that collects the table's rows, in the order of the tests."""

    def __init__(self) -> None:
        self.rows: dict[str, None] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Takes a row from each mark of each test."""
        for item in session.items:
            test = f"{item.path.name}::{getattr(item, 'originalname', item.name)}"
            for mark in reversed(list(item.iter_markers("fault"))):
                name, outcome = (text.replace("|", "\\|").replace("\n", " ") for text in mark.args)
                self.rows[f"| {name} | {outcome} | `{test}` |"] = None

    def table(self) -> str:
        """The whole file."""
        return HEAD + "\n".join(self.rows) + "\n"


def main(arguments: list[str]) -> int:
    """Shows the table, or writes it when all tests have passed; the exit status."""
    rows = Rows()
    if "--show" in arguments:
        with contextlib.redirect_stdout(io.StringIO()):
            status = pytest.main(["--collect-only", str(FOLDER)], plugins=[rows])
        print(rows.table(), end="")
        return int(status)
    status = pytest.main(["-q", str(FOLDER), "--deselect", f"{FOLDER / 'test_table.py'}"], plugins=[rows])
    if status == 0:
        TABLE.write_text(rows.table(), encoding="utf-8")
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
