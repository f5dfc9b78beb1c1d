"""The verdict: how many of six frozen criteria are met, and which is the nearest to change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from reporter.facts.relative_strength import RelativeStrength
from reporter.facts.returns import Returns


class Evidence(StrEnum):
    NONE = "none"
    THIN = "thin"
    BUILDING = "building"
    CONVINCING = "convincing"


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One test. `distance` is the relative return against `rival` that would flip it (fraction, positive)."""

    name: str
    met: bool
    value: float  # fraction; for the rank: the place
    distance: float
    rival: str  # the benchmark; for the rank the fund in the way


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Criteria whose facts are absent are left out, so `of` may be below six."""

    criteria: tuple[Criterion, ...]
    label: Evidence

    @property
    def of(self) -> int:
        return len(self.criteria)

    @property
    def met(self) -> tuple[Criterion, ...]:
        return tuple(criterion for criterion in self.criteria if criterion.met)

    @property
    def unmet(self) -> tuple[Criterion, ...]:
        return tuple(criterion for criterion in self.criteria if not criterion.met)

    @property
    def nearest_unmet(self) -> Criterion | None:
        return min(self.unmet, key=lambda criterion: criterion.distance, default=None)

    @property
    def nearest_met(self) -> Criterion | None:
        return min(self.met, key=lambda criterion: criterion.distance, default=None)


#: Fewest criteria on which a verdict is given at all.
FEWEST = 3


def compute_verdict(
    returns: Returns, strength: RelativeStrength | None, subject: str, benchmark: str
) -> Verdict | None:
    """None with fewer than FEWEST criteria."""
    found: list[Criterion] = []
    if strength is not None:
        found += [
            strength_criterion("rs_above_average", strength.from_average, benchmark),
            strength_criterion("rs_at_high", strength.from_high, benchmark),
        ]
    for window in ("1M", "3M", "YTD"):
        if window in returns.gap:
            mine, theirs = returns.total[subject][window], returns.total[benchmark][window]
            found.append(
                Criterion(
                    name=f"gap_{window.lower()}",
                    met=returns.gap[window] > 0,
                    value=returns.gap[window],
                    distance=abs((1 + theirs) / (1 + mine) - 1),
                    rival=benchmark,
                )
            )
    rank = rank_criterion(returns, subject)
    criteria = (*found, rank) if rank else tuple(found)
    return Verdict(criteria=criteria, label=label(criteria)) if len(criteria) >= FEWEST else None


def strength_criterion(name: str, from_level: float, rival: str) -> Criterion:
    """`from_level`: ratio / level - 1."""
    met, distance = from_level > 0, abs(1 / (1 + from_level) - 1)
    return Criterion(name=name, met=met, value=from_level, distance=distance, rival=rival)


def rank_criterion(returns: Returns, subject: str) -> Criterion | None:
    """Upper half of the ranking for the year to date: with eleven funds the first five."""
    ranking = returns.ranks.get("YTD")
    if ranking is None:
        return None
    place, last_good = ranking.place(subject), ranking.of // 2
    met = place <= last_good
    rival = ranking.order[last_good] if met else ranking.order[last_good - 1]
    mine, theirs = returns.total[subject]["YTD"], returns.total[rival]["YTD"]
    distance = abs((1 + theirs) / (1 + mine) - 1)
    return Criterion(name="rank_ytd", met=met, value=place, distance=distance, rival=rival)


def label(criteria: Sequence[Criterion]) -> Evidence:
    """0: none, 1-2: thin, 3-4: building, 5-6: convincing; with fewer than six criteria in proportion."""
    met = sum(criterion.met for criterion in criteria)
    share = met / len(criteria)
    if met == 0:
        return Evidence.NONE
    if share < 0.5:
        return Evidence.THIN
    return Evidence.BUILDING if share < 5 / 6 else Evidence.CONVINCING
