"""When editions are due: against a clock on the wall that is read every minute, and against published closes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.config import WEEKDAYS, Schedule
from reporter.service.due import Due, due_at, due_between, reached
from reporter.sessions import Calendar

MINUTE = timedelta(minutes=1)
Moments = dict[datetime, date]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def due(calendar: Calendar, after: str, until: str, **schedule: str) -> list[str]:
    found = due_between(Schedule(**schedule), calendar, utc(after), utc(until))
    return [f"{one.session} at {one.moment:%Y-%m-%d %H:%M}" for one in found]


class TestAfterTheClose:
    def test_the_last_session_of_a_week_is_not_always_a_friday(self, calendar: Calendar) -> None:
        """Closes of the New York Stock Exchange: 16:00; 13:00 on the day after Thanksgiving."""
        assert due(calendar, "2024-11-18", "2025-01-11", every="week", after_close="45m") == [
            "2024-11-22 at 2024-11-22 21:45",
            "2024-11-29 at 2024-11-29 18:45",  # closed at 13:00
            "2024-12-06 at 2024-12-06 21:45",
            "2024-12-13 at 2024-12-13 21:45",
            "2024-12-20 at 2024-12-20 21:45",
            "2024-12-27 at 2024-12-27 21:45",
            "2025-01-03 at 2025-01-03 21:45",
            "2025-01-10 at 2025-01-10 21:45",
        ]
        good_friday = due(calendar, "2024-03-25", "2024-03-31", every="week", after_close="30m")
        assert good_friday == ["2024-03-28 at 2024-03-28 20:30"]

    def test_a_week_without_a_session_has_no_edition(self, calendar: Calendar) -> None:
        closed = np.isin(calendar.sessions, calendar.between(date(2024, 9, 9), date(2024, 9, 13)))
        shut = Calendar("XNYS", calendar.sessions[~closed], calendar.closes[~closed], calendar.early[~closed])
        weekly = due(shut, "2024-09-01", "2024-09-22", every="week")
        assert [line[:10] for line in weekly] == ["2024-09-06", "2024-09-20"]

    def test_an_unscheduled_closure_moves_the_end_of_the_week(self, calendar: Calendar) -> None:
        kept = calendar.sessions != np.datetime64("2024-10-18")
        closed = Calendar("XNYS", calendar.sessions[kept], calendar.closes[kept], calendar.early[kept])
        assert due(closed, "2024-10-14", "2024-10-20", every="week") == ["2024-10-17 at 2024-10-17 20:45"]

    def test_every_day_and_every_month(self, calendar: Calendar) -> None:
        daily = due(calendar, "2024-07-01", "2024-07-08", every="day", after_close="2h")
        assert daily == [
            "2024-07-01 at 2024-07-01 22:00",
            "2024-07-02 at 2024-07-02 22:00",
            "2024-07-03 at 2024-07-03 19:00",  # the day before Independence Day
            "2024-07-05 at 2024-07-05 22:00",
        ]
        monthly = due(calendar, "2024-08-01", "2024-12-31 23:59", every="month")
        assert [line[:10] for line in monthly] == ["2024-08-30", "2024-09-30", "2024-10-31", "2024-11-29", "2024-12-31"]


class TestAtATime:
    def test_monday_speaks_about_the_last_session_before(self, calendar: Calendar) -> None:
        found = due(calendar, "2024-03-20", "2024-04-10", at="monday 07:00", zone="Europe/London")
        assert found == [
            "2024-03-22 at 2024-03-25 07:00",
            "2024-03-28 at 2024-04-01 06:00",  # Good Friday; summer time began on the day before
            "2024-04-05 at 2024-04-08 06:00",
        ]

    def test_every_morning_skips_what_has_been_said(self, calendar: Calendar) -> None:
        found = due(calendar, "2024-10-17 12:00", "2024-10-22 12:00", at="07:00", zone="Europe/Moscow")
        assert found == [
            "2024-10-17 at 2024-10-18 04:00",
            "2024-10-18 at 2024-10-19 04:00",
            "2024-10-21 at 2024-10-22 04:00",
        ]

    def test_a_month_that_is_over(self, calendar: Calendar) -> None:
        first = due(calendar, "2024-10-25", "2024-11-20", every="month", at="08:30", zone="Asia/Tokyo")
        assert first == ["2024-10-31 at 2024-10-31 23:30"]
        monday = due(calendar, "2024-10-25", "2024-11-20", every="month", at="monday 08:30", zone="Asia/Tokyo")
        assert monday == ["2024-10-31 at 2024-11-03 23:30"]

    def test_bars_have_to_settle(self, calendar: Calendar) -> None:
        """Half an hour after 16:00 is too early by a minute."""
        found = due(calendar, "2024-10-15", "2024-10-17", every="day", at="16:29", zone="America/New_York")
        assert found == ["2024-10-14 at 2024-10-15 20:29", "2024-10-15 at 2024-10-16 20:29"]
        found = due(calendar, "2024-10-15", "2024-10-17", every="day", at="16:30", zone="America/New_York")
        assert found == ["2024-10-15 at 2024-10-15 20:30", "2024-10-16 at 2024-10-16 20:30"]

    @pytest.mark.parametrize(
        ("wall", "zone", "moment"),
        [
            ("2026-03-08 02:30", "America/New_York", "2026-03-08 07:00"),  # left out: 03:00 EDT is the first after it
            ("2026-11-01 01:30", "America/New_York", "2026-11-01 05:30"),  # comes twice: EDT is first
            ("2026-03-08 00:00", "America/Havana", "2026-03-08 05:00"),  # midnight is left out
            ("2025-09-07 00:00", "America/Santiago", "2025-09-07 04:00"),
            ("2025-10-05 02:15", "Australia/Lord_Howe", "2025-10-04 15:30"),  # half an hour is left out
            ("2011-12-30 12:00", "Pacific/Apia", "2011-12-30 10:00"),  # the whole day is left out
            ("2024-10-16 07:00", "Asia/Kathmandu", "2024-10-16 01:15"),
        ],
    )
    def test_hours_that_are_left_out_or_come_twice(self, wall: str, zone: str, moment: str) -> None:
        """Moments from the rules of the zones, by hand."""
        assert reached(datetime.fromisoformat(wall), ZoneInfo(zone)) == utc(moment)

    def test_the_week_that_apscheduler_loses(self, calendar: Calendar) -> None:
        """`mon 00:00` in New York: its CronTrigger goes from 2026-03-02 to 2026-03-16."""
        mondays = [datetime.fromisoformat(f"2026-03-{day}") for day in ("02", "09", "16")]
        assert [reached(day, ZoneInfo("America/New_York")) for day in mondays] == [
            utc("2026-03-02 05:00"),
            utc("2026-03-09 04:00"),
            utc("2026-03-16 04:00"),
        ]


@given(cut=st.integers(0, 365 * 24 * 60), every=st.sampled_from(["day", "week", "month"]))
def test_spans_that_touch_neither_lose_nor_repeat(calendar: Calendar, cut: int, every: str) -> None:
    schedule = Schedule(every=every, at="07:00", zone="Europe/Berlin")
    first, last, middle = utc("2023-12-01"), utc("2025-01-31"), utc("2024-01-01") + cut * MINUTE
    whole = due_between(schedule, calendar, first, last)
    assert due_between(schedule, calendar, first, middle) + due_between(schedule, calendar, middle, last) == whole


class Wall:
    """The clock of a zone as somebody reads it each minute: no arithmetic with time zones but the library's offset."""

    def __init__(self, zone: str, first: datetime, last: datetime) -> None:
        self.first = first
        minutes = np.arange(int((last - first) / MINUTE), dtype="int64")
        offsets = np.empty(len(minutes), "int64")
        info, hour = ZoneInfo(zone), 60

        def offset(minute: int) -> int:
            shown = (first + minute * MINUTE).astimezone(info).utcoffset()
            assert shown is not None
            return round(shown / MINUTE)

        hourly = [offset(minute) for minute in range(0, len(minutes) + hour, hour)]  # whole days, so whole hours
        for start, (now, then) in zip(range(0, len(minutes), hour), pairwise(hourly), strict=True):
            end = min(start + hour, len(minutes))
            offsets[start:end] = now if now == then else [offset(minute) for minute in range(start, end)]
        #: Wall clock in minutes since 1970, one entry a minute of UTC.
        self.shown = minutes + offsets + int(first.timestamp() // 60)

    def moments(self, hour: int, minute: int, weekday: int | None) -> Iterator[datetime]:
        """The first minute of UTC at which each day's time has been reached."""
        highest = np.maximum.accumulate(self.shown)  # a clock that is put back has reached a time all the same
        days = np.arange(self.shown[0] // 1440 + 1, self.shown[-1] // 1440)
        if weekday is not None:
            days = days[(days + 3) % 7 == weekday]
        for row in np.searchsorted(highest, days * 1440 + hour * 60 + minute):
            yield self.first + int(row) * MINUTE


@cache
def closes(calendar: Calendar, first: date, last: date, every: str) -> tuple[tuple[datetime, date], ...]:
    """(close, session) of the last session of each period, told by looking whether the next one is in another."""

    def period(day: date) -> object:
        return {"day": day, "week": day.isocalendar()[:2], "month": (day.year, day.month)}[every]

    days = calendar.between(first, last).astype(object)
    return tuple((calendar.close(day), day) for day, then in pairwise(days) if period(day) != period(then))


def expected(calendar: Calendar, wall: Wall, every: str, weekday: int | None, hour: int, minute: int) -> Moments:
    """Brute force: at each moment, the newest ended period that was not there at the moment before."""
    ends = closes(calendar, date(2023, 6, 1), date(2027, 12, 31), every)
    found: Moments = {}
    said = None
    row, newest = 0, None
    for moment in wall.moments(hour, minute, weekday):
        while row < len(ends) and ends[row][0] + timedelta(minutes=30) <= moment:
            newest, row = ends[row][1], row + 1
        if newest is not None and newest != said:
            found[moment] = said = newest
    return found


SAMPLE = (
    "America/New_York", "America/Havana", "America/Santiago", "Europe/London", "Europe/Moscow", "Africa/Cairo",
    "Africa/Casablanca", "Asia/Beirut", "Asia/Gaza", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia",
    "Pacific/Chatham", "America/Scoresbysund", "Antarctica/Troll", "UTC",
)  # fmt: skip
#: In the night, when clocks are changed, and in the morning; a zone meets each of them in one of the periods.
TIMES = ((0, 0), (1, 30), (2, 30), (7, 0))


def differences(calendar: Calendar, zones: list[str], first: datetime, last: datetime) -> list[str]:
    wrong = []
    for number, zone in enumerate(zones):
        wall = Wall(zone, first - timedelta(days=60), last + timedelta(days=2))
        for every in ("day", "week", "month"):
            for turn in range(2):
                hour, minute = TIMES[(number + 2 * turn) % 4]
                weekday = (None, number % 7)[turn] if every != "day" else None
                at = f"{f'{WEEKDAYS[weekday]} ' if weekday is not None else ''}{hour:02}:{minute:02}"
                schedule = Schedule(every=every, at=at, zone=zone)
                found = {one.moment: one.session for one in due_between(schedule, calendar, first, last)}
                told = expected(calendar, wall, every, weekday, hour, minute)
                told = {moment: session for moment, session in told.items() if first < moment <= last}
                if found != told:
                    wrong.append(f"{zone} {every} {at}: {sorted(found.items() ^ told.items())[:4]}")
    return wrong


@pytest.mark.fault("A10")
def test_against_a_wall_clock_in_zones_that_are_hard(far: Calendar) -> None:
    assert differences(far, list(SAMPLE), utc("2025-01-01"), utc("2026-01-01")) == []


@pytest.mark.nightly
@pytest.mark.timeout(1200)
def test_against_a_wall_clock_in_every_zone(far: Calendar) -> None:
    zones = sorted(available_timezones())
    assert len(zones) > 590
    assert differences(far, zones, utc("2024-01-01"), utc("2027-01-01")) == []


def test_a_close_of_an_odd_second_is_due_at_a_full_minute() -> None:
    assert due_at(Schedule(every="day"), utc("2024-10-16 20:00:01")) == utc("2024-10-16 20:46")
    assert Due(utc("2024-10-16 20:46"), date(2024, 10, 16)) < Due(utc("2024-10-16 20:47"), date(2024, 10, 15))
