"""What happened: daily bars, each fund from one source, cut at the as-of session."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reporter.prices.bars import COLUMNS, Problem


@dataclass(frozen=True, kw_only=True)
class Prices:
    """Daily bars of one exchange calendar. Shape of every frame: sessions (ascending, no time zone) × tickers.

    Gaps stay gaps (NaN): nothing is filled. A ticker without a usable bar has no column and a line in `problems`.
    """

    close: pd.DataFrame  # split-adjusted, not dividend-adjusted
    adjusted_close: pd.DataFrame  # total-return level, equal to `close` at the last bar
    high: pd.DataFrame
    low: pd.DataFrame
    volume: pd.DataFrame
    source: str  # of the first ticker: "files", "simulated", "yahoo", …
    fetched_at: datetime | None = None  # None where the source has no moment of fetching (files, simulated)
    problems: Mapping[str, Problem] = field(default_factory=dict)  # ticker -> why its prices cannot be used
    notes: tuple[str, ...] = ()  # what a careful reader should know: bars dropped, dates sorted, closes restated
    origin: Mapping[str, str] = field(default_factory=dict)  # ticker -> its source
    moments: Mapping[str, datetime] = field(default_factory=dict)  # ticker -> when its bars were fetched
    currencies: Mapping[str, str] = field(default_factory=dict)  # ticker -> currency, where it is known
    #: Ticker -> sessions on which its exchange has a close to tell, where that is another exchange.
    trading: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    @property
    def sessions(self) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(self.close.index)

    @cached_property
    def sha256(self) -> str:
        """The vintage: a hash over sessions, tickers and all values, independent of the order of columns."""
        digest = hashlib.sha256()
        for frame in (self.close, self.adjusted_close, self.high, self.low, self.volume):
            ordered = frame.reindex(columns=sorted(frame.columns))
            digest.update("\n".join(map(str, ordered.columns)).encode())
            digest.update(ordered.index.to_numpy("datetime64[D]").astype("int64").tobytes())
            digest.update(ordered.to_numpy("float64").tobytes())
        return digest.hexdigest()

    def only(self, tickers: Sequence[str]) -> Prices:
        """The prices of fewer tickers, as if no other had been asked for: same values, same vintage."""
        kept = [ticker for ticker in dict.fromkeys(tickers) if ticker in self.close]
        there = self.close[kept].notna().any(axis=1).to_numpy()
        first = int(there.argmax()) if there.any() else len(there) - 1
        return replace(
            self,
            **{name: getattr(self, name)[kept].iloc[first:] for name in COLUMNS},
            source=next((self.origin[ticker] for ticker in kept if ticker in self.origin), self.source),
            fetched_at=max((self.moments[ticker] for ticker in kept if ticker in self.moments), default=None),
            notes=tuple(note for note in self.notes if note.partition(":")[0] in tickers),
            problems=_of(self.problems, tickers),
            origin=_of(self.origin, tickers),
            moments=_of(self.moments, tickers),
            currencies=_of(self.currencies, tickers),
            trading={ticker: mask[first:] for ticker, mask in self.trading.items() if ticker in kept},
        )


def _of(mapping: Mapping[str, Any], tickers: Sequence[str]) -> dict[str, Any]:
    return {ticker: value for ticker, value in mapping.items() if ticker in tickers}
