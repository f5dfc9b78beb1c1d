"""When New York was open. Expected values from the exchange's own lists of holidays, and from a wall calendar."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from reporter.errors import UsageError
from reporter.sessions import Calendar, load_calendar, months_before

NOW = datetime(2025, 6, 30, tzinfo=UTC)


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    "holiday",
    [
        "2001-09-11",  # closed all week
        "2012-10-29",  # Sandy
        "2023-06-19",  # Juneteenth
        "2024-03-29",  # Good Friday
        "2024-07-04",
        "2024-12-25",
        "2025-01-09",  # mourning for President Carter
        "2024-10-12",  # a Saturday
    ],
)
def test_the_exchange_was_closed(calendar: Calendar, holiday: str) -> None:
    assert len(calendar.between(day(holiday), day(holiday))) == 0
    assert calendar.on_or_before(day(holiday)) < day(holiday)
    with pytest.raises(ValueError, match="is no session of XNYS"):
        calendar.close(day(holiday))


@pytest.mark.parametrize(("session", "count"), [("2021-06-18", 1), ("2024-10-14", 1), ("2024-11-29", 1)])
def test_the_exchange_was_open(calendar: Calendar, session: str, count: int) -> None:
    """Juneteenth before it was a holiday there, Columbus Day, the day after Thanksgiving."""
    assert len(calendar.between(day(session), day(session))) == count


@pytest.mark.parametrize(("year", "count"), [(2001, 248), (2012, 250), (2020, 253), (2023, 250), (2024, 252)])
def test_sessions_of_a_year(calendar: Calendar, year: int, count: int) -> None:
    assert len(calendar.between(date(year, 1, 1), date(year, 12, 31))) == count


@pytest.mark.parametrize(
    ("session", "hour", "early"),
    [
        ("2024-07-03", 17, True),  # 13:00 in summer
        ("2024-11-29", 18, True),  # 13:00 in winter
        ("2024-12-24", 18, True),
        ("2024-10-16", 20, False),
        ("2024-03-08", 21, False),  # the last session before summer time
        ("2024-03-11", 20, False),
        ("2024-11-01", 20, False),
        ("2024-11-04", 21, False),
    ],
)
def test_hour_of_the_close(calendar: Calendar, session: str, hour: int, early: bool) -> None:
    assert calendar.close(day(session)) == datetime.fromisoformat(session).replace(hour=hour, tzinfo=UTC)
    assert calendar.is_early_close(day(session)) is early


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2024-10-16T19:59:59+00:00", "2024-10-15"),
        ("2024-10-16T20:00:00+00:00", "2024-10-16"),
        ("2024-10-17T02:00:00+06:00", "2024-10-16"),  # the same moment in Almaty
        ("2024-10-16T15:59:59-04:00", "2024-10-15"),
        ("2024-11-29T17:59:59+00:00", "2024-11-27"),  # Thanksgiving lies between
        ("2024-11-29T18:00:00+00:00", "2024-11-29"),
        ("2024-11-04T20:30:00+00:00", "2024-11-01"),  # winter time since yesterday
        ("2024-10-20T12:00:00+00:00", "2024-10-18"),  # a Sunday
    ],
)
def test_last_completed_session(calendar: Calendar, now: str, expected: str) -> None:
    assert calendar.last_completed(datetime.fromisoformat(now)) == day(expected)


def test_moments_outside_the_table_are_refused(calendar: Calendar) -> None:
    with pytest.raises(UsageError, match="no session is over at 1999-12-31"):
        calendar.last_completed(datetime(1999, 12, 31, tzinfo=UTC))
    with pytest.raises(UsageError, match="update exchange-calendars"):
        calendar.last_completed(datetime(2099, 1, 1, tzinfo=UTC))
    with pytest.raises(UsageError, match="before the first session"):
        calendar.on_or_before(date(1999, 12, 31))


@pytest.mark.parametrize(
    ("as_of", "window", "base"),
    [
        ("2024-10-16", "1W", "2024-10-09"),
        ("2024-07-11", "1W", "2024-07-03"),  # the day itself is a holiday
        ("2024-10-16", "1M", "2024-09-16"),
        ("2024-03-28", "1M", "2024-02-28"),
        ("2025-03-31", "1M", "2025-02-28"),  # no 31 February
        ("2024-07-31", "3M", "2024-04-30"),
        ("2024-12-31", "6M", "2024-06-28"),  # 30 June was a Sunday
        ("2024-10-16", "YTD", "2023-12-29"),
        ("2024-01-02", "YTD", "2023-12-29"),
        ("2024-10-16", "1Y", "2023-10-16"),
        ("2024-02-29", "1Y", "2023-02-28"),
        ("2024-10-16", "3Y", "2021-10-15"),
        ("2024-10-16", "5Y", "2019-10-16"),
        ("2001-01-03", "5Y", "1996-01-03"),  # before the table: the day itself
    ],
)
def test_base_of_a_window(calendar: Calendar, as_of: str, window: str, base: str) -> None:
    assert calendar.base(day(as_of), window) == day(base)


@pytest.mark.parametrize(
    ("of", "count", "expected"),
    [("2024-03-31", 1, "2024-02-29"), ("2023-03-31", 1, "2023-02-28"), ("2024-01-15", 1, "2023-12-15"),
     ("2024-12-31", 12, "2023-12-31"), ("2024-02-29", 48, "2020-02-29"), ("2024-05-31", 6, "2023-11-30")],
)  # fmt: skip
def test_months_before(of: str, count: int, expected: str) -> None:
    assert months_before(day(of), count) == day(expected)


@pytest.mark.parametrize(
    ("as_of", "last"),
    [
        ("2024-03-27", ["2024-03-15", "2024-03-22"]),
        ("2024-03-28", ["2024-03-22", "2024-03-28"]),  # Thursday before Good Friday ends its week
        ("2024-10-17", ["2024-10-04", "2024-10-11"]),
        ("2024-10-18", ["2024-10-11", "2024-10-18"]),
    ],
)
def test_week_ends(calendar: Calendar, as_of: str, last: list[str]) -> None:
    assert [str(end) for end in calendar.week_ends(day(as_of))[-2:]] == last


def test_the_last_week_of_the_table_is_never_called_complete(calendar: Calendar) -> None:
    """Nobody knows whether another session follows."""
    assert calendar.week_ends(calendar.horizon)[-1] < np.datetime64(calendar.horizon)


def test_sessions_after(calendar: Calendar) -> None:
    assert calendar.after(day("2024-07-03"), 1) == day("2024-07-05")
    assert calendar.after(day("2024-07-03"), 0) == day("2024-07-03")
    assert calendar.after(day("2024-10-16"), 63) == day("2025-01-17")  # Carter's day of mourning lies between
    assert calendar.after(calendar.horizon, 1) is None


def test_between_includes_both_ends_and_may_be_empty(calendar: Calendar) -> None:
    days = calendar.between(day("2024-07-03"), day("2024-07-08"))
    assert days.tolist() == [day("2024-07-03"), day("2024-07-05"), day("2024-07-08")]
    assert len(calendar.between(day("2024-07-08"), day("2024-07-03"))) == 0


# The kept table


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def keep(cache: Path) -> Path:
    """A table that has been kept."""
    load_calendar("XNYS", NOW)
    (path,) = cache.rglob("XNYS-*.sessions")
    return path


def test_unknown_calendar_has_a_suggestion(cache: Path) -> None:
    with pytest.raises(UsageError, match=r"no exchange calendar 'XNYZ'.*did you mean 'XN"):
        load_calendar("XNYZ", NOW)
    with pytest.raises(UsageError, match=r"no exchange calendar '\.\./\.\./etc'"):
        load_calendar("../../etc", NOW)
    assert not list(cache.rglob("*.sessions"))


def test_a_second_process_does_not_import_the_library(keep: Path) -> None:
    program = (
        "import sys; from datetime import UTC, datetime; from reporter.sessions import load_calendar;"
        "print(load_calendar('XNYS', datetime(2025, 6, 30, tzinfo=UTC)).horizon, 'exchange_calendars' in sys.modules)"
    )
    environment = os.environ | {"XDG_CACHE_HOME": str(keep.parents[1])}
    said = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout.split() == [str(load_calendar("XNYS", NOW).horizon), "False"]


DAMAGE = {
    "empty": lambda content: b"",
    "cut off": lambda content: content[:5000],
    "cut in the digest": lambda content: content[:20],
    "text": lambda content: b"no table",
    "one bit": lambda content: content[:3000] + bytes([content[3000] ^ 1]) + content[3001:],
    "longer": lambda content: content + b"x",
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_table_is_built_anew(keep: Path, name: str) -> None:
    good = keep.read_bytes()
    keep.write_bytes(DAMAGE[name](good))
    assert load_calendar("XNYS", NOW).on_or_before(day("2024-07-04")) == day("2024-07-03")
    assert keep.read_bytes() == good


def test_a_table_that_reaches_far_enough_stays(keep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "exchange_calendars", None)  # an import of it fails
    os.utime(keep, (0, 0))
    assert load_calendar("XNYS", NOW + timedelta(days=60)).name == "XNYS"


def test_a_table_that_ends_too_early_is_built_anew(keep: Path) -> None:
    os.utime(keep, (0, 0))
    later = NOW + timedelta(days=200)
    assert load_calendar("XNYS", later).horizon > (later + timedelta(days=300)).date()


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert load_calendar("XNYS", NOW).last_completed(NOW) == day("2025-06-27")


def test_london_has_its_own_days(cache: Path) -> None:
    london = load_calendar("XLON", NOW)
    assert len(london.between(day("2024-08-26"), day("2024-08-26"))) == 0  # the summer bank holiday
    assert len(london.between(day("2024-07-04"), day("2024-07-04"))) == 1
    assert london.close(day("2024-10-16")) == datetime(2024, 10, 16, 15, 30, tzinfo=UTC)
