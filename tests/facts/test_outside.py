"""Indicators and statistics against other people's code: TA-Lib, statsmodels, empyrical-reloaded, pandas, numpy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import empyrical
import numpy as np
import pandas as pd
import pytest
import talib
from statsmodels.stats.proportion import proportion_confint
from statsmodels.tsa.stattools import ccf

from reporter.facts import Facts
from reporter.facts.lead_lag import LAGS, SESSIONS, compute_lead_lag
from reporter.facts.precedents import HORIZON, compute_precedents, wilson
from reporter.facts.relative_strength import HIGH, YEAR, Pair
from reporter.facts.reversion import HISTORY, compute_reversion
from reporter.facts.rotation import quadrant
from reporter.facts.series import prior_max, rolling_mean
from reporter.facts.technicals import atr, bandwidth, macd_histogram, rsi
from reporter.prices import Prices
from reporter.sessions import Calendar
from tests.conftest import Market

Walk = Callable[..., np.ndarray]
WARM = 800  # bars after which the seed of an exponential average is below 1e-9 of the price
EXACT = {"rtol": 1e-9, "atol": 1e-9}


@pytest.fixture(params=[1, 2, 3])
def bars(request: pytest.FixtureRequest, walk: Walk) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """High, low, close of two thousand sessions."""
    close = walk(request.param, 2000, spread=0.015)
    reach = np.abs(np.random.default_rng(request.param + 100).normal(0, 0.01, (2, 2000)))
    return close * (1 + reach[0]), close * (1 - reach[1]), close


class TestTaLib:
    """Of simulated bars, and of the real fund where it is at hand."""

    def test_simulated(self, bars: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
        self.compare(*bars)

    def test_real(self, market: Market) -> None:
        prices = market.prices(("IJR", "SPY"), date(2024, 10, 16))
        self.compare(*(frame["IJR"].to_numpy() for frame in (prices.high, prices.low, prices.close)))

    def compare(self, high: np.ndarray, low: np.ndarray, close: np.ndarray) -> None:
        np.testing.assert_allclose(rsi(close), talib.RSI(close, 14), **EXACT)
        np.testing.assert_allclose(atr(high, low, close), talib.ATR(high, low, close, 14), **EXACT)
        upper, middle, lower = talib.BBANDS(close, 20, 2, 2, talib.MA_Type.SMA)
        # TA-Lib takes the variance as a difference of sums, and so loses digits that we have.
        np.testing.assert_allclose(bandwidth(close), (upper - lower) / middle, rtol=1e-6, atol=1e-9)
        exact = pd.Series(close).rolling(20)
        expected = (4 * exact.std(ddof=0) / exact.mean()).to_numpy()
        np.testing.assert_allclose(bandwidth(close), expected, **EXACT)
        np.testing.assert_allclose(macd_histogram(close)[WARM:], talib.MACD(close, 12, 26, 9)[2][WARM:], **EXACT)
        for length in (50, 200):
            np.testing.assert_allclose(rolling_mean(close, length), talib.SMA(close, length), **EXACT)
        np.testing.assert_allclose(prior_max(high, 55)[56:], talib.MAX(high, 55)[55:-1], **EXACT)


@pytest.mark.parametrize(
    ("closes", "expected"), [([1.0] * 30, 100.0), (list(range(1, 31)), 100.0), (list(range(31, 1, -1)), 0.0)]
)
def test_rsi_at_its_ends(closes: list[float], expected: float) -> None:
    assert rsi(np.array(closes, "float64"))[-1] == expected


class TestStatsmodels:
    @pytest.mark.parametrize("planted", [-3, 0, 2])
    def test_cross_correlation(self, walk: Walk, calendar: Calendar, planted: int) -> None:
        """`ccf(x, y)[k]` correlates x at t + k with y at t; ours has the subject k sessions after the benchmark."""
        common = np.random.default_rng(5).normal(0, 0.01, 400)
        mine = np.roll(common, planted) + np.random.default_rng(6).normal(0, 0.004, 400)
        days = tuple(calendar.between(date(2020, 1, 1), date(2024, 10, 16))[-400:].tolist())
        pair = Pair(days=days, subject=100 * np.exp(np.cumsum(mine)), benchmark=100 * np.exp(np.cumsum(common)))
        found = compute_lead_lag(pair)
        assert found is not None
        subject, benchmark = (np.diff(np.log(level))[-SESSIONS:] for level in (pair.subject, pair.benchmark))
        for lag in range(LAGS + 1):
            assert found.profile[lag] == pytest.approx(ccf(subject, benchmark, adjusted=False)[lag], abs=1e-9)
            assert found.profile[-lag] == pytest.approx(ccf(benchmark, subject, adjusted=False)[lag], abs=1e-9)
        assert found.lag == planted
        assert found.leader == ("none" if planted == 0 else "benchmark" if planted > 0 else "subject")
        assert found.band == pytest.approx(1.96 / np.sqrt(SESSIONS), rel=1e-4)

    @pytest.mark.parametrize(("successes", "n"), [(0, 1), (1, 1), (8, 14), (3, 40), (39, 40)])
    def test_wilson(self, successes: int, n: int) -> None:
        assert wilson(successes, n) == pytest.approx(proportion_confint(successes, n, method="wilson"), abs=1e-9)


class TestEmpyrical:
    def test_returns_and_drawdown(
        self, make_prices: Callable[..., Prices], facts_of: Callable[..., Facts], walk: Walk
    ) -> None:
        prices = make_prices({"AAA": walk(7), "BBB": walk(8)})
        facts = facts_of(prices, "AAA", "BBB")
        for ticker in ("AAA", "BBB"):
            daily = prices.adjusted_close[ticker].pct_change()
            for window, base in facts.returns.bases.items():
                expected = empyrical.cum_returns_final(daily.loc[base + timedelta(days=1) :])
                assert facts.returns.total[ticker][window] == pytest.approx(expected, abs=1e-9), window
            last = daily.loc[facts.technicals[ticker].peak_total_return.day + timedelta(days=1) :]
            assert facts.technicals[ticker].drawdown == pytest.approx(empyrical.cum_returns_final(last), abs=1e-9)
            whole = prices.adjusted_close[ticker]
            deepest = min(whole / whole.cummax() - 1)
            assert empyrical.max_drawdown(daily.dropna()) == pytest.approx(deepest, abs=1e-9)
            assert facts.technicals[ticker].drawdown == pytest.approx(float((whole / whole.cummax()).iloc[-1] - 1))


class TestPrecedents:
    def pair(self, ratio: np.ndarray, calendar: Calendar) -> Pair:
        days = tuple(calendar.between(date(2005, 1, 1), date(2024, 10, 16))[-len(ratio) :].tolist())
        return Pair(days=days, subject=ratio, benchmark=np.ones(len(ratio)))

    def test_counted_by_hand(self, calendar: Calendar) -> None:
        """A fall of 400 sessions, a jump over the three-month high, a further rise: one attempt, which succeeds."""
        ratio = np.concatenate((np.linspace(200, 100, 400), np.linspace(125, 140, 200)))
        found = compute_precedents(self.pair(ratio, calendar), calendar)
        assert found is not None
        rows = [
            row
            for row in range(YEAR, 600)
            if ratio[row] < ratio[row - YEAR] and ratio[row] > ratio[row - HIGH : row].max()
        ]
        assert found.attempts[0].day == self.pair(ratio, calendar).days[rows[0]]
        assert rows[0] == 400
        assert found.attempts[0].known and found.attempts[0].succeeded
        assert found.attempts[0].relative_return == pytest.approx(ratio[400 + HORIZON] / 125 - 1)

    def test_base_rate_by_a_loop(self, walk: Walk, calendar: Calendar) -> None:
        ratio = walk(11, 1500, drift=-0.0002)
        found = compute_precedents(self.pair(ratio, calendar), calendar)
        assert found is not None
        lagging = [row for row in range(YEAR, 1500 - HORIZON) if ratio[row] < ratio[row - YEAR]]
        assert found.base_days == len(lagging)
        assert found.base_rate == pytest.approx(np.mean([ratio[row + HORIZON] > ratio[row] for row in lagging]))

    def test_later_sessions_change_no_attempt(self, walk: Walk, calendar: Calendar) -> None:
        ratio = walk(12, 2000, drift=-0.0002)
        whole = self.pair(ratio, calendar)
        later = compute_precedents(whole, calendar)
        early = compute_precedents(
            Pair(days=whole.days[:1600], subject=ratio[:1600], benchmark=np.ones(1600)), calendar
        )
        assert later is not None and early is not None and len(early.attempts) > 1
        assert [one.day for one in later.attempts][: len(early.attempts)] == [one.day for one in early.attempts]
        for one, other in zip(early.known, later.attempts, strict=False):
            assert one == other


def test_reversion_by_pandas(walk: Walk, calendar: Calendar) -> None:
    ratio = walk(13, 4000)
    days = tuple(calendar.between(date(2005, 1, 1), date(2024, 10, 16))[-4000:].tolist())
    found = compute_reversion(Pair(days=days, subject=ratio, benchmark=np.ones(4000)))
    assert found is not None
    yearly = pd.Series(ratio).pct_change(YEAR)
    recent = yearly.tail(HISTORY)
    assert found.z == pytest.approx((yearly.iloc[-1] - recent.mean()) / recent.std(ddof=0))
    years = yearly.iloc[::-YEAR].dropna()[::-1].reset_index(drop=True)
    assert found.n == len(years) - 1
    assert found.correlation == pytest.approx(years.corr(years.shift()))


def test_rotation_by_pandas(market: Market) -> None:
    """Weekly closes by pandas' own resampling, of real prices: the week of the as-of is not over and is left out."""
    facts = market.facts()
    adjusted = market.prices(("IJR", "SPY"), date(2024, 10, 16)).adjusted_close
    weekly = (adjusted["IJR"] / adjusted["SPY"]).resample("W-FRI").last().loc[:"2024-10-11"]
    ratio = 100 * weekly / weekly.rolling(12).mean()
    momentum = 100 * ratio / ratio.rolling(5).mean()
    place = facts.rotation["IJR"]
    assert place.week_ended == date(2024, 10, 11)
    expected = list(zip(ratio.tail(6), momentum.tail(6), strict=True))
    np.testing.assert_allclose(place.tail, expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("ratio", "momentum", "expected"),
    [(100, 100, "leading"), (101, 99.9, "weakening"), (99.9, 99, "lagging"), (99, 100, "improving")],
)
def test_quadrants(ratio: float, momentum: float, expected: str) -> None:
    assert quadrant(ratio, momentum) == expected
