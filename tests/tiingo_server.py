"""A server on loopback that answers as Tiingo does, and misbehaves when it is told to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd

from tests.loopback import Handler, running

Rows = list[dict[str, Any]]


@dataclass
class Tiingo:
    """What to serve. `faults`: ticker -> what to do with one request after another; then good answers again."""

    bars: Mapping[str, pd.DataFrame]  # as of `Yahoo`: closes adjusted for splits
    key: str
    now: datetime = datetime(2024, 10, 17, 12, tzinfo=UTC)
    faults: dict[str, list[str]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)  # that were sent
    url: str = ""

    def rows(self, ticker: str, fault: str, since: str) -> Rows:
        bars = self.bars[ticker]
        rows = [
            {
                "date": f"{day.date()}T00:00:00.000Z",
                **{name.lower(): float(bar[name]) for name in ("Open", "High", "Low", "Close", "Volume")},
                "adjClose": float(bar["Adj Close"]),
                "divCash": float(bar["Dividends"]),
                "splitFactor": 1.0,
            }
            for day, bar in bars.iterrows()
        ]
        if fault in SPOILERS:
            rows = SPOILERS[fault](rows)
        return [row for row in rows if row["date"][:10] >= since]

    def answer(self, path: str, since: str, key: str) -> tuple[int, bytes, str]:
        """Status, body, and the fault that was asked for."""
        self.keys.append(key)
        ticker = path.split("/")[3].upper()
        waiting = self.faults.get(ticker) or []
        fault = waiting.pop(0) if waiting else ""
        if key != f"Token {self.key}":
            return 401, b'{"detail":"Please supply a token"}', fault
        if fault.isdigit():
            return int(fault), b'{"detail":"no"}', fault
        if ticker not in self.bars:
            return 404, json.dumps({"detail": f"Error: Ticker '{ticker}' not found"}).encode(), fault
        plain = {
            "consent": b"<html>We value your privacy</html>",
            "nothing": b"",
            "empty": b"[]",
            "object": b'{"detail":"come back tomorrow"}',
            "garbage": bytes(range(256)) * 40,
        }
        if fault in plain:
            return 200, plain[fault], fault
        body = json.dumps(self.rows(ticker, fault, since)).encode()
        return 200, body[: len(body) // 2] if fault == "truncated" else body, fault


def _last(row: int, **changes: Any) -> Callable[[Rows], Rows]:
    def change(rows: Rows) -> Rows:
        rows[row].update(
            {name: value(rows[row][name]) if callable(value) else value for name, value in changes.items()}
        )
        return rows

    return change


def _all(**changes: Callable[[Any], Any]) -> Callable[[Rows], Rows]:
    return lambda rows: [{**row, **{name: change(row[name]) for name, change in changes.items()}} for row in rows]


def _split(rows: Rows, *, traded: bool) -> Rows:
    """A split of 2:1 fifty sessions ago. `traded`: prices before it are as they were traded, as Tiingo has them."""
    rows[-50]["splitFactor"] = 2.0
    for row in rows[:-50] if traded else ():
        if traded:
            row.update(
                {name: row[name] * 2 for name in ("open", "high", "low", "close", "divCash")}, volume=row["volume"] / 2
            )
    return rows


def times(factor: float) -> Callable[[float], float]:
    return lambda value: value * factor


PRICES = ("open", "high", "low", "close", "adjClose")
SPOILERS: Mapping[str, Callable[[Rows], Rows]] = {
    "last is null": _last(-1, open=None, high=None, low=None, close=None),
    "a year old": lambda rows: rows[:-252],
    "bar x100": _last(-30, **dict.fromkeys(PRICES, times(100))),
    "zero": _last(-10, close=0.0),
    "negative": _last(-10, close=-4.0),
    "high under low": _last(-10, high=times(0.5)),
    "a day twice": lambda rows: [*rows[:100], rows[99], *rows[100:]],
    "ten bars": lambda rows: rows[-10:],
    "unsorted": lambda rows: [*rows[:100], rows[101], rows[100], *rows[102:]],
    "a split": lambda rows: _split(rows, traded=True),
    "split left out": lambda rows: _split(rows, traded=False),
    "dividends x100": _all(divCash=times(100)),
    "hardly any volume": _last(-1, volume=times(0.02)),
    "no close": lambda rows: [{name: value for name, value in row.items() if name != "close"} for row in rows],
    "text for numbers": _last(-10, close="n/a"),
}


@contextmanager
def serve_tiingo(tiingo: Tiingo) -> Iterator[Tiingo]:
    """Runs it in a thread on a free port; ended with the block."""

    class EndOfDay(Handler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            since = parse_qs(address.query).get("startDate", [""])[0]
            status, body, fault = tiingo.answer(address.path, since, self.headers.get("Authorization", ""))
            self.give(tiingo.now, status, "application/json", body, fault)

    with running(EndOfDay) as tiingo.url:
        yield tiingo
