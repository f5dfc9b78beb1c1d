"""Ten thousand markets by hand: price paths that are bent so that each branch of the commentary is reached.

A market is its number: the same number gives the same prices, brief and voices on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from reporter.config import Brief
from reporter.facts import Facts, compute_facts
from reporter.facts.lead_lag import LeadLag
from reporter.facts.precedents import Attempt, Precedents, wilson
from reporter.facts.returns import WINDOWS
from reporter.facts.reversion import Reversion
from reporter.facts.technicals import Peak, Technicals
from reporter.prices import Prices
from reporter.prices.bars import Flaw, Problem
from reporter.prices.quality import Quality, Status, judge
from reporter.sessions import Calendar
from reporter.voices import Voices
from tests.nightly.others import make_voices

Array = np.ndarray[Any, np.dtype[np.float64]]

#: Subject, benchmark, headline index, kind of the field, field: the configured briefs, and stranger ones.
PAIRS = (
    ("IJR", "SPY", "IWM", "factor-funds", ("MTUM", "IVW", "QUAL", "USMV", "VYM", "IJK", "IVE", "IJT", "IJJ", "IJS")),
    ("EEM", "ACWI", None, "country-funds", ("MCHI", "INDA", "EWT", "EWY", "EWZ", "EZA", "EWW")),
    ("IWD", "IWF", None, "style-funds", ("VLUE", "MTUM", "QUAL", "USMV")),
    ("XLE", "SPY", None, "sector-funds", ("XLB", "XLF", "XLI", "XLK", "XLP", "XLRE", "XLU", "XLV", "XLY", "XLC")),
    ("TLT", "AGG", None, "bond-funds", ("IEF", "SHY", "LQD", "HYG", "TIP", "EMB")),
    ("GLD", "SPY", None, "funds", ("SLV", "DBC", "GDX")),
    ("GDX", "GLD", None, "funds", ()),
    ("VNQ", "VTI", None, "funds", ("RSP",)),
    ("VOD.L", "XYZ", None, "funds", ("BRK-B", "ABC")),
    ("LONG", "LONGER", None, "funds", ("ABC",)),  # names of a user's, see words.py
)
#: Sessions of history, and how often: from the fewest that the gate lets through to twenty years.
LENGTHS = ((22, 45), (46, 130), (131, 210), (211, 400), (401, 900), (901, 2600), (2601, 5200))
LENGTH_ODDS = (0.03, 0.04, 0.04, 0.12, 0.25, 0.36, 0.16)
#: Sessions of a market in which no window has a base: younger than a month, and without a close a week ago.
NEWBORN = 23
#: Where the relative strength of the pair is made to stand: gap over a window, fraction; None leaves chance to it.
YEAR_GAPS = (None, 0.0, 0.004, -0.004, 0.02, -0.02, 0.06, -0.06, 0.15, -0.15, 0.5, -0.4)
MONTH_GAPS = (None, 0.0, 0.001, -0.001, 0.006, -0.006, 0.02, -0.02, 0.08, -0.08, 0.25, -0.25)
WEEK_GAPS = (None, 0.0, 0.007, -0.007, 0.03, -0.03)
#: What the benchmark did over the month and the week.
MONTH_MOVES = (None, 0.0, 0.038, -0.03, 0.26, -0.3, 0.01)
WEEK_MOVES = (None, 0.0, 0.015, -0.015, 0.04, -0.05)
#: A laggard of the year that is ahead of where it was twelve months ago, in a good week.
LATE_RISE = {"1Y": 0.15, "YTD": -0.02, "1M": 0.04, "1W": 0.03}


@dataclass(frozen=True, kw_only=True)
class Market:
    """One of them, ready to be spoken about."""

    number: int
    brief: Brief
    prices: Prices
    quality: Quality
    facts: Facts
    voices: Voices


def make_market(number: int, calendar: Calendar) -> Market:
    """The market of that number."""
    rng = np.random.default_rng([2024, number])
    subject, benchmark, index, kind, field = PAIRS[number % len(PAIRS)]
    field = tuple(rng.permutation(field)[: rng.integers(0, len(field) + 1)].tolist()) if rng.random() < 0.3 else field
    brief = Brief(
        subject=subject,
        benchmark=benchmark,
        field=field,
        field_kind=kind,
        headline_index=index if rng.random() < 0.8 else None,
        implication=bool(rng.random() < 0.8),
        backdrop=bool(rng.random() < 0.85),
    )
    as_of = pick_session(rng, calendar)
    newborn = rng.random() < 0.03
    while newborn and not (as_of.month > 2 and len(calendar.between(calendar.base(as_of, "1M"), as_of)) > NEWBORN):
        as_of = pick_session(rng, calendar)
    quiet = rng.random() < 0.1
    others = tuple(ticker for ticker in brief.tickers if ticker not in (subject, benchmark))
    quality = None
    while quality is None or quality.status is Status.REFUSED:  # a jump, now and then, that the gate does not believe
        prices = make_prices(rng, brief, calendar, as_of, newborn=newborn, quiet=quiet)
        quality = judge(prices, (subject, benchmark), others)
    facts = compute_facts(prices, f"market-{number}", brief, quality, calendar)
    facts = rare(rng, facts) if number % 4 == 0 else facts
    return Market(
        number=number,
        brief=brief,
        prices=prices,
        quality=quality,
        facts=facts,
        voices=make_voices(rng, facts, quiet=quiet),
    )


def pick_session(rng: np.random.Generator, calendar: Calendar) -> date:
    """Any session; January, and the last and first days of a month, more often than chance."""
    sessions = calendar.between(date(2006, 1, 3), date(2025, 6, 27))
    chosen = sessions[rng.integers(0, len(sessions))]
    if rng.random() < 0.15:
        january = sessions[sessions.astype("M8[M]").astype("int64") % 12 == 0]
        chosen = january[rng.integers(0, len(january))]
    return chosen.astype(date)  # type: ignore[no-any-return]


def make_prices(
    rng: np.random.Generator, brief: Brief, calendar: Calendar, as_of: date, *, newborn: bool, quiet: bool
) -> Prices:
    """Benchmark and subject bent to their targets, the field scattered around them, gaps here and there."""
    sessions = calendar.between(date(2000, 1, 3), as_of)
    low, high = LENGTHS[rng.choice(len(LENGTHS), p=LENGTH_ODDS)]
    if newborn:
        low = high = NEWBORN
    sessions = sessions[-min(len(sessions), int(rng.integers(low, high + 1))) :]
    rows = len(sessions)
    bases = {window: int(np.searchsorted(sessions, np.datetime64(calendar.base(as_of, window)), "right")) - 1
             for window in WINDOWS}  # fmt: skip
    calm: dict[str, float | None] = {"1W": 0.0} if quiet else {}
    wild = float(rng.choice((0.2, 1.0, 1.0, 1.0, 2.5)))
    benchmark = path(rng, rows, 0.0003, 0.01 * wild)
    late = {"1M": 0.02, "1W": 0.01} if not quiet and rng.random() < 0.04 else {}
    benchmark = bent(benchmark, bases, {"1M": pick(rng, MONTH_MOVES), "1W": pick(rng, WEEK_MOVES)} | calm | late)
    relative = path(rng, rows, float(rng.choice((-0.0010, -0.0004, -0.0001, 0.0, 0.0002, 0.0008))), 0.005 * wild)
    gaps = {"YTD": pick(rng, YEAR_GAPS), "1M": pick(rng, MONTH_GAPS), "1W": pick(rng, WEEK_GAPS)} | calm
    gaps |= LATE_RISE if late else {}
    relative = bent(relative, bases, gaps if quiet or late or rng.random() < 0.9 else {})
    if not (quiet or late) and rng.random() < 0.15:
        relative = extreme(rng, relative)
    logs = {brief.benchmark: benchmark, brief.subject: benchmark + relative}
    if rng.random() < 0.01:
        logs[brief.subject] = logs[brief.benchmark].copy()
    for ticker in brief.tickers[2:]:
        near = brief.subject if ticker == brief.headline_index or rng.random() < 0.5 else brief.benchmark
        logs.setdefault(ticker, logs[near] + path(rng, rows, 0.0, 0.004 * wild))
    start = float(rng.choice((0.4, 12.0, 80.0, 80.0, 4000.0)))
    closes, adjusted = {}, {}
    for ticker, log in logs.items():
        level = start * np.exp(log - log[0] * rng.random())
        payout = float(rng.choice((0.0, 0.01, 0.03)))
        adjusted[ticker] = level
        closes[ticker] = level * np.exp(payout * np.floor((rows - 1 - np.arange(rows)) / 63) / 4)
    problems = {}
    if brief.field and rng.random() < 0.1:
        lost = brief.field[-1]
        closes.pop(lost, None)
        problems[lost] = Problem(Flaw.MISSING, f"{lost}: no file")
    for ticker in brief.tickers[2:]:
        if ticker in closes and rng.random() < 0.08:
            closes[ticker] = holes(rng, closes[ticker])
    if newborn and bases["1W"] > 0:
        closes[brief.subject][bases["1W"]] = np.nan  # no window has a base: nothing can be compared yet
    levels = backdrop(rng, rows) if brief.backdrop else {}
    return frames(rng, {**closes, **levels}, adjusted, sessions, problems)


def path(rng: np.random.Generator, rows: int, drift: float, spread: float) -> Array:
    """A random walk of logarithms with fat tails, calm and wild months, from 0."""
    unrest = np.exp(0.5 * np.repeat(rng.standard_normal(rows // 63 + 1), 63)[:rows])
    steps = drift + spread * unrest * rng.standard_t(5, rows) / 1.29
    steps[0] = 0.0
    return np.cumsum(np.clip(steps, -0.25, 0.25))


def pick(rng: np.random.Generator, choices: Sequence[float | None]) -> float | None:
    return choices[int(rng.integers(0, len(choices)))]


def bent(log: Array, bases: Mapping[str, int], moves: Mapping[str, float | None]) -> Array:
    """The same path, tilted between the bases of the windows so that the move over each window is the wanted one."""
    last = len(log) - 1
    end = log[last]
    knots, lift = [0.0, float(last)], [0.0, 0.0]
    for window, move in moves.items():
        row = bases[window]
        if move is not None and 0 < row < last and row not in knots:
            knots.append(float(row))
            lift.append(float(end - np.log1p(move) - log[row]))
    order = np.argsort(knots)
    return log + np.interp(np.arange(len(log)), np.array(knots)[order], np.array(lift)[order])


def extreme(rng: np.random.Generator, log: Array) -> Array:
    """Relative strength at the edge of its history: the last stretch is moved beyond all before it."""
    moved, rows = log.copy(), max(2, len(log) // 6)
    edge = log.max() + 0.02 if rng.random() < 0.5 else log.min() - 0.02
    moved[-rows:] += np.linspace(0.0, edge - log[-1], rows)
    return moved


def holes(rng: np.random.Generator, close: Array) -> Array:
    """A few gaps, never the last bar; now and then so many that the gate leaves the fund out."""
    made = close.copy()
    made[:-1][rng.random(len(close) - 1) < float(rng.choice((0.01, 0.2)))] = np.nan
    return made


def backdrop(rng: np.random.Generator, rows: int) -> dict[str, Array]:
    """Rates and volatility; in some markets one of them is missing."""
    spread = float(rng.choice((0.0, 0.005, 0.03)))
    found = {
        "^IRX": np.maximum(0.01, rng.uniform(0.02, 5.5) + np.cumsum(rng.normal(0, spread, rows))),
        "^TNX": np.maximum(0.4, rng.uniform(0.6, 5.0) + np.cumsum(rng.normal(0, spread, rows))),
        "^VIX": np.clip(16 * np.exp(np.cumsum(rng.normal(0, 0.05, rows))), 9, 83),
    }
    if rng.random() < 0.1:
        del found[str(rng.choice(list(found)))]
    return found


def frames(
    rng: np.random.Generator,
    closes: Mapping[str, Array],
    adjusted: Mapping[str, Array],
    sessions: np.ndarray[Any, np.dtype[np.datetime64]],
    problems: Mapping[str, Problem],
) -> Prices:
    """Prices as a source would have given them: a gap is a gap in every column."""
    index = pd.DatetimeIndex(sessions, name="session")
    day = 1 + 0.004 * np.abs(rng.standard_normal(len(sessions)))
    wicks = day if rng.random() < 0.8 else np.ones(len(sessions))  # without: a high close is a high

    def frame(values: Mapping[str, Array]) -> pd.DataFrame:
        return pd.DataFrame({ticker: values[ticker] for ticker in closes}, index=index)

    total = {t: np.where(np.isnan(closes[t]), np.nan, adjusted.get(t, closes[t])) for t in closes}
    return Prices(
        close=frame(closes),
        adjusted_close=frame(total),
        high=frame({ticker: close * wicks for ticker, close in closes.items()}),
        low=frame({ticker: close / day for ticker, close in closes.items()}),
        volume=frame({ticker: close * 0 + 1 for ticker, close in closes.items()}),
        source="files",
        problems=problems,
    )


def rare(rng: np.random.Generator, facts: Facts) -> Facts:
    """Families that stand on their own, set by hand to what a random walk hardly ever gives."""
    changes: dict[str, Any] = {}
    if facts.precedents is not None and rng.random() < 0.6:
        changes["precedents"] = precedents(rng, facts.as_of, facts.precedents)
    if facts.lead_lag is not None and rng.random() < 0.5:
        changes["lead_lag"] = replace(facts.lead_lag, leader=str(rng.choice(("none", "subject", "benchmark"))))
    if facts.reversion is not None and rng.random() < 0.8:
        n = int(rng.integers(8, 30))
        correlation = float(rng.uniform(-0.95, 0.95)) if rng.random() < 0.9 else None
        changes["reversion"] = Reversion(z=float(rng.normal()), correlation=correlation, n=n)
    chart = facts.technicals.get(facts.subject)
    if chart is not None and chart.peak_price.below == chart.peak_total_return.below == 0 and rng.random() < 0.9:
        changes["technicals"] = {**facts.technicals, facts.subject: dividends_decide(rng, facts, chart)}
    assert isinstance(facts.lead_lag, LeadLag | None)
    return replace(facts, **changes)


def dividends_decide(rng: np.random.Generator, facts: Facts, chart: Technicals) -> Technicals:
    """A record with dividends and none without; now and then short of it by what another number of the text says."""
    below = -float(rng.uniform(0.002, 0.2))
    twin = facts.returns.gap.get("YTD", 0.0)
    if rng.random() < 0.5 and 0.002 < abs(twin) < 0.3:
        below = -abs(twin)
    return replace(chart, peak_price=Peak(day=date.fromordinal(facts.as_of.toordinal() - 900), below=below))


def precedents(rng: np.random.Generator, as_of: date, before: Precedents) -> Precedents:
    """A history of attempts with few or many known outcomes, won, lost or mixed, with or without an open one."""
    n = int(rng.choice((0, 1, 2, 3, 6, 14, 21, 21, 32, 32)))
    kind = str(rng.choice(("won", "lost", "mixed")))
    years = sorted(rng.choice(np.arange(1970, as_of.year), n, replace=False).tolist())
    attempts = []
    for year in years:
        good = kind == "won" or (kind == "mixed" and rng.random() < 0.5)
        size = float(rng.uniform(0.002, 0.2)) * (1 if good else -1)
        day = date(int(year), int(rng.integers(1, 6)), int(rng.integers(1, 28)))
        attempts.append(Attempt(day=day, due=day.replace(month=day.month + 6), relative_return=size, known=True))
    if n == 0 or rng.random() < 0.4:
        fresh = rng.random() < 0.3
        day = as_of if fresh else date.fromordinal(as_of.toordinal() - int(rng.integers(1, 150)))
        moved = 0.0 if fresh else float(rng.normal(0, 0.05))
        due = None if rng.random() < 0.1 else date.fromordinal(day.toordinal() + 183)
        attempts.append(Attempt(day=day, due=due, relative_return=moved, known=False))
    won = sum(attempt.succeeded for attempt in attempts)
    return replace(
        before,
        attempts=tuple(attempts),
        share=won / n if n else None,
        interval=wilson(won, n) if n else None,
        base_rate=float(rng.uniform(0.05, 0.95)) if n or rng.random() < 0.5 else None,
    )
