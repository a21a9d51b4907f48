"""Equal means equal: what may differ between a page and a script is durations, and what the cell declares."""

from __future__ import annotations

import pytest

from awaited.prove.compare import Printed, Shown, difference


@pytest.mark.parametrize(
    ("page", "printed", "earlier", "varies", "agrees"),
    [
        ("one\n", "one\n", "", [], True),
        ("one\n", "two\n", "", [], False),
        ("one\n", "one", "", [], False),
        ("took 2.00s\n", "took 2.24s\n", "", [], True),
        ("took 2.00s\n", "took 2.60s\n", "", [], False),
        ("took 20 s\n", "took 22.5 s\n", "", [], True),
        ("took 20 s\n", "took 24 s\n", "", [], False),
        ("version 2.00\n", "version 2.01\n", "", [], False),
        ("2.00s and 3.00s\n", "2.10s\n", "", [], False),
        ("port 1234\n", "port 4321\n", "", [r"\d{4}"], True),
        ("port 1234\n", "gate 4321\n", "", [r"\d{4}"], False),
        ("own\n", "before\nown\n", "x\nbefore\ny\n", [], True),
        ("own\n", "after\nbefore\nown\n", "before\nafter\n", [], False),
        ("own\n", "unknown\nown\n", "before\n", [], False),
        ("", "", "", [], True),
        ("", "more\n", "", [], False),
    ],
)
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_equal_means_equal_but_for_durations(
    stream: str, page: str, printed: str, earlier: str, varies: list[str], agrees: bool
) -> None:
    shown = Shown(Printed(**{stream: page}), Printed(**{stream: earlier}))
    found = difference(shown, Printed(**{stream: printed}), 0, varies)
    assert (found is None) is agrees, found


def test_a_difference_shows_both_and_says_which_stream() -> None:
    shown = Shown(Printed("page\n", "warning\n"), Printed())
    found = difference(shown, Printed("script\n", "other\n"), 0)
    assert found is not None
    for line in ("--- stdout, as the page shows it", "-page", "+script", "-warning", "+other"):
        assert line in found.text.split("\n")


@pytest.mark.parametrize(
    ("page", "printed", "is_time"),
    [
        ("took 1.0s\n", "took 3.0s\n", True),
        ("took 1.0s\n", "needed 3.0s\n", False),
        ("a 1.0s\nb 1.0s\n", "b 1.0s\na 1.0s\n", False),
        ("a 1.0s\nb 1.0s\n", "a 1.0s\nb 9.0s\n", True),
    ],
)
def test_a_difference_in_time_alone_is_known_as_one(page: str, printed: str, is_time: bool) -> None:
    found = difference(Shown(Printed(page), Printed()), Printed(printed), 0)
    assert found is not None
    assert found.is_time is is_time


def test_standard_error_that_the_page_hides_does_not_count() -> None:
    shown = Shown(Printed("x\n"), Printed(), hides_stderr=True)
    assert difference(shown, Printed("x\n", "a warning\n"), 0) is None


TRACEBACK = 'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\nValueError: on purpose\n'
GROUP = """\
  + Exception Group Traceback (most recent call last):
  |   File "a.py", line 1, in <module>
  | ExceptionGroup: two at once (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | ValueError: a
    +------------------------------------
"""


@pytest.mark.parametrize(
    ("error", "stderr", "status", "agrees"),
    [
        ("ValueError: on purpose", TRACEBACK, 1, True),
        ("ValueError: on purpose", TRACEBACK.replace("purpose", "accident"), 1, False),
        ("ValueError: on purpose", TRACEBACK.replace("ValueError", "KeyError"), 1, False),
        ("ValueError: on purpose", "", 0, False),
        ("ExceptionGroup: two at once (2 sub-exceptions)", GROUP, 1, True),
        ("", TRACEBACK, 1, False),
    ],
)
def test_the_error_must_be_the_one_of_the_page(error: str, stderr: str, status: int, agrees: bool) -> None:
    found = difference(Shown(Printed("x\n"), Printed(), error), Printed("x\n", stderr), status)
    assert (found is None) is agrees, found


def test_what_is_printed_before_an_error_counts() -> None:
    shown = Shown(Printed("before\n"), Printed(), "ValueError: on purpose")
    assert difference(shown, Printed("before\n", TRACEBACK), 1) is None
    assert difference(shown, Printed("", TRACEBACK), 1) is not None
