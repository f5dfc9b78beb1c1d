"""The store and its updates: nothing is lost, nothing is mixed, what a source restates is noticed and recorded."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reporter.config import Sources, YahooSettings
from reporter.errors import DataError, OutputError
from reporter.prices import Prices
from reporter.prices.bars import BAR, Bars, Flaw, make_bars
from reporter.prices.database import open_store
from reporter.prices.load import load_prices
from reporter.prices.quality import Status, judge
from reporter.prices.store import Store
from reporter.prices.update import Report, update
from reporter.prices.yahoo import connect
from reporter.sessions import Calendar, Listing
from tests.yahoo_server import Yahoo, serve

AS_OF = date(2024, 10, 16)
AT = datetime(2024, 10, 17, 12, tzinfo=UTC)


def bars(calendar: Calendar, seed: int = 0, last: date = AS_OF) -> Bars:
    """Three years of bars with twelve dividends."""
    days = calendar.between(date(2021, 10, 18), last)
    rng = np.random.default_rng(seed)
    close = np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.01, len(days)))), 2)
    paid = np.zeros(len(days))
    paid[30::63] = 0.5
    columns = {"close": close, "high": close + 1, "low": close - 1, "volume": 1e6, "adjusted_close": np.nan}
    return make_bars(days, {**columns, "dividend": paid})


def frame(given: Bars) -> pd.DataFrame:
    """As a Yahoo-shaped server has them."""
    names = {"Open": "close", "High": "high", "Low": "low", "Close": "close", "Volume": "volume"}
    table = pd.DataFrame(
        {title: given[name] for title, name in names.items()}, index=pd.DatetimeIndex(given["session"])
    )
    return table.assign(
        **{"Dividends": given["dividend"], "Stock Splits": np.where(given["split"] != 1, given["split"], 0)}
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "prices.sqlite"


@pytest.fixture
def yahoo(calendar: Calendar) -> Iterator[Yahoo]:
    served = {ticker: frame(bars(calendar, seed)) for seed, ticker in enumerate(("AAA", "BBB"))}
    with serve(Yahoo(served, now=AT)) as running:
        yield running


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reporter.prices.asking.PAUSES", (0.0, 0.0))


@pytest.fixture
def pull(yahoo: Yahoo, calendar: Calendar, path: Path) -> Callable[..., Report]:
    """One update; `until` is a session, and the server's clock shows the day after it."""

    def one(*tickers: str, until: date = AS_OF, again: bool = False) -> Report:
        settings = YahooSettings(base_url=yahoo.url, timeout=2.0, spacing=0.0, budget=10.0)
        with open_store(path) as store:
            own = dict.fromkeys(tickers or ("AAA", "BBB"), Listing(calendar, until))
            return update(store, "yahoo", lambda: connect(settings), own, again=again)

    return one


def load(yahoo: Yahoo, calendar: Calendar, path: Path, as_of: date = AS_OF) -> Prices:
    settings = YahooSettings(base_url=yahoo.url, timeout=2.0, spacing=0.0, budget=5.0)
    return load_prices(("AAA", "BBB"), (), calendar, as_of, Sources(yahoo=settings), "yahoo", store=path)


def same(left: Bars, right: Bars) -> None:
    for name in BAR.names:
        np.testing.assert_array_equal(left[name], right[name])


def stored(path: Path, ticker: str = "AAA") -> Bars:
    with open_store(path) as store:
        series = store.read("yahoo", ticker)
        assert series is not None
        return series.bars


def history(path: Path, ticker: str = "AAA") -> list[str]:
    with open_store(path) as store:
        return [pull.change for pull in store.pulls("yahoo", ticker)]


def write(store: Store, ticker: str, given: Bars, revision: int = 0) -> None:
    with store.writing():
        store.write("yahoo", ticker, given, currency="USD", revision=revision, at=AT, change="")


# The file


