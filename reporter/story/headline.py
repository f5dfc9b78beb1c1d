"""Title and standfirst."""

from __future__ import annotations

from dataclasses import replace

from reporter.finding import Finding
from reporter.story import lexicon
from reporter.story.lexicon import Month, Moved, Standing
from reporter.story.situation import Situation

SECTION = "headline"
#: A title may have so many characters; a longer wording gives way to another.
TITLE_LENGTH = 70


def title(s: Situation) -> Finding:
    """By standing and week; a month that is news by itself comes first."""
    strong = s.facts.returns.total[s.facts.subject].get("1W", 0.0) >= lexicon.RALLY
    return replace(
        s.finding(SECTION, title_kind(s), strong=strong, again=s.standing is Standing.LAGS), longest=TITLE_LENGTH
    )


def title_kind(s: Situation) -> str:
    month = s.facts.returns.total[s.facts.subject].get("1M", 0.0)
    if abs(month) >= lexicon.EXTREME_MONTH:
        return "title_soared" if month > 0 else "title_plunged"
    if s.standing is None or s.month is None:
        return "title_new"
    return f"title_quiet_{s.standing}" if s.quiet else f"title_{s.standing}_{s.week}"


def standfirst(s: Situation) -> Finding:
    """By standing and month, with what the week and the year's gap add to it."""
    if s.standing is None or s.month is None:
        return s.finding(SECTION, "standfirst_new")
    month = s.facts.returns.total[s.facts.subject]["1M"]
    if abs(month) >= lexicon.EXTREME_MONTH:
        kind = "standfirst_soared" if month > 0 else "standfirst_plunged"
        theirs = s.facts.returns.total[s.facts.benchmark]["1M"]
        return s.finding(SECTION, kind, month=str(s.month), gap=s.gap("1M"), together=theirs * month > 0)
    if s.quiet:
        return s.finding(SECTION, "standfirst_quiet")
    kind = f"standfirst_{s.standing}_{s.month}"
    if recovered(s):
        kind += "_recovered"
    elif nearly_closed(s):
        kind += "_nearly"
    return s.finding(SECTION, kind, window=s.window, year=year(s))


def recovered(s: Situation) -> bool:
    """A laggard's lead of the past week made good what the rest of the month had cost, and no more."""
    before, week = s.facts.returns.gap_before_last_week, s.facts.returns.gap.get("1W", 0.0)
    lags, flat = s.standing is Standing.LAGS, s.month is Month.FLAT
    return (
        lags and flat and s.week == "up" and before is not None and before <= -lexicon.MOVED and week >= lexicon.MOVED
    )


def nearly_closed(s: Situation) -> bool:
    """A laggard's month has taken away more than half of the year's gap."""
    before, now = s.facts.returns.ytd_gap_month_ago, s.facts.returns.gap.get("YTD")
    improving = s.standing is Standing.LAGS and s.month is Month.IMPROVING and s.window == "YTD"
    return improving and before is not None and now is not None and before < 0 and now >= before * lexicon.HALF


def year(s: Situation) -> str:
    """What became of the year-to-date gap over the month; "little" also where it is unknown."""
    before, now = s.facts.returns.ytd_gap_month_ago, s.facts.returns.gap.get("YTD")
    if before is None or now is None or s.window != "YTD":
        return "little"
    change = lexicon.moved(before, now)
    return str(change) if change in (Moved.NARROWED, Moved.WIDENED, Moved.CROSSED) else "little"
