"""The memory of what was due, made, archived and mailed: one SQLite file on a local disk.

Every change of a state is a compare-and-set: it happens only if the row still is as it was read, and it writes its
event in the same transaction. Whoever comes second gets None and steps back. Nothing slow runs inside a transaction.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from reporter.errors import AccessError, LedgerError
from reporter.service.ledger_file import (
    FILE,
    REMOTE,
    check,
    connect,
    create,
    file_system,
    has_foreign_log,
    migrate,
    plainly,
    whole,
)
from reporter.service.rows import TABLES, Alert, Delivery, Event, Moving, Publication, Row, Run, columns, row, stored


class Ledger:
    """Open it with `open_ledger`."""

    def __init__(self, database: sqlite3.Connection, state: Path) -> None:
        self.database = database
        self.state = state  # the folder that paths in rows start from

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; inside another one it is part of that."""
        if self.database.in_transaction:
            yield
            return
        with plainly(self.state):
            self.database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.database.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.OperationalError):  # a full disk has rolled back already
                    self.database.execute("ROLLBACK")
                raise

    def rows(self, kind: type[Row], /, **where: Any) -> list[Row]:
        """Rows in the order of their keys; a tuple means any of its values: `rows(Run, state=("due", "fetched"))`."""
        table, key = TABLES[kind]
        tests, values = [], []
        for column, wanted in where.items():
            several = wanted if isinstance(wanted, tuple) else (wanted,)
            tests.append(f"{column} IN ({', '.join('?' * len(several))})")
            values += [stored(value) for value in several]
        clause = f" WHERE {' AND '.join(tests)}" if tests else ""
        question = f"SELECT {columns(kind)} FROM {table}{clause} ORDER BY {', '.join(key)}"  # noqa: S608  our own names
        return [row(kind, record) for record in self.ask(question, *values)]

    def ask(self, question: str, *values: Any) -> list[tuple[Any, ...]]:
        """Records that a SELECT finds; a disk that fails meanwhile is said in our words."""
        with plainly(self.state):
            return self.database.execute(question, values).fetchall()

    def one(self, kind: type[Row], /, **where: Any) -> Row | None:
        """The row, or None."""
        found = self.rows(kind, **where)
        return found[0] if found else None

    def add(self, row: Row) -> bool:
        """Insert; False where a row with its key is there already, which stays as it is."""
        given = {name: stored(value) for name, value in vars(row).items() if value is not None}
        with self.transaction():
            done = self.database.execute(
                f"INSERT INTO {TABLES[type(row)][0]} ({', '.join(given)}) VALUES ({', '.join('?' * len(given))}) "  # noqa: S608  names of our own columns
                "ON CONFLICT DO NOTHING",
                list(given.values()),
            )
        return done.rowcount == 1

    def move(self, row: Moving, state: str, now: datetime, detail: str | None = None, **changes: Any) -> Moving | None:
        """Bring a row that still is as it was read into another state, and write the event.

        Returns:
            The row as it is now; None where somebody else has changed it in the meantime.
        """
        if isinstance(row, Run):
            changes = {"updated_utc": now, **changes}
        after = replace(row, state=state, **changes)
        old, new = vars(row), vars(after)
        set_ = [name for name in new if new[name] != old[name]] or ["state"]
        with self.transaction():
            done = self.database.execute(
                f"UPDATE {TABLES[type(row)][0]} SET {', '.join(f'{name} = ?' for name in set_)} "  # noqa: S608  names of our own columns
                f"WHERE {' AND '.join(f'{name} IS ?' for name in old)}",
                [stored(new[name]) for name in set_] + [stored(value) for value in old.values()],
            )
            if done.rowcount != 1:
                return None
            subject = f"{TABLES[type(row)][0]}{f' {row.target}' if isinstance(row, Publication) else ''}"
            self.note(f"{subject}: {row.state} -> {state}", now, detail=detail, of=after)
        return after

    def note(self, what: str, now: datetime, *, detail: str | None = None, of: object = None) -> None:
        """Write an event; `of` is the row that it is about."""
        run, delivery = getattr(of, "run_id", None), getattr(of, "delivery_id", None)
        self.add(Event(at_utc=now, run_id=run, delivery_id=delivery, what=what, detail=detail))

    def newest_event(self, run: Run) -> int:
        """Number of the newest event of a run; 0 where there is none."""
        return int(self.ask("SELECT max(id) FROM event WHERE run_id = ?", run.run_id)[0][0] or 0)

    def detail(self, delivery: Delivery, what: str) -> str | None:
        """What was noted at the newest event of this kind."""
        newest = "SELECT detail FROM event WHERE delivery_id = ? AND what = ? ORDER BY id DESC LIMIT 1"
        found = self.ask(newest, delivery.delivery_id, what)
        return found[0][0] if found else None

    def get(self, key: str) -> str | None:
        """A value of the table `meta`: instance_id, born_utc, and what others keep there."""
        found = self.ask("SELECT v FROM meta WHERE k = ?", key)
        return str(found[0][0]) if found else None

    def keys(self, beginning: str) -> list[str]:
        """Keys of `meta` that begin so."""
        return [key for (key,) in self.ask("SELECT k FROM meta WHERE substr(k, 1, ?) = ?", len(beginning), beginning)]

    def put(self, key: str, value: str | None) -> None:
        """None takes it away."""
        with self.transaction():
            if value is None:
                self.database.execute("DELETE FROM meta WHERE k = ?", (key,))
                return
            self.database.execute(
                "INSERT INTO meta VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v = excluded.v", (key, value)
            )

    @property
    def instance(self) -> str:
        """Who wrote: a random id, made with the ledger."""
        return str(self.get("instance_id"))

    def alert(self, key: str, now: datetime, text: str | None = None) -> Alert:
        """Count a cause of alarm; one that was cleared begins anew. `text` is what the owner reads."""
        with self.transaction():
            known = self.one(Alert, key=key)
            count = known.count + 1 if known and not known.cleared_utc else 1
            first = known.first_utc if known and count > 1 else now
            sent = known.sent_utc if known else None
            told = known.told if known and count > 1 else 0
            alert = Alert(key=key, first_utc=first, last_utc=now, count=count, sent_utc=sent, text=text, told=told)
            self._replace(alert)
        return alert

    def settle(self, alert: Alert, **changes: Any) -> Alert:
        """Set `sent_utc`, `told` or `cleared_utc`."""
        after = replace(alert, **changes)
        self._replace(after)
        return after

    def _replace(self, alert: Alert) -> None:
        with self.transaction():
            self.database.execute("DELETE FROM alert WHERE key = ?", (alert.key,))
            self.add(alert)

    def backup(self, path: Path) -> None:
        """A whole copy, made while others write; `path` must not exist. A ledger that is damaged is not copied."""
        with plainly(self.state):
            whole(self.database)
            self.database.execute("VACUUM INTO ?", (str(path),))


