"""What an answer says of days that are stored: closes restated, new dividends and splits, bars that came late."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reporter.prices.bars import Bars, listed

#: Two numbers are the same bar when they differ by less: vendors send single precision now and then.
SAME = 1e-5


@dataclass(frozen=True)
class Told:
    """What an answer says about a series that is known: texts for people, empty where nothing has changed."""

    restated: str = ""  # closes, highs or lows that are others now
    events: str = ""  # dividends and splits that are new, or others now
    filled: str = ""  # bars that had been missing
    past: bool = False  # whether days that were known read differently now

    def __bool__(self) -> bool:
        return bool(self.restated or self.events)

    def __str__(self) -> str:
        return "; ".join(text for text in (self.restated, self.events, self.filled) if text)


def what_changed(known: Bars, given: Bars) -> Told:
    """Compares an answer with what is stored, on the days that both have."""
    _, rows, places = np.intersect1d(known["session"], given["session"], return_indices=True)
    old, new = known[rows], given[places]
    differs = np.zeros(len(rows), "?")
    for name in ("close", "high", "low"):
        differs |= ~np.isclose(old[name], new[name], rtol=SAME, atol=0, equal_nan=True)
    restated = ""
    if differs.any():
        with np.errstate(divide="ignore", invalid="ignore"):
            by = np.nanmax(np.abs(new["close"] / old["close"] - 1)[differs])
        days = old["session"][differs]
        span = f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]}"
        restated = f"restated: {len(days)} of {len(rows)} bars, {span}, closes by up to {by:.2%}"
    texts, past = [], bool(restated)
    last = known["session"][-1]
    for kind, nothing in (("dividend", 0.0), ("split", 1.0)):
        before = np.full(len(given), nothing)
        before[places] = old[kind]
        for place in np.flatnonzero(~np.isclose(before, given[kind], rtol=1e-4, atol=1e-9)):
            # A change of the scale by a split changes every earlier payment: that is one change, told above.
            if restated and before[place] != nothing and given[kind][place] != nothing:
                continue
            texts.append(f"{kind} {given[kind][place]:g} on {given['session'][place]}")
            past |= bool(given["session"][place] <= last)
    fresh = np.setdiff1d(given["session"], known["session"])
    late = fresh[(fresh < last) & (fresh > known["session"][0])]
    filled = f"late: {len(late)} missing bars came in, {listed(late)}" if len(late) else ""
    return Told(restated, listed(texts), filled, past or bool(filled))


def merged(known: Bars, given: Bars) -> Bars:
    """Both, day by day; where both have a day, the newer answer. A bar that a source no longer gives stays."""
    kept = known[~np.isin(known["session"], given["session"])]
    both = np.concatenate([kept, given])
    return both[np.argsort(both["session"], kind="stable")]
