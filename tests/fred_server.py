"""A server on loopback that answers as FRED's fredgraph.csv does, and misbehaves when it is told to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from tests.loopback import Handler, running

PLAIN = {
    "consent": b"<!DOCTYPE html><html>We value your privacy</html>",
    "nothing": b"",
    "garbage": bytes(range(256)) * 40,
    "json": b'{"error_code":400,"error_message":"Bad Request"}',
}


@dataclass
class Fred:
    """What to serve. `rates`: series -> day -> value as FRED writes it ("4.02"; "." or "" on a holiday)."""

    rates: Mapping[str, Mapping[str, str]]
    now: datetime = datetime(2024, 10, 17, 12, tzinfo=UTC)
    faults: dict[str, list[str]] = field(default_factory=dict)  # series -> what to do with one request after another
    asked: list[tuple[str, str]] = field(default_factory=list)  # series, first day
    url: str = ""

    def answer(self, series: str, since: str) -> tuple[int, bytes, str]:
        """Status, body, and the fault that was asked for."""
        self.asked.append((series, since))
        waiting = self.faults.get(series) or []
        fault = waiting.pop(0) if waiting else ""
        if fault.isdigit():
            return int(fault), b"Too many requests", fault
        if fault in PLAIN:
            return 200, PLAIN[fault], fault
        if series not in self.rates:
            return 404, b"<html>not found</html>", fault
        rows = [(day, value) for day, value in self.rates[series].items() if day >= since]
        if fault == "twice":
            rows.insert(1, rows[0])
        if fault == "unsorted":
            rows.reverse()
        if fault == "text":
            rows[-3] = (rows[-3][0], "n/a")
        title = "OTHER" if fault == "other" else series
        body = "".join(f"{day},{value}\n" for day, value in (("observation_date", title), *rows)).encode()
        return 200, body[:-2] if fault == "truncated" else body, fault


@contextmanager
def serve_fred(fred: Fred) -> Iterator[Fred]:
    """Runs it in a thread on a free port; ended with the block."""

    class Rates(Handler):
        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            status, body, fault = fred.answer(asked["id"][0], asked["cosd"][0])
            self.give(fred.now, status, "text/csv", body, fault)

    with running(Rates) as fred.url:
        yield fred
