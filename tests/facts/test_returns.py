"""Returns, bases, gaps, ranks, years and streaks; expected values were printed or computed elsewhere."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reporter.facts import Facts
from reporter.facts.returns import calendar_years, rank_all, streak, ytd_extreme
from reporter.facts.series import Panel
from reporter.prices import Prices
from reporter.sessions import Calendar
from tests.conftest import FACTOR_FUNDS, MARKET, Market

# what was printed


def published() -> Iterator[Any]:
    """Rows of the shared table that the prices are asked to match."""
    path = MARKET / "published_figures.csv"
    for row in csv.DictReader(path.read_text("utf-8").splitlines()) if path.is_file() else ():
        marks = [pytest.mark.skip(reason=row["match"])] if row["match"].startswith("NO") else []
        yield pytest.param(row, id=f"{row['asof']}-{row['ticker']}-{row['metric']}", marks=marks)


@pytest.mark.parametrize("row", list(published()))
def test_return_is_what_was_printed(row: dict[str, str], market: Market) -> None:
    as_of = date.fromisoformat(row["asof"])
    total = market.facts(row["ticker"], "IWM" if row["ticker"] != "IWM" else "SPY", (), as_of).returns.total
    value, text = total[row["ticker"]][row["metric"].upper()] * 100, row["published"]
    assert abs(value - float(row["computed_total_return_pct"])) <= 0.0051
    if bound := re.fullmatch(r"< ?(-?\d+)", text):
        assert value < float(bound[1])
    elif text == "about half of MTUM":
        leader = market.facts("MTUM", "SPY", (), as_of).returns.total["MTUM"]["YTD"] * 100
        assert value / leader == pytest.approx(0.5, abs=0.02)
    elif near := re.fullmatch(r"(?:near|about) (\d+)", text):
        assert abs(value - float(near[1])) <= 0.35
    elif row["match"].startswith("within"):
        assert abs(value - float(text)) <= float(row["match"].split()[1])
    else:
        decimals = len(text.partition(".")[2])
        assert f"{value:.{decimals}f}" == text


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("returns", "IJR", "YTD"), 10.89),
        (("returns", "SPY", "YTD"), 23.66),
        (("returns", "IJR", "1M"), 3.85),
        (("returns", "SPY", "1M"), 3.77),
        (("returns", "MTUM", "YTD"), 33.53),
        (("returns", "IVW", "YTD"), 29.41),
        (("returns", "QUAL", "YTD"), 24.54),
        (("returns", "USMV", "YTD"), 20.29),
        (("returns", "VYM", "YTD"), 20.10),
        (("returns", "IJK", "YTD"), 18.99),
        (("returns", "IVE", "YTD"), 17.20),
        (("returns", "IJT", "YTD"), 13.87),
        (("returns", "IJJ", "YTD"), 12.86),
        (("returns", "IJS", "YTD"), 7.77),
    ],
)
def test_golden_return(path: tuple[str, str, str], expected: float, market: Market) -> None:
    """market/README.md, as of the close of 2024-10-16."""
    _, ticker, window = path
    assert market.facts().returns.total[ticker][window] * 100 == pytest.approx(expected, abs=0.0051)


def test_golden_levels(market: Market) -> None:
    facts = market.facts(headline_index="IWM")
    ijr = facts.technicals["IJR"]
    assert (round(ijr.close, 2), round(ijr.sma50, 2), round(ijr.sma200, 2)) == (118.72, 114.10, 109.18)
    assert round(facts.technicals["SPY"].close, 2) == 582.30
    assert facts.returns.total["IWM"]["YTD"] * 100 == pytest.approx(14.0, abs=0.05)
    assert facts.returns.price["IJR"]["YTD"] * 100 == pytest.approx(9.7, abs=0.05)
    assert facts.returns.price["SPY"]["YTD"] * 100 == pytest.approx(22.5, abs=0.05)
    assert ijr.peak_total_return.below == 0 > ijr.peak_price.below, "a record by total return only"
    assert round(ijr.rsi14) == 63


def test_the_two_gaps_of_the_seed_moved_in_opposite_directions(market: Market) -> None:
    """commentary.md, section 3: one month +0.08 points, year to date from -12.4 to -12.8."""
    returns = market.facts().returns
    assert returns.gap["1M"] * 100 == pytest.approx(0.08, abs=0.005)
    assert returns.gap["YTD"] * 100 == pytest.approx(-12.8, abs=0.05)
    assert returns.ytd_gap_month_ago is not None
    assert returns.ytd_gap_month_ago * 100 == pytest.approx(-12.4, abs=0.05)


def test_cutting_gives_what_loading_gives(market: Market, facts_of: Callable[..., Facts]) -> None:
    """The shortcut of these tests, and look-ahead in one: prices of later days change nothing."""
    as_of = date(2019, 5, 31)
    tickers = ("IJR", "SPY", *FACTOR_FUNDS, "^VIX", "^TNX", "^IRX")
    proper = facts_of(market.load(tickers, as_of), "IJR", "SPY", FACTOR_FUNDS)
    cut = market.facts(as_of=as_of)
    for ticker, windows in cut.returns.total.items():
        assert windows == pytest.approx(proper.returns.total[ticker], abs=1e-6), "prices are kept to six decimals"
    assert cut.precedents is not None and proper.precedents is not None
    assert [attempt.day for attempt in cut.precedents.attempts] == [
        attempt.day for attempt in proper.precedents.attempts
    ]
    assert cut.technicals["IJR"].rsi14 == pytest.approx(proper.technicals["IJR"].rsi14, abs=1e-12)


def test_returns_and_drawdown_agree_with_empyrical(market: Market) -> None:
    empyrical = pytest.importorskip("empyrical", reason="empyrical-reloaded is not installed")
    facts, levels = market.facts(), market.prices(("IJR", "SPY"), date(2024, 10, 16)).adjusted_close
    for ticker in ("IJR", "SPY"):
        daily = levels[ticker].pct_change()
        for window in ("1W", "1M", "3M", "YTD", "1Y", "5Y"):
            after = daily[daily.index > pd.Timestamp(facts.returns.bases[window])]
            assert facts.returns.total[ticker][window] == pytest.approx(empyrical.cum_returns_final(after), abs=1e-12)
        path = empyrical.cum_returns(daily.dropna(), starting_value=1)
        assert facts.technicals[ticker].drawdown == pytest.approx(path.iloc[-1] / path.max() - 1, abs=1e-12)


@pytest.mark.parametrize("as_of", [date(2009, 3, 9), date(2020, 3, 23), date(2022, 9, 30)])
def test_drawdown_at_its_deepest_is_empyricals_maximum(as_of: date, market: Market) -> None:
    empyrical = pytest.importorskip("empyrical", reason="empyrical-reloaded is not installed")
    daily = market.prices(("IJR", "SPY"), as_of).adjusted_close["SPY"].pct_change().dropna()
    found = market.facts(field=(), as_of=as_of).technicals["SPY"].drawdown
    deepest_so_far = empyrical.max_drawdown(daily)
    assert found >= deepest_so_far - 1e-12
    if as_of == date(2009, 3, 9):
        assert found == pytest.approx(deepest_so_far, abs=1e-12)


# bases


@pytest.mark.parametrize(
    ("as_of", "window", "expected", "why"),
    [
        (date(2024, 10, 16), "YTD", date(2023, 12, 29), "the last session of the year before, not the first of this"),
        (date(2024, 1, 2), "YTD", date(2023, 12, 29), "also on the first session of the year"),
        (date(2023, 12, 29), "YTD", date(2022, 12, 30), "also on the last"),
        (date(2024, 10, 16), "1M", date(2024, 9, 16), "the same day of the month, 22 sessions"),
        (date(2024, 3, 29 - 1), "1M", date(2024, 2, 28), "the same day"),
        (date(2023, 3, 30), "1M", date(2023, 2, 28), "clipped to the end of February"),
        (date(2024, 3, 28), "1Y", date(2023, 3, 28), "a year by the calendar"),
        (date(2024, 2, 29), "1Y", date(2023, 2, 28), "leap day, clipped"),
        (date(2012, 11, 30), "1M", date(2012, 10, 26), "30 and 29 October were closed for a storm, before a weekend"),
        (date(2018, 12, 12), "1W", date(2018, 12, 4), "5 December was a day of mourning"),
        (date(2024, 4, 5), "1W", date(2024, 3, 28), "Good Friday"),
        (date(2024, 5, 31), "3M", date(2024, 2, 29), "clipped to the leap day"),
        (date(2024, 8, 30), "6M", date(2024, 2, 29), "clipped"),
    ],
)
def test_base_is_the_last_session_on_or_before(
    as_of: date, window: str, expected: date, why: str, calendar: Calendar
) -> None:
    assert calendar.base(as_of, window) == expected, why


def test_window_is_absent_where_the_history_begins_after_its_base(
    make_prices: Callable[..., Prices], facts_of: Callable[..., Facts]
) -> None:
    """Neither the first bar nor anything else stands in for the base."""
    rising = np.linspace(100, 120, 60)
    returns = facts_of(make_prices({"AAA": rising, "BBB": rising[::-1]}), "AAA", "BBB").returns
    assert set(returns.total["AAA"]) == {"1W", "1M"}
    assert returns.ytd_extreme is None and returns.ytd_gap_month_ago is None and returns.years == ()


def test_a_gap_at_the_base_leaves_the_window_out(
    make_prices: Callable[..., Prices], facts_of: Callable[..., Facts], calendar: Calendar
) -> None:
    prices = make_prices({"AAA": np.linspace(100, 120, 300), "BBB": np.linspace(50, 40, 300)})
    base = pd.Timestamp(calendar.base(date(2024, 10, 16), "1M"))
    for frame in (prices.close, prices.adjusted_close):
        frame.loc[base, "AAA"] = np.nan
    returns = facts_of(prices, "AAA", "BBB").returns
    assert "1M" not in returns.total["AAA"] and "1M" in returns.total["BBB"]
    assert "1M" not in returns.gap and "1W" in returns.gap and "3M" in returns.gap
    assert returns.ytd_gap_month_ago is None and returns.gap_before_last_week is None


def test_a_gap_at_the_base_of_the_year_leaves_its_chart_out(
    make_prices: Callable[..., Prices], facts_of: Callable[..., Facts]
) -> None:
    """A line from nowhere is none: no point of it may be NaN, which JSON does not know."""
    for ticker in ("AAA", "BBB"):
        prices = make_prices({"AAA": np.linspace(100, 120, 300), "BBB": np.linspace(50, 40, 300)})
        for frame in (prices.close, prices.adjusted_close):
            frame.loc[pd.Timestamp("2023-12-29"), ticker] = np.nan
        facts = facts_of(prices, "AAA", "BBB")
        assert facts.lines.performance == {} and "performance" not in facts.readings and "price" in facts.readings


def test_gap_is_a_difference_of_returns_by_hand(
    make_prices: Callable[..., Prices], facts_of: Callable[..., Facts]
) -> None:
    steady, doubling = np.full(300, 50.0), np.full(300, 50.0)
    doubling[-1] = 60.0
    returns = facts_of(make_prices({"AAA": doubling, "BBB": steady}), "AAA", "BBB").returns
    assert returns.gap == pytest.approx(dict.fromkeys(returns.total["AAA"], 0.2))
    assert returns.gap_before_last_week == 0 and returns.ytd_gap_month_ago == 0


# ranks


def test_ranks_break_ties_by_ticker_and_leave_out_short_histories() -> None:
    total = {"S": {"YTD": 0.05, "1M": 0.01}, "B": {"YTD": 0.07}, "A": {"YTD": 0.07}, "C": {"1M": 0.02}}
    ranks = rank_all(total, ("S", "B", "A", "C", "ABSENT"))
    assert ranks["YTD"].order == ("A", "B", "S") and ranks["YTD"].place("S") == 3 and ranks["YTD"].of == 3
    assert ranks["YTD"].dispersion == pytest.approx(0.02)
    assert ranks["1M"].order == ("C", "S")
    assert "1W" not in ranks, "a window without the subject has no ranking"


def test_no_ranking_of_one_fund_or_without_the_subject() -> None:
    assert rank_all({"S": {"YTD": 0.1}}, ("S",)) == {}
    assert rank_all({"S": {}, "A": {"YTD": 0.1}, "B": {"YTD": 0.2}}, ("S", "A", "B")) == {}


# the path of the year, years, streaks


def test_ytd_extreme_is_the_widest_on_todays_side(
    make_prices: Callable[..., Prices], panel_of: Callable[[Prices], Panel]
) -> None:
    """Subject: +30 % in spring, -20 % in summer, -5 % now; benchmark flat."""
    flat, subject = np.full(400, 100.0), np.full(400, 100.0)
    subject[-150:] = 130.0
    subject[-80:] = 80.0
    subject[-10:] = 95.0
    panel = panel_of(make_prices({"AAA": subject, "BBB": flat}))
    found = ytd_extreme(panel, panel.adjusted["AAA"], panel.adjusted["BBB"])
    assert found is not None and found.gap == pytest.approx(-0.2) and found.day == panel.days[-80]
    found = ytd_extreme(panel, panel.adjusted["BBB"], panel.adjusted["AAA"])
    assert found is not None and found.gap == pytest.approx(0.2), "of the other side of the pair, the same day"
    assert ytd_extreme(panel, panel.adjusted["BBB"], panel.adjusted["BBB"]) is None, "no side"


def test_calendar_years_against_pandas(market: Market) -> None:
    prices = market.prices(("IJR", "SPY"), date(2024, 10, 16)).adjusted_close[["IJR", "SPY"]]
    yearly = prices.resample("YE").last().pct_change()
    years = market.facts().returns.years
    assert [year.year for year in years] == list(range(2014, 2024))
    for year in years:
        row = yearly.loc[str(year.year)].iloc[0]
        assert (year.subject, year.benchmark) == pytest.approx((row["IJR"], row["SPY"]), abs=1e-12)
    gaps = sorted(year.subject - year.benchmark for year in years)
    assert market.facts().returns.usual_year_gap == pytest.approx((gaps[4] + gaps[5]) / 2)


def test_calendar_years_stop_at_a_hole_and_need_five(
    make_prices: Callable[..., Prices], panel_of: Callable[[Prices], Panel]
) -> None:
    level = np.linspace(100, 200, 252 * 8)
    panel = panel_of(make_prices({"AAA": level}))
    whole = calendar_years(panel, level, level)
    assert len(whole) == 7 and whole[-1].year == 2023
    broken = level.copy()
    broken[panel.row_on_or_before(date(2019, 12, 31))] = np.nan
    assert calendar_years(panel, broken, level) == (), "2020 to 2023 only: too few"


@pytest.mark.parametrize(
    ("close", "expected"),
    [
        ([1, 2, 3, 4], 3),
        ([5, 4, 5, 6, 7], 3),
        ([3, 2, 1], -2),
        ([9, 8, 8, 7, 6], -2),
        ([1, 2, 2], 0),
        ([1], 0),
        ([], 0),
        ([1, 2, np.nan], 0),
        ([1, np.nan, 2, 3], 1),
    ],
)
def test_streak(close: list[float], expected: int) -> None:
    assert streak(np.array(close, dtype=float)) == expected
