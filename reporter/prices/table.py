"""prices.csv: the bars that an edition was made of, so that it can be made again."""

from __future__ import annotations

import io

import numpy as np

from reporter.prices import Prices
from reporter.prices.bars import COLUMNS


def prices_csv(prices: Prices) -> bytes:
    """One line a ticker and session, tickers in alphabetical order; gaps have no line, an absent value is empty."""
    days = np.datetime_as_string(prices.sessions.to_numpy("datetime64[D]")).tolist()
    out = io.StringIO()
    out.write(f"ticker,session,{','.join(COLUMNS)}\n")
    for ticker in sorted(prices.close.columns):
        bars = zip(*(getattr(prices, name)[ticker].tolist() for name in COLUMNS), strict=True)
        for day, bar in zip(days, bars, strict=True):
            if bar[0] == bar[0]:  # a close that is no NaN
                out.write(f"{ticker},{day},{','.join(repr(value) if value == value else '' for value in bar)}\n")
    return out.getvalue().encode()
