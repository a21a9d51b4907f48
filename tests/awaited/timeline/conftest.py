"""Whatever a test of recordings does, nothing of them stays behind."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator

import pytest

SHADOWED = ("call_soon", "call_soon_threadsafe", "create_task", "run_in_executor")


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    before = [vars(asyncio.BaseEventLoop)[name] for name in SHADOWED]
    write = vars(sys.stdout).get("write")  # IPython leaves one there
    yield
    assert [vars(asyncio.BaseEventLoop)[name] for name in SHADOWED] == before
    assert vars(sys.stdout).get("write") is write
