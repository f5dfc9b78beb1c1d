"""FRED: the backdrop from the Federal Reserve Bank of St. Louis, as CSV and without a key."""

from __future__ import annotations

import csv
import io
from datetime import date

import numpy as np

from reporter.config import FredSettings
from reporter.prices.asking import Refused, Trouble
from reporter.prices.bars import Bars, Flaw, listed, make_bars
from reporter.prices.web import Web

FIRST = date(2000, 1, 1)
#: Our name, which is Yahoo's -> their series: bill rate on a discount basis, constant-maturity yield, VIX at the close.
SERIES = {"^IRX": "DTB3", "^TNX": "DGS10", "^VIX": "VIXCLS"}


class _Line(Web):
    def bars(self, ticker: str, since: date | None) -> tuple[Bars, str, tuple[str, ...]]:
        if ticker not in SERIES:
            raise Refused(Flaw.MISSING, f"FRED has {', '.join(SERIES)} only")
        status, text = self.get("/graph/fredgraph.csv", id=SERIES[ticker], cosd=str(since or FIRST))
        ended = text[: text.rfind("\n") + 1]  # a line that does not end may be cut in its number
        rows = list(csv.reader(io.StringIO(ended)))
        if status != 200 or not rows or len(rows[0]) != 2:
            raise Trouble(f"an answer without rates (HTTP {status})")
        if rows[0][1] != SERIES[ticker]:
            raise Refused(Flaw.SYMBOL, f"FRED answered about '{rows[0][1][:20]}' instead")
        try:
            told = [(np.datetime64(day, "D"), float(value)) for day, value in rows[1:] if value not in ("", ".")]
        except ValueError as error:
            raise Trouble("an answer that was cut off, or is not in FRED's form") from error
        told.sort()
        days = np.array([day for day, _ in told], "M8[D]")
        if len(twice := days[1:][days[1:] == days[:-1]]):
            raise Refused(Flaw.DUPLICATE, f"FRED has two values for one day: {listed(twice)}")
        level = np.array([value for _, value in told], "f8")
        return (
            make_bars(days, {"close": level, "high": level, "low": level, "volume": 0.0, "adjusted_close": level}),
            "",
            (),
        )


def connect(settings: FredSettings, *, patient: bool = True) -> _Line:
    return _Line("FRED", settings, {}, patient=patient)
