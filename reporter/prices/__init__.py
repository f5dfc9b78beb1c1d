"""What happened: daily bars, each fund from one source, cut at the as-of session."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reporter.config import SourceName, Sources
from reporter.errors import DataError, UpstreamError
from reporter.prices.bars import COLUMNS, Bars, Fetched, Flaw, Problem, is_level, listed, total_return
from reporter.prices.checks import agreement, partial_problem, split_problem, split_suspects, standing_problem
from reporter.prices.sources import SOURCES
from reporter.sessions import Calendar, Days, Listing

#: Of every price that is kept: far below a cent, so that a price divided by many splits is still told apart.
DECIMALS = 6


@dataclass(frozen=True, kw_only=True)
class Prices:
    """Daily bars of one exchange calendar. Shape of every frame: sessions (ascending, no time zone) × tickers.

    Gaps stay gaps (NaN): nothing is filled. A ticker without a usable bar has no column and a line in `problems`.
    """

    close: pd.DataFrame  # split-adjusted, not dividend-adjusted
    adjusted_close: pd.DataFrame  # total-return level, equal to `close` at the last bar
    high: pd.DataFrame
    low: pd.DataFrame
    volume: pd.DataFrame
    source: str  # of the first ticker: "files", "simulated", "yahoo", …
    fetched_at: datetime | None = None  # None where the source has no moment of fetching (files, simulated)
    problems: Mapping[str, Problem] = field(default_factory=dict)  # ticker -> why its prices cannot be used
    notes: tuple[str, ...] = ()  # what a careful reader should know: bars dropped, dates sorted, closes restated
    origin: Mapping[str, str] = field(default_factory=dict)  # ticker -> its source
    moments: Mapping[str, datetime] = field(default_factory=dict)  # ticker -> when its bars were fetched
    currencies: Mapping[str, str] = field(default_factory=dict)  # ticker -> currency, where the source names it
    #: Ticker -> sessions on which its exchange has a close to tell, where that is another exchange.
    trading: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    @property
    def sessions(self) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(self.close.index)

    @cached_property
    def sha256(self) -> str:
        """The vintage: a hash over sessions, tickers and all values, independent of the order of columns."""
        digest = hashlib.sha256()
        for frame in (self.close, self.adjusted_close, self.high, self.low, self.volume):
            ordered = frame.reindex(columns=sorted(frame.columns))
            digest.update("\n".join(map(str, ordered.columns)).encode())
            digest.update(ordered.index.to_numpy("datetime64[D]").astype("int64").tobytes())
            digest.update(ordered.to_numpy("float64").tobytes())
        return digest.hexdigest()

    def only(self, tickers: Sequence[str]) -> Prices:
        """The prices of fewer tickers, as if no other had been asked for: same values, same vintage."""
        kept = [ticker for ticker in dict.fromkeys(tickers) if ticker in self.close]
        there = self.close[kept].notna().any(axis=1).to_numpy()
        first = int(there.argmax()) if there.any() else len(there) - 1
        return replace(
            self,
            **{name: getattr(self, name)[kept].iloc[first:] for name in COLUMNS},
            source=next((self.origin[ticker] for ticker in kept if ticker in self.origin), self.source),
            fetched_at=max((self.moments[ticker] for ticker in kept if ticker in self.moments), default=None),
            notes=tuple(note for note in self.notes if note.partition(":")[0] in tickers),
            problems=_of(self.problems, tickers),
            origin=_of(self.origin, tickers),
            moments=_of(self.moments, tickers),
            currencies=_of(self.currencies, tickers),
            trading={ticker: mask[first:] for ticker, mask in self.trading.items() if ticker in kept},
        )


def _of(mapping: Mapping[str, Any], tickers: Sequence[str]) -> dict[str, Any]:
    return {ticker: value for ticker, value in mapping.items() if ticker in tickers}


@dataclass(frozen=True)
class _Found:
    """What one source has of one ticker: bars on sessions up to the as-of, or a problem, or both."""

    source: str
    bars: Bars | None
    problem: Problem | None


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
    found: dict[str, _Found] = {}
    notes: list[str] = []
    currencies: dict[str, str] = {}
    moments: dict[str, datetime] = {}
    for name in order:
        open_ = {ticker: listings[ticker] for ticker in wanted if ticker not in found or found[ticker].problem}
        if not open_:
            break
        fetched = _asked(name, open_, sources, store, alone=len(order) == 1)
        notes += fetched.notes
        for ticker in open_:
            one, remarks = _judged(name, ticker, fetched, listings[ticker])
            before = found.get(ticker)
            if before is None or one.problem is None:
                found[ticker] = one
                currencies |= _of(fetched.currencies, (ticker,))
                moments |= _of(fetched.moments, (ticker,))
                notes += remarks if ticker in tickers else []
                if before and before.problem and ticker in tickers:
                    notes.append(f"{ticker}: prices from {name}, since {before.problem.text}")
    for ticker in check:
        notes += _cross_checked(ticker, found[ticker], order, listings[ticker], sources, store)
    problems = {t: one.problem for t, one in found.items() if one.problem and (t in tickers or one.bars is not None)}
    kept = {ticker: one.bars for ticker, one in found.items() if one.bars is not None}
    if not kept and problems and all(problem.flaw is Flaw.UNAVAILABLE for problem in problems.values()):
        raise UpstreamError(next(iter(problems.values())).text.partition(": ")[2])
    first = min((bars["session"][0].astype(date) for bars in kept.values()), default=as_of)
    sessions = calendar.between(first, as_of)
    exchanges = {ticker: listings[ticker].calendar for ticker in kept}
    places = {t: sessions if own is calendar else calendar.seen(own, sessions) for t, own in exchanges.items()}
    prices = Prices(
        **_frames(kept, places, sessions),
        source=found[wanted[0]].source if wanted else order[0],
        fetched_at=max((moments[ticker] for ticker in kept if ticker in moments), default=None),
        problems=problems,
        notes=tuple(notes),
        origin={ticker: found[ticker].source for ticker in kept},
        moments=_of(moments, tuple(kept)),
        currencies=_of(currencies, tuple(kept)),
        trading={ticker: ~np.isnat(days) for ticker, days in places.items() if exchanges[ticker] is not calendar},
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


def _judged(name: str, ticker: str, fetched: Fetched, place: Listing) -> tuple[_Found, list[str]]:
    """Bars of one source on the sessions of its exchange, and whether they stand by themselves; notes."""
    given, problem = fetched.bars.get(ticker), fetched.problems.get(ticker)
    if given is None:
        return _Found(name, None, problem), []
    own, last = place.calendar, place.last
    bars, strange = _on_sessions(given, own, last, ticker)
    notes = [f"{ticker}: bars on days without a session left out: {listed(strange)}"] if len(strange) else []
    if not is_level(ticker) and (suspects := split_suspects(bars)):
        notes.append(f"{ticker}: moved by the ratio of a split, please check: {suspects}")
    if len(bars) == 0:
        return _Found(name, None, problem or Problem(Flaw.MISSING, f"{ticker}: no close on or before {last}")), notes
    own_sessions = own.between(bars["session"][0].astype(date), last)
    on_own = np.full(len(own_sessions), np.nan)
    on_own[np.searchsorted(own_sessions, bars["session"])] = bars["close"]
    standing = standing_problem(ticker, on_own, own_sessions)
    if standing and standing.flaw is Flaw.STALE and problem:
        standing = Problem(problem.flaw, f"{standing.text}; {problem.text.partition(': ')[2]}")
    return _Found(
        name, bars, standing or problem or split_problem(bars, ticker) or partial_problem(bars, ticker, own)
    ), notes


def _cross_checked(
    ticker: str, found: _Found, order: Sequence[SourceName], place: Listing, sources: Sources, store: Path | None
) -> list[str]:
    """A note on whether the next source that has the same bars agrees; nothing where there is none."""
    for name in order:
        if name == found.source or found.bars is None or found.problem:
            continue
        fetched = _asked(name, {ticker: place}, sources, store, alone=False, patient=False)
        other, _ = _judged(name, ticker, fetched, place)
        if other.bars is not None and other.problem is None:
            return [f"{ticker}: {agreement(found.source, found.bars, name, other.bars)}"]
    return []


def _on_sessions(bars: Bars, own: Calendar, as_of: date, ticker: str) -> tuple[Bars, Days]:
    """The bars on sessions up to the as-of that have a close, with adjusted closes; and the other days up to it.

    A bar has both closes or none: half a bar is a gap.
    """
    bars = bars[bars["session"] <= np.datetime64(as_of, "D")]
    days: Days = bars["session"]
    known = np.isin(days, own.sessions)
    strange = days[~known & (days >= own.sessions[0])]
    bars = bars[known & ~np.isnan(bars["close"])]
    if is_level(ticker):
        bars["adjusted_close"] = bars["close"]
    elif np.isnan(bars["adjusted_close"]).all():
        bars["adjusted_close"] = total_return(bars["close"], bars["dividend"])
    else:
        bars = bars[~np.isnan(bars["adjusted_close"])]
        if len(bars):  # equal to the close at the last bar: a later dividend leaves no trace
            bars["adjusted_close"] *= bars["close"][-1] / bars["adjusted_close"][-1]
    return bars, strange


def _frames(kept: Mapping[str, Bars], places: Mapping[str, Days], sessions: Days) -> dict[str, pd.DataFrame]:
    """One frame a column, rounded to what is written to prices.csv, so that the file gives the same facts again."""
    index = pd.DatetimeIndex(sessions, name="session")
    blocks = {name: np.full((len(kept), len(sessions)), np.nan) for name in COLUMNS}
    for position, (ticker, bars) in enumerate(kept.items()):
        days = places[ticker]
        rows = np.searchsorted(bars["session"], days)
        there = rows < len(bars)
        there[there] = bars["session"][rows[there]] == days[there]
        for name, block in blocks.items():
            block[position, there] = bars[name][rows[there]]
    return {
        name: pd.DataFrame(np.round(block, DECIMALS, out=block).T, index=index, columns=list(kept))
        for name, block in blocks.items()
    }
