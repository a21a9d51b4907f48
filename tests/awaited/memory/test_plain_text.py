"""Printed text is shown as a terminal would leave it."""

from __future__ import annotations

import pytest

from awaited.memory.plain_text import plain


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("\x1b[31mred\x1b[0m \x1b]8;;http://a\x07link\x1b]8;;\x1b\\ \x1b(B", "red link "),
        ("  0%\r 50%\r100%\n", "100%\n"),
        ("loading...\rdone\n", "doneing...\n"),
        ("a\nloading...\r\x1b[Kdone", "a\ndone"),
        ("a\nloading...\x1b[2K\rdone", "a\ndone"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("ends\r", "ends"),
        ("wrung\b\b\bong", "wrong"),
        ("a\n\bb", "a\nb"),
        ("bell\x07 null\x00 form\x0c next\x85 \ufffe\ud800", "bell null form next "),
        ("tab\tand ünï ✓ 🎉", "tab\tand ünï ✓ 🎉"),
    ],
)
def test_plain_is_what_a_terminal_leaves_standing(text: str, left: str) -> None:
    assert plain(text) == left
