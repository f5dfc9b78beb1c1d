"""What must hold whatever happens: kills in the middle, several at once, strange markets, and years of restatements."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporter.config import Brief, Sources, YahooSettings
from reporter.facts import compute_facts
from reporter.prices.answer import believable
from reporter.prices.bars import Fetched, Flaw, Problem, make_bars
from reporter.prices.database import open_store
from reporter.prices.load import listing, load_prices
from reporter.prices.quality import Status, judge
from reporter.prices.sources import SOURCES
from reporter.prices.update import update
from reporter.prices.yahoo import connect
from reporter.sessions import Calendar
from tests.conftest import MARKET, Market
from tests.prices.test_faults import frame
from tests.yahoo_server import Yahoo, serve

COMMAND = str(Path(sys.executable).with_name("reporter"))
FUNDS = ("IJR", "SPY", "MTUM", "IVW", "QUAL")
AS_OF = date(2024, 10, 16)


@pytest.fixture(scope="module")
def yahoo(calendar: Calendar) -> Iterator[Yahoo]:
    with serve(Yahoo({ticker: frame(calendar, seed) for seed, ticker in enumerate(FUNDS)})) as running:
        yield running


def configured(folder: Path, yahoo: Yahoo) -> None:
    (folder / "config.yaml").write_text(
        f"sources: {{yahoo: {{base_url: '{yahoo.url}', spacing: 0, budget: 30}}}}\n"
        "briefs: {pair: {subject: IJR, benchmark: SPY, field: [MTUM, IVW, QUAL], backdrop: off, languages: [en]}}\n"
    )


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [COMMAND, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def check(folder: Path, yahoo: Yahoo, *, whole: bool) -> None:
    """Each series is there as it was served, or not at all."""
    with open_store(folder / "output" / ".state" / "prices.sqlite") as store:
        assert store.damage() == []
        found = dict.fromkeys(ticker for _, ticker in store.listing())
        assert not whole or set(found) == set(FUNDS)
        for ticker in found:
            np.testing.assert_allclose(store.read("yahoo", ticker).bars["close"], yahoo.bars[ticker]["Close"])
            assert len(store.pulls("yahoo", ticker)) >= 1


def kill_updates(folder: Path, yahoo: Yahoo, kills: int) -> int:
    """Kills updates at random moments, each time into a store that is new, and completes it. How many died early."""
    configured(folder, yahoo)
    script = (
        "import os, sys, pathlib, datetime\n"
        "from reporter.config import YahooSettings\n"
        "from reporter.prices import yahoo, database, update\n"
        "from reporter.sessions import Listing, load_calendar\n"
        "calendar = load_calendar('XNYS', datetime.datetime(2025, 6, 30, tzinfo=datetime.UTC))\n"
        f"own = dict.fromkeys({FUNDS!r}, Listing(calendar, datetime.date(2024, 10, 16)))\n"
        f"line = lambda: yahoo.connect(YahooSettings(base_url={yahoo.url!r}, spacing=0.0, budget=30.0))\n"
        "path = pathlib.Path('output/.state/prices.sqlite')\n"
        "for command in sys.stdin:\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        with database.open_store(path) as one:\n"
        "            update.update(one, 'yahoo', line, own)\n"
        "        os._exit(0)\n"
        "    print(child, flush=True)\n"
        "    _, status = os.waitpid(child, 0)\n"
        "    print(status, flush=True)\n"
    )
    path = folder / "output" / ".state" / "prices.sqlite"
    rng = random.Random(1)
    early = 0
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as forks:
        for _ in range(kills):
            for end in ("", "-wal", "-shm"):
                path.with_name(path.name + end).unlink(missing_ok=True)
            forks.stdin.write("update\n")
            forks.stdin.flush()
            child = int(forks.stdout.readline())
            time.sleep(rng.uniform(0.0, 0.5))
            with suppress(ProcessLookupError):  # it was quicker than we
                os.kill(child, signal.SIGKILL)
            early += int(forks.stdout.readline()) == signal.SIGKILL
            if path.exists():
                check(folder, yahoo, whole=False)
            forks.stdin.write("update\n")
            forks.stdin.flush()
            forks.stdout.readline()
            assert forks.stdout.readline().strip() == "0"
            check(folder, yahoo, whole=True)
        forks.stdin.close()
    return early


def test_a_killed_update_leaves_a_clean_store(yahoo: Yahoo, tmp_path: Path) -> None:
    kill_updates(tmp_path, yahoo, 4)


@pytest.mark.nightly
@pytest.mark.timeout(1200)
def test_two_hundred_kills(yahoo: Yahoo, tmp_path: Path) -> None:
    early = kill_updates(tmp_path, yahoo, 200)
    assert early > 50


def test_two_updates_and_a_brief_at_the_same_time(yahoo: Yahoo, tmp_path: Path) -> None:
    """`update` goes up to the last session of today, which this server does not have: it stores what there is."""
    configured(tmp_path, yahoo)
    arguments = ("brief", "pair", "--as-of", str(AS_OF), "--format", "html")
    running = [start(tmp_path, *one) for one in (("prices", "update"), ("prices", "update"), arguments)]
    ended = [(process.communicate(timeout=110), process.returncode) for process in running]
    assert ended[2][1] == 0, ended[2]
    assert all("Traceback" not in err and "locked" not in err for (_, err), _ in ended)
    check(tmp_path, yahoo, whole=True)
    facts = json.loads(next(tmp_path.rglob("facts.json")).read_text())
    close = yahoo.bars["IJR"]["Close"]
    assert facts["quality"]["status"] == "ok"
    assert facts["price_returns"]["IJR"]["1W"] == pytest.approx(close.iloc[-1] / close.loc["2024-10-09"] - 1, abs=1e-9)


# Strange markets


def oddity() -> st.SearchStrategy[tuple[int, str, float]]:
    values = st.sampled_from([0.0, -1.0, float("nan"), float("inf"), 1e308, 5e-324, 1e-9, 100.0, 0.5, 2.0, 1.0])
    return st.tuples(
        st.integers(-320, -1), st.sampled_from(["close", "adjusted_close", "high", "low", "volume"]), values
    )


def strange(calendar: Calendar, seed: int, length: int, oddities: list[tuple[int, str, float]], flat: bool) -> object:
    days = calendar.between(date(2023, 1, 3), AS_OF)[-length:]
    rng = np.random.default_rng(seed)
    close = np.full(length, 50.0) if flat else 50 * np.exp(np.cumsum(rng.normal(0, 0.01, length)))
    columns = {"close": close, "adjusted_close": close, "high": close * 1.01, "low": close * 0.99, "volume": 1e6}
    bars = make_bars(days, columns)
    for row, name, value in oddities:
        if -row <= length:
            bars[name][row] = value if not 0 < value < 1000 or name == "volume" else bars[name][row] * value
    return bars


def in_gate_and_facts(calendar: Calendar, frames: dict[str, object]) -> None:
    """No crash, no NaN in what is told, no fact from a rejected fund."""
    bars, problems = {}, {}
    for ticker, given_bars in frames.items():
        kept, problem = believable(given_bars[~np.isnan(given_bars["close"])], ticker, calendar, "source")
        if len(kept):
            bars[ticker] = kept
        if problem or not len(kept):
            problems[ticker] = problem or Problem(Flaw.MISSING, f"{ticker}: nothing")
    fetched = Fetched(bars=bars, problems=problems)
    with patch.dict(SOURCES, {"files": lambda *_: fetched}):
        prices = load_prices(FUNDS, (), calendar, AS_OF, Sources(), "files")
    quality = judge(prices, FUNDS[:2], FUNDS[2:])
    if quality.status is Status.REFUSED:
        assert quality.way_out
        return
    brief = Brief(subject="IJR", benchmark="SPY", field=FUNDS[2:])
    facts = compute_facts(prices, "pair", brief, quality, calendar)
    told = json.dumps(plain_facts(facts), allow_nan=False)
    for ticker in quality.excluded:
        assert ticker not in facts.returns.total and ticker not in facts.rotation and ticker not in facts.field
    assert "NaN" not in told and "Infinity" not in told


def plain_facts(facts: object) -> object:
    from reporter.document.facts_json import plain

    return {name: plain(getattr(facts, name)) for name in ("returns", "relative_strength", "lead_lag", "reversion")}


def markets(most: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Five funds each: lengths, constant prices, and up to two odd values in one of them."""
    fund = st.tuples(st.integers(1, 440), st.booleans(), st.lists(oddity(), max_size=2))
    whole = st.tuples(st.integers(300, 440), st.just(value=False), st.lists(oddity(), max_size=1))

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        checked = given(seed=st.integers(0, 999), pair=st.tuples(whole, whole), field=st.tuples(fund, fund, fund))(test)
        healthy = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
        return settings(max_examples=most, deadline=None, suppress_health_check=healthy)(checked)

    return decorate


