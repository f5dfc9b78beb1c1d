"""What the same rules said a week earlier, from the prices of that day alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reporter.facts.relative_strength import compute_relative_strength, make_pair
from reporter.facts.returns import WINDOWS, compute_returns
from reporter.facts.series import Panel
from reporter.facts.technicals import Status, compute_technicals
from reporter.facts.verdict import compute_verdict
from reporter.sessions import Calendar


@dataclass(frozen=True, kw_only=True)
class Before:
    """At the base of the week."""

    day: date
    met: tuple[str, ...]  # criteria of the verdict
    of: int
    status: Status | None  # technical status of the subject


def compute_before(
    panel: Panel, subject: str, benchmark: str, field: Sequence[str], calendar: Calendar
) -> Before | None:
    """None where there was no verdict a week ago."""
    row = panel.base_row.get("1W")
    if row is None:
        return None
    day = panel.days[row]
    earlier = panel.until(row, {window: calendar.base(day, window) for window in WINDOWS})
    returns = compute_returns(earlier, subject, benchmark, field)
    strength = compute_relative_strength(make_pair(earlier, subject, benchmark))
    verdict = compute_verdict(returns, strength, subject, benchmark)
    if verdict is None:
        return None
    technicals = compute_technicals(earlier, subject)
    return Before(
        day=day,
        met=tuple(criterion.name for criterion in verdict.met),
        of=verdict.of,
        status=technicals.status if technicals else None,
    )
