"""What happened: daily bars from one source, cut at the as-of session."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property

import numpy as np
import pandas as pd

from reporter.config import SourceName, Sources
from reporter.prices.bars import COLUMNS, Fetched, is_level, split_suspects
from reporter.sessions import Calendar, Days

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
    source: str  # "files", "simulated", "yahoo"
    fetched_at: datetime | None = None  # None where the source has no moment of fetching (files, simulated)
    problems: Mapping[str, str] = field(default_factory=dict)  # ticker -> why it has no prices, one clear line
    notes: tuple[str, ...] = ()  # what a careful reader should know: bars dropped, dates sorted

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
            problems={ticker: text for ticker, text in self.problems.items() if ticker in tickers},
            notes=tuple(note for note in self.notes if note.partition(":")[0] in tickers),
        )


def load_prices(
    tickers: Sequence[str],
    optional_tickers: Sequence[str],
    calendar: Calendar,
    as_of: date,
    sources: Sources,
    source_name: SourceName,
) -> Prices:
    """Bars of all tickers on the sessions of the calendar, from the earliest bar to the as-of session.

    What a source says about later days cannot change the result: it is cut before anything is looked at.

    Args:
        tickers: Each one is a column of the result or has a line in `problems`.
        optional_tickers: Taken where the source has them; their absence is no problem.
        calendar: Bars on other days are left out, with a note.
        as_of: The last session.
        sources: Their settings.
        source_name: The one to ask.

    Raises:
        DataError: a folder of files that is not there, or has no prices at all.
        UpstreamError: a source that cannot be reached at all.
    """
    wanted = tuple(dict.fromkeys((*tickers, *optional_tickers)))
    fetched = SOURCES[source_name](wanted, calendar, as_of, sources)
    problems = {ticker: fetched.problems[ticker] for ticker in tickers if ticker in fetched.problems}
    notes = list(fetched.notes)
    kept: dict[str, pd.DataFrame] = {}
    for ticker in wanted:
        if ticker not in fetched.bars:
            continue
        bars, strange = _on_sessions(fetched.bars[ticker], calendar, as_of)
        if bars["close"].notna().any():
            kept[ticker] = _rescaled(bars, ticker)
        elif ticker in tickers:
            problems[ticker] = f"{ticker}: no close on or before {as_of}"
        if ticker in tickers and strange:
            notes.append(f"{ticker}: bars on days without a session left out: {_listed(strange)}")
        if ticker in kept and not is_level(ticker) and (days := split_suspects(kept[ticker])):
            notes.append(f"{ticker}: moved by the ratio of a split, please check: {_listed(days)}")
    first = min((bars.index[0].date() for bars in kept.values()), default=as_of)
    sessions = calendar.between(first, as_of)
    return Prices(
        **{name: _frame({ticker: bars[name] for ticker, bars in kept.items()}, sessions) for name in COLUMNS},
        source=source_name,
        fetched_at=fetched.fetched_at,
        problems=problems,
        notes=tuple(notes),
    )


def _yahoo(tickers: Sequence[str], calendar: Calendar, as_of: date, sources: Sources) -> Fetched:
    from reporter.prices.yahoo import fetch

    return fetch(tickers, calendar, as_of, sources.yahoo)


def _files(tickers: Sequence[str], calendar: Calendar, as_of: date, sources: Sources) -> Fetched:
    from reporter.prices.files import fetch

    return fetch(tickers, calendar, as_of, sources.files)


def _simulated(tickers: Sequence[str], calendar: Calendar, as_of: date, sources: Sources) -> Fetched:
    from reporter.prices.simulated import fetch

    return fetch(tickers, calendar, as_of, sources.simulated)


#: One file a source, imported when it is asked: yfinance alone costs 0.8 s.
SOURCES: Mapping[SourceName, Callable[[Sequence[str], Calendar, date, Sources], Fetched]] = {
    "yahoo": _yahoo,
    "files": _files,
    "simulated": _simulated,
}


def _on_sessions(bars: pd.DataFrame, calendar: Calendar, as_of: date) -> tuple[pd.DataFrame, list[str]]:
    """The bars on sessions up to the as-of, from the first close on; and the other days up to it, as ISO dates.

    A bar has both closes or none: half a bar is a gap.
    """
    bars = bars.loc[: pd.Timestamp(as_of)]
    days = bars.index.to_numpy("datetime64[D]")
    sessions = calendar.between(date.min, as_of)
    known = sessions[np.searchsorted(sessions[:-1], days)] == days
    strange = [str(day) for day in days[~known & (days >= calendar.sessions[0])]]
    bars = bars[known] if not known.all() else bars
    whole = bars["close"].notna() & bars["adjusted_close"].notna()
    if not whole.all():
        bars = bars.where(whole)
        bars = bars.loc[whole.idxmax() :] if whole.any() else bars
    return bars, strange


def _rescaled(bars: pd.DataFrame, ticker: str) -> pd.DataFrame:
    """The same bars with the adjusted close equal to the close at the last bar: a later dividend leaves no trace."""
    if is_level(ticker):
        return bars.assign(adjusted_close=bars["close"])
    close, adjusted = bars["close"].to_numpy(), bars["adjusted_close"].to_numpy()
    last = np.flatnonzero(~np.isnan(close))[-1]
    return bars.assign(adjusted_close=adjusted * (close[last] / adjusted[last]))


def _frame(columns: Mapping[str, pd.Series], sessions: Days) -> pd.DataFrame:
    """Rounded to what is written to prices.csv, so that the file gives the same facts again."""
    values = np.full((len(sessions), len(columns)), np.nan)
    for position, series in enumerate(columns.values()):
        values[np.searchsorted(sessions, series.index.to_numpy("datetime64[D]")), position] = series.to_numpy()
    return pd.DataFrame(values.round(DECIMALS), index=pd.DatetimeIndex(sessions, name="session"), columns=list(columns))


def _listed(days: Sequence[str], shown: int = 3) -> str:
    """`2024-01-01, 2024-07-04 and 3 more`."""
    rest = len(days) - shown
    return ", ".join(days[:shown]) + (f" and {rest} more" if rest > 0 else "")
