"""Prices of a brief: what its sources say, one after another, judged a ticker at a time and laid over its sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reporter.config import SourceName, Sources
from reporter.errors import DataError, UpstreamError
from reporter.exchanges import quoted_in
from reporter.prices import Prices
from reporter.prices.bars import COLUMNS, Array, Bars, Fetched, Flaw, Problem, is_level, listed, only, total_return
from reporter.prices.checks import agreement, partial_problem, split_problem, split_suspects, standing_problem
from reporter.prices.sources import SOURCES
from reporter.sessions import Calendar, Days, Listing

#: Of every price that is kept: far below a cent, so that a price divided by many splits is still told apart.
DECIMALS = 6


@dataclass(frozen=True)
class _Found:
    """What one source has of one ticker."""

    source: str
    first: date | None  # its first bar up to the as-of; None: there is none
    problem: Problem | None
    moment: datetime | None  # when they were fetched, where the source knows
    currency: str  # empty where it is not known


class _Table:
    """Bars of all tickers over the sessions of a brief, filled a ticker at a time: memory is what the result needs."""

    def __init__(self, tickers: Sequence[str], calendar: Calendar, as_of: date) -> None:
        self.calendar = calendar
        self.sessions = calendar.until(as_of)
        self.rows = {ticker: row for row, ticker in enumerate(tickers)}
        self.columns = {name: np.empty((len(tickers), len(self.sessions))) for name in COLUMNS}  # as yet no memory
        self.starts = dict.fromkeys(tickers, len(self.sessions))  # number of the first session that is filled
        self.places: dict[str, Days] = {}  # exchange -> its session that each of ours tells of

    def put(self, ticker: str, bars: Bars, own: Calendar) -> None:
        """The bars of a ticker in the place of any that it had, rounded to what is written to prices.csv."""
        days, wanted = bars["session"], self.told(own)
        rows = np.searchsorted(days, wanted)
        there = rows < len(days)
        there[there] = days[rows[there]] == wanted[there]
        self.starts[ticker] = start = int(np.argmax(there)) if there.any() else len(there)
        rows, there = rows[start:], there[start:]
        for name, column in self.columns.items():
            line = column[self.rows[ticker], start:]  # what is before it costs no memory until it is needed
            line[:] = np.nan
            line[there] = np.round(bars[name][rows[there]], DECIMALS)

    def told(self, own: Calendar) -> Days:
        """The session of an exchange that each session of the brief tells of; NaT where it tells of none."""
        if own is self.calendar:
            return self.sessions
        if own.name not in self.places:
            self.places[own.name] = self.calendar.seen(own, self.sessions)
        return self.places[own.name]

    def trading(self, own: Calendar, first: int) -> NDArray[np.bool_]:
        return ~np.isnat(self.told(own)[first:])

    def frames(self, tickers: Sequence[str], first: int) -> dict[str, pd.DataFrame]:
        """One frame a column, of tickers that have bars, from session number `first` on."""
        index = pd.DatetimeIndex(self.sessions[first:], name="session")
        for column in self.columns.values():
            for ticker in tickers:
                column[self.rows[ticker], first : self.starts[ticker]] = np.nan
        rows: slice | list[int] = [self.rows[ticker] for ticker in tickers]
        if rows == list(range(len(self.rows))):
            rows = slice(None)  # a view
        return {
            name: pd.DataFrame(self.columns.pop(name)[rows, first:].T, index=index, columns=list(tickers), copy=False)
            for name in COLUMNS
        }


def load_prices(
    tickers: Sequence[str],
    optional_tickers: Sequence[str],
    calendar: Calendar,
    as_of: date,
    sources: Sources,
    order: SourceName | Sequence[SourceName],
    *,
    store: Path | None = None,
    check: Sequence[str] = (),
) -> Prices:
    """Bars of all tickers on the sessions of the calendar, from the earliest bar to the as-of session.

    What a source says about later days cannot change the result: it is cut before anything is looked at. What one
    source lacks, the next one in the order supplies: a ticker has all its bars from one of them.

    Args:
        tickers: Each one is a column of the result or has a line in `problems`.
        optional_tickers: Taken where a source has them; their absence is no problem.
        calendar: Bars on other days are left out, with a note; where it knows a ticker's own exchange, that one's days
            count, each placed on the first session at whose close it was known.
        as_of: The last session.
        sources: Their settings.
        order: The sources to ask, one after another.
        store: Where prices from the network are kept; None: nowhere, all of them are fetched.
        check: Tickers that are held against a second source.

    Raises:
        DataError: a folder of files that is not there, or has no prices at all.
        UpstreamError: no source can be reached at all.
    """
    order = (order,) if isinstance(order, str) else tuple(order)
    wanted = tuple(dict.fromkeys((*tickers, *optional_tickers)))
    listings = {ticker: listing(ticker, calendar, as_of) for ticker in wanted}
    table = _Table(wanted, calendar, as_of)
    found: dict[str, _Found] = {}
    checked: dict[str, Bars] = {}
    notes: list[str] = []
    for name in order:
        open_ = {ticker: listings[ticker] for ticker in wanted if ticker not in found or found[ticker].problem}
        if not open_:
            break
        fetched = _asked(name, open_, sources, store, alone=len(order) == 1)
        notes += fetched.notes
        given, fetched = dict(fetched.bars), replace(fetched, bars={})  # each is let go once it is in the table
        for ticker in open_:
            bars, problem, remarks = _judged(
                ticker, given.pop(ticker, None), fetched.problems.get(ticker), listings[ticker]
            )
            before = found.get(ticker)
            if before is not None and problem is not None:
                continue
            found[ticker] = _Found(
                source=name,
                first=bars["session"][0].astype(date) if bars is not None else None,
                problem=problem,
                moment=fetched.moments.get(ticker),
                currency=_currency(ticker, fetched, listings[ticker].calendar),
            )
            notes += remarks if ticker in tickers else []
            if before and before.problem and ticker in tickers:
                notes.append(f"{ticker}: prices from {name}, since {before.problem.text}")
            if bars is None:
                continue
            table.put(ticker, bars, listings[ticker].calendar)
            if ticker in check and problem is None:
                checked[ticker] = bars
    for ticker, bars in checked.items():
        notes += _cross_checked(ticker, found[ticker].source, bars, order, listings[ticker], sources, store)
    firsts = {ticker: one.first for ticker, one in found.items() if one.first is not None}
    problems = {t: one.problem for t, one in found.items() if one.problem and (t in tickers or t in firsts)}
    if not firsts and problems and all(problem.flaw is Flaw.UNAVAILABLE for problem in problems.values()):
        raise UpstreamError(next(iter(problems.values())).text.partition(": ")[2])
    kept = tuple(ticker for ticker in wanted if ticker in firsts)
    first = int(np.searchsorted(table.sessions, np.datetime64(min(firsts.values(), default=as_of), "D")))
    moments = {ticker: moment for ticker in kept if (moment := found[ticker].moment)}
    exchanges = {ticker: listings[ticker].calendar for ticker in kept}
    prices = Prices(
        **table.frames(kept, first),
        source=found[wanted[0]].source if wanted else order[0],
        fetched_at=max(moments.values(), default=None),
        problems=problems,
        notes=tuple(notes),
        origin={ticker: found[ticker].source for ticker in kept},
        moments=moments,
        currencies={ticker: found[ticker].currency for ticker in kept if found[ticker].currency},
        trading={ticker: table.trading(own, first) for ticker, own in exchanges.items() if own is not calendar},
    )
    return prices.only(wanted) if calendar.own else prices  # no row before the first bar that has a place


def listing(ticker: str, calendar: Calendar, as_of: date) -> Listing:
    """Where a ticker trades, and its last session that is over at the close of the as-of."""
    own = calendar.own.get(ticker) or calendar.home or calendar
    return Listing(own, as_of if own is calendar else calendar.newest(own, as_of))


def _asked(
    name: SourceName,
    listings: Mapping[str, Listing],
    sources: Sources,
    store: Path | None,
    *,
    alone: bool,
    patient: bool = True,
) -> Fetched:
    """What a source says. One of several that is not set up, or not there, has a problem for each ticker."""
    try:
        return SOURCES[name](listings, sources, store, patient)
    except (DataError, UpstreamError) as error:
        if alone:
            raise
        text = f"{name}: {error}"
        return Fetched(bars={}, problems={one: Problem(Flaw.UNAVAILABLE, f"{one}: {text}") for one in listings})


def _judged(
    ticker: str, given: Bars | None, problem: Problem | None, place: Listing
) -> tuple[Bars | None, Problem | None, list[str]]:
    """Bars of one source on the sessions of its exchange; whether they stand by themselves; notes.

    Args:
        problem: What the source says of them itself.
    """
    if given is None:
        return None, problem, []
    own, last = place.calendar, place.last
    bars, strange = _on_sessions(given, own, last, ticker)
    notes = [f"{ticker}: bars on days without a session left out: {listed(strange)}"] if len(strange) else []
    if not is_level(ticker) and (suspects := split_suspects(bars)):
        notes.append(f"{ticker}: moved by the ratio of a split, please check: {suspects}")
    if len(bars) == 0:
        return None, problem or Problem(Flaw.MISSING, f"{ticker}: no close on or before {last}"), notes
    sessions = own.between(bars["session"][0].astype(date), last)
    on_sessions: Array = np.full(len(sessions), np.nan)
    on_sessions[np.searchsorted(sessions, bars["session"])] = bars["close"]
    standing = standing_problem(ticker, on_sessions, sessions)
    if standing and standing.flaw is Flaw.STALE and problem:
        standing = Problem(problem.flaw, f"{standing.text}; {problem.text.partition(': ')[2]}")
    return bars, standing or problem or split_problem(bars, ticker) or partial_problem(bars, ticker, own), notes


def _currency(ticker: str, fetched: Fetched, own: Calendar) -> str:
    return "" if is_level(ticker) else quoted_in(own.name, fetched.currencies.get(ticker, ""))


def _cross_checked(
    ticker: str,
    source: str,
    bars: Bars,
    order: Sequence[SourceName],
    place: Listing,
    sources: Sources,
    store: Path | None,
) -> list[str]:
    """A note on whether the next source that has the same bars agrees; nothing where there is none."""
    for name in order:
        if name == source:
            continue
        fetched = _asked(name, {ticker: place}, sources, store, alone=False, patient=False)
        other, problem, _ = _judged(ticker, fetched.bars.get(ticker), fetched.problems.get(ticker), place)
        if other is not None and problem is None:
            return [f"{ticker}: {agreement(source, bars, name, other)}"]
    return []


def _on_sessions(bars: Bars, own: Calendar, as_of: date, ticker: str) -> tuple[Bars, Days]:
    """The bars on sessions up to the as-of that have a close, with adjusted closes; and the other days up to it.

    A bar has both closes or none: half a bar is a gap.
    """
    bars = bars[: np.searchsorted(bars["session"], np.datetime64(as_of, "D"), side="right")]
    days: Days = bars["session"]
    known = own.has(days)
    strange = days[~known & (days >= own.sessions[0])]
    whole = known & ~np.isnan(bars["close"])
    computed = is_level(ticker) or bool(np.isnan(bars["adjusted_close"]).all())
    bars = only(bars, whole if computed else whole & ~np.isnan(bars["adjusted_close"]))
    if is_level(ticker):
        bars["adjusted_close"] = bars["close"]
    elif computed:
        bars["adjusted_close"] = total_return(bars["close"], bars["dividend"])
    elif len(bars):  # equal to the close at the last bar: a later dividend leaves no trace
        bars["adjusted_close"] *= bars["close"][-1] / bars["adjusted_close"][-1]
    return bars, strange
