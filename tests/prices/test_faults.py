"""Whatever a source answers: nothing wrong is used as good, nothing good is thrown away, the reason is the right one.

The table of faults is tried on the first, a middle and the last ticker, here through gate and loader; `make nightly`
tries them through the installed command.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reporter.config import Sources, TiingoSettings, YahooSettings
from reporter.prices.bars import Flaw
from reporter.prices.load import load_prices
from reporter.prices.quality import Status, judge
from reporter.sessions import Calendar
from reporter.setting import Secret
from tests.tiingo_server import Tiingo, serve_tiingo
from tests.yahoo_server import Yahoo, serve

AS_OF = date(2024, 10, 16)
TICKERS = ("AAA", "BBB", "CCC", "DDD", "EEE")
POSITIONS = {"first": "AAA", "middle": "CCC", "last": "EEE"}
AWAY = {Flaw.UNAVAILABLE}
#: What is wrong -> what it may be called; nothing: the answer is good, or what is wrong with it does no harm.
YAHOO: dict[str, set[Flaw]] = {
    **dict.fromkeys(
        ("429", "401", "403", "500", "502", "503", "consent", "empty", "nothing", "braces", "garbage"), AWAY
    ),
    **dict.fromkeys(("no result", "internal", "truncated", "reset", "slow", "elsewhere", "ragged", "no days"), AWAY),
    **dict.fromkeys(("no meta", "no columns", "text for numbers", "all is null"), AWAY),
    "unknown": {Flaw.MISSING},
    "other": {Flaw.SYMBOL},
    "pence": {Flaw.CURRENCY},
    "last is null": {Flaw.STALE},
    "a year old": {Flaw.STALE},
    "days in the future": {Flaw.STALE},
    "close x100": {Flaw.RANGE},
    "bar x100": {Flaw.UNIT},
    "bar /100": {Flaw.UNIT},
    "block x100": {Flaw.UNIT},
    "zero": {Flaw.ZERO},
    "negative": {Flaw.NEGATIVE},
    "negative volume": {Flaw.NEGATIVE},
    "high under low": {Flaw.RANGE},
    "close outside": {Flaw.RANGE},
    "infinite": {Flaw.INFINITE, Flaw.UNAVAILABLE},
    "a day twice": {Flaw.DUPLICATE},
    "ten bars": {Flaw.SHORT},
    "every fifth bar gone": {Flaw.GAPS, Flaw.PAYMENTS},
    "split left out": {Flaw.SPLIT},
    "split done twice": {Flaw.SPLIT},
    "split unlisted": {Flaw.SPLIT},
    "jump": {Flaw.JUMP},
    "spike": {Flaw.JUMP},
    "hardly any volume": {Flaw.VOLUME},
    "dividends x100": {Flaw.PAYMENTS},
    "dividends left out": {Flaw.PAYMENTS},
    "unsorted": set(),
    "a weekend bar": set(),
    "": set(),
}
TIINGO: dict[str, set[Flaw]] = {
    **dict.fromkeys(("429", "401", "500", "503", "consent", "nothing", "empty", "truncated", "garbage", "slow"), AWAY),
    **dict.fromkeys(("drip", "reset", "object", "no close", "text for numbers"), AWAY),
    "unknown": {Flaw.MISSING},
    "last is null": {Flaw.STALE},
    "a year old": {Flaw.STALE},
    "bar x100": {Flaw.UNIT},
    "zero": {Flaw.ZERO},
    "negative": {Flaw.NEGATIVE},
    "high under low": {Flaw.RANGE},
    "a day twice": {Flaw.DUPLICATE},
    "ten bars": {Flaw.SHORT},
    "split left out": {Flaw.SPLIT},
    "dividends x100": {Flaw.PAYMENTS},
    "hardly any volume": {Flaw.VOLUME},
    "unsorted": set(),
    "a split": set(),
    "": set(),
}


def frame(calendar: Calendar, seed: int) -> pd.DataFrame:
    """Three years of bars with dividends."""
    days = pd.DatetimeIndex(calendar.between(date(2021, 10, 18), AS_OF))
    market, own = np.random.default_rng(99), np.random.default_rng(seed)
    steps = market.normal(0.0003, 0.008, len(days)) + own.normal(0, 0.004, len(days))
    close = np.round(50 * np.exp(np.cumsum(steps)), 2)
    paid = np.zeros(len(days))
    paid[40 + seed :: 63] = 0.4
    factor = np.ones(len(days))
    for row in np.flatnonzero(paid):
        factor[:row] *= 1 - paid[row] / close[row - 1]
    prices = {"Open": close, "High": close * 1.01, "Low": close * 0.99, "Close": close, "Adj Close": close * factor}
    volume = own.lognormal(13, 0.3, len(days)).round()
    return pd.DataFrame({**prices, "Volume": volume, "Dividends": paid}, index=days)


@pytest.fixture(scope="module")
def frames(calendar: Calendar) -> dict[str, pd.DataFrame]:
    return {ticker: frame(calendar, seed) for seed, ticker in enumerate(TICKERS)}


@pytest.fixture(scope="module")
def yahoo(frames: dict[str, pd.DataFrame]) -> Iterator[Yahoo]:
    with serve(Yahoo(frames)) as running:
        yield running


@pytest.fixture(scope="module")
def tiingo(frames: dict[str, pd.DataFrame]) -> Iterator[Tiingo]:
    with serve_tiingo(Tiingo(frames, key="secret-canary")) as running:
        yield running


def trouble(server: Yahoo | Tiingo, fault: str, ticker: str, frames: dict[str, pd.DataFrame]) -> None:
    server.bars = {one: table for one, table in frames.items() if not (fault == "unknown" and one == ticker)}
    server.faults = {ticker: [fault] * 99} if fault not in ("", "unknown") else {}


def tried(calendar: Calendar, sources: Sources, name: str, ticker: str, expected: set[Flaw]) -> None:
    prices = load_prices(TICKERS, (), calendar, AS_OF, sources, name)
    quality = judge(prices, TICKERS[:2], TICKERS[2:])
    found = {issue.ticker: issue.flaw for issue in quality.issues}
    assert found.keys() == ({ticker} if expected else set()), quality.issues
    if expected:
        assert found[ticker] in expected, quality.issues
        assert ticker not in quality.usable
        assert quality.status is (Status.REFUSED if ticker == "AAA" else Status.DEGRADED)
        text = quality.issues[0].text
        assert "delisted" not in text or Flaw.MISSING in expected
        assert "\n" not in text and "secret-canary" not in text


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("fault", YAHOO)
def test_yahoo(
    fault: str, position: str, yahoo: Yahoo, frames: dict[str, pd.DataFrame], calendar: Calendar, no_pauses: None
) -> None:
    trouble(yahoo, fault, POSITIONS[position], frames)
    settings = YahooSettings(base_url=yahoo.url, timeout=0.4 if fault == "slow" else 5.0, spacing=0.0, budget=20.0)
    tried(calendar, Sources(yahoo=settings), "yahoo", POSITIONS[position], YAHOO[fault])


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("fault", TIINGO)
def test_tiingo(
    fault: str,
    position: str,
    tiingo: Tiingo,
    frames: dict[str, pd.DataFrame],
    calendar: Calendar,
    no_pauses: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TIINGO_TEST_KEY", "secret-canary")
    trouble(tiingo, fault, POSITIONS[position], frames)
    patience = 0.4 if fault in ("slow", "drip") else 5.0
    settings = TiingoSettings(
        key=Secret(env="TIINGO_TEST_KEY"), base_url=tiingo.url, timeout=patience, spacing=0.0, budget=20.0
    )
    tried(calendar, Sources(tiingo=settings), "tiingo", POSITIONS[position], TIINGO[fault])


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reporter.prices.asking.PAUSES", (0.0,))


def test_tiingo_gives_what_yahoo_gives(
    yahoo: Yahoo, tiingo: Tiingo, frames: dict[str, pd.DataFrame], calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same market in both shapes, one of them with closes as they were traded before a split."""
    monkeypatch.setenv("TIINGO_TEST_KEY", "secret-canary")
    trouble(yahoo, "", "AAA", frames)
    trouble(tiingo, "a split", "AAA", frames)
    sources = Sources(
        yahoo=YahooSettings(base_url=yahoo.url, spacing=0.0),
        tiingo=TiingoSettings(key=Secret(env="TIINGO_TEST_KEY"), base_url=tiingo.url, spacing=0.0),
    )
    one, other = (load_prices(TICKERS, (), calendar, AS_OF, sources, name) for name in ("yahoo", "tiingo"))
    for name in ("close", "adjusted_close", "high", "low", "volume"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-6)
    assert other.source == "tiingo" and set(other.currencies.values()) == {"USD"}


