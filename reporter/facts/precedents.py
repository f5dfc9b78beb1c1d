"""Earlier attempts at a turn under one frozen rule, what came of them, and the base rate beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import sqrt

import numpy as np

from reporter.facts.relative_strength import HIGH, YEAR, Pair
from reporter.facts.series import Array, prior_max
from reporter.sessions import Calendar

#: Sessions, half a year: the cool-down between two attempts and the horizon after which an outcome is known.
HORIZON = 126
RULE = f"rs-{HIGH}-high/{YEAR}-lag/{HORIZON}-horizon"
#: 97.5 % quantile of the normal distribution: a two-sided interval of 95 %.
Z95 = 1.959963984540054


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """Relative strength closed above its prior 63-session high while down over 252 sessions."""

    day: date
    due: date | None  # the session on which its outcome is known; None beyond the calendar's horizon
    relative_return: float  # from `day` to `due`, or to the as-of while it is open. Unit: fraction
    known: bool

    @property
    def succeeded(self) -> bool:
        return self.known and self.relative_return > 0


@dataclass(frozen=True, kw_only=True)
class Precedents:
    """`share` and `base_rate` are shares that went the subject's way, in the same direction, 0..1."""

    since: date  # the first session on which the rule could have held
    attempts: tuple[Attempt, ...]  # oldest first, the open one included
    share: float | None  # None without a known outcome
    interval: tuple[float, float] | None  # Wilson, 95 %
    base_rate: float | None  # of all lagging days with a known outcome
    base_days: int

    @property
    def known(self) -> tuple[Attempt, ...]:
        return tuple(attempt for attempt in self.attempts if attempt.known)

    @property
    def open(self) -> Attempt | None:
        """The attempt whose outcome is not known yet."""
        return self.attempts[-1] if self.attempts and not self.attempts[-1].known else None

    @property
    def succeeded(self) -> int:
        return sum(attempt.succeeded for attempt in self.known)

    @property
    def failed(self) -> int:
        return len(self.known) - self.succeeded


def compute_precedents(pair: Pair, calendar: Calendar) -> Precedents | None:
    """None where the common history is shorter than a year and the horizon. Causal: later rows change no attempt."""
    if len(pair.days) <= YEAR + HORIZON:
        return None
    ratio = pair.ratio
    lagging = np.zeros(len(ratio), dtype=bool)
    lagging[YEAR:] = ratio[YEAR:] < ratio[:-YEAR]
    rows = attempt_rows(lagging & (ratio > prior_max(ratio, HIGH)))
    attempts = tuple(make_attempt(row, ratio, pair.days, calendar) for row in rows)
    known = [attempt for attempt in attempts if attempt.known]
    wins = sum(attempt.succeeded for attempt in known)
    base = np.flatnonzero(lagging[:-HORIZON])
    return Precedents(
        since=pair.days[YEAR],
        attempts=attempts,
        share=wins / len(known) if known else None,
        interval=wilson(wins, len(known)) if known else None,
        base_rate=float((ratio[base + HORIZON] > ratio[base]).mean()) if len(base) else None,
        base_days=len(base),
    )


def attempt_rows(signal: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[int]:
    """Rows where the rule holds, at least HORIZON sessions after the attempt before."""
    rows: list[int] = []
    for row in np.flatnonzero(signal).tolist():
        if not rows or row - rows[-1] >= HORIZON:
            rows.append(row)
    return rows


def make_attempt(row: int, ratio: Array, days: tuple[date, ...], calendar: Calendar) -> Attempt:
    """The attempt of one row, with its outcome or how it stands."""
    end = row + HORIZON
    known = end < len(ratio)
    return Attempt(
        day=days[row],
        due=days[end] if known else calendar.after(days[row], HORIZON),
        relative_return=float(ratio[min(end, len(ratio) - 1)] / ratio[row] - 1),
        known=known,
    )


def wilson(successes: int, n: int) -> tuple[float, float]:
    """Wilson score interval, 95 %, for `successes` of `n` > 0. Source: Wilson 1927, JASA 22:209."""
    share = successes / n
    centre = (share + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 / (1 + Z95**2 / n) * sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2))
    return max(0.0, centre - half), min(1.0, centre + half)
