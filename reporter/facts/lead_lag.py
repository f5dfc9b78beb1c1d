"""Lead–lag: who moves first. Cross-correlation of daily log returns; has nothing to do with who performs better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np

from reporter.facts.relative_strength import Pair

SESSIONS, LAGS = 252, 10
#: Two-sided 5 % quantile of the normal distribution, and the same shared among the 20 lags beside 0 (Bonferroni).
Z95, Z95_OF_ALL = 1.959963984540054, 3.0233414396716
#: Below this many returns a cross-correlation says nothing.
FEWEST = 126


@dataclass(frozen=True, kw_only=True)
class LeadLag:
    """At lag k > 0 the subject follows the benchmark by k sessions; at k < 0 it leads."""

    sessions: int
    lag: int  # where the absolute correlation is highest
    correlation: float  # at `lag`
    band: float  # ±, 95 %, for one lag
    profile: Mapping[int, float]  # k -> correlation
    leader: str  # "none", "subject" or "benchmark": a lag beside 0 outside the band for all lags together


def compute_lead_lag(pair: Pair) -> LeadLag | None:
    """None with fewer than FEWEST common returns, or where one series does not move."""
    subject, benchmark = np.diff(np.log(pair.subject))[-SESSIONS:], np.diff(np.log(pair.benchmark))[-SESSIONS:]
    n = len(subject)
    if n < FEWEST or subject.std() == 0 or benchmark.std() == 0:
        return None
    mine = (subject - subject.mean()) / subject.std()
    theirs = (benchmark - benchmark.mean()) / benchmark.std()
    profile = {}
    for k in range(-LAGS, LAGS + 1):
        later, earlier = (mine, theirs) if k >= 0 else (theirs, mine)
        profile[k] = float((later[abs(k) :] * earlier[: n - abs(k)]).sum() / n)
    lag = max(profile, key=lambda k: (abs(profile[k]), -abs(k)))
    beside = max((k for k in profile if k), key=lambda k: abs(profile[k]))
    found = abs(profile[beside]) > Z95_OF_ALL / sqrt(n)
    return LeadLag(
        sessions=n,
        lag=lag,
        correlation=profile[lag],
        band=Z95 / sqrt(n),
        profile=profile,
        leader="none" if not found else "benchmark" if beside > 0 else "subject",
    )
