"""Is the trend real: the technical profile of the subject, its record by two bases, and what it is not yet."""

from __future__ import annotations

from reporter.facts.technicals import Peak, Technicals
from reporter.finding import Finding, Quantity, Unit, day, percent, price
from reporter.story import lexicon
from reporter.story.lexicon import Standing
from reporter.story.situation import Situation

SECTION = "technicals"


def paragraphs(s: Situation) -> list[list[Finding]]:
    facts = s.facts.technicals.get(s.facts.subject)
    if facts is None:
        return []
    return [[profile(s, facts), *highs(s, facts), *breakout(s, facts), *momentum(s, facts), *cross(s, facts)]]


def path(s: Situation, name: str) -> str:
    return f"technicals.{s.facts.subject}.{name}"


def profile(s: Situation, facts: Technicals) -> Finding:
    """Status with the close and the two averages that it rests on."""
    return s.finding(
        SECTION,
        f"profile_{facts.status}",
        close=price(facts.close, path(s, "close")),
        sma50=price(facts.sma50, path(s, "sma50")),
        sma200=price(facts.sma200, path(s, "sma200")),
        rising=facts.slow_rising,
        above50=facts.close > facts.sma50,
        above200=facts.close > facts.sma200,
        year_high=facts.high_52w_close,
        lags=s.standing is Standing.LAGS,
    )


def highs(s: Situation, facts: Technicals) -> list[Finding]:
    """A record is said with its basis; a fall from the peak when it is deep."""
    total, plain = facts.peak_total_return, facts.peak_price
    if total.below == 0 and plain.below == 0:
        return [s.finding(SECTION, "record_both")]
    if total.below == 0:
        return [s.finding(SECTION, "record_total_only", **fall(s, plain, "peak_price"))]
    if total.below <= -lexicon.DEEP:
        return [s.finding(SECTION, "below_peak", **fall(s, total, "peak_total_return"))]
    return []


def fall(s: Situation, peak: Peak, name: str) -> dict[str, Quantity]:
    return {"below": percent(peak.below, path(s, f"{name}.below")), "peak": day(peak.day, path(s, f"{name}.day"))}


def breakout(s: Situation, facts: Technicals) -> list[Finding]:
    """Close over the highest high of the 55 sessions before; said as not yet when only the close is at a high."""
    if facts.breakout_55:
        return [s.finding(SECTION, "breakout", high=facts.high_52w_close)]
    if facts.high_52w_close:
        return [s.finding(SECTION, "no_breakout")]
    if facts.consolidating:
        return [s.finding(SECTION, "consolidation")]
    return []


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
