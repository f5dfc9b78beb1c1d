"""What falls due while the machine is on, off, or wrong about the time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reporter.config import Brief, Schedule
from reporter.service.due import due_between
from reporter.service.ledger import Ledger, open_ledger
from reporter.service.plan import plan, workable
from reporter.service.rows import Alert, Run
from reporter.sessions import Calendar

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FRIDAY = datetime(2026, 3, 6, 21, 45, tzinfo=UTC)  # 45 minutes after the close of that week's last session
WEEKLY = Schedule(every="week", after_close="45m")


@pytest.fixture
def ledger(state: Path) -> Iterator[Ledger]:
    with open_ledger(state, FRIDAY - 30 * DAY) as opened:
        yield opened


def briefs(schedule: Schedule = WEEKLY) -> dict[str, Brief]:
    return {"small-caps": Brief(subject="IJR", benchmark="SPY", schedule=schedule)}


class Office:
    """A machine with a clock that may be set."""

    def __init__(self, ledger: Ledger, calendar: Calendar, schedule: Schedule = WEEKLY) -> None:
        self.ledger, self.calendar, self.schedule = ledger, calendar, schedule

    def look(self, now: datetime) -> list[str]:
        """What a look at `now` finds to do; it is done at once."""
        calendars = {"small-caps": self.calendar}
        plan(self.ledger, briefs(self.schedule), calendars, now)
        done = []
        for run in workable(self.ledger, calendars, now):
            assert self.ledger.move(run, "done", now)
            done.append(run.occurrence)
        return done

    def states(self) -> dict[str, str]:
        return {run.occurrence: run.state for run in self.ledger.rows(Run)}


@pytest.fixture
def office(ledger: Ledger, far: Calendar) -> Office:
    return Office(ledger, far)


def test_a_week_of_looks_makes_one_edition(office: Office) -> None:
    found = [one for minute in range(0, 7 * 24 * 60, 30) for one in office.look(FRIDAY - 3 * DAY + minute * HOUR / 60)]
    assert found == ["2026-03-06"]
    (run,) = office.ledger.rows(Run)
    assert run.local_label == "Fri 2026-03-06 21:45 UTC"
    assert run.deadline_utc == FRIDAY + 3 * DAY


def test_it_is_due_at_the_minute(office: Office) -> None:
    office.look(FRIDAY - DAY)
    assert office.look(FRIDAY - HOUR / 3600) == []
    assert office.look(FRIDAY) == ["2026-03-06"]


@pytest.mark.fault("A13")
def test_what_was_due_before_the_ledger_was_born_is_not_made(office: Office) -> None:
    assert office.look(FRIDAY + HOUR) == []
    assert office.look(FRIDAY + 2 * DAY) == []
    assert office.look(FRIDAY + 7 * DAY) == ["2026-03-13"]  # summer time: an hour earlier, long ago


@pytest.mark.fault("A8")
@pytest.mark.parametrize("step", [23, pytest.param(1, marks=[pytest.mark.nightly, pytest.mark.timeout(900)])])
def test_down_for_hours_and_weeks(far: Calendar, state: Path, step: int) -> None:
    """Up to sixty days: the newest inside its window is made, what is older is missed, and there is one alert."""
    start = FRIDAY - DAY
    for hours in range(0, 60 * 24, step):
        with open_ledger(state / str(hours), start) as ledger:
            office = Office(ledger, far)
            office.look(start)
            back = start + hours * HOUR
            made = office.look(back)
            moments = due_between(WEEKLY, far, start, back)
            fresh = [str(one.session) for one in moments[-1:] if back < one.moment + 3 * DAY]
            assert made == fresh
            missed = [occurrence for occurrence, state in office.states().items() if state == "missed"]
            assert missed == [str(one.session) for one in moments if str(one.session) not in fresh]
            assert [alert.key for alert in ledger.rows(Alert)] == ["missed:small-caps"] * bool(missed)
            assert office.look(back + HOUR / 60) == []
            assert all(alert.count == 1 for alert in ledger.rows(Alert))


@pytest.mark.fault("A9")
@pytest.mark.parametrize("hours", [-168, -49, -25, -1, 1, 25, 49, 168])
def test_a_clock_that_is_set_forward_or_back(office: Office, hours: int) -> None:
    """For two hours the clock is wrong; each edition is made once all the same."""
    made: list[str] = []
    moment = FRIDAY - 2 * DAY
    while moment < FRIDAY + 16 * DAY:
        wrong = FRIDAY - HOUR <= moment < FRIDAY + HOUR
        made += office.look(moment + (hours * HOUR if wrong else 0 * HOUR))
        moment += HOUR / 4
    assert sorted(made) == ["2026-03-06", "2026-03-13", "2026-03-20"]
    assert "missed" not in office.states().values()


@pytest.mark.fault("A9")
def test_what_a_wrong_clock_gave_up_is_taken_up_again(office: Office) -> None:
    office.look(FRIDAY - DAY)
    plan(
        office.ledger, briefs(), {"small-caps": office.calendar}, FRIDAY + 7 * DAY
    )  # a week ahead, nothing can be made
    assert workable(office.ledger, {"small-caps": office.calendar}, FRIDAY + 20 * DAY) == []
    assert office.states() == {"2026-03-06": "missed", "2026-03-13": "missed"}
    assert office.look(FRIDAY + HOUR) == ["2026-03-06"]
    assert office.states() == {"2026-03-06": "done", "2026-03-13": "due"}
    assert office.look(FRIDAY + 6 * DAY) == []  # the session is not over
    assert office.look(FRIDAY + 7 * DAY) == ["2026-03-13"]


def test_a_wait_left_from_a_wrong_clock_does_not_count(office: Office) -> None:
    office.look(FRIDAY - DAY)
    calendars = {"small-caps": office.calendar}
    (run,) = plan(office.ledger, briefs(), calendars, FRIDAY).due
    run = office.ledger.move(run, "due", FRIDAY, next_try_utc=FRIDAY + HOUR / 2)
    assert workable(office.ledger, calendars, FRIDAY) == []
    office.ledger.move(run, "due", FRIDAY, next_try_utc=FRIDAY + 7 * DAY)
    assert len(workable(office.ledger, calendars, FRIDAY)) == 1


def test_a_run_that_could_not_be_made_ends_with_an_alert(office: Office) -> None:
    office.look(FRIDAY - DAY)
    calendars = {"small-caps": office.calendar}
    (run,) = plan(office.ledger, briefs(), calendars, FRIDAY).due
    office.ledger.move(run, "due", FRIDAY, attempt=3, reason="the source is away")
    assert workable(office.ledger, calendars, FRIDAY + 4 * DAY) == []
    (alert,) = office.ledger.rows(Alert)
    assert alert.key == "failed:small-caps"
    assert alert.text == "small-caps 2026-03-06 failed: out of time at 2026-03-09 21:45 UTC; the source is away"


def test_a_schedule_that_is_dropped_begins_anew(office: Office) -> None:
    calendars = {"small-caps": office.calendar}
    office.look(FRIDAY - DAY)
    plan(office.ledger, {}, {}, FRIDAY)
    assert office.look(FRIDAY + 300 * DAY) == []
    assert office.states() == {}
    assert plan(office.ledger, briefs(), {}, FRIDAY).due == ()  # its calendar could not be loaded: later
    assert calendars


def test_a_daily_edition_is_never_later_than_the_next(ledger: Ledger, far: Calendar) -> None:
    office = Office(ledger, far, Schedule(every="day", after_close="1h", catch_up="9d"))
    office.look(FRIDAY - DAY)
    (run,) = plan(ledger, briefs(office.schedule), {"small-caps": far}, FRIDAY + HOUR).due
    assert run.deadline_utc == datetime(2026, 3, 9, 21, 0, tzinfo=UTC)


def test_the_last_edition_that_the_calendar_knows(ledger: Ledger, far: Calendar) -> None:
    """Nothing follows it that would be its end: it has its whole window."""
    known = int(far.sessions.searchsorted(far.on_or_before(FRIDAY.date()), side="right"))
    short = replace(far, sessions=far.sessions[:known], closes=far.closes[:known], early=far.early[:known])
    office = Office(ledger, short, Schedule(every="day", after_close="45m"))
    assert office.look(FRIDAY - HOUR) == []
    assert office.look(FRIDAY + HOUR) == ["2026-03-06"]
    run = ledger.one(Run, occurrence="2026-03-06")
    assert run and run.deadline_utc == FRIDAY + office.schedule.window
