"""We have been here before: attempts under the frozen rule, how they ended, and the usual odds."""

from __future__ import annotations

from reporter.facts.precedents import Precedents
from reporter.finding import Finding, Quantity, Tone, Unit, count, day, ordinal, percent, share
from reporter.story import lexicon
from reporter.story.lexicon import Standing
from reporter.story.situation import Situation

SECTION = "precedents"
TONES = {"odds_better": Tone.FOR, "odds_open": Tone.NEUTRAL, "odds_worse": Tone.AGAINST}


def paragraphs(s: Situation) -> list[list[Finding]]:
    facts = s.facts.precedents
    if facts is None or not facts.attempts or s.standing is Standing.LEADS or s.quiet:
        return []
    return [[*known(s, facts), *odds(s, facts), *last(s, facts), *latest(s, facts), *rise(s, facts)]]


def known(s: Situation, facts: Precedents) -> list[Finding]:
    """What counts as an attempt, and how many there were, even-handed."""
    n = len(facts.known)
    values = {
        "n": count(n, "precedents.n"),
        "succeeded": count(facts.succeeded, "precedents.succeeded"),
        "failed": count(facts.failed, "precedents.failed"),
        "since": Quantity((facts.attempts[0].day if n else facts.since).year, Unit.YEAR, "precedents.first_year"),
    }
    if n == 0:
        return [s.finding(SECTION, "rule"), s.finding(SECTION, "first_attempt", **values)]
    if n == 1:
        return [s.finding(SECTION, "rule"), s.finding(SECTION, "one_attempt", won=facts.succeeded == 1, **values)]
    side = "all_failed" if not facts.succeeded else "all_won" if not facts.failed else "mixed"
    return [s.finding(SECTION, f"attempts_{side}", **values)]


def last(s: Situation, facts: Precedents) -> list[Finding]:
    """How the newest of at least two known attempts ended."""
    if len(facts.known) < 2:
        return []
    attempt = facts.known[-1]
    return [
        s.finding(
            SECTION,
            "last_won" if attempt.succeeded else "last_failed",
            day=day(attempt.day, "precedents.last.day"),
            result=percent(attempt.relative_return, "precedents.last.relative_return"),
        )
    ]


def odds(s: Situation, facts: Precedents) -> list[Finding]:
    """The share beside the base rate, in the same direction; where the interval holds it, history does not decide."""
    if facts.interval is None or facts.base_rate is None or len(facts.known) < 2:
        return []
    low, high = facts.interval
    kind = "odds_worse" if high < facts.base_rate else "odds_better" if low > facts.base_rate else "odds_open"
    n, rate = len(facts.known), facts.succeeded / len(facts.known)
    return [
        s.finding(
            SECTION,
            kind,
            TONES[kind],
            n=count(n, "precedents.n"),
            share=share(rate, "precedents.share") if 0 < rate < 1 else None,  # all or none has been said
            near=abs(rate - facts.base_rate) <= lexicon.SAME_ODDS,
            base=share(facts.base_rate, "precedents.base_rate"),
            few=n < lexicon.SHORT_RECORD,
        )
    ]


def latest(s: Situation, facts: Precedents) -> list[Finding]:
    """The attempt that is still open: its number, its day, and how it stands."""
    attempt = facts.open
    if attempt is None:
        return []
    fresh = attempt.day == s.facts.as_of
    kind = "open_today" if fresh else "open_ahead" if attempt.relative_return > 0 else "open_behind"
    return [
        s.finding(
            SECTION,
            kind,
            number=ordinal(len(facts.attempts), "precedents.count"),
            alone=not facts.known,
            day=day(attempt.day, "precedents.open.day"),
            result=percent(attempt.relative_return, "precedents.open.relative_return"),
        )
    ]


def rise(s: Situation, facts: Precedents) -> list[Finding]:
    """What a good week has not brought by the same rule."""
    strength, attempt = s.facts.relative_strength, facts.open
    going_well = attempt is not None and attempt.relative_return >= 0  # then the week belongs to it
    if s.week != "up" or strength is None or going_well:
        return []
    strong = s.facts.returns.total[s.facts.subject]["1W"] >= lexicon.RALLY
    if strength.from_high <= -lexicon.NOTICED:
        return [s.finding(SECTION, "rise_short", Tone.AGAINST, strong=strong, open=attempt is not None)]
    if strength.at_high and strength.change_year is not None and strength.change_year >= 0:
        return [s.finding(SECTION, "rise_late", strong=strong)]
    return []
