"""Every state that a market can be in has words of its own, in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from reporter.facts import Facts
from reporter.facts.backdrop import Level
from reporter.facts.technicals import Peak
from reporter.finding import Tone
from reporter.language import Language
from reporter.story import Story, write_story
from reporter.story.outline import MOST_NUMBERS, connected, numbers, relation
from reporter.voices import Voices
from reporter.voices.memory import Earlier, Memory
from reporter.words import language_codes

CODES = language_codes()
DAYS = 1600


@pytest.fixture(scope="module")
def facts(make_prices: Callable[..., Any], facts_of: Callable[..., Facts], walk: Callable[..., np.ndarray]) -> Facts:
    """A laggard in a field of four: the state that the others are cut from."""
    market = walk(4, DAYS, drift=0.0008)
    names = {"IJR": walk(3, DAYS), "SPY": market, "MTUM": walk(5, DAYS), "QUAL": walk(6, DAYS), "VYM": walk(7, DAYS)}
    return facts_of(make_prices(names), "IJR", "SPY", ("MTUM", "QUAL", "VYM"))


def with_gaps(facts: Facts, **gap: float) -> Facts:
    """The same market with other gaps; what the year's gap was a month ago goes along with the month."""
    gaps = {**facts.returns.gap, **gap}
    total = {
        ticker: {window: (0.05 + (gaps[window] if ticker == "IJR" else 0.0)) for window in gaps}
        for ticker in facts.returns.total
    }
    before = gaps["YTD"] - gaps["1M"]
    returns = replace(
        facts.returns, gap=gaps, total=total, ytd_gap_month_ago=before, gap_before_last_week=gaps["1M"] - gaps["1W"]
    )
    return replace(facts, returns=returns)


def story_of(facts: Facts, voices: Voices | None = None, **settings: Any) -> Story:
    return write_story(facts, voices or Voices(), **{"field_kind": "funds", "implication": True, **settings})


def kinds(story: Story) -> set[str]:
    return {f"{finding.section}.{finding.kind}" for finding in story.findings}


def texts(story: Story) -> Mapping[str, str]:
    """Title, standfirst and article, as a reader gets them."""
    found = {}
    for code in CODES:
        language = Language(code)
        body = [one for section in story.sections for paragraph in section.paragraphs for one in paragraph]
        found[code] = " ".join(language.say(one).text for one in (story.title, story.standfirst, *body))
    return found


def in_words(story: Story) -> Mapping[str, str]:
    """The same, after what no text may have has been looked for."""
    found = texts(story)
    for code, text in found.items():
        assert not re.search(
            r"[ \u00a0]{2}|[ \u00a0][,.;:?!]|[(«][ \u00a0]|,,|\(\)|Quantity|Undefined|\bNone of [A-Z]", text
        ), text
        for sentence in re.split(r"(?<=[.?!])[ \u00a0](?=[A-ZА-ЯЁ«])", text):
            assert len(sentence.split()) <= 45, (code, sentence)
    return found


STANDINGS = {"lags": -0.08, "level": 0.001, "leads": 0.08}
MONTHS = {"improving": 0.02, "flat": 0.0005, "worsening": -0.02}


@pytest.mark.parametrize("status", ["solid", "mixed", "weak"])
@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("standing", STANDINGS)
def test_standing_by_month_by_chart(standing: str, month: str, status: str, facts: Facts) -> None:
    state = with_gaps(facts, YTD=STANDINGS[standing], **{"1M": MONTHS[month], "1W": 0.0})
    state = replace(state, technicals={**state.technicals, "IJR": charted(state, status)})
    story = story_of(state)
    said = kinds(story)
    assert f"headline.standfirst_{standing}_{month}" in said
    assert f"evidence.pair_{standing}" in said and f"evidence.month_{month}" in said
    assert f"technicals.chart_{status}" in said
    role = "lead" if standing == "leads" else "turn"
    assert {one for one in said if one.startswith(f"bottom_line.close_{role}_")} & {
        f"bottom_line.close_{role}_{side}_{month}" for side in ("weak", "strong")
    }
    in_words(story)


