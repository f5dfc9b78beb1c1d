"""What must hold for any prices: scale, order of columns, later rows, gaps; and each criterion at its threshold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from reporter.document.facts_json import document
from reporter.facts import Facts
from reporter.facts.verdict import Criterion, Evidence, label, strength_criterion
from reporter.prices import Prices
from reporter.voices.memory import Memory

TICKERS = ("AAA", "BBB", "CCC", "DDD")
FRAMES = ("close", "adjusted_close", "high", "low", "volume")
relaxed = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def told(facts: Facts) -> dict[str, object]:
    """All facts as data, less what names the prices themselves."""
    found = document(facts, [], [], [], {}, None, Memory())
    found.pop("vintage")
    return found


@pytest.fixture(scope="module")
def prices(make_prices: Callable[..., Prices], walk: Callable[..., np.ndarray]) -> Prices:
    close = {ticker: walk(seed, 1400) for seed, ticker in enumerate(TICKERS)}
    reach = {ticker: np.abs(np.random.default_rng(seed).normal(0, 0.01, 1400)) for seed, ticker in enumerate(TICKERS)}
    dividends = np.linspace(0.9, 1, 1400)
    return make_prices(
        close,
        adjusted={ticker: values * dividends for ticker, values in close.items()},
        high={ticker: close[ticker] * (1 + reach[ticker]) for ticker in TICKERS},
        low={ticker: close[ticker] * (1 - reach[ticker]) for ticker in TICKERS},
    )


@pytest.fixture(scope="module")
def facts(prices: Prices, facts_of: Callable[..., Facts]) -> Facts:
    return facts_of(prices, "AAA", "BBB", ("CCC", "DDD"))


def changed(prices: Prices, **columns: object) -> Prices:
    return replace(prices, **columns)  # type: ignore[arg-type]


@relaxed
@given(power=some.integers(-6, 6), ticker=some.sampled_from(TICKERS))
def test_scale_of_a_fund_changes_nothing_but_its_prices(
    power: int, ticker: str, prices: Prices, facts: Facts, facts_of: Callable[..., Facts]
) -> None:
    """Powers of two, so that not even the last bit differs."""
    factor = 2.0**power
    frames = {}
    for name in FRAMES[:4]:
        frame = getattr(prices, name).copy()
        frame[ticker] *= factor
        frames[name] = frame
    scaled = told(facts_of(changed(prices, **frames), "AAA", "BBB", ("CCC", "DDD")))
    plain = told(facts)
    for data, scale in ((scaled, factor if ticker in ("AAA", "BBB") else 1.0), (plain, 1.0)):
        of = data["technicals"].get(ticker, {})  # type: ignore[attr-defined]
        for name in ("close", "sma50", "sma200", "atr14", "macd_histogram"):
            if name in of:
                of[name] = pytest.approx(of[name] / scale, rel=1e-9, abs=1e-9)
    for name in ("returns", "price_returns", "gap", "rank", "rotation", "precedents", "verdict", "relative_strength"):
        assert scaled[name] == plain[name]
    assert scaled["technicals"]["AAA"]["status"] == plain["technicals"]["AAA"]["status"]  # type: ignore[index]


@relaxed
@given(order=some.permutations(TICKERS))
def test_order_of_columns_changes_nothing(
    order: list[str], prices: Prices, facts: Facts, facts_of: Callable[..., Facts]
) -> None:
    shuffled = changed(prices, **{name: getattr(prices, name)[order] for name in FRAMES})
    assert shuffled.sha256 == prices.sha256
    assert told(facts_of(shuffled, "AAA", "BBB", ("CCC", "DDD"))) == told(facts)


@relaxed
@given(rows=some.sets(some.integers(0, 1398), min_size=1, max_size=40))
@pytest.mark.fault("B10")
def test_gaps_of_a_member_are_never_numbers(
    rows: set[int], prices: Prices, facts: Facts, facts_of: Callable[..., Facts]
) -> None:
    """Where the base of a window has no bar, the window is absent; the others are what they were."""
    frames = {}
    for name in FRAMES:
        frame = getattr(prices, name).copy()
        frame.iloc[sorted(rows), frame.columns.get_loc("CCC")] = np.nan
        frames[name] = frame
    holed = facts_of(changed(prices, **frames), "AAA", "BBB", ("CCC", "DDD"))
    days = {prices.sessions[row].date() for row in rows}
    mine, before = holed.returns.total.get("CCC", {}), facts.returns.total["CCC"]
    if "CCC" in holed.field:
        assert mine == {window: value for window, value in before.items() if facts.returns.bases[window] not in days}
    assert holed.returns.total["AAA"] == facts.returns.total["AAA"]


def test_a_young_fund_has_no_long_windows(
    make_prices: Callable[..., Prices], facts_of: Callable[..., Facts], walk: Callable[..., np.ndarray]
) -> None:
    young = walk(5, 1400).copy()
    young[:-100] = np.nan
    made = make_prices({"AAA": walk(1, 1400), "BBB": walk(2, 1400), "CCC": young})
    facts = facts_of(made, "AAA", "BBB", ("CCC",))
    assert set(facts.returns.total["CCC"]) == {"1W", "1M", "3M"}
    assert {window for window, ranking in facts.returns.ranks.items() if "CCC" in ranking.order} == {"1W", "1M", "3M"}
    assert "YTD" not in facts.returns.ranks, "nobody is left to be ranked against"


@pytest.mark.parametrize(
    ("met", "of", "expected"),
    [(0, 6, "none"), (1, 6, "thin"), (2, 6, "thin"), (3, 6, "building"), (4, 6, "building"), (5, 6, "convincing"),
     (6, 6, "convincing"), (1, 3, "thin"), (2, 3, "building"), (3, 3, "convincing")],
)  # fmt: skip
def test_label_of_the_verdict(met: int, of: int, expected: str) -> None:
    criteria = [Criterion(name=str(n), met=n < met, value=0.0, distance=0.1, rival="BBB") for n in range(of)]
    assert label(criteria) == Evidence(expected)


def test_distance_flips_a_criterion(facts: Facts) -> None:
    """A relative gain of exactly the distance brings the fund to the threshold; that is what the sentence says."""
    assert facts.verdict is not None
    total = facts.returns.total
    for one in facts.verdict.criteria:
        if one.name.startswith("gap_"):
            window = {"gap_1m": "1M", "gap_3m": "3M", "gap_ytd": "YTD"}[one.name]
            factor = (1 - one.distance) if one.met and total["AAA"][window] > total["BBB"][window] else 1 + one.distance
            after = (1 + total["AAA"][window]) * factor - 1
            assert after == pytest.approx(total["BBB"][window], abs=0.02), one


@pytest.mark.parametrize("from_level", [-0.05, -0.001, 0.0, 0.001, 0.05])
def test_strength_criterion(from_level: float) -> None:
    one = strength_criterion("rs_above_average", from_level, "BBB")
    assert one.met is (from_level > 0)
    gained = (1 + one.distance) if from_level <= 0 else 1 / (1 + one.distance)
    assert (1 + from_level) * gained == pytest.approx(1.0, abs=3e-3)


def test_the_open_attempt_and_the_rank_of_the_golden_edition(market: object) -> None:
    """Counted by hand in a spreadsheet from the shared prices, as of 2024-10-16."""
    facts = market.facts()  # type: ignore[attr-defined]
    assert facts.returns.ranks["YTD"].place("IJR") == 10 and facts.returns.ranks["YTD"].of == 11
    assert (len(facts.precedents.known), facts.precedents.succeeded, facts.precedents.failed) == (14, 8, 6)
    assert facts.precedents.open.day == date(2024, 7, 25)
    assert facts.precedents.open.relative_return == pytest.approx(-0.049, abs=0.0005)
    assert facts.precedents.base_rate == pytest.approx(0.53, abs=0.005)
    assert facts.reversion.z == pytest.approx(-0.13, abs=0.005)
    assert facts.relative_strength.percentile == pytest.approx(0.0125, abs=0.001)
    assert facts.relative_strength.from_average == pytest.approx(-0.014, abs=0.0005)
    assert [one.name for one in facts.verdict.met] == ["gap_1m"]
