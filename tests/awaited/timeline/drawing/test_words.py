"""A recording in a sentence."""

from __future__ import annotations

import pytest

from awaited.timeline import Run
from awaited.timeline.drawing import words
from tests.awaited.timeline.drawing.samples import (
    fan,
    kept,
    lane,
    mixed,
    run,
)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (fan(0), "Nothing overlapped: 2.0 s of waiting took 2.0 s."),
        (fan(1), "1 task ran alone: 2.0 s of waiting took 2.0 s."),
        (fan(3), "3 tasks overlapped: 6.0 s of waiting took 2.0 s."),
        (fan(3, 0.05), "3 tasks overlapped: 0.1 s of waiting took 0.05 s."),
        (run(lane("main", 0, 0, 4, kind="main")), "Nothing overlapped: 4.0 s of running took 4.0 s."),
        (
            mixed(),
            "4 of 5 tasks and threads overlapped: 3.6 s of waiting took 3.0 s. "
            "1 failed, 1 cancelled and 1 never ended.",
        ),
    ],
)
def test_sentence(given: Run, sentence: str) -> None:
    assert words.sentence(given) == sentence


def test_tasks_that_follow_each_other_do_not_overlap() -> None:
    main = lane("main", 0, 0, 0, 4, 4, kind="main")
    first, second = lane("a", 0, 0, 0, 2, 2, parent=main), lane("b", 2, 2, 2, 4, 4, parent=main)
    assert words.sentence(run(main, first, second)) == "2 tasks ran one after the other: 4.0 s of waiting took 4.0 s."
    third = lane("c", 3, 3, 3, 4, 4, parent=main)
    assert words.sentence(run(main, first, second, third)).startswith("2 of 3 tasks overlapped: 5.0 s of waiting took")


def test_waiting_for_ones_own_tasks_is_not_counted_twice() -> None:
    main = lane("main", 0, 0, 0, 3, 3, kind="main")
    parent = lane("parent", 0, 0, 0, 3, 3, parent=main)
    children = [lane(name, 1, 1, 1, 3, 3, parent=parent) for name in "ab"]
    assert words.sentence(run(main, parent, *children)) == "3 tasks overlapped: 5.0 s of waiting took 3.0 s."


def test_lateness_is_said_with_who_is_to_blame() -> None:
    assert words.sentence(kept()) == ("2 tasks: 2.5 s of waiting took 4.0 s. ticker was kept waiting 2.00 s by report.")


def test_tasks_that_keep_each_other_waiting_are_not_said_to_overlap() -> None:
    main = lane("main", 0, 0, 0, 4, 4, kind="main")
    second = lane("b", 0, 2, 4, parent=main, late=2)
    assert words.sentence(run(main, lane("a", 0, 0, 2, parent=main), second)) == (
        "2 tasks: 4.0 s of running took 4.0 s. b was kept waiting 2.00 s by a."
    )