@markets(60)
def test_strange_markets(calendar: Calendar, seed: int, pair: tuple, field: tuple) -> None:
    frames = {
        ticker: strange(calendar, seed + number, length, odd, flat)
        for number, (ticker, (length, flat, odd)) in enumerate(zip(FUNDS, (*pair, *field), strict=True))
    }
    in_gate_and_facts(calendar, frames)


@pytest.mark.nightly
@pytest.mark.timeout(1200)
@markets(2000)
def test_two_thousand_strange_markets(calendar: Calendar, seed: int, pair: tuple, field: tuple) -> None:
    frames = {
        ticker: strange(calendar, seed + number, length, odd, flat)
        for number, (ticker, (length, flat, odd)) in enumerate(zip(FUNDS, (*pair, *field), strict=True))
    }
    in_gate_and_facts(calendar, frames)


# Years of dividends, a split and a restatement, session by session


def as_of_then(table: pd.DataFrame, last: pd.Timestamp) -> pd.DataFrame:
    """What Yahoo would have served then: prices before a later split as they were traded, nothing of later days."""
    later = table.loc[table.index > last, "Stock Splits"].replace(0, 1).prod()
    told = table[table.index <= last].copy()
    for name in ("Open", "High", "Low", "Close", "Adj Close", "Dividends"):
        told[name] = told[name] * later
    return told


