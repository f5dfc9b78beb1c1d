"""Pairs that trade on different exchanges: aligned without look-ahead, as pandas' merge_asof over the moments of the
closes (the second method, from exchange_calendars itself) says; and closures that no calendar knew.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from itertools import permutations
from pathlib import Path
from unittest.mock import patch

import exchange_calendars
import numpy as np
import pandas as pd
import pytest

from reporter.config import Brief, CalendarChanges, Config, SimulatedSettings, Sources
from reporter.document.edition import Edition
from reporter.document.email import Mail
from reporter.document.page import by_currency
from reporter.exchanges import brief_calendar
from reporter.facts import Facts
from reporter.language import Language
from reporter.pipeline import make_edition
from reporter.prices import Prices
from reporter.prices.bars import Fetched
from reporter.prices.load import load_prices
from reporter.prices.simulated import fetch
from reporter.sessions import load_calendar

NOW = datetime(2025, 6, 30, tzinfo=UTC)
AS_OF = date(2024, 10, 16)
COMMAND = str(Path(sys.executable).with_name("reporter"))
FUNDS = {"XNYS": "SPY", "XTKS": "1306.T", "XLON": "VOD.L", "XHKG": "2800.HK"}


@cache
def known(exchange: str) -> exchange_calendars.ExchangeCalendar:
    return exchange_calendars.get_calendar(exchange, start="2005-01-03", end="2025-06-27")


@cache
def bars(ticker: str, exchange: str) -> pd.Series:
    """Closes of the simulated market, by the moment at which that exchange closed."""
    own = load_calendar(exchange, NOW)
    found = fetch([ticker], own, date(2025, 6, 27), SimulatedSettings()).bars[ticker]
    closes = known(exchange).closes
    return pd.Series(found["close"], index=closes.loc[pd.DatetimeIndex(found["session"])].to_numpy())


def expected(subject: str, benchmark: str, pair: Mapping[str, str]) -> pd.DataFrame:
    """Sessions of the subject's exchange on which the benchmark has closed since the one before, with both closes."""
    one, other = (bars(ticker, pair[ticker]) for ticker in (subject, benchmark))
    left = pd.DataFrame({"at": one.index, subject: one.to_numpy()})
    right = pd.DataFrame({"at": other.index, "told": other.index, benchmark: other.to_numpy()})
    both = pd.merge_asof(left, right, on="at", direction="backward").dropna()
    both = both[both["told"] != both["told"].shift()]
    days = known(pair[subject])
    sessions = pd.Series(days.sessions, index=days.closes.to_numpy())
    both.index = pd.DatetimeIndex(sessions.loc[both["at"].to_numpy()].to_numpy())
    return both.loc[: pd.Timestamp(AS_OF), [subject, benchmark]]


@pytest.mark.parametrize(("main", "benchmark"), permutations(FUNDS, 2))
def test_pairs_are_aligned_as_merge_asof_does(main: str, benchmark: str) -> None:
    mine, theirs = FUNDS[main], FUNDS[benchmark]
    pair = {mine: main, theirs: benchmark}
    brief = Brief(subject=mine, benchmark=theirs, calendar=main, exchanges=pair, backdrop=False)
    calendar = brief_calendar(Config(), brief, NOW)
    last = calendar.on_or_before(AS_OF)
    prices = load_prices((mine, theirs), (), calendar, last, Sources(), "simulated")
    wanted = expected(mine, theirs, pair).loc[: pd.Timestamp(last)]
    # The first session has nothing before it: whether its close is a new one is not known.
    assert prices.sessions[1:].isin(wanted.index).all() and wanted.index[1:].isin(prices.sessions).all()
    common = wanted.index.intersection(prices.sessions)
    assert len(common) > 4000
    for ticker in (mine, theirs):
        np.testing.assert_allclose(prices.close.loc[common, ticker], wanted.loc[common, ticker], atol=1e-6)


def test_tomorrow_changes_nothing_of_today() -> None:
    """Tokyo against New York: a close of New York's evening is not known at Tokyo's close of the same day."""
    brief = Brief(subject="1306.T", benchmark="SPY", field=("VOD.L",), calendar="XTKS", exchanges={"SPY": "XNYS"})
    calendar = brief_calendar(Config(), brief, NOW)
    later = load_prices(("1306.T", "SPY", "VOD.L"), (), calendar, date(2024, 12, 20), Sources(), "simulated")
    sooner = load_prices(("1306.T", "SPY", "VOD.L"), (), calendar, AS_OF, Sources(), "simulated")
    pd.testing.assert_frame_equal(sooner.close, later.close.loc[: pd.Timestamp(AS_OF)])
    new_york = load_prices(("SPY",), (), load_calendar("XNYS", NOW), AS_OF, Sources(), "simulated")
    assert sooner.close.loc["2024-10-16", "SPY"] == new_york.close.loc["2024-10-15", "SPY"]


