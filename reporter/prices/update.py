"""Brings the store up to date from a network source: new bars are added where the past is unchanged, and else the whole
series is fetched again and the change is recorded. Two sources never meet in one series.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np

from reporter.config import SETTLED
from reporter.exchanges import CURRENCIES
from reporter.prices.asking import Line, pull
from reporter.prices.bars import Array, Bars, Flaw, Problem, first_fault, is_level, listed, move, total_return
from reporter.prices.store import Store
from reporter.sessions import Calendar, Listing

#: Sessions that every pull asks for again, to notice what has been restated.
OVERLAP = 30
#: Two numbers are the same bar when they differ by less: vendors send single precision now and then.
SAME = 1e-5
#: Sessions looked back on for bars that should be there, which are then asked for once more.
RECENT = 252
#: How far the adjusted closes of a source may be from the payments that it lists, at any one of them.
PAYMENTS_AGREE = 0.005


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
        known = store.read(source, ticker)
        if known is None or known.pending:
            wanted[ticker] = None
        elif again or known.through < listing.last:
            wanted[ticker] = known.bars["session"][-OVERLAP:][0].astype(date)
    if not wanted:
        return report
    line = connect()
    whole = take(store, source, line, wanted, listings, report)
    take(store, source, line, dict.fromkeys(whole), listings, report)
    incomplete = {
        ticker: day
        for ticker in wanted
        if ticker not in report.problems and (day := first_hole(store, source, ticker, listings[ticker])) is not None
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


@dataclass(frozen=True)
class Answer:
    """What a source said about one ticker, without what cannot be final or true."""

    bars: Bars
    currency: str
    at: datetime
    change: str


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


@dataclass(frozen=True)
class Told:
    """What an answer says about a series that is known: texts for people, empty where nothing has changed."""

    restated: str = ""  # closes, highs or lows that are others now
    events: str = ""  # dividends and splits that are new, or others now
    filled: str = ""  # bars that had been missing
    past: bool = False  # whether days that were known read differently now

    def __bool__(self) -> bool:
        return bool(self.restated or self.events)

    def __str__(self) -> str:
        return "; ".join(text for text in (self.restated, self.events, self.filled) if text)


def what_changed(known: Bars, given: Bars) -> Told:
    """Compares an answer with what is stored, on the days that both have."""
    _, rows, places = np.intersect1d(known["session"], given["session"], return_indices=True)
    old, new = known[rows], given[places]
    differs = np.zeros(len(rows), "?")
    for name in ("close", "high", "low"):
        differs |= ~np.isclose(old[name], new[name], rtol=SAME, atol=0, equal_nan=True)
    restated = ""
    if differs.any():
        with np.errstate(divide="ignore", invalid="ignore"):
            by = np.nanmax(np.abs(new["close"] / old["close"] - 1)[differs])
        days = old["session"][differs]
        span = f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]}"
        restated = f"restated: {len(days)} of {len(rows)} bars, {span}, closes by up to {by:.2%}"
    texts, past = [], bool(restated)
    last = known["session"][-1]
    for kind, nothing in (("dividend", 0.0), ("split", 1.0)):
        before = np.full(len(given), nothing)
        before[places] = old[kind]
        for place in np.flatnonzero(~np.isclose(before, given[kind], rtol=1e-4, atol=1e-9)):
            # A change of the scale by a split changes every earlier payment: that is one change, told above.
            if restated and before[place] != nothing and given[kind][place] != nothing:
                continue
            texts.append(f"{kind} {given[kind][place]:g} on {given['session'][place]}")
            past |= bool(given["session"][place] <= last)
    fresh = np.setdiff1d(given["session"], known["session"])
    late = fresh[(fresh < last) & (fresh > known["session"][0])]
    filled = f"late: {len(late)} missing bars came in, {listed(late)}" if len(late) else ""
    return Told(restated, listed(texts), filled, past or bool(filled))


def merged(known: Bars, given: Bars) -> Bars:
    """Both, day by day; where both have a day, the newer answer. A bar that a source no longer gives stays."""
    kept = known[~np.isin(known["session"], given["session"])]
    both = np.concatenate([kept, given])
    return both[np.argsort(both["session"], kind="stable")]


def final(bars: Bars, calendar: Calendar, served: datetime | None) -> tuple[Bars, str, str]:
    """Without empty bars and without those whose session was not over when they were served.

    And what that left out, in words: the session that was not over, days that have not come yet. The auction needs
    time, so a bar counts as final some minutes after the close.
    """
    bars = bars[~np.isnan(bars["close"])]
    if served is None or len(bars) == 0:
        return bars, "", ""
    over = calendar.last_completed(min(served - SETTLED, calendar.close(calendar.horizon)))
    days = bars["session"]
    running = days[(days > np.datetime64(over, "D")) & (days <= np.datetime64(served.date(), "D"))]
    future = days[days > np.datetime64(served.date(), "D")]
    early = f"the bar of {running[-1]} is left out: the session was not over when it was served" if len(running) else ""
    change = f"left out: bars dated in the future, {listed(future)}" if len(future) else ""
    return bars[days <= np.datetime64(over, "D")], early, change


def closed(bars: Bars, calendar: Calendar) -> datetime:
    """When the last of these bars was final, for a server that does not tell the time."""
    return calendar.close(calendar.on_or_before(bars["session"][-1].astype(date))) + SETTLED


def believable(bars: Bars, ticker: str, calendar: Calendar, host: str) -> tuple[Bars, Problem | None]:
    """The bars before the first one that cannot be true, and what is wrong with that.

    A series ends there: what came before can be used, what comes after can not, and the next update asks again.
    """
    checked = bars[np.isin(bars["session"], calendar.sessions)]
    found = []
    if fault := first_fault(checked, ticker):
        text = f"{ticker}: {host} has a bar on {checked['session'][fault.row]} that cannot be true: {fault.text}"
        found.append((fault.row, Problem(fault.flaw, text)))
        checked = checked[: fault.row]
    row = first_contradiction(checked, ticker)
    if row is not None:
        day, ratio = checked["session"][row], checked["split"][row]
        split = f"the split of {ratio:g} on {day} is left out or done twice"
        payment = f"adjusted closes and listed payments do not agree on {day}"
        flaw, text = (Flaw.PAYMENTS, payment) if ratio == 1 else (Flaw.SPLIT, split)
        found.append((row, Problem(flaw, f"{ticker}: at {host}, {text}")))
    if not found:
        return bars, None
    row, problem = min(found, key=lambda one: one[0])
    days = bars["session"][np.isin(bars["session"], calendar.sessions)]
    return bars[bars["session"] < days[row]], problem


def first_contradiction(bars: Bars, ticker: str) -> int | None:
    """Row where the adjusted closes of a source tell of another payment than it lists: one of them is wrong."""
    adjusted = bars["adjusted_close"]
    if is_level(ticker) or np.isnan(adjusted).all():
        return None
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ours = total_return(bars["close"], bars["dividend"])
        steps: Array = np.abs(np.log(move(adjusted / ours)))
    wrong = np.flatnonzero(steps > PAYMENTS_AGREE)
    return int(wrong[0]) if len(wrong) else None


def foreign(ticker: str, currency: str, calendar: Calendar) -> Problem | None:
    """Whether a currency is not one in which the exchange quotes. A pair of currencies has one of its own."""
    usual = CURRENCIES.get(calendar.name)
    if not currency or not usual or currency in usual or is_level(ticker) or "=" in ticker:
        return None
    return Problem(
        Flaw.CURRENCY, f"{ticker}: prices in {currency}; at {calendar.name} they are in {' or '.join(sorted(usual))}"
    )


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
