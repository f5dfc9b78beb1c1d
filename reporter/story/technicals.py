"""Is the trend real: the technical profile of the subject, its record by two bases, and what it is not yet."""

from __future__ import annotations

from reporter.facts.technicals import Peak, Status, Technicals
from reporter.finding import Finding, Quantity, Tone, Unit, day, percent
from reporter.story import lexicon
from reporter.story.situation import Situation

SECTION = "technicals"
TONES = {Status.SOLID: Tone.FOR, Status.MIXED: Tone.NEUTRAL, Status.WEAK: Tone.AGAINST}
#: Sentences after the levels; the others are in the chart and in facts.json.
MOST_EXTRAS = 2


def paragraphs(s: Situation) -> list[list[Finding]]:
    facts = s.facts.technicals.get(s.facts.subject)
    if facts is None or s.quiet:
        return []
    extras = [*highs(s, facts), *breakout(s, facts), *cross(s, facts), *momentum(s, facts), *fallen(s, facts)]
    return [[profile(s, facts), levels(s, facts), *extras[:MOST_EXTRAS]]]


def path(s: Situation, name: str) -> str:
    return f"technicals.{s.facts.subject}.{name}"


def profile(s: Situation, facts: Technicals) -> Finding:
    """What the chart adds to the argument."""
    return s.finding(SECTION, f"chart_{facts.status}", TONES[facts.status], role=s.role)


def levels(s: Situation, facts: Technicals) -> Finding:
    """Where the close stands against the long average, and the short one where that says otherwise."""
    above50, above200 = facts.close > facts.sma50, facts.close > facts.sma200
    kind = f"levels_{'above' if above200 else 'below'}"
    return s.finding(
        SECTION,
        kind,
        rising=facts.slow_rising,
        above50=above50,
        above200=above200,
        year_high=facts.high_52w_close,
    )


def highs(s: Situation, facts: Technicals) -> list[Finding]:
    """A record is said with its basis."""
    total, plain = facts.peak_total_return, facts.peak_price
    if total.below == 0 and plain.below == 0:
        return [s.finding(SECTION, "record_both")]
    if total.below == 0:
        return [s.finding(SECTION, "record_total_only", **fall(s, plain, "peak_price"))]
    return []


def fallen(s: Situation, facts: Technicals) -> list[Finding]:
    """A fall from the peak when it is deep; a narrow range otherwise."""
    total = facts.peak_total_return
    if total.below <= -lexicon.DEEP:
        return [s.finding(SECTION, "below_peak", **fall(s, total, "peak_total_return"))]
    if facts.consolidating:
        return [s.finding(SECTION, "consolidation")]
    return []


def fall(s: Situation, peak: Peak, name: str) -> dict[str, Quantity]:
    return {"below": percent(peak.below, path(s, f"{name}.below")), "peak": day(peak.day, path(s, f"{name}.day"))}


def breakout(s: Situation, facts: Technicals) -> list[Finding]:
    """Close over the highest high of the 55 sessions before; said as not yet when only the close is at a high."""
    if facts.breakout_55:
        return [s.finding(SECTION, "breakout")]
    return [s.finding(SECTION, "no_breakout")] if facts.high_52w_close else []


def momentum(s: Situation, facts: Technicals) -> list[Finding]:
    """RSI where it is at an extreme."""
    rsi = Quantity(facts.rsi14, Unit.INDEX, path(s, "rsi14"))
    if facts.rsi14 >= lexicon.OVERBOUGHT:
        return [s.finding(SECTION, "overbought", rsi=rsi)]
    if facts.rsi14 <= lexicon.OVERSOLD:
        return [s.finding(SECTION, "oversold", rsi=rsi)]
    return []


def cross(s: Situation, facts: Technicals) -> list[Finding]:
    """A golden or death cross while it is fresh."""
    if facts.cross is None or facts.cross.age > lexicon.FRESH_CROSS:
        return []
    kind = "golden_cross" if facts.cross.golden else "death_cross"
    return [s.finding(SECTION, kind, day=day(facts.cross.day, path(s, "cross.day")))]
