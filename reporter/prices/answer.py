"""What of a source's answer can be kept: bars that are final and can be true, in a currency of their exchange."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from reporter.config import SETTLED
from reporter.exchanges import CURRENCIES
from reporter.prices.bars import Array, Bars, Flaw, Problem, first_fault, is_level, listed, move, only, total_return
from reporter.sessions import Calendar

#: How far the adjusted closes of a source may be from the payments that it lists, at any one of them.
PAYMENTS_AGREE = 0.005


@dataclass(frozen=True)
class Answer:
    """What a source said about one ticker, without what cannot be final or true."""

    bars: Bars
    currency: str
    at: datetime
    change: str


def final(bars: Bars, calendar: Calendar, served: datetime | None) -> tuple[Bars, str, str]:
    """Without empty bars and without those whose session was not over when they were served.

    And what that left out, in words: the session that was not over, days that have not come yet. The auction needs
    time, so a bar counts as final some minutes after the close.
    """
    bars = only(bars, ~np.isnan(bars["close"]))
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
    checked = whole = bars[calendar.has(bars["session"])]
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
    return bars[bars["session"] < whole["session"][row]], problem


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
