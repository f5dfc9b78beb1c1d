"""An outline that contradicts itself or the facts is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from reporter.document.edition import Edition
from reporter.document.facts_json import holds
from reporter.errors import DocumentError
from reporter.facts import Facts
from reporter.finding import Finding, Value
from reporter.story import assertions, contradictions, write_story
from reporter.voices import Voices
from reporter.words import BUNDLED


@pytest.fixture(scope="module")
def facts(make_prices: Callable[..., object], facts_of: Callable[..., Facts], walk: Callable[..., np.ndarray]) -> Facts:
    """A laggard at a high of its own."""
    pair = {"AAA": walk(3), "BBB": walk(4, drift=0.001)}
    return facts_of(make_prices(pair), "AAA", "BBB")


def finding(name: str, **values: Value) -> Finding:
    return Finding(*name.split("."), values)


def test_a_story_is_sound(facts: Facts) -> None:
    story = write_story(facts, Voices(), field_kind="funds", implication=True)
    said = [one for kind in story.findings for one in assertions.assertions(kind)]
    assert len({one.topic for one in said}) >= 8


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("headline.title_lags_up", "evidence.pair_leads"), "of standing, headline.title_lags_up says 'lags'"),
        (("technicals.breakout", "technicals.no_breakout"), "of breakout"),
        (("technicals.record_both", "technicals.below_peak"), "of record"),
        (("evidence.month_flat", "bottom_line.close_turn_weak_improving"), "of month"),
        (("bottom_line.turn_none", "bottom_line.tests_some"), "no evidence, yet tests are met"),
        (("technicals.chart_solid", "technicals.death_cross"), "fast average above the slow one"),
        (("precedents.attempts_all_failed", "precedents.last_won"), "all failed, yet the last one succeeded"),
    ],
)
def test_two_findings(names: tuple[str, ...], message: str, facts: Facts) -> None:
    with pytest.raises(DocumentError, match=re.escape(message)) as raised:
        contradictions.refuse_contradictions(map(finding, names), facts, "YTD")
    assert "\n" not in str(raised.value)


def test_the_same_gap_cannot_narrow_and_widen(facts: Facts) -> None:
    said = (
        finding("headline.standfirst_lags_flat", year="narrowed", window="YTD"),
        finding("evidence.gap_lags", change="widened", window="YTD"),
    )
    with pytest.raises(DocumentError, match="of year_gap"):
        contradictions.refuse_contradictions(said, facts, "YTD")


def test_slightly_is_little(facts: Facts) -> None:
    wider = replace(facts.returns, gap={"YTD": -0.1277}, ytd_gap_month_ago=-0.1240)
    said = (
        finding("headline.standfirst_lags_flat", year="little", window="YTD"),
        finding("evidence.gap_lags", change="slightly_widened", window="YTD"),
    )
    contradictions.refuse_contradictions(said, replace(facts, returns=wider), "YTD")
    narrower = replace(facts.returns, gap={"YTD": -0.1200}, ytd_gap_month_ago=-0.1240)
    with pytest.raises(DocumentError, match="'slightly_widened' of year_gap, which the facts deny"):
        contradictions.refuse_contradictions(said, replace(facts, returns=narrower), "YTD")


@pytest.mark.parametrize(("topic", "what"), sorted(contradictions.HOLDS))
def test_every_test_knows_its_assertion(topic: str, what: str) -> None:
    """A topic and a word that no finding can assert would be a row that never bites."""
    said = " ".join(pattern.pattern for pattern in assertions.BY_KIND)
    by_value = {name for topics in assertions.BY_VALUE.values() for name in topics.values()}
    assert f"?P<{topic}>" in said or topic in by_value


@pytest.mark.parametrize("pattern", [pattern.pattern for pattern in assertions.BY_KIND])
def test_every_row_has_a_wording(pattern: str) -> None:
    """A kind that was renamed must be renamed in the table as well."""
    names = {
        f"{file.stem}.{name}"
        for file in (BUNDLED / "languages" / "en").glob("*.j2")
        for name in re.findall(r"macro (\w+)\(", file.read_text("utf-8"))
    }
    assert any(re.fullmatch(pattern, name) for name in names)


def test_what_a_topic_rests_on_is_in_the_facts(make: Callable[..., Edition]) -> None:
    """Every path of the table leads somewhere, in an edition that has all families of facts."""
    found = json.loads(make(formats=("html",), languages=("en",)).files["facts.json"])
    known = [path.format(subject="IJR", window="YTD") for paths in assertions.RESTS_ON.values() for path in paths]
    for path in known:
        assert path.startswith("voices.") or holds(found, path), path
    assert set(assertions.RESTS_ON) >= {name for one in assertions.BY_KIND for name in one.groupindex}
