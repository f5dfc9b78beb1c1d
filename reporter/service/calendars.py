"""The calendars that the schedules need, read again each day; building one is left to a child."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from reporter.config import Brief, Config
from reporter.errors import ReporterError
from reporter.limits import Limits, run_limited
from reporter.sessions import Calendar, load_calendar

HORIZON = timedelta(days=60)  # of sessions must be known
SECONDS = 120.0  # for one calendar; the library behind it needs two


class Calendars:
    """By name; what cannot be loaded is left out and told."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[date, Calendar]] = {}

    def of(self, config: Config, now: datetime) -> tuple[dict[str, Calendar], dict[str, str]]:
        """Calendar by brief, of those with a schedule, and causes of alarm by key."""
        found: dict[str, Calendar] = {}
        causes: dict[str, str] = {}
        for name, brief in config.briefs.items():
            if brief.schedule is None:
                continue
            try:
                found[name] = calendar = self._one(brief, now)
            except ReporterError as error:
                causes[f"calendar:{brief.calendar}"] = f"{name} cannot be scheduled: {error}"
                continue
            if calendar.horizon < (now + HORIZON).date():
                causes[f"calendar:{brief.calendar}"] = (
                    f"{brief.calendar}: sessions are known to {calendar.horizon} only; update exchange-calendars"
                )
        return found, causes

    def _one(self, brief: Brief, now: datetime) -> Calendar:
        day, calendar = self._known.get(brief.calendar, (None, None))
        if calendar is None or day != now.date():
            # Where there is no table yet, a child makes it: what it imports does not stay in a process of years.
            run_limited(_load, brief.calendar, now, limits=Limits(wall=SECONDS), what=f"the calendar {brief.calendar}")
            calendar = load_calendar(brief.calendar, now)
            self._known[brief.calendar] = (now.date(), calendar)
        return calendar


def _load(name: str, now: datetime) -> None:
    load_calendar(name, now)
