"""Lets a signal stop what runs as tidily as Ctrl-C does."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable
from typing import Any


def run_until_done(main: Callable[[], Any]) -> Any:
    """Runs a coroutine function as ``asyncio.run`` does, and lets SIGTERM stop it as tidily as Ctrl-C does."""

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    async def with_signals() -> Any:
        task = asyncio.current_task()
        assert task is not None
        with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await main()

    try:
        with contextlib.suppress(ValueError):  # in another thread than the main one
            if before[signal.SIGINT] is not signal.SIG_IGN:
                signal.signal(signal.SIGINT, signal.default_int_handler)  # which asyncio puts a tidier one in place of
        return asyncio.run(with_signals())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        with contextlib.suppress(ValueError):
            for number, handler in before.items():
                signal.signal(number, handler)
