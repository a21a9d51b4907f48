"""A local httpbin for the snippets that call a web service.

It is the real ``httpbin`` package behind a server on this machine, so that pages and tests never wait for the network.
Snippets find it through the environment variable ``HTTPBIN_URL``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

VARIABLE = "HTTPBIN_URL"
"""The environment variable that tells snippets where httpbin is."""


def serve() -> str:
    """Puts the address of a local httpbin into the environment, and returns it.

    The first call starts the server; it runs as long as this process does.
    """
    url, _ = _shared()
    os.environ[VARIABLE] = url
    return url


@contextmanager
def running() -> Iterator[str]:
    """The address of an httpbin of its own that runs, and is in the environment, for one ``with`` block."""
    before = os.environ.get(VARIABLE)
    url, stop = _start()
    os.environ[VARIABLE] = url
    try:
        yield url
    finally:
        stop()
        if before is None:
            os.environ.pop(VARIABLE, None)
        else:
            os.environ[VARIABLE] = before


def _start() -> tuple[str, Callable[[], None]]:
    """Starts a server on a free port: its address, and what stops it."""
    import io
    import warnings
    from contextlib import redirect_stderr
    from threading import Thread

    from werkzeug.serving import WSGIRequestHandler, make_server

    # Importing httpbin warns about packages it can do without; that is nothing a page should show.
    with redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from httpbin import app

    class SilentHandler(WSGIRequestHandler):
        """Logs no requests: the log would end up in the output of the cell that sends them."""

        def log(self, type: str, message: str, *args: object) -> None:
            pass

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=SilentHandler)
    # Asking twice a second whether to stop, as is the default, would make every test wait for it.
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, name="httpbin", daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        thread.join()
        server.server_close()

    return f"http://127.0.0.1:{server.port}", stop


_shared = cache(_start)