@pytest.mark.nightly
@pytest.mark.timeout(1200)
def test_published_figures_after_years_of_updates(market: Market, calendar: Calendar, tmp_path: Path) -> None:
    """2018 to 2024 fed in every few sessions, and each session with a dividend or split; one close wrong for a week."""
    published = list(csv.DictReader((MARKET / "published_figures.csv").read_text("utf-8").splitlines()))
    rows = [row for row in published if row["match"] == "yes" and row["metric"] in ("ytd", "1m", "1y")]
    tickers = ("IJH", *dict.fromkeys(row["ticker"] for row in rows))  # IJH was split 5:1 in 2024
    tables = {
        ticker: pd.read_csv(MARKET / "prices" / f"{ticker}.csv", index_col="Date", parse_dates=True)
        for ticker in tickers
    }
    wanted = {pd.Timestamp(row["asof"]) for row in rows}
    days = list(map(pd.Timestamp, calendar.between(date(2018, 1, 2), date(2024, 12, 31))))
    busy = {day for table in tables.values() for day in table.index[(table["Stock Splits"] != 0)]}
    asked = [day for number, day in enumerate(days) if number % 60 == 0 or day in wanted or day in busy]
    wrong = pd.Timestamp(2020, 6, 1)
    path = tmp_path / "prices.sqlite"
    checked, told = 0, []
    with serve(Yahoo({})) as yahoo, open_store(path) as store:
        sources = YahooSettings(base_url=yahoo.url, spacing=0.0, budget=60.0)
        for day in asked:
            yahoo.bars = {ticker: as_of_then(table, day) for ticker, table in tables.items()}
            if wrong <= day < wrong + pd.Timedelta(days=30):
                yahoo.bars["IJR"].loc[wrong, ["Open", "High", "Low", "Close", "Adj Close"]] *= 1.01
            yahoo.now = datetime(day.year, day.month, day.day, 23, 30, tzinfo=UTC)
            own = {ticker: listing(ticker, calendar, day.date()) for ticker in tickers if len(yahoo.bars[ticker])}
            report = update(store, "yahoo", lambda: connect(sources), own)
            told += [f"{day.date()} {ticker}: {text}" for ticker, text in report.changes.items()]
            assert report.problems == {}, (day, report.problems)
    assert any("split" in text for text in told) and any("restated" in text for text in told)
    for row in rows:
        as_of = date.fromisoformat(row["asof"])
        prices = load_prices((row["ticker"],), (), calendar, as_of, Sources(), "yahoo", store=path)
        level = prices.adjusted_close[row["ticker"]]
        base = calendar.base(as_of, {"ytd": "YTD", "1m": "1M", "1y": "1Y"}[row["metric"]])
        found = 100 * (level.iloc[-1] / level.loc[pd.Timestamp(base)] - 1)
        assert found == pytest.approx(float(row["computed_total_return_pct"]), abs=0.011), row
        checked += 1
    assert checked == len(rows) > 10
