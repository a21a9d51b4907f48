"""Lets cells and scripts run side by side, and those alone that compute: else they would spoil all others' timings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from awaited.read.cells import Cell


class Quiet:
    """Who runs at the moment."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._running = 0
        self._is_wanted = False
        """Whether somebody runs alone, or waits for the others to end so that it can."""

    def for_cell(self, cell: Cell) -> AbstractAsyncContextManager[None]:
        """The time that a cell, or its script, may run in."""
        return self._alone() if cell.setting("alone") else self._beside()

    @asynccontextmanager
    async def _beside(self) -> AsyncIterator[None]:
        async with self._changed:
            await self._changed.wait_for(lambda: not self._is_wanted)
            self._running += 1
        try:
            yield
        finally:
            async with self._changed:
                self._running -= 1
                self._changed.notify_all()

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        async with self._changed:
            await self._changed.wait_for(lambda: not self._is_wanted)
            self._is_wanted = True
        try:
            async with self._changed:
                await self._changed.wait_for(lambda: not self._running)
            yield
        finally:
            async with self._changed:
                self._is_wanted = False
                self._changed.notify_all()
