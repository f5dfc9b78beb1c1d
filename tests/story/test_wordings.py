"""Variation: several wordings, in turn, never the one of the edition before; titles that fit."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from reporter.config import Brief, Schedule
from reporter.facts import Facts
from reporter.facts.week import compute_week
from reporter.finding import Finding, Fund, Value, percent
from reporter.language import Language
from reporter.pipeline import rotation_of
from reporter.sessions import Calendar, load_calendar
from reporter.story.headline import TITLE_LENGTH
from reporter.wording import Rotation
from reporter.words import BUNDLED, language_codes

CODES = language_codes()
#: Said in one edition of ten or more, by the sections that the rules of this program choose: four wordings each.
FREQUENT = {
    "headline": [f"title_{one}_{week}" for one in ("lags", "leads", "level") for week in ("up", "flat", "down")]
    + [f"standfirst_{one}_{month}" for one in ("lags", "leads") for month in ("improving", "flat", "worsening")]
    + ["standfirst_lags_flat_recovered", "standfirst_lags_improving_nearly", "standfirst_quiet"],
    "lede": [f"fund_{way}" for way in ("up", "flat", "down")]
    + ["hopes_stir", "doubts_stir", "record_poor", "record_even", "record_good", "yardstick", "unchanged"],
    "evidence": ["pair_lags", "pair_level", "pair_leads", "gap_lags", "gap_leads", "gap_crossed"]
    + ["month_flat", "month_improving", "month_worsening"]
    + [f"split_{one}_{two}" for one in ("recovered", "lost") for two in ("flat", "improving", "worsening")],
    "technicals": [
        "chart_solid",
        "chart_mixed",
        "chart_weak",
        "levels_above",
        "levels_below",
        "record_both",
        "record_total_only",
        "below_peak",
        "breakout",
        "no_breakout",
        "overbought",
        "oversold",
        "consolidation",
        "golden_cross",
        "death_cross",
    ],
    "field": ["year_first", "year_middle", "year_last", "week_better", "week_worse"],
    "reversion": ["level_low", "level_high", "usual_wider", "usual_narrower"],
    "precedents": [
        "rule",
        "rise_short",
        "attempts_mixed",
        "last_won",
        "last_failed",
        "odds_open",
        "open_ahead",
        "open_behind",
    ],
    "backdrop": ["rates_flat", "rates_up", "rates_down", "rates_split", "rates_half", "vix_up", "vix_down", "vix_high"],
    "bottom_line": [f"{one}_{label}" for one in ("turn", "lead") for label in ("thin", "building", "convincing")]
    + ["turn_none", "tests_none", "tests_one", "tests_some", "tests_all", "flip_gain", "flip_loss", "close_quiet"]
    + ["more_than_before", "fewer_than_before", "portfolios_turn_weak", "portfolios_turn_weak_low"]
    + ["portfolios_turn_strong", "portfolios_lead_weak", "portfolios_lead_strong"]
    + ["close_turn_weak", "close_lead_strong"],
}


def macros(code: str, section: str) -> set[str]:
    text = (BUNDLED / "languages" / code / f"{section}.j2").read_text("utf-8")
    return set(re.findall(r"macro ([a-z]\w*)\(", text))


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("section", sorted(FREQUENT))
def test_four_wordings_of_what_is_said_often(code: str, section: str) -> None:
    known = macros(code, section)
    kinds = [kind for kind in FREQUENT[section] if not kind.startswith("close_") or kind == "close_quiet"]
    kinds += [f"{kind}_{month}" for kind in FREQUENT[section] if kind.startswith("close_") and kind != "close_quiet"
              for month in ("flat", "improving", "worsening")]  # fmt: skip
    for kind in kinds:
        wanted = {kind, *(f"{kind}_{n}" for n in (2, 3, 4))}
        assert wanted <= known, wanted - known


@pytest.fixture(scope="module")
def exchange() -> Calendar:
    return load_calendar("XNYS", datetime(2025, 6, 30, tzinfo=UTC))


@pytest.mark.parametrize("n", [3, 4, 5, 6, 7])
def test_no_wording_twice_in_a_row(n: int, exchange: Calendar) -> None:
    """Neither for who gets an edition a session, nor for who gets one a week."""
    days = [day.astype(date) for day in exchange.between(date(2004, 1, 2), date(2024, 12, 31))]
    weeks = {day: compute_week(day, exchange) for day in days}
    ends = [one for one, two in pairwise(days) if weeks[one].number != weeks[two].number]
    for kind in ("en/lede/fund_up", "ru/bottom_line/flip_gain"):
        chosen = {day: Rotation("b", week.number, week.place).pick(kind, n) for day, week in weeks.items()}
        assert set(chosen.values()) == set(range(n))
        assert not [pair for pair in pairwise(ends) if chosen[pair[0]] == chosen[pair[1]]]
        daily = [pair for pair in pairwise(days) if chosen[pair[0]] == chosen[pair[1]]]
        # Weeks of one or two sessions have no neighbour with another place.
        assert all(min(sum(w.number == weeks[d].number for w in weeks.values()) for d in pair) <= 2 for pair in daily)


def test_each_wording_comes_once_in_a_round() -> None:
    for n in range(2, 8):
        picks = [Rotation("b", week).pick("kind", n) for week in range(n * 40)]
        shift = next(shift for shift in range(n) if all(
            len(set(picks[i : i + n])) == n for i in range(shift, len(picks) - n, n)))  # fmt: skip
        assert 0 <= shift < n


def test_same_edition_same_words_and_other_briefs_other_words() -> None:
    def picks(brief: str) -> list[int]:
        return [Rotation(brief, week).pick("kind", 4) for week in range(60)]

    assert picks("a") == picks("a") != picks("b")


@pytest.mark.parametrize("code", CODES)
def test_titles_fit_for_every_subject(code: str) -> None:
    """Whatever wording has its turn: names of all funds, against three benchmarks."""
    language = Language(code)
    kinds = sorted(
        {re.sub(r"_(\d+|short)$", "", name) for name in macros(code, "headline") if name.startswith("title")}
    )
    names = sorted({*language.words("names.yaml"), "VOD.L"}, key=lambda ticker: -len(language.name(ticker)["group"]))
    for week in range(5):
        language.rotation = Rotation("titles", week)
        for ticker in names if week == 0 else names[:10]:
            for benchmark in {"SPY", "IVW"} - {ticker}:
                values: dict[str, Value] = {"subject": Fund(ticker), "benchmark": Fund(benchmark), "strong": True}
                for kind in kinds:
                    said = language.say(Finding("headline", kind, values, longest=TITLE_LENGTH))
                    assert len(said.text) <= TITLE_LENGTH, said.text
                    assert said.text[0].isupper() or said.text[0].isdigit() or ticker == "VOD.L"


def test_a_long_wording_gives_way_to_the_next() -> None:
    values: dict[str, Value] = {"subject": Fund("XLP"), "benchmark": Fund("SPY"), "strong": False}
    said = Language("ru").say(Finding("headline", "title_lags_down", values, longest=TITLE_LENGTH))
    assert len(said.text) <= TITLE_LENGTH and said.text.startswith("Акции производителей товаров первой необходимости")


def test_one_template_of_a_user_replaces_the_bundled_one(tmp_path: Path) -> None:
    """The other files stay the bundled ones."""
    folder = tmp_path / "languages" / "en"
    folder.mkdir(parents=True)
    (folder / "quote.j2").write_text("{% macro quote(f) %}unused{% endmacro %}")
    (folder / "lede.j2").write_text("{% macro fund_up(f) %}House style: plus {{ f.week }}.{% endmacro %}")
    language = Language("en", tmp_path)
    funds: dict[str, Value] = {"subject": Fund("IJR"), "benchmark": Fund("SPY")}
    up = Finding("lede", "fund_up", {**funds, "week": percent(0.034, "returns.IJR.1W")})
    assert language.say(up).text == "House style: plus 3.4%."
    title = Finding("headline", "title_lags_up", {**funds, "strong": True}, longest=TITLE_LENGTH)
    assert "mall caps" in language.say(title).text


@pytest.mark.parametrize("every", ["week", "month"])
def test_a_monthly_brief_has_a_deal_of_its_own(
    every: Any,
    make_prices: Callable[..., Any],
    facts_of: Callable[..., Facts],
    walk: Callable[..., Any],
    exchange: Calendar,
) -> None:
    """Four or five weeks lie between its editions, as many as there are wordings: a deal by week would repeat."""
    brief = Brief(subject="IJR", benchmark="SPY", schedule=Schedule(every=every))
    facts = facts_of(make_prices({"IJR": walk(1, 300), "SPY": walk(2, 300)}), "IJR", "SPY")
    ends = [
        one
        for one, two in pairwise(day.astype(date) for day in exchange.between(date(2014, 1, 2), date(2024, 12, 31)))
        if one.month != two.month
    ]
    deals = [rotation_of(brief, replace(facts, as_of=day, week=compute_week(day, exchange))) for day in ends]
    repeated = [
        (kind, n)
        for kind in ("en/lede/fund_up", "ru/bottom_line/flip_gain")
        for n in (3, 4, 5)
        for one, two in pairwise(deals)
        if one.pick(kind, n) == two.pick(kind, n)
    ]
    assert bool(repeated) == (every == "week")


@pytest.mark.parametrize("code", CODES)
def test_a_draw_over_the_month_has_no_winner(code: str) -> None:
    """A gap within the band may be a lead of a tenth, which a test counts: nobody won or lost, whatever the wording."""
    winner = r"(?i)\b(?:not beat\w*|beaten|without losses|обогна\w*|не отста\w*|не хуже|без потерь)"
    flat = re.compile(
        r"(?s){% macro ((?:standfirst|month|close)\w*_flat(?:_recovered)?(?:_\d)?)\(f\) %}(.*?){% endmacro %}"
    )
    for file in ("headline.j2", "evidence.j2", "bottom_line.j2"):
        text = (BUNDLED / "languages" / code / file).read_text("utf-8")
        assert flat.findall(text)
        for name, words in flat.findall(text):
            assert not re.search(winner, words), (name, words)
