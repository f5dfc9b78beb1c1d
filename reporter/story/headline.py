"""Title and standfirst."""

from __future__ import annotations

from reporter.finding import Finding
from reporter.story import lexicon
from reporter.story.lexicon import Month, Moved
from reporter.story.situation import Situation

SECTION = "headline"


def title(s: Situation) -> Finding:
    """By standing and week; a month that is news by itself comes first."""
    month = s.facts.returns.total[s.facts.subject].get("1M", 0.0)
    if abs(month) >= lexicon.EXTREME_MONTH:
        return s.finding(SECTION, "title_soared" if month > 0 else "title_plunged")
    if s.standing is None:
        return s.finding(SECTION, "title_new")
    strong = s.facts.returns.total[s.facts.subject].get("1W", 0.0) >= lexicon.RALLY
    return s.finding(SECTION, f"title_{s.standing}_{s.week}", strong=strong)


def standfirst(s: Situation) -> Finding:
    """By standing and month, with what the week and the year's gap add to it."""
    if s.standing is None or s.month is None:
        return s.finding(SECTION, "standfirst_new")
    return s.finding(
        SECTION, f"standfirst_{s.standing}_{s.month}", window=s.window, recovered=recovered(s), year=year(s)
    )


def recovered(s: Situation) -> bool:
    """The past week's lead made good what the rest of the month had cost, and no more."""
    before = s.facts.returns.gap_before_last_week
    week = s.facts.returns.gap.get("1W", 0.0)
    return s.month is Month.FLAT and before is not None and before <= -lexicon.MOVED and week >= lexicon.MOVED


def year(s: Situation) -> str:
    """What became of the year-to-date gap over the month: "narrowed", "widened", or "little" (also where unknown)."""
    before, now = s.facts.returns.ytd_gap_month_ago, s.facts.returns.gap.get("YTD")
    if before is None or now is None:
        return "little"
    change = lexicon.moved(before, now)
    if change is Moved.CROSSED:
        return "crossed"
    return str(change) if change in (Moved.NARROWED, Moved.WIDENED) else "little"
