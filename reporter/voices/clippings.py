"""Headlines that were seen, kept so that a later run about an old session says what the first one said."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import date, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from reporter.voices.headlines import Headline

FILE = "headlines.sqlite"
SCHEMA = """
CREATE TABLE IF NOT EXISTS seen (sha256 TEXT PRIMARY KEY, published TEXT NOT NULL, headline TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS seen_by_day ON seen (published);
CREATE TABLE IF NOT EXISTS chosen (
    brief TEXT, session TEXT, settings TEXT, headlines TEXT NOT NULL, PRIMARY KEY (brief, session, settings)
) STRICT;
"""
CHOSEN = TypeAdapter(tuple[Headline, ...])


class Clippings:
    """One SQLite file in the state folder. Where it cannot be used nothing is kept, and editions are made all the same.

    A headline keeps the moment at which it was fetched first; a choice, once kept, stays.
    """

    def __init__(self, state: Path) -> None:
        self.path = state / FILE

    def chosen(self, brief: str, session: date, settings: str) -> tuple[Headline, ...] | None:
        """What was chosen for an edition with these settings; None where nothing is kept."""
        with suppress(sqlite3.Error, OSError, ValidationError), self._open() as database:
            query = "SELECT headlines FROM chosen WHERE brief = ? AND session = ? AND settings = ?"
            row = database.execute(query, (brief, session.isoformat(), settings)).fetchone()
            return CHOSEN.validate_json(row[0]) if row else None
        return None

    def keep(self, brief: str, session: date, settings: str, headlines: tuple[Headline, ...]) -> None:
        with suppress(sqlite3.Error, OSError), self._open() as database:
            row = (brief, session.isoformat(), settings, CHOSEN.dump_json(headlines).decode())
            database.execute("INSERT OR IGNORE INTO chosen VALUES (?, ?, ?, ?)", row)

    def add(self, headlines: Sequence[Headline]) -> None:
        rows = [(one.sha256, one.published.isoformat(), one.model_dump_json()) for one in headlines]
        with suppress(sqlite3.Error, OSError), self._open() as database:
            database.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", rows)

    def seen(self, first: datetime, last: datetime) -> list[Headline]:
        """Headlines published in a span, both ends included, oldest first."""
        with suppress(sqlite3.Error, OSError, ValidationError), self._open() as database:
            query = "SELECT headline FROM seen WHERE published BETWEEN ? AND ? ORDER BY published, sha256"
            rows = database.execute(query, (first.isoformat(), last.isoformat())).fetchall()
            return [Headline.model_validate_json(text) for (text,) in rows]
        return []

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path, timeout=5.0)) as database, database:
            database.executescript(SCHEMA)
            yield database
