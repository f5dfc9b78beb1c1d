"""The calendars that the schedules need, read again each day; building one is left to a child."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from reporter.config import Brief, Config
from reporter.errors import ReporterError
from reporter.exchanges import brief_calendar, market
from reporter.limits import Limits, run_limited
from reporter.sessions import Calendar

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
                found[name] = calendar = self._one(config, brief, now)
            except ReporterError as error:
                causes[f"calendar:{brief.calendar}"] = f"{name} cannot be scheduled: {error}"
                continue
            if calendar.horizon < (now + HORIZON).date():
                causes[f"calendar:{brief.calendar}"] = (
                    f"{brief.calendar}: sessions are known to {calendar.horizon} only; update exchange-calendars"
                )
        return found, causes

    def _one(self, config: Config, brief: Brief, now: datetime) -> Calendar:
        key = f"{market(brief)} {config.calendars}"
        day, calendar = self._known.get(key, (None, None))
        if calendar is None or day != now.date():
            # Where there is no table yet, a child makes it: what it imports does not stay in a process of years.
            run_limited(_load, config, brief, now, limits=Limits(wall=SECONDS), what=f"the calendar {brief.calendar}")
            calendar = brief_calendar(config, brief, now)
            self._known[key] = (now.date(), calendar)
        return calendar


def _load(config: Config, brief: Brief, now: datetime) -> None:
    brief_calendar(config, brief, now)
