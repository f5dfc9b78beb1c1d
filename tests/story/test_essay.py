"""What makes an essay of the findings: headings, shared paragraphs, reasons where numbers look odd, honest tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from reporter.facts import Facts
from reporter.facts.backdrop import Level
from reporter.facts.returns import GapExtreme
from reporter.facts.technicals import Peak
from reporter.facts.verdict import Criterion, Evidence
from reporter.finding import Finding
from reporter.language import Language
from reporter.story import Story, outline
from reporter.voices import Voices
from tests.story.test_branches import CODES, DAYS, in_words, kinds, story_of, with_gaps


@pytest.fixture(scope="module")
def facts(make_prices: Callable[..., Any], facts_of: Callable[..., Facts], walk: Callable[..., Any]) -> Facts:
    names = {"IJR": walk(3, DAYS), "SPY": walk(4, DAYS, drift=0.0008), "MTUM": walk(5, DAYS), "QUAL": walk(6, DAYS)}
    return facts_of(make_prices(names), "IJR", "SPY", ("MTUM", "QUAL"))


def found(story: Story, name: str) -> Finding:
    return next(one for one in story.findings if f"{one.section}.{one.kind}" == name)


def rallying(facts: Facts, week: float = 0.04, **gaps: float) -> Facts:
    """A laggard with a good week."""
    state = with_gaps(facts, YTD=-0.08, **gaps)
    total = {ticker: {**one, "1W": week} for ticker, one in state.returns.total.items()}
    return replace(state, returns=replace(state.returns, total=total))


class TestHeadings:
    def test_only_the_bottom_line_has_one(self, facts: Facts) -> None:
        for state in (facts, rallying(facts), with_gaps(facts, YTD=0.08)):
            sections = story_of(state).sections
            assert [section.name for section in sections if section.heading] == ["bottom_line"]
            assert sections[-1].heading == "bottom_line"

    @pytest.mark.parametrize("code", CODES)
    def test_every_heading_is_named(self, code: str) -> None:
        assert {*outline.HEADED, "lede", "method"} == set(Language(code).labels["sections"])

    def test_a_lone_finding_shares_a_paragraph(self, facts: Facts) -> None:
        """Without a neighbour in its group it stays a paragraph."""
        for state in (facts, rallying(facts)):
            for section in story_of(state).sections:
                if section.name in ("turn", "field"):
                    assert all(len(paragraph) > 1 for paragraph in section.paragraphs)


class TestAttempts:
    def with_attempt(self, facts: Facts, result: float | None, **strength: float) -> Facts:
        """The open attempt stands at `result`; None: all attempts are over."""
        known, state = facts.precedents, rallying(facts)
        assert known is not None and state.relative_strength is not None and known.known
        attempts = known.known
        if result is not None:
            attempts = (*attempts, replace(attempts[-1], day=date(2024, 7, 25), known=False, relative_return=result))
        return replace(
            state,
            precedents=replace(known, attempts=attempts),
            relative_strength=replace(state.relative_strength, **strength),
        )

    def test_a_rally_that_is_no_attempt_is_not_taken_for_one(self, facts: Facts) -> None:
        """IJR on 2024-10-16: an attempt since July 25 that goes badly, relative strength 5.9 % under its high."""
        story = story_of(self.with_attempt(facts, -0.049, from_high=-0.0588, change_year=-0.05))
        assert found(story, "precedents.rise_short").values["strong"] is True
        said = in_words(story)
        assert "rally" in said["en"] and "three-month high" in said["en"]
        assert "трёхмесячн" in said["ru"]

    def test_without_an_open_attempt_as_well(self, facts: Facts) -> None:
        story = story_of(self.with_attempt(facts, None, from_high=-0.02, change_year=-0.05))
        assert found(story, "precedents.rise_short").values["strong"] is True
        in_words(story)

    def test_not_where_the_week_belongs_to_an_attempt(self, facts: Facts) -> None:
        story = story_of(self.with_attempt(facts, 0.03, from_high=-0.01, change_year=-0.05))
        assert not [kind for kind in kinds(story) if kind.startswith("precedents.rise_")]

    def test_a_high_above_the_level_of_a_year_ago_is_no_attempt(self, facts: Facts) -> None:
        story = story_of(self.with_attempt(facts, None, from_high=0.01, change_year=0.04))
        assert "precedents.rise_late" in kinds(story)
        in_words(story)

    def test_not_in_a_poor_week(self, facts: Facts) -> None:
        state = self.with_attempt(facts, -0.05, from_high=-0.06, change_year=-0.05)
        total = {ticker: {**one, "1W": -0.03} for ticker, one in state.returns.total.items()}
        story = story_of(replace(state, returns=replace(state.returns, total=total)))
        assert not [kind for kind in kinds(story) if kind.startswith("precedents.rise_")]

    @pytest.mark.parametrize(("base", "near"), [(0.53, True), (0.40, False)])
    def test_the_share_beside_the_base_rate(self, base: float, near: bool, facts: Facts) -> None:
        """8 of 14 beside 53 %: it adds little; beside 40 % the difference may be chance."""
        state = self.with_attempt(facts, None)
        assert state.precedents is not None
        one = state.precedents.known[-1]
        won, lost = replace(one, relative_return=0.1), replace(one, relative_return=-0.1)
        told = replace(state.precedents, attempts=(*[won] * 8, *[lost] * 6), interval=(0.33, 0.79), base_rate=base)
        story = story_of(replace(state, precedents=told))
        assert found(story, "precedents.odds_open").values["near"] is near
        for text in in_words(story).values():
            assert "57" in text and f"{base * 100:.0f}" in text


class TestVerdict:
    def judged(self, facts: Facts, *met: str) -> Facts:
        """Six tests, the named ones met; the month's lead is the narrowest."""
        names = ("rs_above_average", "rs_at_high", "gap_1m", "gap_3m", "gap_ytd", "rank_ytd")
        tests = tuple(
            Criterion(name=name, met=name in met, value=0.001, distance=0.01 + n / 100, rival="SPY")
            for n, name in enumerate(names)
        )
        label = Evidence.NONE if not met else Evidence.THIN if len(met) < 3 else Evidence.BUILDING
        assert facts.verdict is not None
        return replace(facts, verdict=replace(facts.verdict, criteria=tests, label=label))

    def counted(self, facts: Facts, mine: float, theirs: float) -> Facts:
        returns = replace(facts.returns, month_sessions={"IJR": mine, "SPY": theirs}, price=facts.returns.total)
        return replace(facts, returns=returns)

    def test_the_only_test_met_fails_over_21_sessions(self, facts: Facts) -> None:
        """A lead that is none by sessions: said once, of the test, with what the sessions give."""
        state = with_gaps(facts, YTD=-0.1277, **{"1M": 0.0008})
        story = story_of(self.counted(self.judged(state, "gap_1m"), 0.0307, 0.0366))
        one = found(story, "bottom_line.fragile")
        assert one.values["alone"] is True and one.values["way"] == "sessions"
        for text, (mine, theirs) in zip(in_words(story).values(), (("3.1%", "3.7%"), ("3,1", "3,7")), strict=True):
            assert text.count("21") == text.count(mine) == text.count(theirs) == 1

    def test_one_of_several_that_fails_without_dividends(self, facts: Facts) -> None:
        state = self.judged(with_gaps(facts, YTD=-0.02, **{"1M": 0.02, "3M": 0.01}), "gap_1m", "gap_3m", "rank_ytd")
        state = self.counted(state, 0.03, 0.01)
        price = {ticker: dict(one) for ticker, one in state.returns.total.items()}
        price["IJR"]["3M"] = price["SPY"]["3M"] - 0.001
        story = story_of(replace(state, returns=replace(state.returns, price=price)))
        one = found(story, "bottom_line.fragile")
        assert (one.values["criterion"], one.values["way"], one.values["alone"]) == ("gap_3m", "price", False)
        in_words(story)

    def test_nothing_where_every_count_agrees(self, facts: Facts) -> None:
        state = self.judged(with_gaps(facts, YTD=-0.08, **{"1M": 0.02}), "gap_1m")
        assert "bottom_line.fragile" not in kinds(story_of(self.counted(state, 0.03, 0.01)))


