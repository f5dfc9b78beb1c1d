"""The week of an edition: how many sessions it had, and its place in the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from reporter.sessions import Calendar

#: Day 0, 1 January 1970, was a Thursday; weeks begin on Monday.
MONDAY = 3


@dataclass(frozen=True, kw_only=True)
class Week:
    """`place` is 0 1 2 1 0 in a full week, 0 1 2 0 in one of four sessions.

    Neighbouring sessions of one week have different places, and the first and the last session of every week have 0.
    """

    sessions: int  # in the seven days to the as-of: 5, or fewer after a holiday
    number: int  # weeks since the first one of 1970
    place: int


def compute_week(as_of: date, calendar: Calendar) -> Week:
    """Of the session `as_of`."""
    monday = as_of - timedelta(days=as_of.weekday())
    week = calendar.between(monday, monday + timedelta(days=6))
    row = len(calendar.between(monday, as_of)) - 1
    return Week(
        sessions=len(calendar.between(as_of - timedelta(days=6), as_of)),
        number=(monday.toordinal() - date(1970, 1, 1).toordinal() + MONDAY) // 7,
        place=0 if row in (0, len(week) - 1) else 2 - row % 2,
    )
