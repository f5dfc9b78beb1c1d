"""What we said before, and what came of it: one earlier edition, and the score of all that can be judged."""

from __future__ import annotations

from reporter.finding import Finding, count, day, percent, share
from reporter.story import lexicon
from reporter.story.lexicon import Standing
from reporter.story.situation import Situation
from reporter.voices.memory import HOPES, Call, Scorecard

SECTION = "memory"


def paragraphs(s: Situation) -> list[list[Finding]]:
    memory = s.voices.memory
    call = [said(s, memory.call), outcome(s, memory.call)] if memory.call else []
    return [call, [score(s, memory.scorecard)] if memory.scorecard else []]


def said(s: Situation, call: Call) -> Finding:
    return s.finding(
        SECTION,
        "said",
        titles=tuple({"language": code, "text": text} for code, text in call.title.items()),
        day=day(call.as_of, "memory.call.as_of"),
        this_year=call.as_of.year == s.facts.as_of.year,
        label=call.verdict,
    )


def outcome(s: Situation, call: Call) -> Finding:
    """Both returns since, and which of the two the verdict had leaned to."""
    leaning = "hope" if call.verdict in HOPES else "doubt"
    months = (s.facts.as_of - call.as_of).days / 30.4
    standing = lexicon.standing(call.relative_return, months)
    ahead = standing is Standing.LEADS
    end = "level" if standing is Standing.LEVEL else "right" if ahead == (leaning == "hope") else "wrong"
    return s.finding(
        SECTION,
        f"{leaning}_{end}",
        mine=percent(call.subject_return, "memory.call.subject_return"),
        theirs=percent(call.benchmark_return, "memory.call.benchmark_return"),
    )


def score(s: Situation, card: Scorecard) -> Finding:
    """Even-handed: hopes with doubts, and beside them how often the subject was ahead anyway."""
    kind = "score" if card.hopes and card.doubts else "score_of_hopes" if card.hopes else "score_of_doubts"
    return s.finding(
        SECTION,
        kind,
        n=count(card.n, "memory.scorecard.n"),
        borne_out=count(card.borne_out, "memory.scorecard.borne_out"),
        hopes=count(card.hopes, "memory.scorecard.hopes"),
        hopes_borne_out=count(card.hopes_borne_out, "memory.scorecard.hopes_borne_out"),
        one_hope=card.hopes == 1,
        one_doubt=card.doubts == 1,
        doubts=count(card.doubts, "memory.scorecard.doubts"),
        doubts_borne_out=count(card.doubts_borne_out, "memory.scorecard.doubts_borne_out"),
        since=day(card.since, "memory.scorecard.since"),
        base=share(card.base_rate, "memory.scorecard.base_rate"),
    )
