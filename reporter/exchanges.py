"""Where a fund trades: which sessions count for a brief, and in which currencies an exchange quotes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import numpy as np

from reporter.config import Brief, Config
from reporter.sessions import Calendar, load_calendar

#: Yahoo's suffix -> the calendar of that exchange. Without a suffix a fund trades where its brief says.
SUFFIXES = {
    "AS": "XAMS", "AX": "XASX", "BR": "XBRU", "CO": "XCSE", "DE": "XETR", "F": "XFRA", "HE": "XHEL", "HK": "XHKG",
    "IR": "XDUB", "JK": "XIDX", "JO": "XJSE", "KS": "XKRX", "L": "XLON", "LS": "XLIS", "MC": "XMAD", "ME": "XMOS",
    "MI": "XMIL", "MX": "XMEX", "NS": "XBOM", "BO": "XBOM", "NZ": "XNZE", "OL": "XOSL", "PA": "XPAR", "SA": "BVMF",
    "SI": "XSES", "SS": "XSHG", "ST": "XSTO", "SW": "XSWX", "SZ": "XSHG", "T": "XTKS", "TA": "XTAE", "TO": "XTSE",
    "TW": "XTAI", "V": "XTSE", "VI": "XWBO", "WA": "XWAR",
}  # fmt: skip
#: Indices of New York, whatever the exchange of the brief.
INDICES = {"^IRX": "XNYS", "^TNX": "XNYS", "^VIX": "XNYS"}
#: Calendar -> currencies in which funds are quoted there; another one is a mistake of the source. GBp is a penny.
CURRENCIES = {
    "XNYS": {"USD"}, "XNAS": {"USD"}, "NYSE": {"USD"}, "XLON": {"GBp", "GBP", "USD", "EUR"}, "XETR": {"EUR", "USD"},
    "XFRA": {"EUR", "USD"}, "XPAR": {"EUR", "USD"}, "XAMS": {"EUR", "USD"}, "XBRU": {"EUR"}, "XMIL": {"EUR", "USD"},
    "XMAD": {"EUR"}, "XLIS": {"EUR"}, "XHEL": {"EUR"}, "XWBO": {"EUR"}, "XDUB": {"EUR", "USD"},
    "XSWX": {"CHF", "USD", "EUR"}, "XMOS": {"RUB"}, "XTKS": {"JPY"}, "XHKG": {"HKD", "CNY", "USD"}, "XASX": {"AUD"},
    "XTSE": {"CAD", "USD"}, "XSTO": {"SEK"}, "XCSE": {"DKK"}, "XOSL": {"NOK"}, "XWAR": {"PLN"}, "XJSE": {"ZAc", "ZAR"},
    "XKRX": {"KRW"}, "XTAI": {"TWD"}, "XSHG": {"CNY"}, "XBOM": {"INR"}, "BVMF": {"BRL"}, "XMEX": {"MXN"},
    "XTAE": {"ILA", "ILS"}, "XSES": {"SGD", "USD"}, "XNZE": {"NZD"}, "XIDX": {"IDR"},
}  # fmt: skip
#: A hundredth of a currency, as exchanges quote in it -> that currency.
HUNDREDTHS = {"GBp": "GBP", "GBX": "GBP", "ZAc": "ZAR", "ILA": "ILS"}


def exchange_of(ticker: str, brief: Brief) -> str:
    """The calendar that a ticker of a brief goes by."""
    if ticker in brief.exchanges:
        return brief.exchanges[ticker]
    if ticker in INDICES:
        return INDICES[ticker]
    return SUFFIXES.get(ticker.rpartition(".")[2], brief.calendar) if "." in ticker else brief.calendar


def abroad(brief: Brief) -> dict[str, str]:
    """Tickers of a brief that trade on another exchange than its own, each with the calendar of that one."""
    tickers = (*brief.tickers, *(INDICES if brief.backdrop else ()))
    return {one: name for one in tickers if (name := exchange_of(one, brief)) != brief.calendar}


def quoted_in(calendar: str, named: str) -> str:
    """The currency of a fund: as the source names it, else the only one that its exchange quotes in; else empty."""
    usual = tuple(CURRENCIES.get(calendar, ()))
    return named or (usual[0] if len(usual) == 1 else "")


def market(brief: Brief) -> str:
    """The same for briefs whose calendars and sources are the same: their prices can be loaded together."""
    return "/".join((brief.calendar, *map(":".join, sorted(abroad(brief).items())), *brief.sources))


def brief_calendar(config: Config, brief: Brief, now: datetime) -> Calendar:
    """The sessions that count for a brief.

    Those of its exchange; where subject, benchmark or headline index trade elsewhere, only those on which all of them
    have a new close to tell: none is told twice, and none is known before it was made. Members of the field have a gap
    where their exchange was closed.

    Raises:
        UsageError: there is no such calendar.
    """
    main = exchange_calendar(config, brief.calendar, now)
    names = abroad(brief)
    if not names:
        return main
    loaded = {name: exchange_calendar(config, name, now) for name in dict.fromkeys(names.values())}
    pair = dict.fromkeys(names[one] for one in (brief.subject, brief.benchmark, brief.headline_index) if one in names)
    common = joined(main, {name: loaded[name] for name in pair}) if pair else main
    return replace(common, home=main, own={ticker: loaded[name] for ticker, name in names.items()})


def joined(main: Calendar, others: Mapping[str, Calendar]) -> Calendar:
    """The sessions of `main` on which each of the others has closed since the session before."""
    kept = np.ones(len(main.sessions), "?")
    for other in others.values():
        kept &= ~np.isnat(main.seen(other, main.sessions))
    name = " & ".join((main.name, *others))
    sudden = main.sudden[kept] if main.sudden.size else main.sudden
    return replace(
        main,
        name=name,
        sessions=main.sessions[kept],
        closes=main.closes[kept],
        early=main.early[kept],
        sudden=sudden,
    )


def exchange_calendar(config: Config, name: str, now: datetime) -> Calendar:
    """A calendar with the closures and sessions that the configuration adds to it.

    Raises:
        UsageError: there is no such calendar.
    """
    calendar = load_calendar(name, now)
    changes = config.calendars.get(name)
    return calendar.changed(changes.extra_closures, changes.extra_sessions) if changes else calendar
