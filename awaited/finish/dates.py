"""How the pages write a day: in one form, whoever has put it there."""

from __future__ import annotations

from datetime import UTC, date, datetime

ENGINES_FORM = "%B %d, %Y"
"""That of smalldocs and Quarto for English, such as ``January 5, 2026``."""


def in_words(day: date) -> str:
    """A day for a reader, such as ``5 January 2026``."""
    return f"{day.day} {day:%B %Y}"


def marked_up(day: date) -> str:
    """A day as an element; that of a moment says the whole of it to machines."""
    return f'<time datetime="{day.isoformat()}">{in_words(day)}</time>'


def moment(iso: str) -> datetime:
    """A moment from ISO 8601, in UTC."""
    return datetime.fromisoformat(iso).astimezone(UTC)


def from_engine(text: str) -> date | None:
    """The day that an engine has written on a page; None for what is in another form."""
    try:
        return datetime.strptime(text.strip(), ENGINES_FORM).replace(tzinfo=UTC).date()
    except ValueError:
        return None