def charted(facts: Facts, status: str) -> Any:
    """The subject's technicals with as many marks as the status needs."""
    found = facts.technicals["IJR"]
    rising, near, rsi = {"solid": (True, 0.0, 60.0), "mixed": (True, 0.0, 40.0), "weak": (False, -0.2, 40.0)}[status]
    up = status == "solid"
    levels = (100.0, 95.0, 90.0) if up else (100.0, 105.0, 110.0)
    trend = "uptrend" if up else "downtrend"
    return replace(
        found,
        close=levels[0], sma50=levels[1], sma200=levels[2], trend=type(found.trend)(trend), slow_rising=rising,
        from_high_52w=near, rsi14=rsi, cross=None, breakout_55=False, high_52w_close=False,
        peak_total_return=Peak(day=date(2021, 11, 8), below=-0.05), drawdown=-0.05,
    )  # fmt: skip


@pytest.mark.parametrize(("size", "name"), [(0.25, "soared"), (-0.25, "plunged")])
def test_a_month_that_is_news_by_itself(size: float, name: str, facts: Facts) -> None:
    returns = facts.returns
    total = {ticker: {**found, "1M": size} for ticker, found in returns.total.items()}
    story = story_of(replace(facts, returns=replace(returns, total=total)))
    assert {f"headline.title_{name}", f"headline.standfirst_{name}"} <= kinds(story)
    in_words(story)


def test_a_record_by_total_return_alone(facts: Facts) -> None:
    found = replace(
        facts.technicals["IJR"],
        peak_total_return=Peak(day=facts.as_of, below=0.0),
        drawdown=0.0,
        peak_price=Peak(day=date(2021, 11, 8), below=-0.013),
    )
    story = story_of(replace(facts, technicals={"IJR": found}))
    assert "technicals.record_total_only" in kinds(story)
    said = in_words(story)
    assert "1.3%" in said["en"] and "November 2021" in said["en"] and "ноября 2021" in said["ru"]


@pytest.mark.parametrize(("place", "kind"), [(1, "first"), (2, "middle"), (4, "last")])
def test_place_in_the_field(place: int, kind: str, facts: Facts) -> None:
    ranking = facts.returns.ranks["YTD"]
    others = [ticker for ticker in ranking.order if ticker != "IJR"]
    order = (*others[: place - 1], "IJR", *others[place - 1 :])
    state = replace(facts, returns=replace(facts.returns, ranks={"YTD": replace(ranking, order=order)}))
    story = story_of(state)
    assert f"field.year_{kind}" in kinds(story)
    in_words(story)


def test_attempts_none_one_and_many(facts: Facts) -> None:
    found = facts.precedents
    assert found is not None and len(found.known) > 1
    lagging = with_gaps(facts, YTD=-0.08)

    def said(attempts: Any, **changed: Any) -> set[str]:
        story = story_of(replace(lagging, precedents=replace(found, attempts=attempts, **changed)))
        in_words(story)
        return kinds(story)

    assert not [kind for kind in said(()) if kind.startswith("precedents.")]
    open_one = replace(found.known[0], known=False)
    assert "precedents.first_attempt" in said((open_one,), share=None, interval=None)
    assert "precedents.one_attempt" in said(found.known[:1])
    assert {one for one in said(found.known) if one.startswith("precedents.attempts_")}


def test_no_field_no_voices_no_backdrop(facts: Facts) -> None:
    """Sections without facts are absent, and nothing hangs on them."""
    bare = replace(facts, field=(), returns=replace(facts.returns, ranks={}), backdrop={}, reversion=None)
    story = story_of(replace(bare, precedents=None, relative_strength=None, technicals={}))
    assert {section.name for section in story.sections} <= {"lede", "evidence", "turn", "bottom_line"}
    in_words(story)


def test_new_fund(make_prices: Callable[..., Any], facts_of: Callable[..., Facts], walk: Callable[..., Any]) -> None:
    """Two weeks of history: no verdict, and no word that needs one."""
    story = story_of(facts_of(make_prices({"IJR": walk(1, 10), "SPY": walk(2, 10)}), "IJR", "SPY"))
    assert {"headline.title_new", "headline.standfirst_new", "bottom_line.no_verdict"} <= kinds(story)
    assert "turn" not in {section.name for section in story.sections}
    in_words(story)


