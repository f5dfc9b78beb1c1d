"""What the exchange's calendar holds for the coming week: a line below the text, where there is something to tell."""

from __future__ import annotations

from reporter.finding import Finding, day
from reporter.story.situation import Situation

SECTION = "ahead"


def dates(s: Situation) -> Finding | None:
    """None in a week without any. The expiry of options alone is no news to a reader of a brief."""
    ahead = s.facts.ahead
    if ahead is None or not (ahead.closed or ahead.early or ahead.period):
        return None
    return s.finding(
        SECTION,
        "dates",
        closed=tuple(day(one, f"ahead.closed.{n}") for n, one in enumerate(ahead.closed)),
        early=tuple(day(one, f"ahead.early.{n}") for n, one in enumerate(ahead.early)),
        expiry=day(ahead.expiry, "ahead.expiry") if ahead.expiry else None,
        period=ahead.period,
        end=day(ahead.period_end, "ahead.period_end") if ahead.period_end else None,
    )
