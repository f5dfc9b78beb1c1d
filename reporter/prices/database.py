"""The file of the store: its tables, and how it is opened by several processes at once."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from reporter.errors import DataError, OutputError
from reporter.prices.store import WAY_OUT, Store

SCHEMA = 1
PATIENCE = 30.0  # seconds to wait for another process that is writing

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
