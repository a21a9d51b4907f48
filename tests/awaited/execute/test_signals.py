"""What runs until it is done gives its result; what signals do is tried in ``tests/faults``."""

from __future__ import annotations

from awaited.execute.signals import run_until_done


def test_run_until_done_gives_the_result() -> None:
    async def main() -> int:
        return 3

    assert run_until_done(main) == 3
