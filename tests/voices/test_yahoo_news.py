"""Yahoo's news, in both of its forms, through the real yfinance against a server of Yahoo's shape."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from reporter.config import Brief, Config, HeadlineSettings, Sources, YahooSettings
from reporter.sessions import Calendar
from reporter.voices.headlines import Headline
from reporter.voices.press import gather_headlines
from reporter.voices.yahoo_news import headline, read_yahoo_news
from tests.yahoo_server import CONSENT, Yahoo, serve

NESTED = {
    "id": "1",
    "content": {
        "title": "Small caps &amp; rates: <b>a turn?</b>",
        "summary": "not read",
        "pubDate": "2024-10-15T14:00:00Z",
        "provider": {"displayName": "Example Wire"},
        "canonicalUrl": {"url": "https://wire.example.com/1"},
        "clickThroughUrl": None,
    },
}
FLAT = {
    "title": "Russell 2000 gains again",
    "publisher": "Example Post",
    "link": "https://post.example.com/2",
    "providerPublishTime": 1729000800,  # date -u -d @1729000800: 2024-10-15 14:00
    "relatedTickers": ["IWM"],
}


@pytest.fixture
def server() -> Iterator[Yahoo]:
    with serve(Yahoo({}, news={"IJR": [NESTED], "IWM": [FLAT]})) as running:
        yield running


def read(server: Yahoo, *tickers: str) -> tuple[list[Headline], dict[str, str]]:
    settings = YahooSettings(base_url=server.url, spacing=0.0)
    return read_yahoo_news(tickers or ("IJR", "IWM"), settings, 0.5, 5.0)


def test_both_forms(server: Yahoo) -> None:
    found, silent = read(server)
    assert [(one.title, one.outlet, one.link) for one in found] == [
        ("Small caps & rates: a turn?", "Example Wire", "https://wire.example.com/1"),
        ("Russell 2000 gains again", "Example Post", "https://post.example.com/2"),
    ]
    assert {one.published for one in found} == {datetime(2024, 10, 15, 14, tzinfo=UTC)}
    assert found[0].fetched_at == server.now and found[0].feed == "Yahoo Finance" and silent == {}


def test_advertisements_are_no_news(server: Yahoo) -> None:
    server.news["IJR"] = [NESTED | {"ad": [{"x": 1}]}, NESTED]
    assert len(read(server, "IJR")[0]) == 1


@pytest.mark.parametrize(
    "raw",
    [
        None, 7, "text", [], {}, {"content": None}, {"content": []}, {"content": {}},
        FLAT | {"providerPublishTime": "soon"}, FLAT | {"providerPublishTime": None},
        FLAT | {"providerPublishTime": 1e30},
        FLAT | {"providerPublishTime": True}, FLAT | {"title": {"x": 1}}, FLAT | {"title": ""}, FLAT | {"publisher": 7},
        {"content": NESTED["content"] | {"provider": "Example"}},  # type: ignore[operator]
        {"content": NESTED["content"] | {"pubDate": "2024-10-15T14:00:00"}},  # type: ignore[operator]
    ],
)  # fmt: skip
def test_what_is_incomplete_is_left_out(raw: Any) -> None:
    assert headline(raw, None) is None


@pytest.mark.parametrize("link", [None, 7, {"url": "javascript:alert(1)"}, {"url": None}, {}])
def test_links_are_https_or_absent(link: Any) -> None:
    found = headline({"content": NESTED["content"] | {"canonicalUrl": link}}, None)  # type: ignore[operator]
    assert found is not None and found.link == ""


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("429", "rate limited"),
        ("500", "cannot be read"),
        ("slow", "no answer within"),
        ("reset", "cannot connect"),
        (CONSENT, "cannot be read"),
        (b"", "cannot be read"),
        (b'{"data": null}', "cannot be read"),
        (b'{"data": {"tickerStream": {"stream": 7}}}', "cannot be read"),
        (b"Will be right back", "cannot be read"),
    ],
)
def test_faults(server: Yahoo, fault: str | bytes, why: str) -> None:
    server.news["IJR"] = fault
    found, silent = read(server)
    assert found == [] and why in silent["Yahoo Finance"] and "\n" not in silent["Yahoo Finance"]


def test_cookies_are_not_waited_for_twice(server: Yahoo) -> None:
    """Yahoo's cookie page is slow: the news come all the same."""
    server.slow_cookies = True
    assert len(read(server)[0]) == 2


def test_chosen_with_the_feeds(server: Yahoo, tmp_path: Path, calendar: Calendar) -> None:
    config = Config(
        state=tmp_path,
        headlines=HeadlineSettings(yahoo=True),
        sources=Sources(yahoo=YahooSettings(base_url=server.url, spacing=0.0)),
    )
    brief = Brief(subject="IJR", benchmark="SPY", headline_index="IWM", keywords={"en": ("small cap*", "russell 2000")})
    session = date(2024, 10, 16)
    first = gather_headlines(config, "small-caps", brief, session, calendar.close(session))
    assert len(first[0]) == 2 and first[1] == {}
    asked = len(server.paths)
    assert gather_headlines(config, "small-caps", brief, session, calendar.close(session)) == first
    assert len(server.paths) == asked, "what was chosen once is not asked for again"
