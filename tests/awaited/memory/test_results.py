"""Results are found by the number of their cell."""

from __future__ import annotations

from dataclasses import replace

from tests.awaited.memory.samples import OUT, frozen


def test_results_by_number() -> None:
    kept = frozen(OUT)
    assert kept.by_number == {1: kept.results[0]}
    assert replace(kept, results=()).by_number == {}
