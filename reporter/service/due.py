"""When editions are due. Pure arithmetic: a schedule and an exchange's sessions in, moments in UTC out."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from reporter.config import WALL_TIME, WEEKDAYS, Schedule
from reporter.sessions import Calendar, Days

#: No edition is due later than this after the close that it speaks about: a month's last session and `at: monday`.
REACH = timedelta(days=9)
MINUTES = range(3 * 24 * 60)  # in which a gap is looked for; the longest ever was a day (Samoa, 30 December 2011)


@dataclass(frozen=True, order=True)
class Due:
    """An edition and the moment from which it may be made."""

    moment: datetime  # UTC, a full minute
    session: date


def due_between(schedule: Schedule, calendar: Calendar, after: datetime, until: datetime) -> list[Due]:
    """Editions that fall due later than `after` and not later than `until`, in the order of time.

    The edition about a period's last session is due once its close, and the delay that bars need to settle, have
    passed: at that minute, or at the first one at which the wall clock reaches the scheduled time. Where several
    sessions share a moment, the newest is the one that it is about.
    """
    ends = period_ends(calendar, schedule.period)
    first, last = ((moment - REACH, moment + REACH) for moment in (after, until))
    days = ends[(ends >= np.datetime64(first[0].date(), "D")) & (ends <= np.datetime64(last[1].date(), "D"))]
    found: dict[datetime, date] = {}
    for session in days.astype(object):
        found[due_at(schedule, calendar.close(session))] = session  # ascending, so the newest stays
    return [Due(moment, session) for moment, session in found.items() if after < moment <= until]


def period_ends(calendar: Calendar, period: str) -> Days:
    """The last session of each day, week (from Monday) or month; the last period that is known may not be over."""
    sessions = calendar.sessions
    if period == "day":
        return sessions
    number = (sessions.astype("int64") + 3) // 7 if period == "week" else sessions.astype("M8[M]").astype("int64")
    ends: Days = sessions[np.append(number[1:] != number[:-1], False)]
    return ends


def due_at(schedule: Schedule, close: datetime) -> datetime:
    """The moment from which the edition about a session with this close may be made."""
    ready = whole_minute(close + schedule.delay)
    if schedule.at is None:
        return ready
    zone = ZoneInfo(schedule.zone or "UTC")
    return next(moment for moment in wall_moments(schedule.at, zone, ready) if moment >= ready)


def wall_moments(at: str, zone: ZoneInfo, near: datetime) -> Iterator[datetime]:
    """Moments in UTC at which the clock of a zone reaches a time, from the day before `near`, without end."""
    found = re.fullmatch(WALL_TIME, at)
    if found is None:
        raise ValueError(f"'{at}' is no time")
    weekday, clock = found[1], time(int(found[2]), int(found[3]))
    day = near.astimezone(zone).date() - timedelta(days=1)
    while True:
        if weekday is None or day.weekday() == WEEKDAYS.index(weekday):
            yield reached(datetime.combine(day, clock), zone)
        day += timedelta(days=1)


def reached(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first minute, in UTC, at which the clock of a zone shows `wall` (without a zone) or later.

    The first pass where an hour comes twice; the end of the gap where it is left out.
    """
    moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return whole_minute(moment)
    before = whole_minute(wall.replace(tzinfo=zone, fold=1).astimezone(UTC)) - timedelta(minutes=1)

    def shows(minute: int) -> bool:
        return (before + timedelta(minutes=minute)).astimezone(zone).replace(tzinfo=None) >= wall

    return before + timedelta(minutes=bisect_left(MINUTES, True, key=shows))


def whole_minute(moment: datetime) -> datetime:
    """The moment, or the next full minute."""
    return moment + timedelta(seconds=-moment.timestamp() % 60)
