"""The store: what network sources have said, kept in one SQLite file, so that prices are fetched once and never lost.

It holds raw bars (split-adjusted closes, highs, lows, volumes as the source gave them), dividends and splits as events,
and a log of every pull. Series adjusted for dividends are computed from them: a dividend adds one row. Bars lie packed,
a blob a ticker and year with a checksum: twenty years of thirty funds are read in some hundredths of a second.

Several processes use it at once (write-ahead log; each ticker is written in one transaction).
"""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Self

import numpy as np

from reporter.errors import DataError, OutputError
from reporter.prices.bars import Bars, make_bars

SCHEMA = 1
PATIENCE = 30.0  # seconds to wait for another process that is writing
PACKED = np.dtype([("session", "<i4"), ("close", "<f8"), ("high", "<f8"), ("low", "<f8"), ("volume", "<f8")])
WAY_OUT = "move that file away, and the next run fetches everything again"
NUMBERS = ("close", "high", "low", "volume")

TABLES = """
CREATE TABLE series (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, ticker TEXT NOT NULL,
  currency TEXT NOT NULL,     -- empty where the source names none
  revision INTEGER NOT NULL,  -- counts how often the past was changed
  through TEXT NOT NULL,      -- the last session with a bar
  pending INTEGER NOT NULL,   -- 1: the source has restated the past, and all of it has to be fetched again
  UNIQUE (source, ticker)) STRICT;
CREATE TABLE bars (
  series INTEGER NOT NULL REFERENCES series, year INTEGER NOT NULL,
  crc INTEGER NOT NULL, packed BLOB NOT NULL,  -- bars of 36 bytes: day since 1970, close, high, low, volume
  PRIMARY KEY (series, year)) STRICT;
CREATE TABLE event (
  series INTEGER NOT NULL REFERENCES series, session TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('dividend', 'split')), value REAL NOT NULL,
  PRIMARY KEY (series, session, kind)) STRICT, WITHOUT ROWID;
CREATE TABLE pull (
  id INTEGER PRIMARY KEY, series INTEGER NOT NULL REFERENCES series,
  at TEXT NOT NULL,           -- by the clock of the server
  revision INTEGER NOT NULL, through TEXT NOT NULL,
  change TEXT NOT NULL        -- what it told about days that were known: restated closes, new events; else empty
  ) STRICT;
CREATE INDEX pull_of_series ON pull (series, revision, through);
"""


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
        if events:
            rows = np.searchsorted(bars["session"], np.array([session for session, _, _ in events], "M8[D]"))
            for place, (_, kind, value) in zip(rows, events, strict=True):
                bars[kind][place] = value
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


@contextmanager
def open_store(path: Path | None) -> Iterator[Store]:
    """The store in a file, made when it is not there; None: one in memory, for this run only.

    Raises:
        OutputError: the file cannot be made or written, or another process does not let go of it.
        DataError: it is damaged, or of a newer version.
    """
    elsewhere = "name another place under sources.store"
    try:
        if path is not None:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot keep prices in '{path}': {error.strerror}; {elsewhere}") from error
    try:
        with closing(sqlite3.connect(path or ":memory:", timeout=PATIENCE, isolation_level=None)) as db:
            prepare(db, path)
            yield Store(db, path)
    except sqlite3.OperationalError as error:
        raise OutputError(f"cannot keep prices in '{path}': {error}; {elsewhere}") from error
    except sqlite3.DatabaseError as error:
        if type(error) is not sqlite3.DatabaseError:  # a mistake of ours, and no damage
            raise
        raise DataError(f"the store of prices '{path}' is damaged ({error}); {WAY_OUT}") from error


def prepare(db: sqlite3.Connection, path: Path | None) -> None:
    """Settings of the connection, and the tables where there are none."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:  # the switch does not wait for others by itself
            if time.monotonic() > deadline or "locked" not in str(error):
                raise
            time.sleep(0.05)
    db.execute("PRAGMA synchronous = NORMAL")  # a power cut may cost the last pull, which can be had again
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version == 0:
        db.execute("BEGIN IMMEDIATE")
        if db.execute("PRAGMA user_version").fetchone() == (0,):
            for statement in TABLES.split(";\n"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {SCHEMA}")
        db.execute("COMMIT")
    elif version > SCHEMA:
        raise DataError(f"the store of prices '{path}' was written by a newer reporter; update, or name another one")


def pack(bars: Bars) -> bytes:
    packed = np.empty(len(bars), PACKED)
    packed["session"] = bars["session"].astype("int64")
    for name in NUMBERS:
        packed[name] = bars[name]
    return packed.tobytes()
