"""What the tasks of some code did and when: ``record`` it in a script, ``enable`` and ``show`` it in an article."""

from awaited.timeline.recorder import LABELS, Event, Lane, Line, Run, Span, enable, record, show

__all__ = ["LABELS", "Event", "Lane", "Line", "Run", "Span", "enable", "record", "show"]