def test_what_is_written_is_read(calendar: Calendar, path: Path) -> None:
    given = bars(calendar)
    given["split"][100] = 3.0
    given["volume"][5] = np.nan
    with open_store(path) as store:
        write(store, "AAA", given)
        assert store.read("yahoo", "BBB") is None and store.read("tiingo", "AAA") is None
    same(stored(path), given)


def test_a_shorter_series_replaces_a_longer_one(calendar: Calendar, path: Path) -> None:
    given = bars(calendar)
    with open_store(path) as store:
        write(store, "AAA", given)
        write(store, "AAA", given[300:400], 1)
    same(stored(path), given[300:400])


def test_nothing_of_a_failed_transaction_stays(calendar: Calendar, path: Path) -> None:
    with open_store(path) as store:
        write(store, "AAA", bars(calendar))
        short = bars(calendar)[:10]
        short["dividend"][3] = np.nan  # refused by the table of events, after the bars have been written
        with pytest.raises(sqlite3.IntegrityError):
            write(store, "AAA", short, 1)
        assert len(store.read("yahoo", "AAA").bars) == len(bars(calendar))


def test_a_flipped_bit_is_noticed(calendar: Calendar, path: Path) -> None:
    with open_store(path) as store:
        write(store, "AAA", bars(calendar))
    with sqlite3.connect(path) as db:
        (packed,) = db.execute("SELECT packed FROM bars WHERE year = 2023").fetchone()
        db.execute(
            "UPDATE bars SET packed = ? WHERE year = 2023", (packed[:99] + bytes([packed[99] ^ 4]) + packed[100:],)
        )
    db.close()
    with pytest.raises(DataError, match=r"the bars of AAA \(yahoo\) in 2023 are damaged; move that file away"):
        stored(path)


def test_no_database_is_one_clear_line(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(DataError, match="is damaged"), open_store(path):
        pass


def test_a_newer_store_is_left_alone(path: Path) -> None:
    with open_store(path) as store:
        store.db.execute("PRAGMA user_version = 99")
    with pytest.raises(DataError, match="newer reporter"), open_store(path):
        pass


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"sources\.store"), open_store(tmp_path / "file" / "prices.sqlite"):
        pass


# Updates


def test_the_second_time_nothing_is_asked(yahoo: Yahoo, calendar: Calendar, path: Path) -> None:
    first = load(yahoo, calendar, path)
    asked = dict(yahoo.asked)
    second = load(yahoo, calendar, path)
    assert yahoo.asked == asked == {"AAA": 1, "BBB": 1}
    assert (first.sha256, first.fetched_at, first.notes) == (second.sha256, second.fetched_at, second.notes)


def test_new_sessions_come_with_an_overlap(yahoo: Yahoo, calendar: Calendar, path: Path, pull) -> None:
    pull()
    later = bars(calendar, 0, date(2024, 10, 23))
    later["dividend"][-10:] = 0.0
    yahoo.bars["AAA"] = frame(later)
    yahoo.now = datetime(2024, 10, 24, tzinfo=UTC)
    report = pull("AAA", until=date(2024, 10, 23))
    assert report.added == {"AAA": 5} and report.changes == {} and report.problems == {}
    np.testing.assert_array_equal(stored(path)["close"], later["close"])
    assert yahoo.asked["AAA"] == 2


def test_an_edition_of_an_earlier_session_stays_as_it_was(yahoo: Yahoo, calendar: Calendar, path: Path, pull) -> None:
    before = load(yahoo, calendar, path)
    later = bars(calendar, 0, date(2024, 12, 31))
    later["dividend"][-1] = 0.7
    yahoo.bars["AAA"] = frame(later)
    yahoo.now = datetime(2025, 1, 2, tzinfo=UTC)
    report = pull("AAA", until=date(2024, 12, 31))
    assert report.changes == {"AAA": "dividend 0.5 on 2024-12-03, dividend 0.7 on 2024-12-31"}
    after = load(yahoo, calendar, path)
    assert (after.sha256, after.fetched_at, after.notes) == (before.sha256, before.fetched_at, before.notes)


