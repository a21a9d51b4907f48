"""What is said to a person is one line."""

from __future__ import annotations

from awaited.read.errors import AwaitedError


def test_a_message_is_one_line_of_signs() -> None:
    assert str(AwaitedError("a\n\x1b[31m\ud800\u2028", "b.qmd", 3)) == r"b.qmd:3: a\n\x1b[31m\ud800\u2028"
    assert len(str(AwaitedError("x" * 10_000))) < 600
