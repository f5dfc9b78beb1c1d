"""Reversion: how unusual the subject's relative return over a year is, and what such years were followed by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reporter.facts.relative_strength import YEAR, Pair

#: Ten years of sessions: the history against which the year is held.
HISTORY = 10 * YEAR
FEWEST_PAIRS = 8  # pairs of years below which the correlation is not computed


@dataclass(frozen=True, kw_only=True)
class Reversion:
    """A z-score says rare, not reverting; the correlation says what followed."""

    z: float  # of the relative return over YEAR sessions, against the past HISTORY sessions
    correlation: float | None  # between the relative return of a year and of the year after it
    n: int  # pairs of neighbouring years that do not overlap


def compute_reversion(pair: Pair) -> Reversion | None:
    """None where the common history is shorter than HISTORY and a year."""
    if len(pair.days) < HISTORY + YEAR:
        return None
    ratio = pair.ratio
    relative = ratio[YEAR:] / ratio[:-YEAR] - 1
    recent = relative[-HISTORY:]
    if recent.std() == 0:
        return None
    years = relative[::-YEAR][::-1]
    n = len(years) - 1
    return Reversion(
        z=float((relative[-1] - recent.mean()) / recent.std()),
        correlation=float(np.corrcoef(years[:-1], years[1:])[0, 1]) if n >= FEWEST_PAIRS else None,
        n=n,
    )
