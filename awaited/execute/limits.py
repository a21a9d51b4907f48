"""Stops cells that give more than a page can hold."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbclient import NotebookClient

PRINT_LIMIT = 1_000_000
"""Characters that all cells of a page may print."""
DISPLAY_LIMIT = 20_000_000
"""Characters of figures and other displays of a page, and bytes that a cell may give at once."""


@asynccontextmanager
async def output_limit(client: NotebookClient) -> AsyncIterator[asyncio.Event]:
    """An event that is set once a page's cells have given more than a page can hold; no more is kept from then on."""
    import zmq

    flood, process = asyncio.Event(), client.process_message
    given = {"stream": 0, "display": 0}

    def count(message: dict[str, Any], *place: Any) -> Any:
        kind, content = message["msg_type"], message["content"]
        given["stream"] += len(content["text"]) if kind == "stream" else 0
        given["display"] += sum(len(str(value)) for value in content.get("data", {}).values())
        if given["stream"] > PRINT_LIMIT or given["display"] > DISPLAY_LIMIT:
            flood.set()
        return None if flood.is_set() and kind != "status" else process(message, *place)

    async def watch_connection() -> None:
        await monitor.recv_multipart()
        await asyncio.sleep(0.5)  # it breaks also where the kernel has died
        if await manager.is_alive():
            flood.set()

    manager: Any = client.km
    channels: Any = client.kc
    monitor = channels.iopub_channel.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    watching = asyncio.create_task(watch_connection())
    client.process_message = count  # type: ignore[assignment, method-assign]
    try:
        yield flood
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        channels.iopub_channel.socket.disable_monitor()
