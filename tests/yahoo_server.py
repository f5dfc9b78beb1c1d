"""A server on loopback that answers as Yahoo does, and misbehaves as Yahoo does when it is told to."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

import pandas as pd

from tests.loopback import Handler, running

NEW_YORK = ZoneInfo("America/New_York")
CONSENT = (
    b"<!DOCTYPE html><html><body><form><input name='sessionId' value='1'>We value your privacy</form></body></html>"
)
BODIES = {
    "consent": CONSENT,
    "braces": b"{}",
    "garbage": bytes(range(256)) * 40,
    "no result": b'{"chart":{"result":[],"error":null}}',
    "internal": b'{"chart":{"result":null,"error":{"code":"Internal Server Error","description":"oops"}}}',
    "empty": b'{"chart":{"result":null,"error":null}}',
    "nothing": b"",
}
NOT_FOUND = {"code": "Not Found", "description": "No data found, symbol may be delisted"}


@dataclass
class Yahoo:
    """What to serve. `faults`: ticker -> what to do with one request after another; then good answers again."""

    #: Columns Open High Low Close `Adj Close` Volume Dividends `Stock Splits`; index: days.
    bars: Mapping[str, pd.DataFrame]
    now: datetime = datetime(2024, 10, 17, 12, tzinfo=UTC)
    faults: dict[str, list[str]] = field(default_factory=dict)
    slow_cookies: bool = False
    news: dict[str, Any] = field(default_factory=dict)  # ticker -> items, or bytes, or a fault
    asked: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    paths: list[str] = field(default_factory=list)  # all that was asked for
    url: str = ""

    def chart(self, ticker: str, fault: str, since: int = 0) -> dict[str, Any]:
        bars = self.bars[ticker]
        bars = bars[bars.index >= pd.Timestamp(since, unit="s").normalize()]
        if fault == "hole":
            bars = bars.drop(bars.index[-4])
        stamps = [int(datetime(day.year, day.month, day.day, 9, 30, tzinfo=NEW_YORK).timestamp()) for day in bars.index]

        def column(name: str) -> Sequence[float | None]:
            return [None if value != value else float(value) for value in bars[name]]

        events: dict[str, dict[str, Any]] = {}
        for stamp, paid in zip(stamps, bars.get("Dividends", [0.0] * len(bars)), strict=True):
            if paid:
                events.setdefault("dividends", {})[str(stamp)] = {"amount": float(paid), "date": stamp}
        for stamp, ratio in zip(stamps, bars.get("Stock Splits", [0.0] * len(bars)), strict=True):
            if ratio:
                split = {"date": stamp, "numerator": float(ratio), "denominator": 1.0, "splitRatio": f"{ratio:g}:1"}
                events.setdefault("splits", {})[str(stamp)] = split
        quote = {name.lower(): column(name) for name in ("Open", "High", "Low", "Close", "Volume")}
        meta = {
            "currency": "GBp" if fault == "pence" else "USD",
            "symbol": "OTHER" if fault == "other" else ticker,
            "exchangeName": "PCX",
            "instrumentType": "ETF",
            "regularMarketTime": stamps[-1] if stamps else 0,
            "gmtoffset": -14400,
            "timezone": "EDT",
            "exchangeTimezoneName": "America/New_York",
            "regularMarketPrice": quote["close"][-1] if stamps else None,
            "priceHint": 2,
            "dataGranularity": "1d",
            "range": "",
            "validRanges": ["1d", "max"],
            "currentTradingPeriod": {
                part: {"timezone": "EDT", "start": 0, "end": 23400, "gmtoffset": -14400}
                for part in ("pre", "regular", "post")
            },
        }
        indicators = {"quote": [quote]}
        if "Adj Close" in bars:
            indicators["adjclose"] = [{"adjclose": column("Adj Close")}]
        result = {"meta": meta, "timestamp": stamps, "indicators": indicators, "events": events}
        spoil(result, fault)
        if not stamps:  # as Yahoo does where nothing was traded in the span
            del result["timestamp"]
        return {"chart": {"result": [result], "error": None}}

    def answer(self, path: str, since: int = 0) -> tuple[int, str, bytes, str]:
        """Status, type, body, and the fault that was asked for. `since`: seconds since 1970."""
        self.paths.append(path)
        if not path.startswith("/v8/finance/chart/"):
            return 200, "text/plain", b"crumb", "slow" if self.slow_cookies else ""
        ticker = unquote(path.rpartition("/")[2])
        self.asked[ticker] += 1
        waiting = self.faults.get(ticker) or self.faults.get("*") or []
        fault = waiting.pop(0) if waiting else ""
        as_json = "application/json"
        if fault.isdigit():
            return int(fault), "text/html", b"<html>Oops</html>" if fault == "502" else b"Too Many Requests", fault
        if fault == "elsewhere":
            return 302, "text/html", b"", fault
        if fault in BODIES:
            return 200, "text/html" if fault == "consent" else as_json, BODIES[fault], fault
        if ticker not in self.bars:
            return 404, as_json, json.dumps({"chart": {"result": None, "error": NOT_FOUND}}).encode(), fault
        body = json.dumps(self.chart(ticker, fault, since)).encode()
        return 200, as_json, body[: len(body) // 2] if fault == "truncated" else body, fault

    def answer_news(self, body: bytes) -> tuple[int, str, bytes, str]:
        """As `answer`, for the ticker that a request for news names."""
        self.paths.append("/xhr/ncp")
        (ticker,) = json.loads(body)["serviceConfig"]["s"]
        found = self.news.get(ticker, [])
        if isinstance(found, str):
            return int(found) if found.isdigit() else 200, "text/html", b"Too Many Requests", found
        stream = {"data": {"tickerStream": {"stream": found}}}
        return 200, "application/json", found if isinstance(found, bytes) else json.dumps(stream).encode(), ""


def spoil(result: dict[str, Any], fault: str) -> None:
    """Makes an answer wrong in the way that a fault names; only those of values and days."""
    change = SPOILERS.get(fault)
    if change and "timestamp" in result:
        change(result, result["indicators"]["quote"][0])


def _set(row: int, *names: str, by: float | None = None, to: Any = ...) -> Callable[[Any, Any], None]:
    """One value of each column multiplied, or replaced."""

    def change(result: Any, quote: Any) -> None:
        for name in names or ("open", "high", "low", "close"):
            quote[name][row] = quote[name][row] * by if by is not None else to

    return change


def _scaled(first: int, last: int | None, by: float) -> Callable[[Any, Any], None]:
    """All prices of some bars multiplied, adjusted closes as well."""

    def change(result: Any, quote: Any) -> None:
        columns = [quote[name] for name in ("open", "high", "low", "close")]
        columns += [one["adjclose"] for one in result["indicators"].get("adjclose", ())]
        for column in columns:
            column[first:last] = [value * by for value in column[first:last]]
        for stamp in result["timestamp"][first:last]:
            if event := result["events"].get("dividends", {}).get(str(stamp)):
                event["amount"] *= by

    return change


def _days(change: Callable[[list[int]], list[int]]) -> Callable[[Any, Any], None]:
    def changed(result: Any, quote: Any) -> None:
        result["timestamp"] = change(result["timestamp"])

    return changed


def _rows(change: Callable[[list[Any]], list[Any]]) -> Callable[[Any, Any], None]:
    """The same change of order or number of bars in every column."""

    def changed(result: Any, quote: Any) -> None:
        result["timestamp"] = change(result["timestamp"])
        for name in quote:
            quote[name] = change(quote[name])
        for one in result["indicators"].get("adjclose", ()):
            one["adjclose"] = change(one["adjclose"])

    return changed


def _split(ratio: float, by: float) -> Callable[[Any, Any], None]:
    """A split that is listed, while the closes from its day on are multiplied by something else than 1."""

    def change(result: Any, quote: Any) -> None:
        stamp = result["timestamp"][-50]
        result.setdefault("events", {})["splits"] = {
            str(stamp): {"date": stamp, "numerator": ratio, "denominator": 1.0, "splitRatio": f"{ratio:g}:1"}
        }
        _scaled(-50, None, by)(result, quote)

    return change


def _dividends(by: float) -> Callable[[Any, Any], None]:
    def change(result: Any, quote: Any) -> None:
        for event in result["events"]["dividends"].values():
            event["amount"] *= by

    return change


def _weekend(result: Any, quote: Any) -> None:
    """A Saturday with the prices of the Friday before it."""
    row = next(row for row, stamp in enumerate(result["timestamp"]) if row > 100 and (stamp // DAY) % 7 == 1)
    _rows(lambda column: [*column[: row + 1], column[row], *column[row + 1 :]])(result, quote)
    result["timestamp"][row + 1] += DAY


def _without(name: str) -> Callable[[Any, Any], None]:
    return lambda result, quote: result.pop(name)


DAY = 86400
SPOILERS: Mapping[str, Callable[[Any, Any], None]] = {
    "last is null": _set(-1, "open", "high", "low", "close", "volume", to=None),
    "all is null": lambda result, quote: quote.update({name: [None] * len(values) for name, values in quote.items()}),
    "close x100": _set(-30, "close", by=100),
    "bar x100": _scaled(-30, -29, 100),
    "bar /100": _scaled(-30, -29, 0.01),
    "block x100": _scaled(-30, None, 100),
    "zero": _set(-10, to=0.0),
    "negative": _set(-10, "close", to=-5.0),
    "high under low": _set(-10, "high", by=0.5),
    "close outside": _set(-10, "close", by=1.2),
    "negative volume": _set(-10, "volume", to=-1.0),
    "infinite": _set(-10, "high", to=float("inf")),
    "a year old": _rows(lambda column: column[:-252]),
    "days in the future": _days(lambda stamps: [*stamps[:-1], stamps[-1] + 10 * DAY]),
    "a weekend bar": _weekend,
    "unsorted": _rows(lambda column: [*column[:100], column[101], column[100], *column[102:]]),
    "a day twice": _rows(lambda column: [*column[:100], column[99], *column[100:]]),
    "ten bars": _rows(lambda column: column[-10:]),
    "every fifth bar gone": _rows(lambda column: [one for row, one in enumerate(column) if row % 5 or row < 9]),
    "ragged": lambda result, quote: quote.update(close=quote["close"][:-3]),
    "no days": _without("timestamp"),
    "no meta": _without("meta"),
    "no columns": _without("indicators"),
    "text for numbers": _set(-10, "close", to="n/a"),
    "split left out": _split(2.0, 0.5),
    "split done twice": _split(2.0, 2.0),
    "split unlisted": _scaled(-50, None, 1 / 3),
    "jump": _scaled(-50, None, 1.4),
    "spike": _scaled(-50, -49, 1.22),
    "hardly any volume": _set(-1, "volume", by=0.02),
    "dividends x100": _dividends(100.0),
    "dividends left out": _dividends(1e-9),
}


@contextmanager
def serve(yahoo: Yahoo) -> Iterator[Yahoo]:
    """Runs it in a thread on a free port; ended with the block."""

    class Charts(Handler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            since = int(parse_qs(address.query).get("period1", ["0"])[0])
            self.answer(*yahoo.answer(address.path, since))

        def do_POST(self) -> None:
            self.answer(*yahoo.answer_news(self.rfile.read(int(self.headers["Content-Length"]))))

        def answer(self, status: int, kind: str, body: bytes, fault: str) -> None:
            to = {"Location": f"{yahoo.url}/elsewhere"} if status == 302 else {}
            self.give(yahoo.now, status, kind, body, fault, **to)

    with running(Charts) as yahoo.url:
        yield yahoo