def test_a_new_dividend_fetches_all_and_is_recorded(yahoo: Yahoo, calendar: Calendar, path: Path, pull) -> None:
    pull()
    later = bars(calendar, 0, date(2024, 10, 17))
    later["dividend"][-1] = 0.4
    yahoo.bars["AAA"] = frame(later)
    yahoo.now = datetime(2024, 10, 18, tzinfo=UTC)
    assert pull("AAA", until=date(2024, 10, 17)).changes == {"AAA": "dividend 0.4 on 2024-10-17"}
    assert yahoo.asked["AAA"] == 3
    assert history(path) == ["", "dividend 0.4 on 2024-10-17"]
    np.testing.assert_array_equal(stored(path)["dividend"], later["dividend"])


@pytest.mark.fault("B12")
def test_a_restated_close_is_noticed_recorded_and_noted(yahoo: Yahoo, calendar: Calendar, path: Path, pull) -> None:
    pull()
    changed = bars(calendar)
    for name in ("close", "high", "low"):
        changed[name][-3] *= 1.01
        changed[name][200] *= 1.02  # long ago: found by the whole fetch
    yahoo.bars["AAA"] = frame(changed)
    assert pull("AAA").changes == {}, "nobody asks when all sessions are there"
    day, early = changed["session"][[-3, 200]]
    assert pull("AAA", again=True).changes == {
        "AAA": f"restated: 2 of {len(changed)} bars, {early} to {day}, closes by up to 2.00%"
    }
    np.testing.assert_array_equal(stored(path)["close"], changed["close"])
    assert any(note.startswith("AAA: restated: 2 of") for note in load(yahoo, calendar, path).notes)


def test_a_split_replaces_the_whole_series(yahoo: Yahoo, calendar: Calendar, path: Path, pull) -> None:
    pull()
    later = bars(calendar, 0, date(2024, 10, 17))
    for name in ("close", "high", "low", "dividend"):
        later[name] /= 3
    later["split"][-1] = 3.0
    yahoo.bars["AAA"] = frame(later)
    yahoo.now = datetime(2024, 10, 18, tzinfo=UTC)
    change = pull("AAA", until=date(2024, 10, 17)).changes["AAA"]
    assert change.startswith("restated: 754 of 754 bars") and change.endswith("split 3 on 2024-10-17")
    same(stored(path), later)


def test_a_session_that_was_missing_comes_in_late(yahoo: Yahoo, calendar: Calendar, path: Path, pull) -> None:
    whole = yahoo.bars["AAA"]
    yahoo.bars["AAA"] = whole.drop(whole.index[-7])
    pull()
    assert yahoo.asked["AAA"] == 2, "a hole is asked for once more"
    yahoo.bars["AAA"] = whole
    pull("AAA", again=True)
    assert history(path)[-1] == f"late: 1 missing bars came in, {whole.index[-7].date()}"
    np.testing.assert_array_equal(stored(path)["close"], whole["Close"])


def test_a_hole_is_closed_by_the_second_request(yahoo: Yahoo, calendar: Calendar, path: Path, pull) -> None:
    yahoo.faults["AAA"] = ["hole"]
    pull()
    np.testing.assert_array_equal(stored(path)["close"], yahoo.bars["AAA"]["Close"])


def test_a_bar_that_the_source_loses_is_kept(yahoo: Yahoo, calendar: Calendar, path: Path, pull) -> None:
    pull()
    whole = yahoo.bars["AAA"]
    yahoo.bars["AAA"] = whole.drop(whole.index[[-7, 50]])
    pull("AAA", again=True)
    np.testing.assert_array_equal(stored(path)["close"], whole["Close"])


