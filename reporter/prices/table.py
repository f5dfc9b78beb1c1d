"""prices.csv: the bars that an edition was made of, so that it can be made again."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic_core import to_json

from reporter.errors import DataError
from reporter.prices import Prices
from reporter.prices.bars import COLUMNS, Array
from reporter.sessions import Calendar


def prices_csv(prices: Prices) -> bytes:
    """One line a ticker and session, tickers in alphabetical order; gaps have no line, an absent value is empty."""
    days = np.datetime_as_string(prices.sessions.to_numpy("datetime64[D]"))
    made = [f"ticker,session,{','.join(COLUMNS)}\n".encode()]
    for ticker in sorted(prices.close.columns):
        columns = [getattr(prices, name)[ticker].to_numpy() for name in COLUMNS]
        there = ~np.isnan(columns[0])
        made.append(lines(days[there], [column[there] for column in columns], f"{ticker},"))
    return b"".join(made)


def lines(days: NDArray[np.str_], columns: Sequence[Array], begin: str = "") -> bytes:
    """A line for each day, with its numbers in the shortest text that reads back as the same."""
    if not len(days):
        return b""
    # Writing JSON is quick: [["2024-10-15",113.9,…],["2024-10-16",…]]. The rest is what stands in between.
    rows = to_json([*zip(days.tolist(), *(column.tolist() for column in columns), strict=True)])
    rows = rows[3:-2].replace(b"NaN", b"").replace(b'",', b",")
    return begin.encode() + rows.replace(b'],["', f"\n{begin}".encode()) + b"\n"


def read_prices(content: bytes, calendar: Calendar, as_of: date, *, source: str, fetched_at: datetime | None) -> Prices:
    """The prices that `prices_csv` wrote, to the last bit.

    Raises:
        DataError: it is no such table.
    """
    try:
        table = pd.read_csv(
            io.BytesIO(content),
            dtype=dict.fromkeys(COLUMNS, "float64") | {"ticker": str, "session": str},
            keep_default_na=False,
            na_values=[""],
            float_precision="round_trip",
        )
        days = table["session"].to_numpy(str).astype("M8[D]")
        tickers, columns = np.unique(table["ticker"].to_numpy(str), return_inverse=True)
        sessions = calendar.between(days.min().astype(object), as_of)
        rows = np.searchsorted(sessions, days)
        if not (sessions[np.minimum(rows, len(sessions) - 1)] == days).all():
            raise DataError("prices.csv: has days that are no sessions by the calendar of today")
    except (ValueError, KeyError) as error:
        raise DataError(f"prices.csv: cannot be read ({' '.join(str(error).split())[:100]})") from error
    index = pd.DatetimeIndex(sessions, name="session")
    frames = {}
    for name in COLUMNS:
        values = np.full((len(tickers), len(sessions)), np.nan)
        values[columns, rows] = table[name].to_numpy("float64")
        frames[name] = pd.DataFrame(values.T, index=index, columns=list(tickers))
    return Prices(
        close=frames["close"],
        adjusted_close=frames["adjusted_close"],
        high=frames["high"],
        low=frames["low"],
        volume=frames["volume"],
        source=source,
        fetched_at=fetched_at,
    )
