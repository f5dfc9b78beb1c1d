"""No sentence contradicts another, nor a fact: the outline is held against literal tables before it is worded.

A finding asserts something on some topics, by its kind or by a value. Two findings that assert different things on one
topic, two assertions that cannot both be true, and an assertion that the facts deny are contradictions. What a topic
rests on is written down as well, so that a sentence without a number has its facts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import chain

from reporter.errors import DocumentError
from reporter.facts import Facts
from reporter.facts.technicals import Technicals
from reporter.finding import Finding, Fund, Quantity, Value
from reporter.story import lexicon

#: Kind of a finding, as `section.kind` -> what it asserts; the topics are the names of the groups.
BY_KIND = tuple(
    re.compile(pattern)
    for pattern in (
        r"headline\.title_(?P<standing>lags|level|leads)_(?P<week>up|flat|down)",
        r"headline\.title_quiet_(?P<standing>lags|level|leads)",
        r"headline\.(?:title|standfirst)_(?P<extreme>soared|plunged)",
        r"headline\.standfirst_(?P<standing>lags|level|leads)_(?P<month>improving|flat|worsening)(?:_recovered|_nearly)?",
        r"headline\.standfirst_(?P<still>quiet)",
        r"lede\.(?P<mood>hopes|doubts)_stir",
        r"lede\.record_(?P<years>poor|even|good)",
        r"lede\.measure_(?P<role>turn|lead)",
        r"evidence\.pair_(?P<standing>lags|level|leads)",
        r"evidence\.gap_(?P<standing>lags|leads)",
        r"evidence\.month_(?P<month>improving|flat|worsening)",
        r"evidence\.split_(?P<week_gap>recovered|lost)_(?P<month>improving|flat|worsening)",
        r"evidence\.gap_(?P<year_gap>crossed)",
        r"technicals\.chart_(?P<profile>solid|mixed|weak)",
        r"technicals\.levels_(?P<slow_average>above|below)",
        r"technicals\.record_(?P<record>both|total_only)",
        r"technicals\.(?P<record>below)_peak",
        r"technicals\.(?P<breakout>breakout|no_breakout)",
        r"technicals\.(?P<rsi>overbought|oversold)",
        r"technicals\.(?P<cross>golden|death)_cross",
        r"reversion\.level_(?P<level>low|high)",
        r"reversion\.usual_(?P<usual>near|wider|narrower)",
        r"precedents\.(?P<attempt>rule)",
        r"precedents\.attempts_(?P<attempts>mixed|all_failed|all_won)",
        r"precedents\.(?P<attempts>first_attempt|one_attempt)",
        r"precedents\.last_(?P<last_attempt>won|failed)",
        r"precedents\.odds_(?P<odds>open|better|worse)",
        r"precedents\.rise_(?P<rise>short|late)",
        r"bottom_line\.(?P<role>turn|lead)_(?P<verdict>none|thin|building|convincing)",
        r"bottom_line\.(?P<trend>more|fewer)_(?:than_before)",
        r"bottom_line\.portfolios_(?P<role>turn|lead)_(?P<strength>weak|strong)",
        r"bottom_line\.portfolios_(?P<role>turn|lead)_(?P<strength>weak|strong)_(?P<level>low)",
        r"bottom_line\.tests_(?P<tests>none|one|some|all)",
        r"bottom_line\.(?P<counted>fragile)",
        r"bottom_line\.(?P<votes>overlap)",
        r"bottom_line\.close_(?P<role>turn|lead)_(?P<strength>weak|strong)_(?P<month>improving|flat|worsening)",
        r"bottom_line\.close_(?P<still>quiet)",
        r"captions\.performance_(?P<year_standing>lags|level|leads)",
        r"captions\.price_(?P<averages>above|between|below)",
        r"captions\.relative_strength_(?P<rs_average>above|below)",
        r"captions\.rotation_(?P<map>leading|weakening|lagging|improving)",
        r"technicals\.(?P<range>consolidation)",
        r"headline\.(?:title|standfirst)_(?P<absent>new)",
        r"bottom_line\.(?P<absent>no_verdict)",
        r"lede\.(?P<funds>yardstick)",
        r"field\.(?P<left_out>missing)",
        r"quote\.(?P<quote>quote)",
        r"sensitivity\.(?P<counting>robust)",
    )
)
#: Value of a finding -> the topic that it asserts; what is None or False asserts nothing.
BY_VALUE = {
    "headline.standfirst_*": {"year": "year_gap", "window": "window"},
    "evidence.*": {"window": "window"},
    "evidence.gap_*": {"change": "year_gap"},
    "evidence.month_*": {"degree": "month_degree"},
    "evidence.gap_crossed": {"standing": "standing"},
    "field.year_*": {"window": "window"},
}
#: Topic -> paths of the facts that it rests on, in facts.json.
RESTS_ON = {
    "standing": ("gap.{window}",),
    "year_standing": ("gap.YTD",),
    "window": ("gap.{window}",),
    "role": ("gap.{window}",),
    "week": ("returns.{subject}.1W",),
    "still": ("verdict.met", "before.met"),
    "mood": ("returns.{subject}.1W",),
    "extreme": ("returns.{subject}.1M",),
    "month": ("gap.1M",),
    "month_degree": ("gap.1M",),
    "week_gap": ("gap.1W", "gap_before.1W.1M"),
    "year_gap": ("gap.YTD", "gap_before.1M.YTD"),
    "years": ("years.won", "years.of"),
    "profile": ("technicals.{subject}.status",),
    "slow_average": ("technicals.{subject}.close", "technicals.{subject}.sma200"),
    "averages": ("technicals.{subject}.close", "technicals.{subject}.sma50", "technicals.{subject}.sma200"),
    "record": ("technicals.{subject}.peak_total_return.below", "technicals.{subject}.peak_price.below"),
    "breakout": ("technicals.{subject}.breakout_55",),
    "range": ("technicals.{subject}.consolidating",),
    "rsi": ("technicals.{subject}.rsi14",),
    "cross": ("technicals.{subject}.cross.golden",),
    "rs_average": ("relative_strength.from_average",),
    "level": ("relative_strength.percentile",),
    "usual": ("gap.1Y", "years.median_gap"),
    "attempt": ("precedents.n",),
    "attempts": ("precedents.n",),
    "last_attempt": ("precedents.last.relative_return",),
    "odds": ("precedents.interval", "precedents.base_rate"),
    "rise": ("relative_strength.from_high", "returns.{subject}.1W"),
    "verdict": ("verdict.label",),
    "tests": ("verdict.met", "verdict.of"),
    "counted": ("verdict.met", "price_returns.{subject}.1M", "returns_21_sessions.{subject}"),
    "votes": ("verdict.of",),
    "trend": ("verdict.met", "before.met"),
    "strength": ("verdict.label",),
    "map": ("rotation.{subject}.quadrant",),
    "absent": ("as_of",),  # what is said is that there is too little history up to this day
    "funds": ("subject", "benchmark"),
    "left_out": ("quality.excluded",),
    "quote": ("voices.quote",),
    "counting": ("gap.1M", "price_returns.{subject}.1M", "returns_21_sessions.{subject}"),
}
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


@dataclass(frozen=True)
class Assertion:
    """What one finding says on one topic."""

    finding: str  # section.kind
    topic: str
    what: str


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


def assertions(finding: Finding) -> Iterator[Assertion]:
    """By kind and by values."""
    name = f"{finding.section}.{finding.kind}"
    for pattern in BY_KIND:
        if found := pattern.fullmatch(name):
            yield from (Assertion(name, topic, what) for topic, what in found.groupdict().items())
    for names, topics in BY_VALUE.items():
        if fnmatchcase(name, names):
            for key, topic in topics.items():
                if isinstance(what := finding.values.get(key), str):
                    yield Assertion(name, topic, what)


def rests_on(finding: Finding, window: str | None) -> Iterator[str]:
    """Paths of the facts behind a finding: of its values, and of what it asserts.

    Args:
        window: The one that "the year" means in this edition.
    """
    yield from paths(tuple(finding.values.values()))
    subject = finding.values.get("subject")
    ticker = subject.ticker if isinstance(subject, Fund) else ""
    for one in assertions(finding):
        yield from (path.format(subject=ticker, window=window) for path in RESTS_ON[one.topic])


def paths(value: Value) -> Iterator[str]:
    """Of all numbers inside."""
    if isinstance(value, Quantity):
        yield value.fact
    elif isinstance(value, Mapping):
        yield from paths(tuple(value.values()))
    elif isinstance(value, tuple):
        for one in value:
            yield from paths(one)


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
