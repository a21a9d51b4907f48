"""Records what a piece of code did, and shows it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from awaited.timeline.drawing import page, svg, terminal
from awaited.timeline.recorder import Recorder
from awaited.timeline.recording import Recording


class Run(Recording):
    """A recording that can show itself."""

    def svg(self, **options: Any) -> str:
        """The picture as SVG; see ``drawing.svg`` for the options."""
        return svg.svg(self, **options)

    def text(self, width: int | None = None) -> str:
        """The picture for a terminal."""
        return terminal.text(self, width)

    def thumbnail(self) -> str:
        """A small picture without words, as SVG."""
        return svg.thumbnail(self)

    def html(self, **options: Any) -> str:
        """The picture, and its data as a table; see ``drawing.page.figure`` for the options."""
        return page.figure([self], **options)

    def _repr_html_(self) -> str:
        return self.html()


@contextmanager
def record(name: str = "run") -> Iterator[Run]:
    """Records what the code in the block does: on the running loop, or else on those that it starts in this thread.

    Raises TypeError where the running loop is not derived from ``asyncio.BaseEventLoop``, as that of uvloop.
    """
    run = Run(name)
    recorder = Recorder(run)
    recorder.start()
    try:
        yield run
    except BaseException as error:
        recorder.stop(error)
        raise
    recorder.stop()