def test_a_series_ends_before_a_bar_that_cannot_be_true(yahoo: Yahoo, calendar: Calendar, path: Path, pull) -> None:
    wrong = yahoo.bars["AAA"].copy()
    wrong.iloc[-4, wrong.columns.get_loc("Close")] *= 100
    good, yahoo.bars["AAA"] = yahoo.bars["AAA"], wrong
    assert pull().problems["AAA"].flaw is Flaw.RANGE
    assert len(stored(path)) == len(good) - 4
    before = load(yahoo, calendar, path, good.index[-5].date())
    assert before.problems == {}
    yahoo.bars["AAA"] = good
    assert pull("AAA").problems == {}
    np.testing.assert_array_equal(stored(path)["close"], good["Close"])


def test_a_restatement_that_cannot_be_fetched_whole_is_not_used(
    yahoo: Yahoo, calendar: Calendar, path: Path, pull
) -> None:
    pull()
    changed = bars(calendar)
    changed["close"][-3] += 0.5
    yahoo.bars["AAA"] = frame(changed)
    yahoo.faults["AAA"] = ["", *["500"] * 9]
    assert pull("AAA", again=True).problems["AAA"].flaw is Flaw.UNAVAILABLE
    yahoo.faults["AAA"] = ["500"] * 9
    assert load(yahoo, calendar, path).problems["AAA"].flaw is Flaw.UNAVAILABLE
    yahoo.faults["AAA"] = []
    assert load(yahoo, calendar, path).problems == {}
    assert stored(path)["close"][-3] == changed["close"][-3]


@pytest.mark.fault("B6")
def test_another_currency_than_before_is_refused(yahoo: Yahoo, calendar: Calendar, path: Path, pull) -> None:
    pull()
    yahoo.faults["AAA"] = ["pence"]
    assert pull("AAA", again=True).problems["AAA"].text == "AAA: prices in GBp; at XNYS they are in USD"
    np.testing.assert_array_equal(stored(path)["close"], yahoo.bars["AAA"]["Close"])


def test_without_a_network_what_is_stored_is_used(yahoo: Yahoo, calendar: Calendar, path: Path) -> None:
    before = load(yahoo, calendar, path)
    yahoo.faults["*"] = ["reset"] * 99
    assert load(yahoo, calendar, path).sha256 == before.sha256
    later = load(yahoo, calendar, path, date(2024, 10, 17))
    text = "AAA: the newest close is of 2024-10-16, the brief speaks about 2024-10-17; http://127.0.0.1:"
    assert later.problems["AAA"].text.startswith(text) and later.problems["AAA"].flaw is Flaw.UNAVAILABLE


def test_a_source_that_is_away_does_not_make_a_ticker_doubtful(yahoo: Yahoo, calendar: Calendar, path: Path) -> None:
    load(yahoo, calendar, path)
    yahoo.faults["*"] = ["reset"] * 99
    sources = Sources(yahoo=YahooSettings(base_url=yahoo.url, timeout=1.0, spacing=0.0, budget=5.0))
    prices = load_prices(("AAA", "NEW"), (), calendar, date(2024, 10, 16), sources, "yahoo", store=path)
    refused = judge(prices, ("AAA", "NEW"), ())
    assert refused.status is Status.REFUSED and "try again later" in refused.reasons[0]
    assert refused.way_out == "nothing was written"


# Several at once


def work(path: Path, number: int, calendar: Calendar) -> None:
    given = bars(calendar)
    for count in range(20):
        with open_store(path) as store:
            write(store, f"T{number}", given[: 700 + count])
            write(store, "ALL", given[: 700 + count])
            assert len(store.read("yahoo", "ALL").bars) >= 700


def test_several_processes_at_once(calendar: Calendar, path: Path) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=work, args=(path, number, calendar)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    with open_store(path) as store:
        assert store.damage() == []
        assert len(store.pulls()) == 120
        assert {len(store.read(*one).bars) for one in store.listing()} == {719}
