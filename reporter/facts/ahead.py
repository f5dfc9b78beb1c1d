"""What the calendar holds for the week after an edition: closures, early closes, expiry of options, ends of periods."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from reporter.sessions import Calendar

DAYS = 7
#: Exchanges whose monthly options expire on the third Friday, or on the last session before it.
OPTIONS = frozenset({"XNYS", "NYSE", "XNAS", "NASDAQ", "BATS"})
FRIDAY = 4


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """The seven days after the as-of, by the rules of the exchange; a closure by none was perhaps not known yet."""

    closed: tuple[date, ...]  # weekdays on which it usually opens, and does not
    early: tuple[date, ...]  # sessions that close before their usual hour
    expiry: date | None  # of monthly options, on exchanges of the United States
    period: str | None  # quarter or year, where one ends
    period_end: date | None  # its last session


def compute_ahead(as_of: date, calendar: Calendar) -> Ahead | None:
    """After the session `as_of`; None where there is nothing to tell, or the calendar ends too early to know."""
    exchange = calendar.home or calendar
    last = as_of + timedelta(days=DAYS)
    if exchange.horizon <= last:
        return None
    first = as_of + timedelta(days=1)
    days = [first + timedelta(days=n) for n in range(DAYS)]
    open_on = {day.astype(date) for day in exchange.between(first, last)}
    usual = {day.astype(date).weekday() for day in exchange.between(as_of - timedelta(days=60), as_of)}
    end = next((day for day in sorted(open_on) if quarter(exchange.after(day, 1)) != quarter(day)), None)
    found = Ahead(
        closed=tuple(day for day in days if day not in open_on and day.weekday() in usual and known(exchange, day)),
        early=tuple(day for day in sorted(open_on) if exchange.is_early_close(day) and not exchange.is_sudden(day)),
        expiry=expiry(days, exchange) if exchange.name in OPTIONS else None,
        period=None if end is None else "year" if end.month == 12 else "quarter",
        period_end=end,
    )
    return found if found.closed or found.early or found.expiry or found.period else None


def known(exchange: Calendar, closed: date) -> bool:
    """Whether a closure follows from a rule: the one for a day of mourning comes after some editions before it."""
    following = exchange.after(closed, 1)
    return following is not None and not exchange.is_sudden(following)


def expiry(days: list[date], exchange: Calendar) -> date | None:
    """Of the month's options, where it falls on one of these days."""
    fridays = (day for day in (*days, days[-1] + timedelta(days=1)) if day.weekday() == FRIDAY and 15 <= day.day <= 21)
    expiries = (exchange.on_or_before(friday) for friday in fridays)
    return next((day for day in expiries if day in days), None)


def quarter(day: date | None) -> tuple[int, int] | None:
    return (day.year, (day.month - 1) // 3) if day else None
