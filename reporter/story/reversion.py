"""The contrarian argument, conditional: how low the relative level is, how unusual the year, what followed before."""

from __future__ import annotations

from math import sqrt

from reporter.finding import Finding, Quantity, Tone, Unit, count, points, share
from reporter.story import lexicon
from reporter.story.situation import Situation

SECTION = "reversion"


def paragraphs(s: Situation) -> list[list[Finding]]:
    level = [] if s.quiet else extreme_level(s)
    if not level:
        return []
    low = level[0].kind == "level_low"
    return [[*level, *(usual_year(s) if low else []), *aftermath(s, low)]]


def extreme_level(s: Situation) -> list[Finding]:
    """Only the lowest and the highest tenth of the history are worth an argument."""
    strength = s.facts.relative_strength
    if strength is None or lexicon.LOW_LEVEL < strength.percentile < lexicon.HIGH_LEVEL:
        return []
    low = strength.percentile <= lexicon.LOW_LEVEL
    days = strength.percentile if low else 1 - strength.percentile
    how = "never" if days == 0 else "hardly" if days < lexicon.HARDLY else "rarely"
    return [
        s.finding(
            SECTION,
            "level_low" if low else "level_high",
            Tone.FOR if low else Tone.AGAINST,
            days=share(days, "relative_strength.percentile" if low else "relative_strength.percentile_above"),
            since=Quantity(strength.since.year, Unit.YEAR, "relative_strength.since"),
            how=how,
            role=s.role,
        )
    ]


def usual_year(s: Situation) -> list[Finding]:
    """The twelve-month gap against the median calendar year, where the argument needs the comparison."""
    returns = s.facts.returns
    usual, now = returns.usual_year_gap, returns.gap.get("1Y")
    if usual is None or now is None or usual >= 0 or now >= 0 or s.window == "1Y":
        return []
    if abs(now - usual) <= lexicon.NEAR_USUAL:
        return []
    ytd = returns.gap.get("YTD")
    late = ytd is not None and now - ytd >= lexicon.LATE_LEAD
    return [
        s.finding(
            SECTION,
            "usual_wider" if now < usual else "usual_narrower",
            gap=s.gap("1Y"),
            usual=points(usual, "years.median_gap"),
            of=count(len(returns.years), "years.of"),
            late_lead=Quantity(s.facts.as_of.year - 1, Unit.YEAR, "bases.YTD") if late else None,
        )
    ]


def aftermath(s: Situation, low: bool) -> list[Finding]:
    """What a year said about the next one, where the record says anything."""
    found = s.facts.reversion
    if found is None or found.correlation is None or abs(found.correlation) <= 2 / sqrt(found.n):
        return []
    kind = "aftermath_reverts" if found.correlation < 0 else "aftermath_persists"
    return [s.finding(SECTION, kind, n=count(found.n, "reversion.n"), few=found.n < lexicon.SHORT_RECORD, low=low)]
