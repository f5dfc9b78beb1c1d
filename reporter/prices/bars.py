"""What every source hands over, and the checks that every bar has to pass wherever it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: A series of bars of one fund. Shape: days, ascending, each once. Absent values are NaN; fields as in `BAR`.
Bars = NDArray[np.void]

#: As we name them, and as Yahoo and so the reader does.
TITLES = {"close": "Close", "adjusted_close": "Adj Close", "high": "High", "low": "Low", "volume": "Volume"}
COLUMNS = tuple(TITLES)
BAR = np.dtype(
    [
        ("session", "M8[D]"),
        *((name, "f8") for name in COLUMNS),
        ("dividend", "f8"),  # paid on one share, ex on that day, adjusted for later splits; 0 on other days
        ("split", "f8"),  # new shares for an old one, from that day on; 1 on other days
    ]
)
#: A close may lie this far outside the day's range: the two can come from different tapes (the auction, the
#: consolidated trades) and are rounded apart after a split. A cent, or a thousandth of the price.
CENT, THOUSANDTH = 0.01, 0.001
#: No fund moves tenfold in a session; a wrong unit (pence for pounds) is a hundredfold, a forgotten split tenfold.
IMPOSSIBLE_MOVE = 10.0
#: No price and no volume is larger; what is would not survive rounding.
LARGEST = 1e15
#: What costs less is rounded to nothing in prices.csv, and a scale made of it would burst.
SMALLEST = 1e-6


class Flaw(StrEnum):
    """Why a fund cannot be used; the words for readers stand in labels.yaml under `flaws`."""

    MISSING = "missing"  # the source does not know it
    UNAVAILABLE = "unavailable"  # the source did not answer, or with no answer: it may know it all the same
    UNREADABLE = "unreadable"  # a file that is no table of prices
    SYMBOL = "symbol"  # an answer about another fund
    CURRENCY = "currency"  # another one than the exchange has, or than before
    DUPLICATE = "duplicate"  # two bars for one day
    ZERO = "zero"
    NEGATIVE = "negative"
    INFINITE = "infinite"
    RANGE = "range"  # high under low, close outside the day's range
    UNIT = "unit"  # tenfold or more from one bar to the next
    SPLIT = "split"  # left out, done twice, or invented
    PAYMENTS = "payments"  # the adjusted closes tell of other payments than are listed
    JUMP = "jump"  # alone, while the field stood still
    VOLUME = "volume"  # so little at the as-of that the session cannot have been over
    STALE = "stale"
    SHORT = "short"
    GAPS = "gaps"


@dataclass(frozen=True)
class Problem:
    """Why a ticker has no prices that may be used. `text` begins with the ticker or its file: one clear line."""

    flaw: Flaw
    text: str


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """Bars as a source gave them, each ticker on its own. Every asked ticker is in `bars` or in `problems`, or both:
    then its bars end before the problem.
    """

    bars: Mapping[str, Bars]
    problems: Mapping[str, Problem] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    moments: Mapping[str, datetime] = field(default_factory=dict)  # when they were fetched, by the server's clock
    currencies: Mapping[str, str] = field(default_factory=dict)  # ISO 4217, and GBp, ZAc, ILA for hundredths


@dataclass(frozen=True)
class Fault:
    """Why a bar cannot be true, and in which row it stands."""

    row: int
    flaw: Flaw
    text: str


def make_bars(session: Any, columns: Mapping[str, Any]) -> Bars:
    """Bars from columns of one length; without dividends nothing was paid, without splits nothing was split."""
    bars = np.empty(len(session), BAR)
    bars["session"] = session
    bars["dividend"], bars["split"] = 0.0, 1.0
    for name, values in columns.items():
        bars[name] = values
    return bars


def is_level(ticker: str) -> bool:
    """Whether a ticker is an index (^VIX, ^TNX): a level that pays nothing, and as a yield may be zero or below."""
    return ticker.startswith("^")


def first_fault(bars: Bars, ticker: str) -> Fault | None:
    """The first bar that cannot be true; NaN is a gap and no fault.

    Args:
        bars: Shape: days (ascending).
        ticker: Its name decides what is possible: an index may be zero, fall below it, and move as it likes.
    """
    close, high, low = bars["close"], bars["high"], bars["low"]
    rules: list[tuple[Flaw, str, NDArray[np.bool_]]] = [
        (Flaw.INFINITE, f"infinite value in '{TITLES[name]}'", np.abs(bars[name]) > LARGEST) for name in COLUMNS
    ]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        if not is_level(ticker):
            for name in ("close", "adjusted_close", "high", "low"):
                rules.append((Flaw.NEGATIVE, f"negative price {{{name}:g}} in '{TITLES[name]}'", bars[name] < 0))
                rules.append(
                    (Flaw.ZERO, f"price of zero in '{TITLES[name]}'", (bars[name] >= 0) & (bars[name] < SMALLEST))
                )
        rules.append((Flaw.RANGE, "high {high:g} is below low {low:g}", high < low))
        slack = np.maximum(CENT, THOUSANDTH * np.abs(close))
        outside = (close > high + slack) | (close < low - slack)
        rules.append((Flaw.RANGE, "close {close:g} is outside the day's range {low:g} to {high:g}", outside))
        rules.append((Flaw.NEGATIVE, "negative volume {volume:g}", bars["volume"] < 0))
        if not is_level(ticker):
            wide = (high > IMPOSSIBLE_MOVE * close) | (low < close / IMPOSSIBLE_MOVE)
            rules.append((Flaw.RANGE, "the day's range {low:g} to {high:g} is tenfold the close {close:g}", wide))
            factor = np.exp(np.abs(np.log(move(close))))
            paid, before = bars["dividend"], close / move(close)
            rules.append((Flaw.PAYMENTS, "payment of {dividend:g}", ~(paid >= 0) | (paid >= before) | np.isinf(paid)))
            split = bars["split"]
            for text, wrong in implied_payments(close, bars["adjusted_close"]):
                rules.append((Flaw.PAYMENTS, text, wrong & (split == 1)))  # on the day of a split, that is the suspect
            rules.append((Flaw.SPLIT, "split of {split:g}", ~((split > 0) & np.isfinite(split))))
            text = "close {close:g} is ten times the one before, or a tenth of it: a wrong unit, or a split left out?"
            rules.append((Flaw.UNIT, text, factor > IMPOSSIBLE_MOVE * (1 - 1e-9)))  # logarithms are not exact
    found = [(int(np.argmax(wrong)), flaw, text) for flaw, text, wrong in rules if wrong.any()]
    if not found:
        return None
    row, flaw, text = min(found, key=lambda one: one[0])
    return Fault(row, flaw, text.format(**{name: bars[name][row] for name in (*COLUMNS, "dividend", "split")}))


def implied_payments(close: Array, adjusted: Array) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Rows where the adjusted closes tell of a payment that nobody makes; no fund that was tried comes near."""
    steps = move(adjusted / close)
    slack = THOUSANDTH * 5 + CENT / np.abs(adjusted)  # rounded to cents, an old adjusted close is coarse
    yield "adjusted close {adjusted_close:g} tells of a payment below zero", steps < 1 - slack
    yield "adjusted close {adjusted_close:g} tells of a payment of more than half the price", steps > 2 + slack


