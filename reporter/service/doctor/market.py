"""Checks of what editions are made of: calendars, prices, pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from reporter.config import Config, SimulatedSettings, Sources
from reporter.errors import DataError
from reporter.exchanges import brief_calendar, exchange_calendar
from reporter.limits import Limits, run_limited
from reporter.service.calendars import HORIZON, SECONDS
from reporter.service.doctor.finding import Finding, fail, ok, warn


def calendars(config: Config, now: datetime) -> Iterator[Finding]:
    """How far each exchange's sessions are known."""
    for name in sorted({brief.calendar for brief in config.briefs.values()}):
        known = exchange_calendar(config, name, now)
        last = known.last_completed(now)
        if known.horizon < (now + HORIZON).date():
            yield warn(f"{name}: sessions are known to {known.horizon} only", "pip install -U exchange-calendars")
        else:
            yield ok(f"{name}: the last session is {last}, known to {known.horizon}")


def source(config: Config, now: datetime) -> Iterator[Finding]:
    """One ticker from the source."""
    from reporter.prices.load import load_prices

    for brief in list(config.briefs.values())[:1]:
        calendar = brief_calendar(config, brief, now)
        source, *_ = config.order(brief)
        as_of = calendar.on_or_before(calendar.week_ends(calendar.last_completed(now))[-1].astype(object))
        prices = load_prices([brief.subject], (), calendar, as_of, config.sources, source)
        if problem := prices.problems.get(brief.subject):
            raise DataError(f"{brief.subject} from {source}: {problem.text}")
        last = prices.close.index[-1].date()
        yield ok(f"{brief.subject} from {source}, last bar {last}")


def pages(config: Config, now: datetime) -> Iterator[Finding]:
    """Every template and word: an edition of each brief in every language, on an invented market, within limits."""
    for name in config.briefs:
        run_limited(_make, config, name, now, limits=Limits(wall=SECONDS), what=f"a page of {name}")
    yield (
        ok(f"every brief can be written ({len(config.briefs)})")
        if config.briefs
        else fail("no brief is configured", code=78)
    )


def _make(config: Config, name: str, now: datetime) -> None:
    from reporter.pipeline import make_edition

    brief = config.briefs[name].model_copy(update={"sources": ()})
    calendar = brief_calendar(config, brief, now)
    invented = Sources(use="simulated", simulated=SimulatedSettings())
    made = config.model_copy(update={"sources": invented})
    as_of = calendar.last_completed(now)
    make_edition(made, name, brief, calendar=calendar, as_of=as_of, languages=brief.languages)
