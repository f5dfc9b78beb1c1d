"""The method note: the rule behind every label, with the constants that the code uses."""

from __future__ import annotations

from collections.abc import Iterator

from reporter.facts import lead_lag, precedents, relative_strength, reversion, rotation, technicals
from reporter.finding import Finding, Quantity, Unit, count, day
from reporter.story import lexicon, sensitivity
from reporter.story.situation import Situation
from reporter.voices import memory

SECTION = "method"


def rules(s: Situation) -> Iterator[Finding]:
    """In the order in which the text uses them; a rule that the edition does not need is absent."""
    facts = s.facts
    yield s.finding(SECTION, "returns", ytd=day(facts.returns.bases["YTD"], "bases.YTD") if s.has("YTD") else None)
    yield s.finding(
        SECTION,
        "words",
        level=threshold(lexicon.LEVEL),
        modest=threshold(lexicon.MODEST),
        clear=threshold(lexicon.CLEAR),
        moved=threshold(lexicon.MOVED),
    )
    if facts.relative_strength:
        yield s.finding(
            SECTION,
            "strength",
            average=n(relative_strength.AVERAGE),
            high=n(relative_strength.HIGH),
        )
    if facts.subject in facts.technicals:
        yield s.finding(
            SECTION,
            "profile",
            fast=n(technicals.FAST),
            slow=n(technicals.SLOW),
            slope=n(technicals.SLOPE),
            near=Quantity(technicals.NEAR_HIGH, Unit.SHARE, "method"),
            rsi=n(technicals.RSI_LENGTH),
            middle=n(int(technicals.RSI_MIDDLE)),
            breakout=n(technicals.DONCHIAN_LONG),
            overbought=n(int(lexicon.OVERBOUGHT)),
            oversold=n(int(lexicon.OVERSOLD)),
        )
    yield from attempts(s)
    if facts.reversion:
        yield s.finding(
            SECTION,
            "reversion",
            z=Quantity(facts.reversion.z, Unit.RATIO, "reversion.z"),
            years=n(reversion.HISTORY // relative_strength.YEAR),
            correlation=Quantity(facts.reversion.correlation, Unit.RATIO, "reversion.correlation")
            if facts.reversion.correlation is not None
            else None,
        )
    if facts.rotation:
        yield s.finding(
            SECTION,
            "rotation",
            ratio=n(rotation.RATIO_WEEKS),
            momentum=n(rotation.MOMENTUM_WEEKS),
            tail=n(rotation.TAIL),
        )
    yield from timing(s)
    yield s.finding(SECTION, "verdict", of=n(6), pair=n(5))
    yield from voices(s)
    yield from sensitivity.robust(s)
    if facts.backdrop:
        yield s.finding(SECTION, "backdrop")


def attempts(s: Situation) -> Iterator[Finding]:
    """The frozen rule, with share, interval and base rate."""
    found = s.facts.precedents
    if found is None:
        return
    interval = found.interval
    yield s.finding(
        SECTION,
        "attempts",
        high=n(relative_strength.HIGH),
        lag=n(relative_strength.YEAR),
        horizon=n(precedents.HORIZON),
        share=Quantity(found.share, Unit.SHARE, "precedents.share") if found.share is not None else None,
        low=Quantity(interval[0], Unit.SHARE, "precedents.interval.0") if interval else None,
        top=Quantity(interval[1], Unit.SHARE, "precedents.interval.1") if interval else None,
        base=Quantity(found.base_rate, Unit.SHARE, "precedents.base_rate") if found.base_rate is not None else None,
    )


def timing(s: Situation) -> Iterator[Finding]:
    """Lead–lag: the usual answer is that nobody leads."""
    found = s.facts.lead_lag
    if found is None:
        return
    yield s.finding(
        SECTION,
        f"timing_{found.leader}",
        sessions=n(found.sessions),
        lags=n(lead_lag.LAGS),
        correlation=Quantity(found.correlation, Unit.RATIO, "lead_lag.correlation"),
        band=Quantity(found.band, Unit.RATIO, "lead_lag.band"),
    )


def voices(s: Situation) -> Iterator[Finding]:
    """How headlines and earlier editions were chosen, where there are any."""
    if s.voices.headlines:
        yield s.finding(SECTION, "headlines")
    if s.voices.memory.call:
        yield s.finding(SECTION, "memory", first=n(memory.CALL_FROM), last=n(memory.CALL_TO))
    if s.voices.memory.scorecard:
        yield s.finding(SECTION, "scorecard", horizon=n(memory.HORIZON))


def n(value: int) -> Quantity:
    """A constant of a rule."""
    return count(value, "method")


def threshold(value: float) -> Quantity:
    """A threshold of the lexicon, in percentage points."""
    return Quantity(value, Unit.THRESHOLD, "method")
