"""The store: what network sources have said, kept in one SQLite file, so that prices are fetched once and never lost.

It holds raw bars (split-adjusted closes, highs, lows, volumes as the source gave them), dividends and splits as events,
and a log of every pull. Series adjusted for dividends are computed from them: a dividend adds one row. Bars lie packed,
a blob a ticker and year with a checksum: twenty years of thirty funds are read in some hundredths of a second.

Several processes use it at once (write-ahead log; each ticker is written in one transaction).
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Self

import numpy as np

from reporter.errors import DataError
from reporter.prices.bars import Bars, make_bars

PACKED = np.dtype([("session", "<i4"), ("close", "<f8"), ("high", "<f8"), ("low", "<f8"), ("volume", "<f8")])
WAY_OUT = "move that file away, and the next run fetches everything again"
NUMBERS = ("close", "high", "low", "volume")


@dataclass(frozen=True, kw_only=True)
class Series:
    """All that is stored of one ticker from one source. `bars` have no adjusted closes (NaN)."""

    id: int
    source: str
    ticker: str
    currency: str
    revision: int
    pending: bool
    bars: Bars

    @property
    def through(self) -> date:
        day: date = self.bars["session"][-1].astype(date)
        return day


@dataclass(frozen=True)
class Pull:
    """One answer of a source that was taken into the store."""

    source: str
    ticker: str
    at: datetime
    revision: int
    through: date
    change: str


class Store:
    """An open store. Use `open_store`."""

    def __init__(self, db: sqlite3.Connection, path: Path | None) -> None:
        self.db = db
        self.path = path

    @contextmanager
    def writing(self) -> Iterator[Self]:
        """One transaction: all of it, or nothing. Nothing slow belongs inside."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield self
            self.db.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # a full disk has rolled back already
                self.db.execute("ROLLBACK")
            raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        """What is read inside belongs together, whatever others write meanwhile."""
        if self.db.in_transaction:
            yield
            return
        self.db.execute("BEGIN")
        try:
            yield
        finally:
            self.db.execute("COMMIT")

    def newest(self, source: str, ticker: str) -> date | None:
        """The last session with a bar; None: there are none, or all of them have to be fetched again."""
        row = self.db.execute(
            "SELECT through FROM series WHERE source = ? AND ticker = ? AND pending = 0", (source, ticker)
        ).fetchone()
        return date.fromisoformat(row[0]) if row else None

    def read(self, source: str, ticker: str) -> Series | None:
        """A series with all its bars, None if there is none.

        Raises:
            DataError: a block of bars is not what was written.
        """
        with self.reading():
            return self._read(source, ticker)

    def _read(self, source: str, ticker: str) -> Series | None:
        row = self.db.execute(
            "SELECT id, currency, revision, pending FROM series WHERE source = ? AND ticker = ?", (source, ticker)
        ).fetchone()
        if row is None:
            return None
        blocks = self.db.execute(
            "SELECT year, crc, packed FROM bars WHERE series = ? ORDER BY year", row[:1]
        ).fetchall()
        for year, crc, packed in blocks:
            if zlib.crc32(packed) != crc:
                raise DataError(f"{self.path}: the bars of {ticker} ({source}) in {year} are damaged; {WAY_OUT}")
        packed = np.frombuffer(b"".join(block[2] for block in blocks), PACKED)
        bars = make_bars(packed["session"].astype("M8[D]"), {name: packed[name] for name in NUMBERS})
        bars["adjusted_close"] = np.nan
        events = self.db.execute("SELECT session, kind, value FROM event WHERE series = ?", row[:1]).fetchall()
        for kind in ("dividend", "split"):
            told = [(session, value) for session, its, value in events if its == kind]
            rows = np.searchsorted(bars["session"], np.array([session for session, _ in told], "M8[D]"))
            bars[kind][rows] = [value for _, value in told]
        number, currency, revision, pending = row
        return Series(
            id=number,
            source=source,
            ticker=ticker,
            currency=currency,
            revision=revision,
            pending=bool(pending),
            bars=bars,
        )

    def write(
        self, source: str, ticker: str, bars: Bars, *, currency: str, revision: int, at: datetime, change: str
    ) -> None:
        """Replaces a series with these bars, in the caller's transaction. Years that stay as they are are not touched.

        Args:
            bars: At least one; days ascending.
        """
        through = str(bars["session"][-1])
        (number,) = self.db.execute(
            "INSERT INTO series (source, ticker, currency, revision, through, pending) VALUES (?, ?, ?, ?, ?, 0) "
            "ON CONFLICT (source, ticker) DO UPDATE SET currency = excluded.currency, revision = excluded.revision, "
            "through = excluded.through, pending = 0 RETURNING id",
            (source, ticker, currency, revision, through),
        ).fetchone()
        known = dict(self.db.execute("SELECT year, packed FROM bars WHERE series = ?", (number,)).fetchall())
        years = bars["session"].astype("M8[Y]").astype(int) + 1970
        starts = np.flatnonzero(np.append(True, years[1:] != years[:-1]))
        for first, last in zip(starts, np.append(starts[1:], len(bars)), strict=True):
            year, packed = int(years[first]), pack(bars[first:last])
            if known.pop(year, None) != packed:
                self.db.execute(
                    "INSERT OR REPLACE INTO bars (series, year, crc, packed) VALUES (?, ?, ?, ?)",
                    (number, year, zlib.crc32(packed), packed),
                )
        self.db.executemany("DELETE FROM bars WHERE series = ? AND year = ?", [(number, year) for year in known])
        self.db.execute("DELETE FROM event WHERE series = ?", (number,))
        events = [
            (number, str(bar["session"]), kind, float(bar[kind]))
            for kind, nothing in (("dividend", 0.0), ("split", 1.0))
            for bar in bars[bars[kind] != nothing]
        ]
        self.db.executemany("INSERT INTO event (series, session, kind, value) VALUES (?, ?, ?, ?)", events)
        self.db.execute(
            "INSERT INTO pull (series, at, revision, through, change) VALUES (?, ?, ?, ?, ?)",
            (number, at.isoformat(timespec="seconds"), revision, through, change),
        )

    def expect(self, series: Series) -> None:
        """Notes that a series has to be fetched whole: also when this process ends before it is."""
        self.db.execute("UPDATE series SET pending = 1 WHERE id = ?", (series.id,))

    def pulls(self, source: str | None = None, ticker: str | None = None) -> list[Pull]:
        """The log, oldest first."""
        rows = self.db.execute(
            "SELECT source, ticker, at, pull.revision, pull.through, change "
            "FROM pull JOIN series ON series.id = series "
            "WHERE (?1 IS NULL OR source = ?1) AND (?2 IS NULL OR ticker = ?2) ORDER BY pull.id",
            (source, ticker),
        )
        return [
            Pull(name, one, datetime.fromisoformat(at), revision, date.fromisoformat(through), change)
            for name, one, at, revision, through, change in rows
        ]

    def brought(self, series: Series, as_of: date) -> tuple[datetime | None, str]:
        """When the bars up to a session came in as they are now, and what that pull changed: stays the same whatever is
        pulled later, as long as the past is not restated.
        """
        row = self.db.execute(
            "SELECT at, change FROM pull WHERE series = ? AND revision = ? AND through >= ? ORDER BY id LIMIT 1",
            (series.id, series.revision, str(min(as_of, series.through))),
        ).fetchone()
        return (datetime.fromisoformat(row[0]), row[1]) if row else (None, "")

    def listing(self) -> list[tuple[str, str]]:
        """Source and ticker of every series."""
        return self.db.execute("SELECT source, ticker FROM series ORDER BY source, ticker").fetchall()

    def damage(self) -> Sequence[str]:
        """What SQLite's own check finds wrong; empty where all is well."""
        found = [text for (text,) in self.db.execute("PRAGMA integrity_check")]
        return [] if found == ["ok"] else found


def pack(bars: Bars) -> bytes:
    packed = np.empty(len(bars), PACKED)
    packed["session"] = bars["session"].astype("int64")
    for name in NUMBERS:
        packed[name] = bars[name]
    return packed.tobytes()
