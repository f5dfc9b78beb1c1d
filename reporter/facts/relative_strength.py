"""Relative strength: the subject's total-return level divided by the benchmark's. Not to be mixed up with RSI."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from reporter.facts.series import Array, Line, Panel, prior_max, rolling_mean

AVERAGE = 200  # sessions of the average that the verdict's first criterion looks at
HIGH = 63  # sessions, a quarter: "three-month high"
YEAR = 252  # sessions
FEWEST = AVERAGE + HIGH  # shorter histories have no relative strength worth a sentence


@dataclass(frozen=True, kw_only=True)
class RelativeStrength:
    """At the as-of. Distances are fractions of the level they are measured from."""

    since: date  # first session that both funds have
    ratio: float  # rebased: 100 at `since`
    percentile: float  # share of earlier sessions with a lower ratio, 0..1
    from_average: float  # ratio / mean of AVERAGE sessions - 1
    from_high: float  # ratio / highest ratio of the HIGH sessions before - 1; above 0: a new high
    change_year: float | None  # over YEAR sessions

    @property
    def above_average(self) -> bool:
        return self.from_average > 0

    @property
    def at_high(self) -> bool:
        return self.from_high > 0


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Both funds on the sessions that both have. Shape of each: sessions."""

    days: tuple[date, ...]
    subject: Array
    benchmark: Array

    @property
    def ratio(self) -> Array:
        """100 at the first common session."""
        relative: Array = self.subject / self.benchmark
        return np.asarray(relative / relative[0] * 100)


def make_pair(panel: Panel, subject: str, benchmark: str) -> Pair:
    """Inner join on sessions; nothing is filled."""
    mine, theirs = panel.adjusted[subject], panel.adjusted[benchmark]
    rows = np.flatnonzero(np.isfinite(mine) & np.isfinite(theirs))
    return Pair(days=tuple(panel.days[row] for row in rows), subject=mine[rows], benchmark=theirs[rows])


def compute_relative_strength(pair: Pair) -> RelativeStrength | None:
    """None where the common history is shorter than FEWEST sessions."""
    if len(pair.days) < FEWEST:
        return None
    ratio = pair.ratio
    last = ratio[-1]
    return RelativeStrength(
        since=pair.days[0],
        ratio=float(last),
        percentile=float((ratio[:-1] < last).mean()),
        from_average=float(last / rolling_mean(ratio, AVERAGE)[-1] - 1),
        from_high=float(last / prior_max(ratio, HIGH)[-1] - 1),
        change_year=float(last / ratio[-1 - YEAR] - 1) if len(ratio) > YEAR else None,
    )


def ratio_line(pair: Pair, first: date) -> tuple[Line, Line]:
    """The ratio (100 at `first` or the first session after it) and its average, for the chart."""
    ratio = pair.ratio
    start = next((row for row, day in enumerate(pair.days) if day >= first), len(ratio) - 1)
    average = rolling_mean(ratio, AVERAGE)
    scale = 100 / ratio[start]
    known = max(start, AVERAGE - 1)
    return (
        Line(pair.days[start:], tuple((ratio[start:] * scale).tolist())),
        Line(pair.days[known:], tuple((average[known:] * scale).tolist())),
    )
