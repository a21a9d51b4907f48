"""Progress is one line that renews itself on a terminal, and plain lines in a log."""

from __future__ import annotations

import contextlib
import io
import re
import time

import pytest

from awaited.progress import Progress, Stopwatch


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def screen(terminal: Terminal) -> list[str]:
    """What a terminal would show in the end."""
    return [line.rpartition("\r\x1b[2K")[2] for line in terminal.getvalue().split("\n")]


def work(progress: Progress) -> None:
    progress.doing("a.qmd", "one (1 of 2)")
    progress.doing("b.qmd", "starting its kernel")
    progress.did("a.qmd", "one", 1.234)


def test_a_log_gets_plain_lines() -> None:
    stream = io.StringIO()
    work(Progress(stream))
    assert stream.getvalue() == "  a.qmd: one  1.23 s\n"


def test_a_terminal_shows_what_is_under_way() -> None:
    terminal = Terminal()
    progress = Progress(terminal)
    work(progress)
    assert screen(terminal) == ["  a.qmd: one  1.23 s", "  … a.qmd: one (1 of 2) | b.qmd: starting its kernel"]
    progress.end("a.qmd")
    assert screen(terminal)[-1] == "  … b.qmd: starting its kernel"
    progress.end("b.qmd")
    assert screen(terminal) == ["  a.qmd: one  1.23 s", ""]


def test_a_long_line_is_cut() -> None:
    terminal = Terminal()
    Progress(terminal).doing("a" * 200, "x")
    assert len(screen(terminal)[-1]) <= 110


def test_the_end_of_an_unknown_job_does_no_harm() -> None:
    stream = io.StringIO()
    Progress(stream).end("a")
    assert stream.getvalue() == ""


def test_it_writes_to_stderr_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    Progress().say("hello")
    assert capsys.readouterr() == ("", "hello\n")


def test_a_stopwatch_adds_up_steps_also_where_they_fail() -> None:
    watch = Stopwatch()
    for _ in range(2):
        with contextlib.suppress(KeyError), watch.step("one"):
            time.sleep(0.01)
            raise KeyError
    with watch.step("two"):
        pass
    assert watch.steps["one"] >= 0.02
    assert re.fullmatch(r"one 0\.\d\d s, two 0\.00 s", str(watch))
