"""The situation of an edition, named once: every section chooses its sentences by it."""

from __future__ import annotations

from dataclasses import dataclass

from reporter.facts import Facts
from reporter.finding import Finding, Fund, Quantity, Value, percent, points
from reporter.story import lexicon
from reporter.story.lexicon import Month, Standing
from reporter.story.what_changed import Changes, what_changed
from reporter.voices import Voices

#: Tried in this order; in January the year is too young to carry the argument.
MAIN_WINDOWS = ("YTD", "1Y", "6M", "3M", "1M", "1W")


@dataclass(frozen=True, kw_only=True)
class Situation:
    """Facts, and the names of what they amount to. A status whose fact is absent is None."""

    facts: Facts
    window: str | None  # the window that "the year" means
    standing: Standing | None  # subject against benchmark over that window
    month: Month | None
    week: str  # the subject's own week: "up", "flat", "down"
    field_kind: str  # what the field consists of; the words are the language's
    implication: bool  # whether the sentence on portfolios is wanted
    voices: Voices
    changes: Changes | None  # since the last edition; None where there is none

    @property
    def quiet(self) -> bool:
        """Nothing that an edition would report has changed since the last one: a short form will do."""
        return self.changes is not None and not self.changes.items

    def finding(self, section: str, kind: str, **values: Value) -> Finding:
        """A finding with the two funds that every wording may name."""
        funds: dict[str, Value] = {"subject": Fund(self.facts.subject), "benchmark": Fund(self.facts.benchmark)}
        return Finding(section, kind, funds | values)

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
    week = facts.returns.total[facts.subject].get("1W", 0.0)
    return Situation(
        facts=facts,
        window=window,
        standing=lexicon.standing(gap[window], months(facts, window)) if window else None,
        month=lexicon.month(gap["1M"]) if "1M" in gap else None,
        week="up" if week >= lexicon.WEEK_MOVE else "down" if week <= -lexicon.WEEK_MOVE else "flat",
        field_kind=field_kind,
        implication=implication,
        voices=voices,
        changes=what_changed(facts, voices.memory.previous),
    )


def months(facts: Facts, window: str) -> float:
    """Length of a window in months; the year to date counts from its base."""
    if window == "YTD":
        return max((facts.as_of - facts.returns.bases["YTD"]).days / 30.4, lexicon.MONTHS["1W"])
    return lexicon.MONTHS[window]
