"""What is true: everything computed from prices, frozen. No words, no looks, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from reporter.config import Brief
from reporter.facts.ahead import Ahead, compute_ahead
from reporter.facts.backdrop import BACKDROP, Level, compute_backdrop
from reporter.facts.before import Before, compute_before
from reporter.facts.lead_lag import LeadLag, compute_lead_lag
from reporter.facts.precedents import Precedents, compute_precedents
from reporter.facts.readings import Reading, compute_readings
from reporter.facts.relative_strength import RelativeStrength, compute_relative_strength, make_pair, ratio_line
from reporter.facts.returns import WINDOWS, Returns, compute_returns
from reporter.facts.reversion import Reversion, compute_reversion
from reporter.facts.rotation import Rotation, compute_rotation
from reporter.facts.series import Array, Line, make_panel
from reporter.facts.technicals import Technicals, compute_technicals, price_lines
from reporter.facts.verdict import Verdict, compute_verdict
from reporter.facts.week import Week, compute_week
from reporter.prices import Prices
from reporter.prices.quality import Quality
from reporter.sessions import Calendar


@dataclass(frozen=True, kw_only=True)
class Vintage:
    """Which prices these facts were computed from."""

    source: str
    sha256: str
    fetched_at: str | None  # ISO 8601, UTC


@dataclass(frozen=True, kw_only=True)
class ChartLines:
    """Series that the charts draw. Performance: 0 at the base (fraction); relative strength: 100 at its start."""

    performance: Mapping[str, Line]  # subject and benchmark, since the base of the year to date
    relative_strength: tuple[Line, Line] | None  # ratio and its average, YEARS_OF_RELATIVE_STRENGTH back
    price: tuple[Line, Line, Line] | None  # close, SMA50, SMA200, a year back


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything that a brief may say. A family without enough history is None, or an empty mapping."""

    brief: str
    as_of: date
    subject: str
    benchmark: str
    field: tuple[str, ...]  # members with usable prices
    headline_index: str | None
    quality: Quality
    vintage: Vintage
    currencies: Mapping[str, str]  # of the funds above, where they are known; GBp is a penny
    returns: Returns
    relative_strength: RelativeStrength | None
    rotation: Mapping[str, Rotation]
    lead_lag: LeadLag | None
    technicals: Mapping[str, Technicals]  # subject, benchmark, headline index
    precedents: Precedents | None
    reversion: Reversion | None
    verdict: Verdict | None
    before: Before | None
    week: Week
    ahead: Ahead | None
    backdrop: Mapping[str, Level]
    lines: ChartLines
    readings: Mapping[str, tuple[Reading, ...]]  # by chart


#: Years that the chart of relative strength goes back.
YEARS_OF_RELATIVE_STRENGTH = 8


def compute_facts(prices: Prices, name: str, brief: Brief, quality: Quality, calendar: Calendar) -> Facts:
    """All facts at the last session of `prices`, for funds that passed the gate."""
    as_of: date = prices.sessions[-1].date()
    subject, benchmark = brief.subject, brief.benchmark
    field = tuple(ticker for ticker in brief.field if ticker in quality.usable)
    index = brief.headline_index if brief.headline_index in quality.usable else None
    funds = tuple(dict.fromkeys((subject, benchmark, *field, *((index,) if index else ()))))
    backdrop = tuple(one for one in BACKDROP.values() if brief.backdrop and one not in quality.excluded)
    bases = {window: calendar.base(as_of, window) for window in WINDOWS}
    panel = make_panel(prices, (*funds, *backdrop), bases)
    pair = make_pair(panel, subject, benchmark)
    returns = compute_returns(panel, subject, benchmark, field)
    strength = compute_relative_strength(pair)
    technicals = {ticker: compute_technicals(panel, ticker) for ticker in funds if ticker not in field}
    lines = ChartLines(
        performance=performance_lines(panel.base_row.get("YTD"), panel.days, panel.adjusted, (subject, benchmark)),
        relative_strength=ratio_line(pair, as_of.replace(year=as_of.year - YEARS_OF_RELATIVE_STRENGTH, day=1))
        if strength
        else None,
        price=price_lines(panel, subject, calendar.base(as_of, "1Y")) if technicals[subject] else None,
    )
    return Facts(
        brief=name,
        as_of=as_of,
        subject=subject,
        benchmark=benchmark,
        field=field,
        headline_index=index,
        quality=quality,
        vintage=Vintage(
            source=prices.source,
            sha256=prices.sha256,
            fetched_at=prices.fetched_at.isoformat(timespec="seconds") if prices.fetched_at else None,
        ),
        currencies={ticker: prices.currencies[ticker] for ticker in funds if ticker in prices.currencies},
        returns=returns,
        relative_strength=strength,
        rotation=compute_rotation(panel, (subject, *field), benchmark, calendar),
        lead_lag=compute_lead_lag(pair),
        technicals={ticker: found for ticker, found in technicals.items() if found is not None},
        precedents=compute_precedents(pair, calendar),
        reversion=compute_reversion(pair),
        verdict=compute_verdict(returns, strength, subject, benchmark),
        before=compute_before(panel, subject, benchmark, field, calendar),
        week=compute_week(as_of, calendar),
        ahead=compute_ahead(as_of, calendar),
        backdrop=compute_backdrop(panel),
        lines=lines,
        readings=compute_readings(lines.performance, lines.price, lines.relative_strength),
    )


def performance_lines(
    first: int | None, days: tuple[date, ...], adjusted: Mapping[str, Array], tickers: tuple[str, ...]
) -> Mapping[str, Line]:
    """Total return since row `first`; empty where the year has no base, or one of the funds no close there."""
    if first is None or not all(np.isfinite(adjusted[ticker][first]) for ticker in tickers):
        return {}
    lines = {}
    for ticker in tickers:
        level = adjusted[ticker]
        rows = [row for row in range(first, len(level)) if np.isfinite(level[row])]
        lines[ticker] = Line(tuple(days[row] for row in rows), tuple((level[rows] / level[first] - 1).tolist()))
    return lines
