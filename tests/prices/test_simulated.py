"""The invented market: the same for everybody, never changed by what is asked, and near to life."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from reporter.config import SimulatedSettings, Sources
from reporter.prices import Prices
from reporter.prices.bars import COLUMNS, first_fault, make_bars
from reporter.prices.checks import split_suspects
from reporter.prices.invented import FUNDS, LEVELS
from reporter.prices.load import load_prices
from reporter.prices.simulated import fetch
from reporter.sessions import Calendar

AS_OF = date(2024, 10, 16)
DEFAULT = SimulatedSettings().seed
SEEDS = (DEFAULT, 1, 2, 3)


def load(calendar: Calendar, *tickers: str, as_of: date = AS_OF, seed: int = DEFAULT) -> Prices:
    return load_prices(tickers, (), calendar, as_of, Sources(simulated=SimulatedSettings(seed=seed)), "simulated")


@pytest.fixture(scope="module", params=SEEDS)
def whole(request: pytest.FixtureRequest, calendar: Calendar) -> Prices:
    """All funds and levels of one seed."""
    return load(calendar, *FUNDS, *LEVELS, seed=request.param)


def test_deterministic(calendar: Calendar) -> None:
    assert load(calendar, "SPY", "IJR").sha256 == load(calendar, "SPY", "IJR").sha256


def test_seed_changes_every_fund(calendar: Calendar) -> None:
    one, other = (load(calendar, "SPY", "ZZZ", seed=seed).close for seed in (1, 2))
    assert (one.iloc[-1] != other.iloc[-1]).all()


@pytest.mark.parametrize("earlier", [date(2005, 1, 3), date(2005, 1, 4), date(2013, 3, 28), date(2024, 10, 15)])
def test_an_earlier_as_of_is_a_prefix(calendar: Calendar, earlier: date) -> None:
    tickers = ("SPY", "IJR", "AGG", "GLD", "ZZZ", *LEVELS)
    settings = SimulatedSettings()
    long, short = (fetch(tickers, calendar, as_of, settings).bars for as_of in (AS_OF, earlier))
    for ticker in tickers:
        for name in sorted({*COLUMNS} - {"adjusted_close"}):  # which ends at the last close
            np.testing.assert_array_equal(short[ticker][name], long[ticker][name][: len(short[ticker])])


def test_total_returns_of_the_past_do_not_change(calendar: Calendar) -> None:
    long, short = (load(calendar, "SPY", as_of=as_of).adjusted_close["SPY"] for as_of in (AS_OF, date(2013, 3, 28)))
    ratio = long.loc[short.index] / short
    np.testing.assert_allclose(ratio, ratio.iloc[-1], rtol=1e-6)


def test_independent_of_the_other_tickers(calendar: Calendar) -> None:
    alone, among = load(calendar, "IJR"), load(calendar, "ZZZ", "SPY", "IJR", "^VIX")
    for name in COLUMNS:
        pd.testing.assert_series_equal(getattr(alone, name)["IJR"], getattr(among, name)["IJR"])


def test_before_the_beginning_there_is_nothing(calendar: Calendar) -> None:
    assert (
        load(calendar, "SPY", as_of=date(2004, 12, 31))
        .problems["SPY"]
        .text.endswith("begins on 2005-01-03, after 2004-12-31")
    )


def test_every_bar_is_possible(whole: Prices) -> None:
    assert (whole.problems, whole.notes) == ({}, ())
    assert whole.close.notna().all(axis=None)
    for ticker in whole.close:
        table = make_bars(whole.sessions.to_numpy("M8[D]"), {name: getattr(whole, name)[ticker] for name in COLUMNS})
        assert first_fault(table, ticker) is None
        assert split_suspects(table) == "" or ticker in LEVELS


def test_the_market_is_near_to_life(whole: Prices) -> None:
    moves = np.log(whole.adjusted_close[["SPY", "IJR", "AGG"]]).diff().dropna()
    yearly = moves.std() * 252**0.5
    assert 0.10 < yearly["SPY"] < yearly["IJR"] < 0.30
    assert yearly["AGG"] < 0.10
    assert moves["SPY"].corr(moves["IJR"]) > 0.7
    assert 0.0 < moves["SPY"].mean() * 252 < 0.18
    assert moves["SPY"].kurt() > 1  # unrest comes in clusters


def test_levels_stay_where_levels_are(whole: Prices) -> None:
    assert whole.close["^VIX"].between(5, 100).all()
    assert whole.close["^TNX"].between(0.2, 12).all()
    assert whole.close["^IRX"].between(0, 15).all()
    moves = whole.close["^VIX"].diff().corr(whole.close["SPY"].diff())
    assert moves < 0  # fear rises when shares fall


def test_dividends_make_total_return_the_larger_one(whole: Prices) -> None:
    funds = [ticker for ticker, fund in FUNDS.items() if fund.payout]
    start = whole.adjusted_close[funds].iloc[0] / whole.close[funds].iloc[0]
    assert (start < 0.95).all()
    assert whole.adjusted_close["GLD"].equals(whole.close["GLD"])  # gold pays nothing


def test_some_funds_have_been_split(whole: Prices) -> None:
    """Prices before a split have been divided by its ratio: they do not come in whole cents."""
    cents = whole.close[list(FUNDS)] * 100
    finer = ((cents - cents.round()).abs() > 1e-6).any()
    assert 5 < finer.sum() < len(FUNDS)
