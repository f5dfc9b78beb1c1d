"""prices.csv: the bars that an edition was made of, so that it can be made again."""

from __future__ import annotations

import io
from itertools import repeat

import numpy as np

from reporter.prices import Prices
from reporter.prices.bars import COLUMNS, Array


def prices_csv(prices: Prices) -> bytes:
    """One line a ticker and session, tickers in alphabetical order; gaps have no line, an absent value is empty."""
    days = np.datetime_as_string(prices.sessions.to_numpy("datetime64[D]"))
    out = io.StringIO()
    out.write(f"ticker,session,{','.join(COLUMNS)}\n")
    for ticker in sorted(prices.close.columns):
        columns = [getattr(prices, name)[ticker].to_numpy() for name in COLUMNS]
        rows = np.flatnonzero(~np.isnan(columns[0]))
        cells = zip(repeat(ticker), days[rows].tolist(), *(texts(values[rows]) for values in columns), strict=False)
        out.writelines(f"{','.join(line)}\n" for line in cells)
    return out.getvalue().encode()


def texts(values: Array) -> list[str]:
    """The shortest text that reads back as the same number."""
    return ["" if text == "nan" else text for text in map(repr, values.tolist())]
