"""Numbers are near and plain."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awaited.timeline.drawing import letters


@given(st.floats(0, 1e6, allow_subnormal=False))
def test_numbers_are_near_and_plain(seconds: float) -> None:
    for said in (letters.rounded(seconds), letters.duration(seconds)):
        assert re.fullmatch(r"\d+\.\d+", said)
        assert float(said) == pytest.approx(seconds, abs=0.06 if seconds >= 0.095 else max(seconds, 1e-6))
