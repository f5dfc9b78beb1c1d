"""The real yfinance against a server that answers as Yahoo does: nothing wrong passes as good, nothing is delisted."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reporter.config import Sources, YahooSettings
from reporter.errors import UpstreamError
from reporter.prices import Prices
from reporter.prices.load import load_prices
from reporter.sessions import Calendar
from tests.yahoo_server import Yahoo, serve

AS_OF = date(2024, 10, 16)
TICKERS = ("AAA", "BBB")


def frame(calendar: Calendar, seed: int, last: date = AS_OF) -> pd.DataFrame:
    """Two years of bars with four dividends; adjusted closes computed here, the slow way."""
    days = pd.DatetimeIndex(calendar.between(date(2022, 10, 17), last))
    rng = np.random.default_rng(seed)
    close = np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.01, len(days)))), 2)
    paid = np.zeros(len(days))
    paid[[60, 190, 310, 440]] = 0.5
    factor = np.ones(len(days))
    for row in np.flatnonzero(paid):
        factor[:row] *= 1 - paid[row] / close[row - 1]
    columns = {"Open": close, "High": close + 1, "Low": close - 1, "Close": close, "Adj Close": close * factor}
    return pd.DataFrame({**columns, "Volume": 1000.0, "Dividends": paid}, index=days)


@pytest.fixture
def yahoo(calendar: Calendar) -> Iterator[Yahoo]:
    bars = {ticker: frame(calendar, seed) for seed, ticker in enumerate((*TICKERS, "^TNX"))}
    with serve(Yahoo(bars)) as running:
        yield running


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reporter.prices.asking.PAUSES", (0.0, 0.0))


def load(yahoo: Yahoo, calendar: Calendar, *tickers: str, as_of: date = AS_OF, budget: float = 20.0) -> Prices:
    settings = YahooSettings(base_url=yahoo.url, timeout=0.5, spacing=0.0, budget=budget)
    return load_prices(tickers or TICKERS, ("^TNX", "^VIX"), calendar, as_of, Sources(yahoo=settings), "yahoo")


def test_prices_are_those_that_were_served(yahoo: Yahoo, calendar: Calendar) -> None:
    prices = load(yahoo, calendar)
    assert prices.problems == {}
    assert prices.fetched_at == yahoo.now
    for ticker in TICKERS:
        served = yahoo.bars[ticker]
        np.testing.assert_allclose(prices.close[ticker], served["Close"], rtol=1e-7)
        np.testing.assert_allclose(prices.adjusted_close[ticker], served["Adj Close"], rtol=1e-6)
        assert prices.sessions.equals(pd.DatetimeIndex(served.index))
    assert (yahoo.asked["AAA"], yahoo.asked["BBB"]) == (1, 1)


PASSING = ["500", "503", "502", "consent", "empty", "nothing", "truncated", "slow", "reset"]


@pytest.mark.parametrize("fault", PASSING)
def test_trouble_that_passes_is_asked_again(yahoo: Yahoo, calendar: Calendar, fault: str) -> None:
    yahoo.faults["AAA"] = [fault]
    prices = load(yahoo, calendar)
    assert prices.problems == {}
    assert yahoo.asked["AAA"] == 2
    assert "AAA" in prices.close


@pytest.mark.parametrize("fault", [*PASSING, "429"])
@pytest.mark.fault("B2")
def test_trouble_that_stays_is_told_and_not_called_delisted(yahoo: Yahoo, calendar: Calendar, fault: str) -> None:
    yahoo.faults["BBB"] = [fault] * 20
    prices = load(yahoo, calendar)
    assert list(prices.problems) == ["BBB"]
    text = prices.problems["BBB"].text
    assert text.startswith("BBB: ") and "\n" not in text
    assert "delisted" not in text and "know" not in text
    assert "AAA" in prices.close and "BBB" not in prices.close


def test_unknown_ticker_is_named_at_once(yahoo: Yahoo, calendar: Calendar) -> None:
    prices = load(yahoo, calendar, "AAA", "ZZZ")
    assert "Yahoo does not know it" in prices.problems["ZZZ"].text
    assert yahoo.asked["ZZZ"] == 1


def test_missing_backdrop_is_no_problem(yahoo: Yahoo, calendar: Calendar) -> None:
    prices = load(yahoo, calendar)
    assert "^TNX" in prices.close
    assert "^VIX" not in prices.close and prices.problems == {}


@pytest.mark.fault("B11")
def test_answer_about_another_ticker_is_refused(yahoo: Yahoo, calendar: Calendar) -> None:
    yahoo.faults["BBB"] = ["other"]
    assert "answered about 'OTHER'" in load(yahoo, calendar).problems["BBB"].text


def test_an_isin_is_refused_without_a_search(yahoo: Yahoo, calendar: Calendar) -> None:
    prices = load(yahoo, calendar, "AAA", "US78462F1033")
    assert prices.problems["US78462F1033"].text == "US78462F1033: is an ISIN; Yahoo goes by tickers"
    assert not any("search" in path for path in yahoo.paths)


def test_no_redirection_is_followed(yahoo: Yahoo, calendar: Calendar) -> None:
    yahoo.faults["AAA"] = ["elsewhere"]
    assert load(yahoo, calendar).problems == {}
    assert "/elsewhere" not in yahoo.paths


def test_every_fetch_gets_cookies_of_its_own(yahoo: Yahoo, calendar: Calendar) -> None:
    for _ in range(2):
        load(yahoo, calendar)
    assert sum("crumb" in path for path in yahoo.paths) == 2


def test_nobody_waits_for_cookies_twice(yahoo: Yahoo, calendar: Calendar) -> None:
    yahoo.slow_cookies = True
    assert load(yahoo, calendar).problems == {}
    assert sum("chart" not in path for path in yahoo.paths) == 1


def test_nothing_is_kept_on_disk(
    yahoo: Yahoo, calendar: Calendar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for manager in ("_TzDBManager", "_CookieDBManager", "_ISINDBManager"):
        monkeypatch.setattr(f"yfinance.cache.{manager}._cache_dir", str(tmp_path))
    load(yahoo, calendar, "AAA", "ZZZ")
    assert list(tmp_path.iterdir()) == []


def test_currencies_are_known(yahoo: Yahoo, calendar: Calendar) -> None:
    yahoo.faults["BBB"] = ["pence"]
    prices = load(yahoo, calendar)
    assert prices.currencies == {"AAA": "USD"}
    assert prices.problems["BBB"].text == "BBB: prices in GBp; at XNYS they are in USD"


@pytest.mark.parametrize(("hour", "kept"), [(19, False), (20, False), (21, True)])
@pytest.mark.fault("B4")
def test_partial_bar_never_becomes_a_close(yahoo: Yahoo, calendar: Calendar, hour: int, kept: bool) -> None:
    """New York closes at 20:00 UTC on that day; prices settle some minutes later."""
    yahoo.now = datetime(2024, 10, 16, hour, 5, tzinfo=UTC)
    prices = load(yahoo, calendar)
    assert (prices.close["AAA"].last_valid_index() == pd.Timestamp(AS_OF)) is kept
    assert ("AAA" not in prices.problems) is kept
    assert kept or "2024-10-16 is left out" in prices.problems["AAA"].text


def test_a_bar_after_the_as_of_is_not_even_mentioned(yahoo: Yahoo, calendar: Calendar) -> None:
    yahoo.now = datetime(2024, 10, 16, 17, tzinfo=UTC)
    yahoo.bars["BBB"].loc[pd.Timestamp(AS_OF), "Close"] = -1.0
    assert load(yahoo, calendar, as_of=date(2024, 10, 15)).notes == ()


def test_before_the_first_bar_there_is_no_close(yahoo: Yahoo, calendar: Calendar) -> None:
    prices = load(yahoo, calendar, as_of=date(2021, 10, 15))
    assert prices.problems["AAA"].text == "AAA: no close on or before 2021-10-15"


def test_partial_bar_of_an_early_close(yahoo: Yahoo, calendar: Calendar) -> None:
    """13:00 in New York on the day after Thanksgiving."""
    friday = date(2024, 11, 29)
    yahoo.bars["AAA"] = frame(calendar, 0, friday)
    for minute, kept in ((29, False), (30, True)):
        yahoo.now = datetime(2024, 11, 29, 18, minute, tzinfo=UTC)
        prices = load(yahoo, calendar, "AAA", as_of=friday)
        assert (prices.close["AAA"].last_valid_index() == pd.Timestamp(friday)) is kept


def test_without_adjusted_closes_dividends_count(yahoo: Yahoo, calendar: Calendar) -> None:
    served = yahoo.bars["AAA"]
    yahoo.bars["AAA"] = served.drop(columns="Adj Close")
    adjusted = load(yahoo, calendar).adjusted_close["AAA"]
    np.testing.assert_allclose(adjusted, served["Adj Close"], rtol=1e-6)


def test_impossible_bar_refuses_the_fund(yahoo: Yahoo, calendar: Calendar) -> None:
    yahoo.bars["BBB"].loc[pd.Timestamp(2024, 5, 1), "Close"] = -1.0
    assert "2024-05-01 that cannot be true: negative price" in load(yahoo, calendar).problems["BBB"].text


@pytest.mark.fault("B2")
def test_nothing_at_all_is_one_clear_line(calendar: Calendar) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = Yahoo({}, url=f"http://127.0.0.1:{free.getsockname()[1]}")
        with pytest.raises(UpstreamError, match="cannot connect") as raised:
            load(nobody, calendar)
    assert "\n" not in str(raised.value) and "--source files" in str(raised.value)
    assert raised.value.exit_code == 69


@pytest.mark.fault("B1")
def test_blocked_for_good_stops_asking(yahoo: Yahoo, calendar: Calendar) -> None:
    yahoo.faults["*"] = ["429"] * 50
    with pytest.raises(UpstreamError, match="429"):
        load(yahoo, calendar)
    assert sum(yahoo.asked.values()) <= 3


def test_budget_ends_the_asking(yahoo: Yahoo, calendar: Calendar) -> None:
    yahoo.faults["*"] = ["slow"] * 50
    with pytest.raises(UpstreamError):
        load(yahoo, calendar, budget=0.8)
    assert sum(yahoo.asked.values()) <= 4


def test_no_time_at_all_is_one_clear_line(yahoo: Yahoo, calendar: Calendar) -> None:
    with pytest.raises(UpstreamError, match="no time left"):
        load(yahoo, calendar, budget=1e-9)
