"""FRED behind the store and the same gate: what it says lands on the sessions of New York, what is wrong is no rate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import pytest

from reporter.config import FredSettings, Sources
from reporter.prices import Prices
from reporter.prices.bars import Bars, Fetched, Flaw, Problem, make_bars
from reporter.prices.load import load_prices
from reporter.prices.quality import Status, judge
from reporter.sessions import Calendar
from tests.fred_server import Fred, serve_fred

AS_OF = date(2024, 10, 16)
LEVELS = ("^IRX", "^TNX", "^VIX")
SERIES = ("DTB3", "DGS10", "VIXCLS")


def rates(calendar: Calendar, seed: int) -> dict[str, str]:
    """Every weekday of a year as FRED lists them: empty on holidays, also on Columbus Day when only shares trade."""
    days = [str(day.date()) for day in pd.bdate_range("2023-10-16", "2024-10-16")]
    level = np.round(4 + np.cumsum(np.random.default_rng(seed).normal(0, 0.03, len(days))), 2)
    told = {day: f"{value:.2f}" for day, value in zip(days, level, strict=True)}
    holidays = [day for day in days if not calendar.has(np.array([day], "M8[D]"))[0]]
    return told | dict.fromkeys(holidays, ".") | {"2024-10-14": ""}


@pytest.fixture
def fred(calendar: Calendar) -> Iterator[Fred]:
    with serve_fred(Fred({name: rates(calendar, seed) for seed, name in enumerate(SERIES)})) as running:
        yield running


@pytest.fixture(autouse=True)
def funds(monkeypatch: pytest.MonkeyPatch, calendar: Calendar) -> Mapping[str, Bars]:
    """A pair of funds from files; no pauses."""
    monkeypatch.setattr("reporter.prices.asking.PAUSES", (0.0,))
    days = calendar.between(date(2023, 10, 16), AS_OF)
    close = 50 + np.arange(len(days)) * 0.01
    columns = {"close": close, "adjusted_close": close, "high": close, "low": close, "volume": 1.0}
    given = {ticker: make_bars(days, columns) for ticker in ("AAA", "BBB")}

    def files(listings: Mapping[str, object], *_: object) -> Fetched:
        absent = {one: Problem(Flaw.MISSING, f"{one}: no file") for one in listings if one not in given}
        return Fetched(bars={one: given[one] for one in listings if one in given}, problems=absent)

    from reporter.prices.sources import SOURCES

    monkeypatch.setattr("reporter.prices.load.SOURCES", {**SOURCES, "files": files})
    return given


def load(fred: Fred, calendar: Calendar, store: Path | None = None, as_of: date = AS_OF) -> Prices:
    sources = Sources(fred=FredSettings(base_url=fred.url, timeout=0.5, spacing=0.0, budget=10.0))
    return load_prices(("AAA", "BBB"), LEVELS, calendar, as_of, sources, ("files", "fred"), store=store)


def test_rates_land_on_the_sessions_of_their_days(fred: Fred, calendar: Calendar) -> None:
    prices = load(fred, calendar)
    assert {ticker: prices.origin[ticker] for ticker in LEVELS} == dict.fromkeys(LEVELS, "fred")
    for ticker, series in zip(LEVELS, SERIES, strict=True):
        for day, value in fred.rates[series].items():
            if value in ("", "."):
                continue
            assert prices.close.loc[day, ticker] == float(value)
        assert np.isnan(prices.close.loc["2024-10-14", ticker]), "a day without a rate stays a gap"
    assert prices.currencies == {"AAA": "USD", "BBB": "USD"}, "a rate has no currency"
    assert {name for name, _ in fred.asked} == set(SERIES)


def test_the_store_asks_for_the_end_alone(fred: Fred, calendar: Calendar, tmp_path: Path) -> None:
    path = tmp_path / "prices.sqlite"
    fred.now = datetime(2024, 10, 10, 12, tzinfo=UTC)
    now = fred.rates
    fred.rates = {name: {day: told[day] for day in told if day < "2024-10-10"} for name, told in now.items()}
    load(fred, calendar, path, date(2024, 10, 9))
    fred.asked.clear()
    fred.rates, fred.now = now, datetime(2024, 10, 17, 12, tzinfo=UTC)
    later = load(fred, calendar, path)
    assert later.close.loc["2024-10-16", "^TNX"] == float(now["DGS10"]["2024-10-16"])
    assert fred.asked and all(since > "2024-08-01" for _, since in fred.asked)
    fred.asked.clear()
    assert load(fred, calendar, path).sha256 == later.sha256
    assert fred.asked == []


@pytest.mark.parametrize("fault", ["", "500"])
def test_the_connection_is_closed(fred: Fred, calendar: Calendar, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiingo's is of the same class."""
    clients: list[httpx.Client] = []
    begin = httpx.Client.__init__
    monkeypatch.setattr(httpx.Client, "__init__", lambda self, **given: clients.append(self) or begin(self, **given))
    fred.faults = {name: [fault] * 9 for name in SERIES if fault}
    load(fred, calendar)
    assert fred.asked and clients and all(client.is_closed for client in clients)


AWAY = ["429", "500", "503", "404", "consent", "nothing", "garbage", "json", "text", "slow", "reset"]


@pytest.mark.parametrize("series", SERIES)
@pytest.mark.parametrize("fault", [*AWAY, "other", "twice", "truncated", "unsorted"])
def test_what_is_wrong_is_no_rate(fred: Fred, calendar: Calendar, fault: str, series: str) -> None:
    """The pair has its brief, without that series."""
    fred.faults = {series: [fault] * 9}
    prices = load(fred, calendar)
    ticker = LEVELS[SERIES.index(series)]
    quality = judge(prices, ("AAA", "BBB"), ())
    if fault == "unsorted":
        assert quality.status is Status.OK and ticker in prices.close
        return
    assert quality.issues == ()
    assert ticker not in prices.close  # "truncated": a number that is cut reads as another one, and is not taken
    assert all(other in prices.close for other in LEVELS if other != ticker and fault != "429")


def test_a_fund_is_not_asked_of_fred(fred: Fred, calendar: Calendar) -> None:
    sources = Sources(fred=FredSettings(base_url=fred.url, spacing=0.0, budget=10.0))
    prices = load_prices(("AAA", "CCC"), (), calendar, AS_OF, sources, ("files", "fred"))
    assert prices.problems["CCC"].flaw is Flaw.MISSING and fred.asked == []
