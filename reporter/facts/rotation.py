"""Rotation: RS-Ratio and RS-Momentum (approx.) of each fund against the benchmark, on completed weeks, causal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from reporter.facts.series import Array, Panel, rolling_mean
from reporter.sessions import Calendar

RATIO_WEEKS, MOMENTUM_WEEKS = 12, 5
TAIL = 6  # completed weeks on the map, the last one included


class Quadrant(StrEnum):
    LEADING = "leading"  # both at or over 100
    WEAKENING = "weakening"  # ratio over, momentum under 100
    LAGGING = "lagging"  # both under 100
    IMPROVING = "improving"  # ratio under, momentum at or over 100


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """Centre 100. `tail` holds (ratio, momentum) of the last TAIL completed weeks, oldest first."""

    week_ended: date
    rs_ratio: float
    rs_momentum: float
    quadrant: Quadrant
    tail: tuple[tuple[float, float], ...]


def compute_rotation(
    panel: Panel, tickers: Sequence[str], benchmark: str, calendar: Calendar
) -> Mapping[str, Rotation]:
    """Ticker -> place on the map. A fund without the history, or with a gap at one of the weeks, is absent."""
    rows = completed_weeks(panel, calendar)[-(RATIO_WEEKS + MOMENTUM_WEEKS + TAIL) :]
    needed = RATIO_WEEKS + MOMENTUM_WEEKS - 2 + TAIL
    found = {}
    for ticker in tickers:
        relative = panel.adjusted[ticker][rows] / panel.adjusted[benchmark][rows]
        if len(relative) >= needed and np.isfinite(relative).all():
            found[ticker] = place(relative, panel.days[rows[-1]])
    return found


def completed_weeks(panel: Panel, calendar: Calendar) -> list[int]:
    """Rows of the last session of each week; the week of the as-of only if its last session is the as-of."""
    weeks = [day.isocalendar()[:2] for day in panel.days]
    ends = [row for row in range(len(weeks) - 1) if weeks[row] != weeks[row + 1]]
    following = calendar.after(panel.as_of, 1)
    if following is None or following.isocalendar()[:2] != weeks[-1]:
        ends.append(len(weeks) - 1)
    return ends


def place(relative: Array, week_ended: date) -> Rotation:
    """100 * RS / SMA12(RS), and 100 * that / its SMA5. Source: ratio-to-average form, docs/metrics.md#rotation."""
    ratio = 100 * relative / rolling_mean(relative, RATIO_WEEKS)
    known = ratio[RATIO_WEEKS - 1 :]
    momentum = 100 * known / rolling_mean(known, MOMENTUM_WEEKS)
    tail = tuple(zip(known[-TAIL:].tolist(), momentum[-TAIL:].tolist(), strict=True))
    last_ratio, last_momentum = tail[-1]
    return Rotation(
        week_ended=week_ended,
        rs_ratio=last_ratio,
        rs_momentum=last_momentum,
        quadrant=quadrant(last_ratio, last_momentum),
        tail=tail,
    )


def quadrant(ratio: float, momentum: float) -> Quadrant:
    """Equality counts as over."""
    if ratio >= 100:
        return Quadrant.LEADING if momentum >= 100 else Quadrant.WEAKENING
    return Quadrant.IMPROVING if momentum >= 100 else Quadrant.LAGGING
