"""What the tasks of some code did and when: ``record`` it in a script, ``enable`` and ``show`` it in an article.

In a script, around the start of a loop or inside one::

    with timeline.record() as run:
        asyncio.run(main())
    print(run.text())

In an article, ``enable()`` in a hidden cell records every further cell, and ``show("gather")`` draws one of them.
"""

from awaited.timeline.notebook import LABELS, enable, show
from awaited.timeline.recording import Event, Lane, Line, Span
from awaited.timeline.run import Run, record

__all__ = ["LABELS", "Event", "Lane", "Line", "Run", "Span", "enable", "record", "show"]
