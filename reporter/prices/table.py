"""prices.csv: the bars that an edition was made of, so that it can be made again."""

from __future__ import annotations

import io
from datetime import date, datetime

import numpy as np
import pandas as pd
from pydantic_core import to_json

from reporter.errors import DataError
from reporter.prices import Prices
from reporter.prices.bars import COLUMNS, Array
from reporter.sessions import Calendar


def prices_csv(prices: Prices) -> bytes:
    """One line a ticker and session, tickers in alphabetical order; gaps have no line, an absent value is empty."""
    days = np.datetime_as_string(prices.sessions.to_numpy("datetime64[D]"))
    made = io.StringIO()
    made.write(f"ticker,session,{','.join(COLUMNS)}\n")
    for ticker in sorted(prices.close.columns):
        columns = np.column_stack([getattr(prices, name)[ticker].to_numpy() for name in COLUMNS])
        rows = np.flatnonzero(~np.isnan(columns[:, 0]))
        cells = map(",".join, zip(days[rows].tolist(), texts(columns[rows]), strict=True))
        made.writelines(f"{ticker},{line}\n" for line in cells)
    return made.getvalue().encode()


def texts(rows: Array) -> list[str]:
    """Of each row, its numbers in the shortest text that reads back as the same, with commas between them."""
    if not len(rows):
        return []
    return to_json(rows.tolist()).decode()[2:-2].replace("NaN", "").split("],[")


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