def test_what_one_source_lacks_the_next_supplies(
    yahoo: Yahoo, tiingo: Tiingo, frames: dict[str, pd.DataFrame], calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIINGO_TEST_KEY", "secret-canary")
    monkeypatch.setattr("reporter.prices.asking.PAUSES", ())
    trouble(yahoo, "bar x100", "CCC", frames)
    trouble(tiingo, "", "", frames)
    sources = Sources(
        yahoo=YahooSettings(base_url=yahoo.url, spacing=0.0),
        tiingo=TiingoSettings(key=Secret(env="TIINGO_TEST_KEY"), base_url=tiingo.url, spacing=0.0),
    )
    prices = load_prices(TICKERS, (), calendar, AS_OF, sources, ("yahoo", "tiingo"), check=TICKERS[:2])
    assert prices.problems == {}
    assert prices.origin == {ticker: "tiingo" if ticker == "CCC" else "yahoo" for ticker in TICKERS}
    assert "AAA: yahoo and tiingo agree within 0.5% on the last 252 sessions" in prices.notes
    assert any(note.startswith("CCC: prices from tiingo, since CCC") for note in prices.notes)


def brief(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).with_name("reporter")
    pair = ["--subject", "AAA", "--benchmark", "BBB", "--field", "CCC,DDD,EEE"]
    arguments = ["brief", *pair, "--as-of", str(AS_OF), "--format", "html", "--language", "en", "--json"]
    return subprocess.run(
        [str(command), *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env={"TIINGO_TEST_KEY": "secret-canary", "PATH": "/usr/bin:/bin", "HOME": str(Path.home())},
    )


def by_command(tmp_path: Path, server: Yahoo | Tiingo, name: str, fault: str, ticker: str, expected: set[Flaw]) -> None:
    patience = 0.5 if fault in ("slow", "drip") else 5.0
    key = "key: {env: TIINGO_TEST_KEY}, " if name == "tiingo" else ""
    address = f"{key}base_url: '{server.url}', timeout: {patience}, spacing: 0, budget: 5"
    (tmp_path / "config.yaml").write_text(f"sources: {{use: {name}, {name}: {{{address}}}}}\n")
    result = brief(tmp_path)
    assert "Traceback" not in result.stderr and "secret-canary" not in result.stderr + result.stdout
    if expected and ticker == "AAA":
        assert result.returncode == 65, result.stderr
        assert not list(tmp_path.rglob("facts.json"))
        return
    assert result.returncode == 0, result.stderr
    facts = json.loads(next(tmp_path.rglob("facts.json")).read_text())
    excluded = facts["quality"]["excluded"]
    assert excluded.keys() == ({ticker} if expected else set()), result.stderr
    assert not expected or excluded[ticker] in expected
    assert facts["quality"]["status"] == ("degraded" if expected else "ok")
    assert ticker in facts["returns"] or expected


@pytest.mark.nightly
@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("fault", YAHOO)
def test_yahoo_by_command(
    fault: str, position: str, yahoo: Yahoo, frames: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    trouble(yahoo, fault, POSITIONS[position], frames)
    by_command(tmp_path, yahoo, "yahoo", fault, POSITIONS[position], YAHOO[fault])


@pytest.mark.nightly
@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("fault", TIINGO)
def test_tiingo_by_command(
    fault: str, position: str, tiingo: Tiingo, frames: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    trouble(tiingo, fault, POSITIONS[position], frames)
    by_command(tmp_path, tiingo, "tiingo", fault, POSITIONS[position], TIINGO[fault])


def test_fault_in_a_fund_of_the_field_by_command(yahoo: Yahoo, frames: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    trouble(yahoo, "bar x100", "CCC", frames)
    by_command(tmp_path, yahoo, "yahoo", "bar x100", "CCC", YAHOO["bar x100"])
