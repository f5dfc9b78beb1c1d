"""The situation of an edition, named once: every section chooses its sentences by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reporter.facts import Facts
from reporter.facts.before import Before
from reporter.facts.verdict import Evidence
from reporter.finding import Finding, Fund, Quantity, Tone, Value, percent, points
from reporter.story import lexicon
from reporter.story.lexicon import Month, Standing
from reporter.story.what_changed import Changes, what_changed
from reporter.voices import Voices

#: Tried in this order; in January the year is too young to carry the argument.
MAIN_WINDOWS = ("YTD", "1Y", "6M", "3M", "1M", "1W")
#: Every finding has these; the outline says more where a section has a neighbour.
UNCONNECTED: dict[str, Value] = {"relation": "none", "first": True}


@dataclass(frozen=True, kw_only=True)
class Situation:
    """Facts, and the names of what they amount to. A status whose fact is absent is None."""

    facts: Facts
    window: str | None  # the window that "the year" means
    standing: Standing | None  # subject against benchmark over that window
    month: Month | None
    week: str  # "up", "flat", "down": of the subject
    quiet: bool  # nothing on the list has changed since the last edition: a short form will do
    excited: bool  # a laggard's rally: the precedents come early
    field_kind: str  # what the field consists of; the words are the language's
    implication: bool  # whether the sentence on portfolios is wanted
    voices: Voices
    changes: Changes | None  # since the last edition; None where there is none

    def finding(self, section: str, kind: str, tone: Tone = Tone.NEUTRAL, /, **values: Value) -> Finding:
        """A finding with the two funds that every wording may name."""
        funds: dict[str, Value] = {"subject": Fund(self.facts.subject), "benchmark": Fund(self.facts.benchmark)}
        return Finding(section, kind, UNCONNECTED | funds | values, tone)

    @property
    def role(self) -> str:
        """What the verdict judges: the `lead` of a leader, or the `turn` of the others."""
        return "lead" if self.standing is Standing.LEADS else "turn"

    def ret(self, ticker: str, window: str) -> Quantity:
        """Total return of a fund."""
        return percent(self.facts.returns.total[ticker][window], f"returns.{ticker}.{window}")

    def gap(self, window: str) -> Quantity:
        """Subject minus benchmark."""
        return points(self.facts.returns.gap[window], f"gap.{window}")

    def has(self, window: str) -> bool:
        """Whether both funds have a return over the window."""
        return window in self.facts.returns.gap


def assess(facts: Facts, voices: Voices, *, field_kind: str, implication: bool) -> Situation:
    """Name the situation."""
    gap = facts.returns.gap
    windows = [window for window in MAIN_WINDOWS if window in gap and not (window == "YTD" and facts.as_of.month == 1)]
    window = windows[0] if windows else None
    standing = lexicon.standing(gap[window], months(facts, window)) if window else None
    changes = what_changed(facts, voices.memory.previous)
    return Situation(
        facts=facts,
        window=window,
        standing=standing,
        month=lexicon.month(gap["1M"]) if "1M" in gap else None,
        week=lexicon.week(facts.returns.total[facts.subject].get("1W", 0.0)),
        quiet=is_quiet(facts, changes),
        excited=is_excited(facts, standing),
        field_kind=field_kind,
        implication=implication,
        voices=voices,
        changes=changes,
    )


def is_quiet(facts: Facts, changes: Changes | None) -> bool:
    """Nothing changed since the last edition, without move or event in the week. A first edition is never quiet."""
    if changes is None or changes.items or facts.before is None or facts.subject not in facts.technicals:
        return False
    return not any(news(facts, facts.before))


def news(facts: Facts, before: Before) -> Iterator[bool]:
    """What a week must not have for a short form."""
    returns, technicals = facts.returns, facts.technicals[facts.subject]
    attempt = facts.precedents.open if facts.precedents else None
    yield technicals.peak_total_return.below == 0
    yield technicals.breakout_55
    yield technicals.cross is not None and technicals.cross.age < facts.week.sessions
    yield attempt is not None and attempt.day > before.day
    yield abs(returns.gap.get("1W", 0.0)) >= lexicon.MOVED
    for ticker in (facts.subject, facts.headline_index or facts.subject):
        yield lexicon.week(returns.total[ticker].get("1W", 0.0)) != "flat"
    yield facts.quality.excluded != ()


def is_excited(facts: Facts, standing: Standing | None) -> bool:
    """A laggard rallies while the evidence for a turn is thin or absent: the precedents follow the numbers at once."""
    if standing is not Standing.LAGS or facts.verdict is None:
        return False
    rally = facts.returns.total[facts.subject].get("1W", 0.0) >= lexicon.RALLY
    return rally and facts.verdict.label in (Evidence.NONE, Evidence.THIN)


def months(facts: Facts, window: str) -> float:
    """Length of a window in months; the year to date counts from its base."""
    if window == "YTD":
        return max((facts.as_of - facts.returns.bases["YTD"]).days / 30.4, lexicon.MONTHS["1W"])
    return lexicon.MONTHS[window]
