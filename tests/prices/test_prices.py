"""What every source has in common: the cut at the as-of, the scale of adjusted closes, the vintage."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from reporter.config import SimulatedSettings, Sources
from reporter.prices import Prices
from reporter.prices.asking import moment_of
from reporter.prices.bars import COLUMNS, Bars, Fetched, Flaw, Problem, first_fault, make_bars, only, total_return
from reporter.prices.checks import split_suspects
from reporter.prices.load import load_prices
from reporter.prices.quality import Status, judge
from reporter.prices.table import prices_csv
from reporter.sessions import Calendar

AS_OF = date(2024, 10, 16)


def bars(calendar: Calendar, last: date = AS_OF, **columns: float) -> Bars:
    """Thirty bars of 100, adjusted 80; `columns` replace a whole column."""
    days = calendar.between(date(2024, 1, 1), last)[-30:]
    return make_bars(
        days, {"close": 100.0, "adjusted_close": 80.0, "high": 101.0, "low": 99.0, "volume": 1.0} | columns
    )


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, calendar: Calendar):
    """Prices from bars by hand, as if a source had given them."""

    def prices(given: dict[str, Bars], *tickers: str, optional: tuple[str, ...] = ()) -> Prices:
        absent = [ticker for ticker in (*tickers, *optional) if ticker not in given]
        problems = {ticker: Problem(Flaw.MISSING, f"{ticker}: absent") for ticker in absent}
        source = {"files": lambda *_: Fetched(bars=given, problems=problems)}
        monkeypatch.setattr("reporter.prices.load.SOURCES", source)
        return load_prices(tickers or tuple(given), optional, calendar, AS_OF, Sources(), "files")

    return prices


def test_adjusted_close_equals_the_close_at_the_last_bar(load, calendar: Calendar) -> None:
    prices = load({"AAA": bars(calendar)})
    assert prices.adjusted_close["AAA"].tolist() == [100.0] * 30


def test_levels_pay_nothing(load, calendar: Calendar) -> None:
    prices = load({"^TNX": bars(calendar)})
    assert prices.adjusted_close["^TNX"].tolist() == prices.close["^TNX"].tolist()


def test_days_after_the_as_of_leave_no_trace(load, calendar: Calendar) -> None:
    before = bars(calendar)
    later = bars(calendar, date(2024, 10, 23), close=-7.0, adjusted_close=1e9)
    assert load({"AAA": np.concatenate([before, later[-5:]])}).sha256 == load({"AAA": before}).sha256


@pytest.mark.fault("B10")
def test_a_fund_without_a_close_so_far_is_a_problem(load, calendar: Calendar) -> None:
    prices = load({"AAA": bars(calendar), "NEW": bars(calendar, date(2024, 12, 2))})
    assert list(prices.close) == ["AAA"]
    assert prices.problems == {"NEW": Problem(Flaw.MISSING, "NEW: no close on or before 2024-10-16")}


def test_half_a_bar_is_a_gap(load, calendar: Calendar) -> None:
    half = bars(calendar)
    half["adjusted_close"][2] = np.nan
    prices = load({"AAA": half})
    assert all(np.isnan(getattr(prices, name)["AAA"].iloc[2]) for name in COLUMNS)


def test_absent_optional_tickers_are_no_problem(load, calendar: Calendar) -> None:
    prices = load({"AAA": bars(calendar)}, "AAA", "BBB", optional=("^VIX",))
    assert list(prices.problems) == ["BBB"]


@pytest.mark.fault("B7")
def test_the_move_of_a_split_is_noted(load, calendar: Calendar) -> None:
    split = bars(calendar)
    split["close"][28:] = 50.0
    assert "moved by the ratio of a split, please check: 2024-10-15" in load({"AAA": split}).notes[0]


def test_vintage_is_independent_of_the_order_of_columns_and_of_nothing_else(load, calendar: Calendar) -> None:
    prices = load({"AAA": bars(calendar), "BBB": bars(calendar, close=50.0)})
    turned = replace(prices, **{name: getattr(prices, name)[["BBB", "AAA"]] for name in COLUMNS})
    assert turned.sha256 == prices.sha256
    for name in COLUMNS:
        changed = getattr(prices, name).copy()
        changed.iloc[1, 1] += 0.01
        assert replace(prices, **{name: changed}).sha256 != prices.sha256
    renamed = {name: getattr(prices, name).rename(columns={"AAA": "AAC"}) for name in COLUMNS}
    assert replace(prices, **renamed).sha256 != prices.sha256
    assert replace(prices, source="yahoo", notes=("x",)).sha256 == prices.sha256


def test_vintage_changes_with_the_sessions(calendar: Calendar) -> None:
    sources = Sources(simulated=SimulatedSettings(seed=1))
    a, b = (load_prices(("SPY",), (), calendar, day, sources, "simulated") for day in (AS_OF, date(2024, 10, 15)))
    assert a.sha256 != b.sha256


@pytest.mark.parametrize(
    ("ticker", "column", "value", "text"),
    [
        ("AAA", "close", -1.0, "negative price -1 in 'Close'"),
        ("AAA", "adjusted_close", 0.0, "price of zero in 'Adj Close'"),
        ("AAA", "adjusted_close", 5e-324, "price of zero in 'Adj Close'"),
        ("AAA", "adjusted_close", 79.0, "adjusted close 79 tells of a payment below zero"),
        ("AAA", "adjusted_close", 170.0, "adjusted close 170 tells of a payment of more than half the price"),
        ("AAA", "adjusted_close", 79.9, None),  # rounding
        ("AAA", "high", 98.0, "high 98 is below low 99"),
        ("AAA", "low", 100.5, "close 100 is outside the day's range 100.5 to 101"),
        ("AAA", "volume", -1.0, "negative volume -1"),
        ("AAA", "low", np.inf, "infinite value in 'Low'"),
        ("AAA", "low", 100.05, None),  # within a thousandth
        ("AAA", "close", np.nan, None),
        ("^TNX", "low", -1.0, None),
        ("^TNX", "high", 98.0, "high 98 is below low 99"),
    ],
)
@pytest.mark.fault("B8")
def test_a_bar_that_cannot_be_true(
    calendar: Calendar, ticker: str, column: str, value: float, text: str | None
) -> None:
    table = bars(calendar)
    table[column][3] = value
    fault = first_fault(table, ticker)
    assert (fault and (fault.row, fault.text)) == (text and (3, text))


@pytest.mark.parametrize(
    ("factor", "fault", "suspect"),
    [
        (0.1, True, True),
        (10, True, True),
        (100, True, False),
        (0.101, False, True),
        (0.5, False, True),
        (1.5, False, False),
    ],
)
@pytest.mark.fault("B6")
def test_moves_of_a_wrong_unit_and_of_a_split(calendar: Calendar, factor: float, fault: bool, suspect: bool) -> None:
    table = bars(calendar)
    for name in COLUMNS:
        table[name][2:] *= factor
        table[name][1] = np.nan  # a gap is stepped over
    assert (first_fault(table, "AAA") is not None) is fault
    assert split_suspects(table) == (str(table["session"][2]) if suspect else "")


def test_total_return_of_two_dividends() -> None:
    """100 → 99 ex 1 → 99 → 49 ex 49.5 (one half): by hand."""
    close, paid = np.array([100.0, 99.0, 99.0, 49.5]), np.array([0.0, 1.0, 0.0, 49.5])
    np.testing.assert_allclose(total_return(close, paid), [100 * 0.99 * 0.5, 99 * 0.5, 99 * 0.5, 49.5])


def test_what_is_paid_on_a_day_without_a_close_is_not_lost(load, calendar: Calendar) -> None:
    """100 → no bar, ex 1 → 99: the payment comes off the last close before it, whichever way the gap came about."""
    close, paid = np.array([100.0, np.nan, 99.0]), np.array([0.0, 1.0, 0.0])
    np.testing.assert_allclose(total_return(close, paid), [99.0, np.nan, 99.0])
    gap, strange, last = bars(calendar, adjusted_close=np.nan), bars(calendar, adjusted_close=np.nan), slice(10, 11)
    gap["close"][last] = np.nan
    gap["dividend"][last] = 1.0
    strange["session"][last] = np.datetime64("2024-09-22")  # a Sunday
    strange["dividend"][last] = 1.0
    strange = np.sort(strange, order="session")
    for given in (gap, strange):
        adjusted = load({"AAA": given}).adjusted_close["AAA"].dropna()
        assert adjusted.iloc[0] == pytest.approx(99.0) and adjusted.iloc[-1] == 100.0
    never = gap.copy()
    never["close"][10:] = np.nan  # nothing follows on which it could count
    assert len(only(never, ~np.isnan(never["close"]))) == 10


def test_nothing_of_a_source_stays_whose_bars_were_replaced(
    monkeypatch: pytest.MonkeyPatch, calendar: Calendar
) -> None:
    """Yahoo has bars that end too early, the folder has all of them: its prices have no moment and no currency."""
    old, whole = bars(calendar)[:-5], bars(calendar)
    moment = datetime(2024, 10, 16, 21, tzinfo=UTC)
    yahoo = Fetched(bars={"AAA": old}, moments={"AAA": moment}, currencies={"AAA": "USD"})
    sources = {"yahoo": lambda *_: yahoo, "files": lambda *_: Fetched(bars={"AAA": whole})}
    monkeypatch.setattr("reporter.prices.load.SOURCES", sources)
    monkeypatch.setattr("reporter.prices.load.quoted_in", lambda _, named: named)
    prices = load_prices(("AAA",), (), calendar, AS_OF, Sources(), ("yahoo", "files"))
    assert (prices.source, prices.fetched_at, dict(prices.moments), dict(prices.currencies)) == ("files", None, {}, {})


@pytest.mark.parametrize(
    ("header", "hour"),
    [
        ("Wed, 16 Oct 2024 20:00:00 GMT", 20),
        ("Wed, 16 Oct 2024 20:00:00 -0400", 24),
        ("Wed, 16 Oct 2024 20:00:00 -0000", 20),
        ("Wed, 16 Oct 2024 20:00:00", 20),
        ("Wed, 99 Oct 2024 20:00:00 GMT", None),
        ("today", None),
        ("", None),
        (None, None),
    ],
)
def test_the_moment_of_an_answer(header: str | None, hour: int | None) -> None:
    """RFC 5322, 3.3: -0000 is UTC. Without a zone as well, so that moments can be compared."""
    expected = None if hour is None else datetime(2024, 10, 16, tzinfo=UTC) + timedelta(hours=hour)
    assert moment_of(header) == expected


def test_fewer_tickers_are_as_if_no_other_had_been_asked_for(load, calendar: Calendar) -> None:
    early = np.concatenate([bars(calendar, date(2024, 8, 9)), bars(calendar)])
    given = {"AAA": bars(calendar), "BBB": bars(calendar, close=50.0, high=51.0, low=49.0), "CCC": early}
    fewer, alone = load(given, "AAA", "BBB", "CCC", "DDD").only(("BBB", "DDD")), load(given, "BBB", "DDD")
    assert fewer.sha256 == alone.sha256
    assert prices_csv(fewer) == prices_csv(alone)
    assert fewer.problems == alone.problems
    assert fewer.sessions.equals(alone.sessions)


def test_a_fund_that_has_gone_and_one_that_is_new(make_prices) -> None:
    """What to do is said of each: an earlier session where the pair has one, patience where it is young."""
    closes = 100 + np.arange(300.0)
    gone, paused, new = closes.copy(), closes.copy(), closes.copy()
    gone[-40:], paused[-2:], new[:-13] = np.nan, np.nan, np.nan
    prices = make_prices({"AAA": closes, "GONE": gone, "LATE": paused, "NEW": new})
    told = {}
    for ticker in ("GONE", "LATE", "NEW"):
        quality = judge(prices, (ticker, "AAA"), ())
        told[ticker] = f"{quality.issues[0].text}; {quality.way_out}"
    last = prices.sessions[-41].date()
    assert told["GONE"].startswith(f"GONE: the newest close is of {last}, the brief speaks about {AS_OF} (does it ")
    assert told["GONE"].endswith(f"still trade?); add newer prices, or use --as-of {last}")
    assert "still" not in told["LATE"] and told["LATE"].endswith("or use --as-of 2024-10-14")
    assert told["NEW"].startswith("NEW: has 13 closes up to 2024-10-16; a brief needs 22; wait until it has traded ")


@pytest.mark.fault("B3")
def test_too_little_of_the_field_is_no_edition(make_prices) -> None:
    closes = 100 + np.arange(300.0)
    field = [f"F{number}" for number in range(10)]
    prices = make_prices(dict.fromkeys(("AAA", "BBB", *field[:5]), closes))
    assert judge(prices, ("AAA", "BBB"), field, min_coverage=0.5).status is Status.DEGRADED, "five of ten are there"
    fewer = prices.only(("AAA", "BBB", *field[:4]))
    quality = judge(fewer, ("AAA", "BBB"), field, min_coverage=0.5)
    assert quality.status is Status.REFUSED
    assert quality.reasons == (
        "6 of 10 funds beside the pair cannot be used: F4: the source has no prices, F5: the source has no prices, "
        "F6: the source has no prices and 3 more",
    )
    assert "min_coverage" in quality.way_out
    assert judge(fewer, ("AAA", "BBB"), field, min_coverage=0.0).status is Status.DEGRADED
    assert judge(fewer, ("AAA", "BBB"), (), min_coverage=1.0).status is Status.OK, "a pair alone needs no field"
