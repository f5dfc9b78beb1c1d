"""Returns over the named windows, the gaps between subject and benchmark, and the ranks of the field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

import numpy as np

from reporter.facts.series import Array, Panel

#: 1W is seven days, the months and years are calendar months and years; each base is the last session on or before.
WINDOWS = ("1W", "1M", "3M", "6M", "YTD", "1Y", "3Y", "5Y")
#: Full calendar years that "beat the market in k of n years" looks back on, and the fewest worth a sentence.
YEARS, FEWEST_YEARS = 10, 5
#: The other way to count a month, for the question whether the conclusion depends on it.
MONTH_SESSIONS = 21


@dataclass(frozen=True, kw_only=True)
class Year:
    """Total return of both funds over one full calendar year. Unit: fraction."""

    year: int
    subject: float
    benchmark: float


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Places by total return in one window, best first; `of` funds had the history."""

    order: tuple[str, ...]
    dispersion: float  # best minus worst, fraction

    @property
    def of(self) -> int:
        return len(self.order)

    def place(self, ticker: str) -> int:
        """1 is the best."""
        return self.order.index(ticker) + 1


@dataclass(frozen=True, kw_only=True)
class GapExtreme:
    """The widest year-to-date gap on the side where it stands today."""

    day: date
    gap: float  # fraction


@dataclass(frozen=True, kw_only=True)
class Returns:
    """Unit: fraction. A window whose base or last close is absent is absent."""

    bases: Mapping[str, date]
    total: Mapping[str, Mapping[str, float]]  # ticker -> window
    price: Mapping[str, Mapping[str, float]]
    month_sessions: Mapping[str, float]  # ticker -> total return over MONTH_SESSIONS
    closes: Mapping[str, Mapping[str, float]]  # ticker -> window, or "last" -> adjusted close at its base, at the as-of
    gap: Mapping[str, float]  # window -> subject minus benchmark, total return
    ytd_gap_month_ago: float | None  # the same year-to-date gap at the base of the month
    gap_before_last_week: float | None  # from the base of the month to the base of the week
    ytd_extreme: GapExtreme | None
    ranks: Mapping[str, Ranking]
    years: tuple[Year, ...]  # newest last; empty where fewer than FEWEST_YEARS are known
    usual_year_gap: float | None  # median gap of `years`
    streak: Mapping[str, int]  # ticker -> +4: four higher closes in a row, -2: two lower, 0: unchanged or unknown


def compute_returns(panel: Panel, subject: str, benchmark: str, field: Sequence[str]) -> Returns:
    """All of the above at the last session of `panel`."""
    total = {ticker: window_returns(panel.adjusted[ticker], panel) for ticker in panel.tickers}
    price = {ticker: window_returns(panel.close[ticker], panel) for ticker in panel.tickers}
    gap = gaps(total[subject], total[benchmark])
    mine, theirs = panel.adjusted[subject], panel.adjusted[benchmark]
    years = calendar_years(panel, mine, theirs)
    ytd, month, week = (panel.base_row.get(window) for window in ("YTD", "1M", "1W"))
    return Returns(
        bases=panel.bases,
        total=total,
        price=price,
        month_sessions=session_returns(panel, MONTH_SESSIONS),
        closes={ticker: closes(panel.adjusted[ticker], panel) for ticker in panel.tickers},
        gap=gap,
        ytd_gap_month_ago=gap_between(mine, theirs, ytd, month),
        gap_before_last_week=gap_between(mine, theirs, month, week),
        ytd_extreme=ytd_extreme(panel, mine, theirs),
        ranks=rank_all(total, (subject, *field)),
        years=years,
        usual_year_gap=median(year.subject - year.benchmark for year in years) if years else None,
        streak={ticker: streak(panel.close[ticker]) for ticker in panel.tickers},
    )


def window_returns(level: Array, panel: Panel) -> Mapping[str, float]:
    """Simple return from the close of each base to the last close. Source: P_t / P_0 - 1; docs/metrics.md#returns."""
    found = {window: change(level, row, len(level) - 1) for window, row in panel.base_row.items()}
    return {window: value for window, value in found.items() if value is not None}


