"""The verdict, its criteria, the nearest flip, and for whom it matters."""

from __future__ import annotations

from collections.abc import Sequence

from reporter.facts.verdict import Criterion, Verdict
from reporter.finding import PRINTED, Finding, Fund, Quantity, count, ordinal, percent, points
from reporter.story import lexicon, sensitivity
from reporter.story.lexicon import Month
from reporter.story.situation import Situation

SECTION = "bottom_line"


def paragraphs(s: Situation) -> list[list[Finding]]:
    verdict = s.facts.verdict
    if verdict is None:
        return [[s.finding(SECTION, "no_verdict")]]
    judged = [label(s, verdict), *tests(s, verdict), *fragile(s, verdict), *change(s, verdict)]
    ahead = [*nearest(s, verdict), *implication(s, verdict)]
    return [[*judged, *ahead]] if s.quiet else [judged, ahead]


def label(s: Situation, verdict: Verdict) -> Finding:
    """What is being judged: a turn for a laggard, a lead for the others."""
    return s.finding(SECTION, f"{s.role}_{verdict.label}")


def tests(s: Situation, verdict: Verdict) -> list[Finding]:
    """How many are met; the shorter list of the two by name."""
    met, of = len(verdict.met), verdict.of
    kind = "tests_none" if not met else "tests_all" if met == of else "tests_one" if met == 1 else "tests_some"
    close_call = verdict.nearest_met if met == 1 else None
    return [
        s.finding(
            SECTION,
            kind,
            quiet=s.quiet,
            count=count(met, "verdict.met"),
            of=count(of, "verdict.of"),
            met=names(verdict.met if met <= len(verdict.unmet) else ()),
            unmet=names(verdict.unmet if 1 < len(verdict.unmet) < met else ()),  # a single one is in the next sentence
            only_just=close_call is not None and close_call.distance < lexicon.NARROWLY,
            size=size(close_call) if close_call else None,
            level=close_call is not None and close_call.name == "gap_1m" and s.month is Month.FLAT,
        )
    ]


def names(criteria: Sequence[Criterion]) -> tuple[str, ...]:
    return tuple(criterion.name for criterion in criteria)


def size(criterion: Criterion) -> Quantity | None:
    """By how much a lead is one, in points; nothing for the other criteria."""
    if not criterion.name.startswith("gap_"):
        return None
    return points(criterion.value, f"verdict.criteria.{criterion.name}.value")


def fragile(s: Situation, verdict: Verdict) -> list[Finding]:
    """The met test nearest to failing, if another way to count would fail it, with what that way counts."""
    test = sensitivity.undone(s)
    if test is None:
        return []
    path = "returns_21_sessions.{}" if test.way == "sessions" else f"price_returns.{{}}.{test.window}"
    return [
        s.finding(
            SECTION,
            "fragile",
            criterion=test.test,
            way=test.way,
            alone=len(verdict.met) == 1,
            sessions=sensitivity.sessions() if test.way == "sessions" else None,
            mine=percent(test.mine, path.format(s.facts.subject)),
            theirs=percent(test.theirs, path.format(s.facts.benchmark)),
        )
    ]


def change(s: Situation, verdict: Verdict) -> list[Finding]:
    """How many were met a week ago, where that was another number."""
    before = s.facts.before
    if before is None or before.of != verdict.of or len(before.met) == len(verdict.met):
        return []
    kind = "more_than_before" if len(verdict.met) > len(before.met) else "fewer_than_before"
    return [s.finding(SECTION, kind, before=count(len(before.met), "verdict.met_week_ago"))]


def nearest(s: Situation, verdict: Verdict) -> list[Finding]:
    """What would change our mind: the nearest criterion to flip, in relative return against the fund in the way."""
    criterion = verdict.nearest_unmet or verdict.nearest_met
    if criterion is None:
        return []
    return [
        s.finding(
            SECTION,
            "flip_gain" if verdict.nearest_unmet else "flip_loss",
            criterion=criterion.name,
            distance=percent(criterion.distance, f"verdict.criteria.{criterion.name}.distance"),
            hair=criterion.distance < PRINTED,
            rival=Fund(criterion.rival),
            first=not verdict.met,
            all=len(verdict.unmet) == 1,
            next=ordinal(len(verdict.met) + 1, "verdict.met_next"),
        )
    ]


def implication(s: Situation, verdict: Verdict) -> list[Finding]:
    """Conditional, never an imperative; a setting, since some compliance departments want it off."""
    strength = s.facts.relative_strength
    low = strength is not None and strength.percentile <= lexicon.LOW_LEVEL and not s.quiet  # told by `reversion`
    weak = verdict.label in ("none", "thin")
    side = "weak" if weak else "strong"
    month = s.month or Month.FLAT
    found = []
    if s.implication:
        kind = f"portfolios_{s.role}_{side}"
        found.append(s.finding(SECTION, f"{kind}_low" if low and weak and s.role == "turn" else kind))
    if s.quiet:
        return [*found, s.finding(SECTION, "close_quiet")]
    return [*found, s.finding(SECTION, f"close_{s.role}_{side}_{month}", portfolios=s.implication)]
