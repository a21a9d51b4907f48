"""Sends what a run prints to the page: soon, but not as twenty thousand messages."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

Send = Callable[[str, str, float], object]
"""Takes the name of a stream, a text, and when it was printed, in seconds since the run began."""
LIMIT = 200_000
"""Bytes that a run may print."""
PER_SECOND, AT_ONCE = 20, 32
"""How many messages are sent in a second, and how many may be sent at once."""
SHORT = 0.02
"""Seconds of sleep before which nothing has to be sent: what was printed is soon overtaken."""


class OutputCutError(SystemExit):
    """The run has printed as much as it may. As a SystemExit it ends the loop, and not only a task."""


class Output:
    """What a run prints, on its way to the page."""

    def __init__(self, send: Send, clock: Callable[[], float]) -> None:
        """``clock`` tells the seconds since the run began."""
        self._send, self._clock = send, clock
        self._waiting: list[tuple[str, str]] = []
        self._since = 0.0
        self._allowed, self._asked = float(AT_ONCE), 0.0
        self._left = LIMIT

    def put(self, stream: str, text: str) -> None:
        """Takes a text; raises OutputCutError for what goes beyond the limit, with the part before it sent."""
        size = len(text.encode(errors="replace"))
        if size > self._left:
            text = text.encode(errors="replace")[: self._left].decode(errors="ignore")
        if text:
            if not self._waiting:
                self._since = self._clock()
            self._waiting.append((stream, text))
        self._left -= size
        if self._left < 0:
            self._left = 0
            self.send()
            raise OutputCutError
        if text.endswith("\n"):
            self.ask()

    def ask(self) -> None:
        """Sends what waits, unless much was sent lately."""
        now = self._clock()
        self._allowed = min(self._allowed + (now - self._asked) * PER_SECOND, AT_ONCE)
        self._asked = now
        if self._allowed >= 1 and self._waiting:
            self._allowed -= 1
            self.send()

    def send(self) -> None:
        """Sends what waits: neighbours of one stream together."""
        waiting, self._waiting = self._waiting, []
        for stream, text in _joined(waiting):
            self._send(stream, text, self._since)

    def before_sleep(self, seconds: float) -> None:
        """Sends what waits before this thread sleeps, so that it is seen meanwhile."""
        if seconds >= SHORT:
            self.send()
        else:
            self.ask()

    @contextmanager
    def taking_all(self) -> Iterator[None]:
        """Takes all that is printed in the block."""
        with redirect_stdout(_text(self, "stdout")), redirect_stderr(_text(self, "stderr")):
            yield
        self.send()


def _joined(parts: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    start = 0
    for number, (stream, _) in enumerate(parts):
        if number + 1 == len(parts) or parts[number + 1][0] != stream:
            yield stream, "".join(text for _, text in parts[start : number + 1])
            start = number + 1


class _Stream(io.RawIOBase):
    """A stream of bytes whose text goes to an output."""

    def __init__(self, output: Output, name: str) -> None:
        self._output, self.name = output, name
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._output.put(self.name, self._decoder.decode(bytes(data)))
        return len(data)

    def flush(self) -> None:
        self._output.ask()


def _text(output: Output, name: str) -> io.TextIOWrapper:
    # unbuffered, as after `python -u`: it is for the output to say when something is sent
    errors = "backslashreplace" if name == "stderr" else "strict"
    stream: Any = _Stream(output, name)
    text = io.TextIOWrapper(stream, "utf-8", errors, newline="\n", write_through=True)
    text.mode = "w"  # type: ignore[misc]
    return text