class TestReasons:
    def year(self, facts: Facts, before: float, now: float, month: float, market: float) -> Finding:
        state = with_gaps(facts, YTD=now, **{"1M": month, "1W": 0.0})
        total = {ticker: {**one, "1M": market} for ticker, one in state.returns.total.items()}
        total["IJR"]["1M"] = market + month
        return found(
            story_of(
                replace(state, returns=replace(state.returns, total=total, ytd_gap_month_ago=before, ytd_extreme=None))
            ),
            "evidence.gap_lags" if now < 0 else "evidence.gap_leads",
        )

    @pytest.mark.parametrize(
        ("before", "now", "month", "market", "effect"),
        [
            (-0.124, -0.1277, 0.0008, 0.038, "gains"),  # small caps on 2024-10-16
            (-0.200, -0.2130, 0.004, 0.08, "gains"),  # ahead over the month, yet farther behind in points
            (-0.200, -0.1870, -0.004, -0.08, "losses"),
            (0.200, 0.2130, -0.004, 0.08, "gains"),
            (0.200, 0.1870, 0.004, -0.08, "losses"),
            (-0.100, -0.1300, -0.028, 0.03, None),  # behind over the month: nothing odd
            (-0.100, -0.1000, 0.0, 0.03, None),
        ],
    )
    def test_a_gap_that_moves_against_the_month(
        self, before: float, now: float, month: float, market: float, effect: str | None, facts: Facts
    ) -> None:
        one = self.year(facts, before, now, month, market)
        assert one.values["base_effect"] == effect
        for code, reason in (("en", "because"), ("ru", "потому что")):
            assert (reason in Language(code).say(one).text) == bool(effect)

    @pytest.mark.parametrize(
        ("before", "told"),
        [(-0.171, True), (-0.112, False), (-0.196, False)],  # it moved; it hardly did; the widest was a month ago
    )
    def test_one_comparison_where_two_say_the_same(self, before: float, told: bool, facts: Facts) -> None:
        """The widest gap of the year, 19.6 points, and that of a month ago, beside the 10.9 of today."""
        state = with_gaps(facts, YTD=-0.109, **{"1M": 0.0})
        widest = GapExtreme(day=date(2024, 7, 10), gap=-0.196)
        returns = replace(state.returns, ytd_gap_month_ago=before, ytd_extreme=widest)
        story = story_of(replace(state, returns=returns))
        assert (found(story, "evidence.gap_lags").values["before"] is not None) is told
        assert "19.6" in in_words(story)["en"]

    @pytest.mark.parametrize("way", ["up", "down"])
    def test_each_rate_cuts_one_way(self, way: str, facts: Facts) -> None:
        change = 0.4 if way == "up" else -0.4
        level = Level(level=4.0, level_1m=4.0 - change, change_1m=change, change_3m=-change)
        bare = replace(facts, precedents=None, relative_strength=None)
        story = story_of(replace(bare, backdrop={"bill_rate": level, "ten_year": level}))
        said = in_words(story)
        words = {
            "up": ("hurting", "more costly", "труднее", "подорожали"),
            "down": ("helping", "less costly", "легче", "доступнее"),
        }
        for code, (short, long) in (("en", words[way][:2]), ("ru", words[way][2:])):
            assert short in said[code] and long in said[code]
        assert "40 basis points" in said["en"] and "за\u00a0месяц" in said["ru"].lower()

    def test_a_number_goes_where_another_would_print_the_same(self, facts: Facts) -> None:
        """1.3 % under the peak beside 1.3 % of some other thing."""
        chart = replace(
            facts.technicals["IJR"],
            peak_total_return=Peak(day=facts.as_of, below=0.0),
            drawdown=0.0,
            peak_price=Peak(day=date(2021, 11, 8), below=-0.013),
        )
        state = replace(facts, technicals={"IJR": chart})
        assert found(story_of(state), "technicals.record_total_only").values["below"] is not None
        twin = story_of(replace(with_gaps(state, YTD=0.0132), technicals={"IJR": chart}))
        assert found(twin, "technicals.record_total_only").values["below"] is None
        in_words(twin)

    def test_the_day_is_in_the_text(self, facts: Facts) -> None:
        said = in_words(story_of(facts, Voices()))
        assert "October\u00a016" in said["en"] and "16\u00a0октября" in said["ru"]

    def test_what_would_print_as_nothing_is_said_in_words(self, facts: Facts) -> None:
        """A distance of 0.0 % and a loss of 0.0 % are neither."""
        assert facts.verdict is not None
        near = tuple(replace(one, met=n > 0, distance=0.0003) for n, one in enumerate(facts.verdict.criteria))
        state = with_gaps(facts, YTD=-0.08, **{"1M": 0.05})
        total = {
            ticker: {**one, "1M": 0.0496 if ticker == "IJR" else -0.0004} for ticker, one in state.returns.total.items()
        }
        state = replace(
            state, returns=replace(state.returns, total=total), verdict=replace(facts.verdict, criteria=near)
        )
        story = story_of(replace(state, verdict=replace(facts.verdict, criteria=near, label=Evidence.CONVINCING)))
        said = in_words(story)
        assert "next to nothing" in said["en"].lower() and "loss of 0.0" not in said["en"]
        assert "0,0\u00a0% выигрыша" not in said["ru"] and "потерял 0,0" not in said["ru"]
