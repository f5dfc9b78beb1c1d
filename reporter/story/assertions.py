"""What a finding asserts, by its kind or by a value, and which facts that rests on: literal tables.

So a sentence without a number has its facts as well, and an outline can be held against itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from reporter.finding import Finding, Fund, Quantity, Value

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
        r"reversion\.usual_(?P<usual>wider|narrower)",
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
    "trend": ("verdict.met", "before.met"),
    "strength": ("verdict.label",),
    "map": ("rotation.{subject}.quadrant",),
    "absent": ("as_of",),  # what is said is that there is too little history up to this day
    "funds": ("subject", "benchmark"),
    "left_out": ("quality.excluded",),
    "quote": ("voices.quote",),
    "counting": ("gap.1M", "price_returns.{subject}.1M", "returns_21_sessions.{subject}"),
}


@dataclass(frozen=True)
class Assertion:
    """What one finding says on one topic."""

    finding: str  # section.kind
    topic: str
    what: str


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
