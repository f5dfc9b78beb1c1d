"""No sentence contradicts another, nor a fact: the outline is held against literal tables before it is worded.

A finding asserts something on some topics, see `assertions.py`. Two findings that assert different things on one topic,
two assertions that cannot both be true, and an assertion that the facts deny are contradictions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from reporter.errors import DocumentError
from reporter.facts import Facts
from reporter.facts.technicals import Technicals
from reporter.finding import Finding
from reporter.story import lexicon
from reporter.story.assertions import Assertion, assertions

#: The same said in fewer words: the standfirst knows three movements of the gap, the evidence six.
COARSE = {
    "absent": {"no_verdict": "new"},
    "year_gap": {"slightly_narrowed": "little", "slightly_widened": "little", "unchanged": "little"},
}
#: Two assertions that cannot both be true, and why.
CLASHES = (
    ("standing", "lags", "role", "lead", "a laggard has no lead to lose"),
    ("standing", "leads", "role", "turn", "a leader needs no turn"),
    ("standing", "leads", "mood", "hopes", "hopes of a turn are a laggard's"),
    ("standing", "lags", "mood", "doubts", "doubts about the lead are a leader's"),
    ("standing", "leads", "attempts", "mixed", "attempts at a turn are a laggard's story"),
    ("week", "down", "mood", "hopes", "hopes stir in a good week"),
    ("week", "up", "mood", "doubts", "doubts stir in a bad week"),
    ("month", "flat", "month_degree", "clearly", "neck and neck is less than clearly"),
    ("month", "flat", "month_degree", "sharply", "neck and neck is less than sharply"),
    ("profile", "solid", "averages", "below", "a solid profile is above both averages"),
    ("profile", "solid", "averages", "between", "a solid profile is above both averages"),
    ("profile", "solid", "cross", "death", "a solid profile has the fast average above the slow one"),
    ("profile", "solid", "rsi", "oversold", "a solid profile has an RSI over its middle"),
    ("profile", "solid", "slow_average", "below", "a solid profile is above both averages"),
    ("averages", "above", "slow_average", "below", "above both averages, yet below the long one"),
    ("averages", "below", "slow_average", "above", "below both averages, yet above the long one"),
    ("verdict", "none", "strength", "strong", "no evidence, yet the close treats it as strong"),
    ("verdict", "thin", "strength", "strong", "thin evidence, yet the close treats it as strong"),
    ("verdict", "building", "strength", "weak", "evidence is building, yet the close treats it as weak"),
    ("verdict", "convincing", "strength", "weak", "convincing evidence, yet the close treats it as weak"),
    ("rsi", "oversold", "record", "both", "a record is not oversold"),
    ("rsi", "oversold", "breakout", "breakout", "a breakout is not oversold"),
    ("verdict", "none", "tests", "one", "no evidence, yet a test is met"),
    ("verdict", "none", "tests", "some", "no evidence, yet tests are met"),
    ("verdict", "none", "tests", "all", "no evidence, yet every test is met"),
    ("verdict", "thin", "tests", "none", "some evidence, yet no test is met"),
    ("verdict", "thin", "tests", "all", "thin evidence, yet every test is met"),
    ("verdict", "building", "tests", "none", "evidence is building, yet no test is met"),
    ("verdict", "building", "tests", "all", "evidence is only building, yet every test is met"),
    ("verdict", "convincing", "tests", "none", "convincing evidence, yet no test is met"),
    ("verdict", "convincing", "tests", "one", "convincing evidence, yet one test is met"),
    ("attempts", "all_failed", "last_attempt", "won", "all failed, yet the last one succeeded"),
    ("attempts", "all_won", "last_attempt", "failed", "all succeeded, yet the last one failed"),
    ("attempts", "all_failed", "odds", "better", "all failed, yet better than the usual odds"),
    ("attempts", "all_won", "odds", "worse", "all succeeded, yet worse than the usual odds"),
    ("attempts", "first_attempt", "odds", "open", "no earlier attempt has odds"),
    ("rise", "short", "week", "down", "a poor week is no rise"),
    ("verdict", "none", "counted", "fragile", "no test is met, yet one would fail"),
)
#: What the facts say of an assertion: the test of each must hold.
HOLDS: Mapping[tuple[str, str], Callable[[Facts, str], bool]] = {
    ("standing", "leads"): lambda facts, window: facts.returns.gap[window] > 0,
    ("standing", "lags"): lambda facts, window: facts.returns.gap[window] < 0,
    ("year_standing", "leads"): lambda facts, _: facts.returns.gap["YTD"] > 0,
    ("year_standing", "lags"): lambda facts, _: facts.returns.gap["YTD"] < 0,
    ("month", "improving"): lambda facts, _: facts.returns.gap["1M"] > 0,
    ("month", "worsening"): lambda facts, _: facts.returns.gap["1M"] < 0,
    ("week_gap", "recovered"): lambda facts, _: facts.returns.gap["1W"] > 0,
    ("week_gap", "lost"): lambda facts, _: facts.returns.gap["1W"] < 0,
    ("week", "up"): lambda facts, _: facts.returns.total[facts.subject]["1W"] > 0,
    ("week", "down"): lambda facts, _: facts.returns.total[facts.subject]["1W"] < 0,
    ("extreme", "soared"): lambda facts, _: facts.returns.total[facts.subject]["1M"] > 0,
    ("extreme", "plunged"): lambda facts, _: facts.returns.total[facts.subject]["1M"] < 0,
    ("year_gap", "narrowed"): lambda facts, _: wider(facts) < 0,
    ("year_gap", "slightly_narrowed"): lambda facts, _: wider(facts) < 0,
    ("year_gap", "widened"): lambda facts, _: wider(facts) > 0,
    ("year_gap", "slightly_widened"): lambda facts, _: wider(facts) > 0,
    ("year_gap", "crossed"): lambda facts, _: facts.returns.gap["YTD"] * (facts.returns.ytd_gap_month_ago or 0.0) < 0,
    ("verdict", "none"): lambda facts, _: share_met(facts) == 0,
    ("verdict", "thin"): lambda facts, _: 0 < share_met(facts) < 1 / 2,
    ("verdict", "building"): lambda facts, _: 1 / 2 <= share_met(facts) < 5 / 6,
    ("verdict", "convincing"): lambda facts, _: share_met(facts) >= 5 / 6,
    ("tests", "none"): lambda facts, _: share_met(facts) == 0,
    ("tests", "all"): lambda facts, _: share_met(facts) == 1,
    ("breakout", "breakout"): lambda facts, _: subject(facts).breakout_55,
    ("breakout", "no_breakout"): lambda facts, _: not subject(facts).breakout_55,
    ("record", "both"): lambda facts, _: subject(facts).peak_price.below == subject(facts).drawdown == 0,
    ("record", "total_only"): lambda facts, _: subject(facts).drawdown == 0 > subject(facts).peak_price.below,
    ("record", "below"): lambda facts, _: subject(facts).drawdown < 0,
    ("rsi", "overbought"): lambda facts, _: subject(facts).rsi14 >= lexicon.OVERBOUGHT,
    ("rsi", "oversold"): lambda facts, _: subject(facts).rsi14 <= lexicon.OVERSOLD,
    ("slow_average", "above"): lambda facts, _: subject(facts).close > subject(facts).sma200,
    ("slow_average", "below"): lambda facts, _: subject(facts).close <= subject(facts).sma200,
    ("rise", "short"): lambda facts, _: facts.relative_strength is not None and not facts.relative_strength.at_high,
    ("rise", "late"): lambda facts, _: facts.relative_strength is not None and facts.relative_strength.at_high,
    ("trend", "more"): lambda facts, _: facts.before is not None and met(facts) > len(facts.before.met),
    ("trend", "fewer"): lambda facts, _: facts.before is not None and met(facts) < len(facts.before.met),
    ("averages", "above"): lambda facts, _: subject(facts).close > max(averages(facts)),
    ("averages", "below"): lambda facts, _: subject(facts).close <= min(averages(facts)),
    ("attempts", "all_failed"): lambda facts, _: facts.precedents is not None and facts.precedents.succeeded == 0,
    ("attempts", "all_won"): lambda facts, _: facts.precedents is not None and facts.precedents.failed == 0,
    ("attempts", "first_attempt"): lambda facts, _: facts.precedents is not None and not facts.precedents.known,
    ("usual", "wider"): lambda facts, _: facts.returns.gap["1Y"] < (facts.returns.usual_year_gap or 0),
    ("usual", "narrower"): lambda facts, _: facts.returns.gap["1Y"] > (facts.returns.usual_year_gap or 0),
}


def refuse_contradictions(findings: Iterable[Finding], facts: Facts, window: str | None) -> None:
    """Pass a sound outline.

    Args:
        window: The one that "the year" means in this edition.

    Raises:
        DocumentError: two findings, or a finding and a fact, contradict each other.
    """
    said = [assertion for finding in findings for assertion in assertions(finding)]
    problem = next(chain(unequal(said), clashing(said), denied(said, facts, window)), None)
    if problem:
        raise DocumentError(f"{facts.brief} {facts.as_of}: the outline contradicts itself: {problem}")


def unequal(said: Iterable[Assertion]) -> Iterator[str]:
    """Two findings on one topic."""
    first: dict[str, Assertion] = {}
    for one in said:
        other = first.setdefault(one.topic, one)
        coarse = COARSE.get(one.topic, {})
        if one.what != other.what and coarse.get(one.what, one.what) != coarse.get(other.what, other.what):
            yield f"of {one.topic}, {other.finding} says '{other.what}' and {one.finding} says '{one.what}'"


def clashing(said: Iterable[Assertion]) -> Iterator[str]:
    """Two findings on two topics."""
    known = {(one.topic, one.what): one.finding for one in said}
    for topic, what, other_topic, other, why in CLASHES:
        if (topic, what) in known and (other_topic, other) in known:
            mine, theirs = known[topic, what], known[other_topic, other]
            yield f"{mine} says '{what}' of {topic} and {theirs} '{other}' of {other_topic}: {why}"


def denied(said: Iterable[Assertion], facts: Facts, window: str | None) -> Iterator[str]:
    """A finding against the facts."""
    for one in said:
        if (test := HOLDS.get((one.topic, one.what))) and not test(facts, window or ""):
            yield f"{one.finding} says '{one.what}' of {one.topic}, which the facts deny"


def wider(facts: Facts) -> float:
    """By how much the year-to-date gap is farther from zero than a month ago; negative where it is nearer."""
    return abs(facts.returns.gap["YTD"]) - abs(facts.returns.ytd_gap_month_ago or 0.0)


def met(facts: Facts) -> int:
    return len(facts.verdict.met) if facts.verdict else 0


def share_met(facts: Facts) -> float:
    return len(facts.verdict.met) / facts.verdict.of if facts.verdict else 0.0


def subject(facts: Facts) -> Technicals:
    return facts.technicals[facts.subject]


def averages(facts: Facts) -> tuple[float, float]:
    return subject(facts).sma50, subject(facts).sma200