def session_returns(panel: Panel, sessions: int) -> Mapping[str, float]:
    """Total return of each ticker over the last `sessions` sessions. Unit: fraction."""
    last = len(panel.days) - 1
    found = {ticker: change(panel.adjusted[ticker], last - sessions, last) for ticker in panel.tickers}
    return {ticker: value for ticker, value in found.items() if value is not None}


def closes(level: Array, panel: Panel) -> Mapping[str, float]:
    """The closes that the returns are computed from. Unit: the fund's currency, adjusted for dividends."""
    rows = {window: row for window, row in panel.base_row.items() if 0 <= row < len(level)}
    found = {window: float(level[row]) for window, row in (rows | {"last": len(level) - 1}).items()}
    return {name: value for name, value in found.items() if np.isfinite(value)}


def change(level: Array, first: int | None, last: int | None) -> float | None:
    """`level[last] / level[first] - 1`, or None where either row is absent or empty. Unit: fraction."""
    if first is None or last is None or not 0 <= first < last:
        return None
    value = float(level[last] / level[first] - 1)
    return value if np.isfinite(value) else None


def gaps(subject: Mapping[str, float], benchmark: Mapping[str, float]) -> Mapping[str, float]:
    """Arithmetic: subject minus benchmark, for windows that both have."""
    return {window: subject[window] - benchmark[window] for window in subject if window in benchmark}


def gap_between(subject: Array, benchmark: Array, first: int | None, last: int | None) -> float | None:
    """Arithmetic gap between two rows, or None."""
    mine, theirs = change(subject, first, last), change(benchmark, first, last)
    return None if mine is None or theirs is None else mine - theirs


def ytd_extreme(panel: Panel, subject: Array, benchmark: Array) -> GapExtreme | None:
    """The day since the start of the year with the widest gap on today's side; None where the year has no base."""
    first = panel.base_row.get("YTD")
    if first is None:
        return None
    path = subject[first:] / subject[first] - benchmark[first:] / benchmark[first]
    if not np.isfinite(path[-1]) or path[-1] == 0:
        return None
    row = int(np.nanargmax(path * np.sign(path[-1])))
    return GapExtreme(day=panel.days[first + row], gap=float(path[row]))


def rank_all(total: Mapping[str, Mapping[str, float]], tickers: Sequence[str]) -> Mapping[str, Ranking]:
    """Best first; ties by ticker. A window with fewer than two funds, or without the subject, has no ranking."""
    found = {}
    for window in WINDOWS:
        known = {ticker: total[ticker][window] for ticker in tickers if window in total.get(ticker, {})}
        if len(known) > 1 and tickers[0] in known:
            order = tuple(sorted(known, key=lambda ticker: (-known[ticker], ticker)))
            found[window] = Ranking(order=order, dispersion=known[order[0]] - known[order[-1]])
    return found


def calendar_years(panel: Panel, subject: Array, benchmark: Array) -> tuple[Year, ...]:
    """The full calendar years before the as-of, newest last, without a hole; at most YEARS."""
    found: list[Year] = []
    for year in range(panel.as_of.year - 1, panel.as_of.year - 1 - YEARS, -1):
        first, last = panel.row_on_or_before(date(year - 1, 12, 31)), panel.row_on_or_before(date(year, 12, 31))
        mine, theirs = change(subject, first, last), change(benchmark, first, last)
        if mine is None or theirs is None:
            break
        found.insert(0, Year(year=year, subject=mine, benchmark=theirs))
    return tuple(found) if len(found) >= FEWEST_YEARS else ()


def streak(close: Array) -> int:
    """Number of closes in a row that were higher (positive) or lower (negative) than the one before."""
    steps = np.sign(np.diff(close))
    if not len(steps) or not np.isfinite(steps[-1]) or steps[-1] == 0:
        return 0
    other = np.flatnonzero(steps != steps[-1])
    length = len(steps) - (int(other[-1]) + 1 if len(other) else 0)
    return int(steps[-1]) * length