def test_short_week(facts: Facts) -> None:
    story = story_of(replace(facts, week=replace(facts.week, sessions=4)))
    said = in_words(story)
    assert re.search(r"\bfour sessions", said["en"]) and re.search(r"чет\w+\s+сесси", said["ru"])
    assert not re.search(r"\bfour sessions", texts(story_of(facts))["en"])


def test_degraded_data(facts: Facts) -> None:
    quality = replace(facts.quality, issues=(type("Issue", (), {"ticker": "QUAL", "flaw": "missing"})(),))
    story = story_of(replace(facts, quality=quality))
    assert "field.missing" in kinds(story)
    assert all("QUAL" in text for text in in_words(story).values())


def unchanged(facts: Facts) -> Voices:
    """The edition of a week ago, which found what this one finds."""
    assert facts.verdict is not None
    ranking = facts.returns.ranks["YTD"]
    earlier = Earlier(
        as_of=date(2024, 10, 9),
        subject="IJR",
        benchmark="SPY",
        title={"en": "x"},
        verdict=str(facts.verdict.label),
        criteria={one.name: one.met for one in facts.verdict.criteria},
        profile=str(facts.technicals["IJR"].status),
        gap_ytd=facts.returns.gap["YTD"],
        rank_ytd=ranking.place("IJR"),
        rank_of=ranking.of,
        leader=ranking.order[0],
    )
    return Voices(memory=Memory(previous=earlier))


def test_nothing_changed_is_a_short_form(facts: Facts) -> None:
    calm = with_gaps(facts, **{"1W": 0.001})
    total = {ticker: {**found, "1W": 0.002} for ticker, found in calm.returns.total.items()}
    calm = replace(calm, returns=replace(calm.returns, total=total), precedents=None)
    calm = replace(calm, technicals={"IJR": charted(calm, "mixed")})
    short, long = story_of(calm, unchanged(calm)), story_of(calm)
    assert [section.name for section in short.sections] == ["lede", "evidence", "bottom_line"]
    assert {"headline.standfirst_quiet", "lede.unchanged", "bottom_line.close_quiet"} <= kinds(short)
    for code in CODES:
        assert len(in_words(short)[code].split()) < len(in_words(long)[code].split())
    moved = replace(calm, returns=replace(calm.returns, gap={**calm.returns.gap, "1W": 0.02}))
    assert "headline.standfirst_quiet" not in kinds(story_of(moved, unchanged(calm)))


class TestBackdrop:
    def levels(self, facts: Facts, short: float, long: float, **vix: float) -> Facts:
        found = {
            "bill_rate": Level(level=4.5, level_1m=4.5 - short, change_1m=short, change_3m=-0.7),
            "ten_year": Level(level=4.0, level_1m=3.6, change_1m=long, change_3m=0.1),
        }
        if vix:
            found["vix"] = Level(
                level=vix["now"], level_1m=vix["then"], change_1m=vix["now"] - vix["then"], change_3m=0.0
            )
        return replace(facts, backdrop=found, precedents=None, relative_strength=None)  # room for numbers

    @pytest.mark.parametrize(
        ("short", "long", "kind"),
        [(0.3, 0.2, "up"), (-0.3, -0.2, "down"), (-0.7, 0.4, "split"), (0.0, 0.4, "half"), (0.05, -0.05, "flat")],
    )
    def test_rates(self, short: float, long: float, kind: str, facts: Facts) -> None:
        story = story_of(self.levels(facts, short, long))
        assert f"backdrop.rates_{kind}" in kinds(story)
        said = in_words(story)
        if kind == "split":
            assert "70 basis points" in said["en"] and "70\u00a0б.\u00a0п." in said["ru"]
        assert not re.search(r"\bexpect|ожидае|ожидани", " ".join(said.values()))

    def test_absent_or_stale(self, facts: Facts) -> None:
        assert not [kind for kind in kinds(story_of(replace(facts, backdrop={}))) if kind.startswith("backdrop.")]

    @pytest.mark.parametrize(
        ("now", "then", "kind"), [(28.0, 18.0, "vix_up"), (15.0, 24.0, "vix_down"), (28.0, 28.4, "vix_high")]
    )
    def test_vix_that_moved(self, now: float, then: float, kind: str, facts: Facts) -> None:
        assert f"backdrop.{kind}" in kinds(story_of(self.levels(facts, 0.0, 0.0, now=now, then=then)))