def open_ledger(state: Path, now: datetime) -> Ledger:
    """The ledger in the state folder, made where there is none.

    Raises:
        LedgerError: it is damaged, from a newer version, lost, or on a file system that cannot hold one.
        AccessError: the folder cannot be used.
    """
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        (state / "spool").mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise AccessError(f"cannot use the state folder '{state}': {error.strerror}; set `state:`") from error
    if not os.access(state, os.R_OK | os.W_OK | os.X_OK):
        raise AccessError(f"the state folder '{state}' cannot be read and written by this user; set `state:`")
    if (kind := file_system(state)) in REMOTE:
        raise LedgerError(f"the state folder '{state}' is on a share ({kind}); set `state:` to a local disk")
    path = state / FILE
    if has_foreign_log(path):
        raise LedgerError(
            f"{path}-wal and {path}-shm are left from the ledger that was here before; nothing is sent. Remove these "
            "two, then run this again"
        )
    if not path.exists():
        if any((state / "spool").iterdir()):
            raise LedgerError(
                f"{path} is gone but its spool is not, so nobody knows what was mailed; nothing is sent. Put back a "
                f"copy from {state / 'backup'}, or move '{state}' away to begin anew"
            )
        create(path, now)
    with plainly(state):
        database = connect(path)
        try:
            check(database, path)
            migrate(database)
            database.execute("PRAGMA journal_mode=WAL")
        except BaseException:
            database.close()
            raise
    return Ledger(database, state)
