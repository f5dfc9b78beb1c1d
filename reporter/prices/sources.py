"""The sources of prices: one file each, and which of them stand behind the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from reporter.config import SourceName, Sources
from reporter.prices.asking import Line
from reporter.prices.bars import Bars, Fetched, Flaw, Problem
from reporter.sessions import Listing

#: Sources that are kept in the store.
NETWORK: tuple[SourceName, ...] = ("yahoo", "tiingo", "fred")
#: Exchanges of the tickers, settings, where the store is, whether it is worth coming back after a failure.
Source = Callable[[Mapping[str, Listing], Sources, "Path | None", bool], Fetched]


def _stored(name: str, connect: Callable[[], Line], listings: Mapping[str, Listing], path: Path | None) -> Fetched:
    """Network sources stand behind the store: it is brought up to date, and read."""
    from reporter.prices.database import open_store
    from reporter.prices.update import update

    bars: dict[str, Bars] = {}
    notes: list[str] = []
    currencies: dict[str, str] = {}
    moments: dict[str, datetime] = {}
    with open_store(path) as store:
        report = update(store, name, connect, listings)
        problems = dict(report.problems)
        for ticker, place in listings.items():
            series = store.read(name, ticker)
            if series is None:
                continue
            if series.pending and ticker not in problems:
                text = f"{ticker}: {name} has restated its past, and not yet told all of it"
                problems[ticker] = Problem(Flaw.UNAVAILABLE, text)
            if series.through >= place.last and not series.pending:
                problems.pop(ticker, None)
            bars[ticker] = series.bars
            currencies |= {ticker: series.currency} if series.currency else {}
            moment, change = store.brought(series, place.last)
            moments |= {ticker: moment} if moment else {}
            notes += [f"{ticker}: {text}" for text in change.split("; ") if text and not text.startswith("dividend ")]
    return Fetched(bars=bars, problems=problems, notes=tuple(notes), moments=moments, currencies=currencies)


def connection(name: SourceName, sources: Sources, *, patient: bool = True) -> Line:
    """A connection to a network source, which costs an import.

    Raises:
        DataError, ConfigError: it is not set up.
    """
    if name == "tiingo":
        from reporter.prices import tiingo

        return tiingo.connect(sources.tiingo, patient=patient)
    if name == "fred":
        from reporter.prices import fred

        return fred.connect(sources.fred, patient=patient)
    from reporter.prices import yahoo

    return yahoo.connect(sources.yahoo, patient=patient)


def _network(name: SourceName) -> Source:
    def ask(listings: Mapping[str, Listing], sources: Sources, store: Path | None, patient: bool) -> Fetched:
        return _stored(name, lambda: connection(name, sources, patient=patient), listings, store)

    return ask


def _files(listings: Mapping[str, Listing], sources: Sources, *_: object) -> Fetched:
    from reporter.prices.files import fetch

    return fetch({ticker: place.last for ticker, place in listings.items()}, sources.files)


def _simulated(listings: Mapping[str, Listing], sources: Sources, *_: object) -> Fetched:
    from reporter.prices.simulated import fetch

    bars: dict[str, Bars] = {}
    problems: dict[str, Problem] = {}
    for place in dict.fromkeys(listings.values()):
        fetched = fetch(
            [t for t, its in listings.items() if its == place], place.calendar, place.last, sources.simulated
        )
        bars |= fetched.bars
        problems |= fetched.problems
    return Fetched(bars=bars, problems=problems)


#: One file a source, imported when it is asked: yfinance alone costs 0.8 s.
SOURCES: Mapping[SourceName, Source] = {
    **{name: _network(name) for name in NETWORK},
    "files": _files,
    "simulated": _simulated,
}