def test_a_member_of_the_field_has_a_gap_where_its_exchange_was_closed() -> None:
    brief = Brief(subject="IJR", benchmark="SPY", field=("VOD.L",))
    calendar = brief_calendar(Config(), brief, NOW)
    prices = load_prices(brief.tickers, (), calendar, AS_OF, Sources(), "simulated")
    assert np.isnan(prices.close.loc["2024-08-26", "VOD.L"]), "London's summer bank holiday"
    assert np.isfinite(prices.close.loc["2024-08-26", "IJR"])


def test_a_closure_that_no_calendar_knew() -> None:
    """A session taken out, one put in; bars on the first are left out with a note, bases fall on the one before it."""
    changes = CalendarChanges(extra_closures=(date(2024, 10, 9),), extra_sessions=(date(2024, 10, 12),))
    config = Config(calendars={"XNYS": changes})
    plain = load_calendar("XNYS", NOW)
    calendar = brief_calendar(config, Brief(subject="IJR", benchmark="SPY"), NOW)
    assert set(plain.sessions.tolist()) ^ set(calendar.sessions.tolist()) == {date(2024, 10, 9), date(2024, 10, 12)}
    assert calendar.base(AS_OF, "1W") == date(2024, 10, 8)
    assert calendar.close(date(2024, 10, 12)).hour == 20, "as on the day before"
    given = fetch(["IJR"], plain, AS_OF, SimulatedSettings()).bars["IJR"]
    with patch.dict("reporter.prices.load.SOURCES", {"files": lambda *_: Fetched(bars={"IJR": given.copy()})}):
        prices = load_prices(("IJR",), (), calendar, AS_OF, Sources(), "files")
    assert "IJR: bars on days without a session left out: 2024-10-09" in prices.notes
    assert pd.Timestamp(2024, 10, 9) not in prices.sessions
    assert np.isnan(prices.close.loc["2024-10-12", "IJR"]), "an extra session without a bar is a gap"


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an edition about a fund of New York against one of Tokyo, in two currencies."""
    folder = tmp_path_factory.mktemp("joined")
    (folder / "config.yaml").write_text("calendars: {XNYS: {extra_closures: [2024-10-09]}}\n")
    pair = ("--subject", "IJR", "--benchmark", "1306.T", "--field", "MTUM,2823.HK", "--source", "simulated")
    made = reporter(folder, "brief", *pair, "--as-of", "2024-10-16", "--language", "en", "--language", "ru")
    assert made.returncode == 0, made.stderr
    return folder


def reporter(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=100)


def test_two_currencies_are_told_on_the_page(joined: Path) -> None:
    edition = next(joined.rglob("2024-10-16-r0"))
    facts = json.loads((edition / "facts.json").read_text())
    assert facts["currencies"] == {"IJR": "USD", "1306.T": "JPY", "MTUM": "USD"}, "Hong Kong quotes in more than one"
    funds = "USD: IJR, MTUM; JPY: 1306.T; "
    english, russian = ((edition / f"ijr-vs-1306-t-2024-10-16-{code}.html").read_text() for code in ("en", "ru"))
    assert f"<strong>Different currencies.</strong> {funds}currency not known: 2823.HK. Each return" in english
    assert f"<strong>Разные валюты.</strong> {funds}валюта неизвестна: 2823.HK. Доходность" in russian


def test_two_currencies_are_told_in_the_mail() -> None:
    brief = Brief(subject="IJR", benchmark="1306.T", field=("MTUM", "QUAL"), backdrop=False)
    config = Config(sources=Sources(use="simulated"), formats=("html",))
    calendar = brief_calendar(config, brief, NOW)
    made = make_edition(
        config, "pair", brief, calendar=calendar, as_of=AS_OF, languages=("en", "ru"), mail=Mail.READERS
    )
    said = {"en": "Different currencies", "ru": "Разные валюты"}
    for code, words in said.items():
        text = " ".join(made.mails[code].text.split())
        assert f"{words}. USD: IJR, MTUM, QUAL; JPY: 1306.T." in text and words in made.mails[code].html


def test_an_edition_about_two_exchanges_is_replayed(joined: Path) -> None:
    again = reporter(joined, "replay", "ijr-vs-1306-t", "2024-10-16", "--json")
    assert again.returncode == 0, again.stderr + again.stdout
    assert json.loads(again.stdout)["same"]


def test_one_currency_needs_no_word(edition: Edition) -> None:
    page = edition.files["small-caps-2024-10-16-en.html"].decode()
    assert "currencies" not in page.partition("<body>")[2]
    assert set(json.loads(edition.files["facts.json"])["currencies"].values()) == {"USD"}


def test_a_penny_is_of_its_pound(make_prices: Callable[..., Prices], facts_of: Callable[..., Facts]) -> None:
    language = Language("en", None)
    closes = 100 + np.arange(300.0)
    prices = make_prices({"AAA": closes, "BBB": closes, "CCC": closes})
    pence = replace(prices, currencies={"AAA": "GBp", "BBB": "GBP", "CCC": "GBP"})
    assert by_currency(facts_of(pence, "AAA", "BBB", ("CCC",)), language) == ""
    mixed = replace(prices, currencies={"AAA": "GBp", "BBB": "EUR", "CCC": "EUR"})
    assert by_currency(facts_of(mixed, "AAA", "BBB", ("CCC",)), language) == "GBP: AAA; EUR: BBB, CCC"