class TestSensitivity:
    def test_sessions_for_a_month(self, facts: Facts) -> None:
        """IJR and SPY as of 2024-10-16: a dead heat over the calendar month, a lag over 21 sessions."""
        state = with_gaps(facts, YTD=-0.1277, **{"1M": 0.0008})
        state = replace(state, returns=replace(state.returns, price=state.returns.total))
        month = {"IJR": 0.0307, "SPY": 0.0366}
        story = story_of(replace(state, returns=replace(state.returns, month_sessions=month)))
        assert not {"sensitivity.sessions", "sensitivity.robust"} & kinds(story), (
            "the draw tells it in its own sentence"
        )
        said = in_words(story)
        assert "Over 21 sessions instead of a calendar month, IJR is behind (3.1% against 3.7%)" in said["en"]
        assert "Если взять 21 сессию вместо календарного месяца, IJR позади (3,1 % против 3,7 %)" in said["ru"].replace(
            "\u00a0", " "
        )

    def test_dividends_decide(self, facts: Facts) -> None:
        state = with_gaps(facts, YTD=0.02)
        price = {ticker: {**found, "YTD": 0.05} for ticker, found in state.returns.total.items()}
        price["IJR"] = {**price["IJR"], "YTD": 0.03}
        same = {ticker: found["1M"] for ticker, found in state.returns.total.items()}
        state = replace(state, returns=replace(state.returns, price=price, month_sessions=same))
        assert "sensitivity.price" in kinds(story_of(state))

    def test_otherwise_one_line_in_the_method_note(self, facts: Facts) -> None:
        state = with_gaps(facts, YTD=-0.08, **{"1M": -0.02})
        same = {ticker: found["1M"] for ticker, found in state.returns.total.items()}
        story = story_of(replace(state, returns=replace(state.returns, price=state.returns.total, month_sessions=same)))
        assert {kind for kind in kinds(story) if kind.startswith("sensitivity.")} == {"sensitivity.robust"}


class TestOutline:
    def test_numbers_are_rationed(self, facts: Facts) -> None:
        story = story_of(facts)
        said = [one for section in story.sections for paragraph in section.paragraphs for one in paragraph]
        assert sum(map(numbers, said)) <= MOST_NUMBERS

    def test_a_rally_of_a_laggard_brings_the_precedents_early(self, facts: Facts) -> None:
        assert facts.verdict is not None
        unmet = tuple(replace(one, met=False) for one in facts.verdict.criteria)
        state = with_gaps(facts, YTD=-0.08, **{"1W": 0.02})
        state = replace(state, verdict=replace(facts.verdict, criteria=unmet, label=type(facts.verdict.label)("none")))
        total = {ticker: {**found, "1W": 0.04} for ticker, found in state.returns.total.items()}
        state = replace(state, returns=replace(state.returns, total=total))
        names = [section.name for section in story_of(state).sections]
        assert names[:4] == ["lede", "evidence", "turn", "precedents"]
        calm = {ticker: {**found, "1W": 0.0} for ticker, found in total.items()}
        names = [
            section.name for section in story_of(replace(state, returns=replace(state.returns, total=calm))).sections
        ]
        assert names[:2] == ["lede", "evidence"]

    def test_relation(self) -> None:
        assert relation([], Tone.FOR) == relation([Tone.FOR], Tone.NEUTRAL) == "none"
        assert relation([Tone.AGAINST, Tone.FOR], Tone.FOR) == "same"
        assert relation([Tone.FOR, Tone.AGAINST], Tone.FOR) == "contrast"

    def test_first_section_is_related_to_nothing(self, facts: Facts) -> None:
        for story in (story_of(facts), story_of(replace(facts, returns=replace(facts.returns, years=())))):
            assert story.sections[0].paragraphs[0][0].values["relation"] == "none"
            assert connected(story.sections) == story.sections, "connecting again changes nothing"

    def test_implication_is_a_setting(self, facts: Facts) -> None:
        assert [kind for kind in kinds(story_of(facts)) if ".portfolios_" in kind]
        assert not [kind for kind in kinds(story_of(facts, implication=False)) if ".portfolios_" in kind]
