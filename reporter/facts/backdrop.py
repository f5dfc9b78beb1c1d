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
    change_1m: float | None
    change_3m: float | None


def compute_backdrop(panel: Panel) -> Mapping[str, Level]:
    """Name -> level. A series that the source lacks, or without a close at the as-of, is absent."""
    found = {}
    for name, ticker in BACKDROP.items():
        if ticker in panel.tickers and np.isfinite(panel.close[ticker][-1]):
            close = panel.close[ticker]
            changes = {window: close[-1] - close[row] for window, row in panel.base_row.items()}
            found[name] = Level(
                level=float(close[-1]), change_1m=_finite(changes.get("1M")), change_3m=_finite(changes.get("3M"))
            )
    return found


def _finite(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)