def move(close: Array) -> Array:
    """Each close over the last one before it, gaps stepped over; NaN at gaps and at the first."""
    moves = np.full(len(close), np.nan)
    rows = np.flatnonzero(~np.isnan(close))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        moves[rows[1:]] = close[rows[1:]] / close[rows[:-1]]
    return moves


def total_return(close: Array, dividends: Array) -> Array:
    """Dividend-adjusted closes, equal to `close` at the last bar.

    Args:
        close: Split-adjusted closes; NaN where a bar is absent. Shape: days.
        dividends: Paid out on that ex-date for one share, 0 on other days, split-adjusted; what is paid on a day
            without a close is taken off the next one. Shape: days.

    Source: factor 1 - D / previous close at each ex-date, cumulated backwards; docs/metrics.md#total-return.
    """
    before, paid = close / move(close), np.nan_to_num(dividends)
    for row in np.flatnonzero(np.isnan(close) & (paid != 0)):
        following = row + np.flatnonzero(~np.isnan(close[row:]))[:1]
        paid[following] += paid[row]
    factor = np.where(np.isnan(before), 1.0, 1 - paid / before)
    later = np.append(np.cumprod(factor[::-1])[::-1][1:], 1.0)
    return np.asarray(close * later, dtype="float64")


def only(bars: Bars, kept: NDArray[np.bool_]) -> Bars:
    """Some of the bars. What was paid on a day that is left out counts on the next one that stays.

    The close before it is the same one, so that nothing of a total return is lost.
    """
    found = bars[kept]
    for bar in bars[~kept & (bars["dividend"] > 0)]:
        following = np.searchsorted(found["session"], bar["session"])
        found["dividend"][following : following + 1] += bar["dividend"]
    return found


def listed(days: Sequence[Any] | NDArray[Any], shown: int = 3) -> str:
    """`2024-01-01, 2024-07-04 and 3 more`."""
    rest = len(days) - shown
    return ", ".join(map(str, days[:shown])) + (f" and {rest} more" if rest > 0 else "")
