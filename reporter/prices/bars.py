"""What every source hands over, and the checks that every bar has to pass wherever it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: As we name them, and as Yahoo and so the reader does.
TITLES = {"close": "Close", "adjusted_close": "Adj Close", "high": "High", "low": "Low", "volume": "Volume"}
COLUMNS = tuple(TITLES)
#: A close may lie this far outside the day's range: the two can come from different tapes (the auction, the
#: consolidated trades) and are rounded apart after a split. A cent, or a thousandth of the price.
CENT, THOUSANDTH = 0.01, 0.001
#: No fund moves tenfold in a session; a wrong unit (pence for pounds) is a hundredfold, a forgotten split tenfold.
IMPOSSIBLE_MOVE = 10.0
#: Splits that are in use. A move within one per cent of such a ratio deserves a look, not a refusal.
SPLITS = (2.0, 3.0, 4.0, 5.0, 8.0, 10.0)


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """Bars as a source gave them, each ticker on its own.

    Shape of every frame: days (DatetimeIndex, ascending, unique, no time zone) × COLUMNS, all float64. Gaps are NaN.
    Every asked ticker is in `bars` or in `problems`.
    """

    bars: Mapping[str, pd.DataFrame]
    problems: Mapping[str, str] = field(default_factory=dict)  # ticker -> why it has no bars, one clear line
    notes: tuple[str, ...] = ()
    fetched_at: datetime | None = None  # by the clock of the server; None where nothing was fetched


@dataclass(frozen=True)
class Fault:
    """Why a bar cannot be true, and in which row it stands."""

    row: int
    text: str


def is_level(ticker: str) -> bool:
    """Whether a ticker is an index (^VIX, ^TNX): a level that pays nothing, and as a yield may be zero or below."""
    return ticker.startswith("^")


def first_fault(bars: pd.DataFrame, ticker: str) -> Fault | None:
    """The first bar that cannot be true; NaN is a gap and no fault.

    Args:
        bars: Shape: days (ascending) × COLUMNS.
        ticker: Its name decides what is possible: an index may be zero, fall below it, and move as it likes.
    """
    values = {name: bars[name].to_numpy("float64") for name in COLUMNS}
    close, high, low = values["close"], values["high"], values["low"]
    rules: list[tuple[str, NDArray[np.bool_]]] = [
        (f"infinite value in '{TITLES[name]}'", np.isinf(values[name])) for name in COLUMNS
    ]
    with np.errstate(invalid="ignore", divide="ignore"):
        if not is_level(ticker):
            for name in ("close", "adjusted_close", "high", "low"):
                rules.append((f"negative price {{{name}:g}} in '{TITLES[name]}'", values[name] < 0))
                rules.append((f"price of zero in '{TITLES[name]}'", values[name] == 0))
        rules.append(("high {high:g} is below low {low:g}", high < low))
        slack = np.maximum(CENT, THOUSANDTH * np.abs(close))
        outside = (close > high + slack) | (close < low - slack)
        rules.append(("close {close:g} is outside the day's range {low:g} to {high:g}", outside))
        rules.append(("negative volume {volume:g}", values["volume"] < 0))
        if not is_level(ticker):
            factor = np.exp(np.abs(np.log(move(close))))
            text = "close {close:g} is ten times the one before, or a tenth of it: a wrong unit, or a split left out?"
            rules.append((text, factor > IMPOSSIBLE_MOVE * (1 - 1e-9)))  # logarithms are not exact
    found = [(int(np.argmax(wrong)), text) for text, wrong in rules if wrong.any()]
    if not found:
        return None
    row, text = min(found, key=lambda one: one[0])
    return Fault(row, text.format(**{name: column[row] for name, column in values.items()}))


def split_suspects(bars: pd.DataFrame) -> list[str]:
    """Days on which the close moved by the ratio of a split, as a vendor's forgotten adjustment looks. ISO dates."""
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = np.exp(np.abs(np.log(move(bars["close"].to_numpy("float64")))))
    like: NDArray[np.bool_] = np.isclose(factor[:, None], np.array(SPLITS), rtol=0.01).any(axis=1)
    return [str(day) for day in bars.index.to_numpy("datetime64[D]")[like]]


def move(close: Array) -> Array:
    """Each close over the last one before it, gaps stepped over; NaN at gaps and at the first."""
    moves = np.full(len(close), np.nan)
    rows = np.flatnonzero(~np.isnan(close))
    moves[rows[1:]] = close[rows[1:]] / close[rows[:-1]]
    return moves


def total_return(close: Array, dividends: Array) -> Array:
    """Dividend-adjusted closes, equal to `close` at the last bar.

    Args:
        close: Split-adjusted closes; NaN where a bar is absent. Shape: days.
        dividends: Paid out on that ex-date for one share, 0 on other days, split-adjusted. Shape: days.

    Source: factor 1 - D / previous close at each ex-date, cumulated backwards; docs/metrics.md#total-return.
    """
    before = close / move(close)
    factor = np.where(np.isnan(before), 1.0, 1 - np.nan_to_num(dividends) / before)
    later = np.append(np.cumprod(factor[::-1])[::-1][1:], 1.0)
    return np.asarray(close * later, dtype="float64")
