"""Brings the store up to date from a network source: new bars are added where the past is unchanged, and else the whole
series is fetched again and the change is recorded. Two sources never meet in one series.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from reporter.prices.answer import Answer, believable, closed, final, foreign
from reporter.prices.asking import Line, pull
from reporter.prices.bars import Flaw, Problem
from reporter.prices.restated import merged, what_changed
from reporter.prices.store import Store
from reporter.sessions import Listing

#: Sessions that every pull asks for again, to notice what has been restated.
OVERLAP = 30
#: Sessions looked back on for bars that should be there, which are then asked for once more.
RECENT = 252


@dataclass
class Report:
    """What an update did."""

    problems: dict[str, Problem] = field(default_factory=dict)
    changes: dict[str, str] = field(default_factory=dict)  # ticker -> what it told about days that were known
    notes: list[str] = field(default_factory=list)
    added: dict[str, int] = field(default_factory=dict)  # ticker -> bars that are new


def update(
    store: Store,
    source: str,
    connect: Callable[[], Line],
    listings: Mapping[str, Listing],
    *,
    again: bool = False,
) -> Report:
    """Asks for what is missing.

    Args:
        source: Its name in the store.
        connect: Is called when there is something to ask for, and only then.
        listings: Ticker -> its exchange; one with a bar of the last session is not asked for …
        again: … unless this is set: then its last sessions are compared at any rate.
    """
    report = Report()
    wanted: dict[str, date | None] = {}
    for ticker, listing in listings.items():
        newest = store.newest(source, ticker)
        if newest is None:
            wanted[ticker] = None
        elif again or newest < listing.last:
            known = store.read(source, ticker)
            wanted[ticker] = known.bars["session"][-OVERLAP:][0].astype(date) if known else None
    if not wanted:
        return report
    with closing(connect()) as line:
        whole = take(store, source, line, wanted, listings, report)
        take(store, source, line, dict.fromkeys(whole), listings, report)
        incomplete = {
            ticker: day
            for ticker in wanted
            if ticker not in report.problems
            and (day := first_hole(store, source, ticker, listings[ticker])) is not None
        }
        if line.patient and incomplete:
            whole = take(store, source, line, incomplete, listings, report)
            take(store, source, line, dict.fromkeys(whole), listings, report)
    return report


def take(
    store: Store,
    source: str,
    line: Line,
    wanted: Mapping[str, date | None],
    listings: Mapping[str, Listing],
    report: Report,
) -> list[str]:
    """One pull into the store. Gives the tickers whose past has changed, which have to be fetched whole."""
    if not wanted:
        return []
    fetched = pull(line, wanted)
    report.notes += fetched.notes
    whole = []
    for ticker in wanted:
        report.problems.pop(ticker, None)
        calendar = listings[ticker].calendar
        currency = fetched.currencies.get(ticker, "")
        problem = fetched.problems.get(ticker) or foreign(ticker, currency, calendar)
        if problem:
            report.problems[ticker] = problem
            continue
        served = fetched.moments.get(ticker)
        bars, early, change = final(fetched.bars[ticker], calendar, served)
        if early:
            report.problems[ticker] = Problem(Flaw.STALE, f"{ticker}: {early}")
        bars, problem = believable(bars, ticker, calendar, line.host)
        if problem:
            report.problems[ticker] = problem
        if len(bars) == 0:
            if wanted[ticker] is None and ticker not in report.problems:
                report.problems[ticker] = Problem(Flaw.UNAVAILABLE, f"{ticker}: {line.host}: an answer without prices")
            continue
        answer = Answer(bars, currency, served or closed(bars, calendar), change)
        with store.writing():
            if not settle(store, source, ticker, answer, wanted[ticker] is None, report):
                whole.append(ticker)
    return whole


def settle(store: Store, source: str, ticker: str, answer: Answer, whole: bool, report: Report) -> bool:
    """Writes an answer, in the caller's transaction. False: the past has changed, and only its end was asked for."""
    known = store.read(source, ticker)
    if known is None:
        if whole:
            report.added[ticker] = len(answer.bars)
            store.write(
                source, ticker, answer.bars, currency=answer.currency, revision=0, at=answer.at, change=answer.change
            )
        return whole
    if answer.currency and known.currency and answer.currency != known.currency:
        text = f"{ticker}: prices in {answer.currency}, and in {known.currency} before"
        report.problems[ticker] = Problem(Flaw.CURRENCY, text)
        return True
    told = what_changed(known.bars, answer.bars)
    if told and not whole:
        store.expect(known)
        return False
    if told.restated and answer.bars["session"][-1] < known.bars["session"][-1]:
        return True  # an older answer than the one that another process has just stored
    bars = answer.bars if told.restated else merged(known.bars, answer.bars)
    change = "; ".join(text for text in (str(told), answer.change) if text)
    if told:
        report.changes[ticker] = str(told)
    report.added[ticker] = report.added.get(ticker, 0) + len(np.setdiff1d(bars["session"], known.bars["session"]))
    store.write(
        source,
        ticker,
        bars,
        currency=answer.currency or known.currency,
        revision=known.revision + told.past,
        at=answer.at,
        change=change,
    )
    return True


def first_hole(store: Store, source: str, ticker: str, listing: Listing) -> date | None:
    """The day to ask from again: some sessions before the first one of late that has no bar; None: none is missing."""
    series = store.read(source, ticker)
    if series is None:
        return None
    sessions = listing.calendar.between(series.bars["session"][0].astype(date), listing.last)[-RECENT:]
    missing = np.flatnonzero(~np.isin(sessions, series.bars["session"]))
    if len(missing) == 0:
        return None
    day: date = sessions[max(0, int(missing[0]) - 5)].astype(date)
    return day
