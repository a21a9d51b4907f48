"""Lets Ctrl-C and SIGTERM stop what runs, in good order."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable
from typing import Any

PATIENCE = 2.0
"""Seconds after a stop in which another one is the same wish: all that it could cut off is the clearing up."""


def run_until_done(main: Callable[[], Any]) -> Any:
    """Runs a coroutine function as ``asyncio.run`` does; Ctrl-C and SIGTERM cancel it, and KeyboardInterrupt is raised.

    Whoever still insists ``PATIENCE`` seconds later cuts it off where it is.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    stopped: list[float] = []

    async def with_signals() -> Any:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None

        def stop(*_: object) -> None:
            if not stopped and not loop.is_closed():
                stopped.append(time.monotonic())
                loop.call_soon_threadsafe(task.cancel)
            elif not stopped or time.monotonic() - stopped[0] > PATIENCE:
                raise KeyboardInterrupt

        def tell(loop: asyncio.AbstractEventLoop, what: dict[str, Any]) -> None:
            if not stopped:  # how a task ends that a stop has cut off is no news
                loop.default_exception_handler(what)

        loop.set_exception_handler(tell)
        with contextlib.suppress(ValueError):  # in another thread than the main one
            for number, handler in before.items():
                if number == signal.SIGTERM or handler is not signal.SIG_IGN:
                    signal.signal(number, stop)
        return await main()

    try:
        done = asyncio.run(with_signals())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        if not stopped:  # else ours stays, and has patience with whoever clears up
            with contextlib.suppress(ValueError):
                for number, handler in before.items():
                    signal.signal(number, handler)
    if stopped:  # it was done already
        raise KeyboardInterrupt
    return done
