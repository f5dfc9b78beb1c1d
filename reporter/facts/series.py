"""The arrays that every family of facts reads: prices as numpy columns, with the bases of the windows found once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reporter.prices import Prices

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """A series for a chart: days and values of the same length, no gaps."""

    days: tuple[date, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Prices as one array a ticker, all over the same sessions (ascending); NaN where a bar is absent."""

    days: tuple[date, ...]
    tickers: tuple[str, ...]
    adjusted: Mapping[str, Array]
    close: Mapping[str, Array]
    high: Mapping[str, Array]
    low: Mapping[str, Array]
    bases: Mapping[str, date]  # window -> base session, where the panel reaches back so far

    @property
    def as_of(self) -> date:
        return self.days[-1]

    @cached_property
    def _numbers(self) -> NDArray[np.datetime64]:
        return np.array(self.days, dtype="datetime64[D]")

    def row_on_or_before(self, day: date) -> int | None:
        """Row of the last session on or before `day`; None before the first."""
        row = int(np.searchsorted(self._numbers, np.datetime64(day, "D"), side="right")) - 1
        return row if row >= 0 else None

    def until(self, row: int, bases: Mapping[str, date]) -> Panel:
        """The panel as it stood at the close of an earlier row, with the bases of that day."""

        def cut(columns: Mapping[str, Array]) -> Mapping[str, Array]:
            return {ticker: values[: row + 1] for ticker, values in columns.items()}

        return Panel(
            days=self.days[: row + 1],
            tickers=self.tickers,
            adjusted=cut(self.adjusted),
            close=cut(self.close),
            high=cut(self.high),
            low=cut(self.low),
            bases={window: day for window, day in bases.items() if day >= self.days[0]},
        )

    @cached_property
    def base_row(self) -> Mapping[str, int]:
        """Window -> row of its base."""
        rows = {window: self.row_on_or_before(day) for window, day in self.bases.items()}
        return {window: row for window, row in rows.items() if row is not None}


def make_panel(prices: Prices, tickers: Sequence[str], bases: Mapping[str, date]) -> Panel:
    """Columns of `prices` for the `tickers` that it has; `bases` come from the exchange calendar."""
    known = tuple(ticker for ticker in tickers if ticker in prices.close.columns)
    days = tuple(prices.sessions.date.tolist())

    def columns(name: str) -> Mapping[str, Array]:
        frame = getattr(prices, name)
        return {ticker: frame[ticker].to_numpy("float64") for ticker in known}

    return Panel(
        days=days,
        tickers=known,
        adjusted=columns("adjusted_close"),
        close=columns("close"),
        high=columns("high"),
        low=columns("low"),
        bases={window: day for window, day in bases.items() if day >= days[0]},
    )


def rolling_mean(values: Array, length: int) -> Array:
    """Mean of the last `length` values at each row; NaN in the first `length - 1`. `values` has no NaN."""
    mean = np.full(len(values), np.nan)
    if len(values) >= length:
        windows = np.lib.stride_tricks.sliding_window_view(values, length)
        mean[length - 1 :] = windows.mean(axis=1)
    return mean


def prior_max(values: Array, length: int) -> Array:
    """Highest of the `length` values before each row (the row itself left out); NaN in the first `length`."""
    highest = np.full(len(values), np.nan)
    if len(values) > length:
        windows = np.lib.stride_tricks.sliding_window_view(values[:-1], length)
        highest[length:] = windows.max(axis=1)
    return highest
