"""The verdict, its criteria, the nearest flip, and for whom it matters."""

from __future__ import annotations

from reporter.facts.verdict import Criterion, Verdict
from reporter.finding import Finding, Quantity, count, ordinal, percent, points
from reporter.story import lexicon
from reporter.story.lexicon import Month, Standing
from reporter.story.situation import Situation

SECTION = "bottom_line"


def paragraphs(s: Situation) -> list[list[Finding]]:
    verdict = s.facts.verdict
    if verdict is None:
        return [[s.finding(SECTION, "no_verdict")]]
    return [[label(s, verdict), *tests(s, verdict), *nearest(s, verdict), *implication(s, verdict)]]


def label(s: Situation, verdict: Verdict) -> Finding:
    """`role` says what is being judged: a turn for a laggard, a lead for the others."""
    return s.finding(SECTION, f"verdict_{verdict.label}", role=role(s))


def role(s: Situation) -> str:
    return "lead" if s.standing is Standing.LEADS else "turn"


def tests(s: Situation, verdict: Verdict) -> list[Finding]:
    """How many are met, which, and which not."""
    met, of = len(verdict.met), verdict.of
    kind = "tests_none" if not met else "tests_all" if met == of else "tests_one" if met == 1 else "tests_some"
    close_call = verdict.nearest_met if met == 1 else None
    return [
        s.finding(
            SECTION,
            kind,
            count=count(met, "verdict.met"),
            of=count(of, "verdict.of"),
            met=tuple(criterion.name for criterion in verdict.met),
            unmet=tuple(criterion.name for criterion in verdict.unmet),
            only_just=close_call is not None and close_call.distance < lexicon.NARROWLY,
            size=size(close_call) if close_call else None,
        )
    ]


def size(criterion: Criterion) -> Quantity | None:
    """Value of a criterion, in the unit that its sentence needs."""
    path = f"verdict.criteria.{criterion.name}.value"
    if criterion.name.startswith("gap_"):
        return points(criterion.value, path)
    if criterion.name == "rank_ytd":
        return ordinal(int(criterion.value), path)
    return percent(criterion.value, path)


def nearest(s: Situation, verdict: Verdict) -> list[Finding]:
    """What would change our mind: the nearest criterion to flip, in relative return against the benchmark."""
    criterion = verdict.nearest_unmet or verdict.nearest_met
    if criterion is None:
        return []
    return [
        s.finding(
            SECTION,
            "flip_gain" if verdict.nearest_unmet else "flip_loss",
            criterion=criterion.name,
            distance=percent(criterion.distance, f"verdict.criteria.{criterion.name}.distance"),
            first=not verdict.met,
            next=ordinal(len(verdict.met) + 1, "verdict.met_next"),
        )
    ]


def implication(s: Situation, verdict: Verdict) -> list[Finding]:
    """Conditional, never an imperative; a setting, since some compliance departments want it off."""
    strength = s.facts.relative_strength
    low = strength is not None and strength.percentile <= lexicon.LOW_LEVEL
    month = s.month or Month.FLAT
    found = [s.finding(SECTION, "portfolios", low=low, role=role(s), label=str(verdict.label))] if s.implication else []
    return [*found, s.finding(SECTION, f"close_{role(s)}_{month}", label=str(verdict.label), portfolios=s.implication)]
