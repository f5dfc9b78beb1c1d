"""Backdrop: short rate, ten-year yield and VIX, as measured: closes, and nothing about what a market expects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reporter.facts.series import Panel

#: Name in the facts -> Yahoo's symbol. ^IRX is the discount rate of the 13-week bill, ^TNX a yield, both in per cent.
BACKDROP = {"bill_rate": "^IRX", "ten_year": "^TNX", "vix": "^VIX"}


@dataclass(frozen=True, kw_only=True)
class Level:
    """Rates in per cent, changes in percentage points; VIX and its changes in its own points."""

    level: float
    level_1m: float | None  # one month ago
    change_1m: float | None
    change_3m: float | None


def compute_backdrop(panel: Panel) -> Mapping[str, Level]:
    """Name -> level. A series that the source lacks, or without a close at the as-of, is absent."""
    found = {}
    for name, ticker in BACKDROP.items():
        if ticker in panel.tickers and np.isfinite(panel.close[ticker][-1]):
            close = panel.close[ticker]
            before = {window: float(close[row]) for window, row in panel.base_row.items() if np.isfinite(close[row])}
            last = float(close[-1])
            found[name] = Level(
                level=last,
                level_1m=before.get("1M"),
                change_1m=last - before["1M"] if "1M" in before else None,
                change_3m=last - before["3M"] if "3M" in before else None,
            )
    return found
