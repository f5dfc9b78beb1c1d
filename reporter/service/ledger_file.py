"""The file of the ledger: made whole, checked, brought to this version; and SQLite's complaints in plain words."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from reporter.errors import AccessError, LedgerError, LockedError, StorageError
from reporter.service.lock import exclusive
from reporter.service.rows import stored
from reporter.service.schema import MIGRATIONS

FILE = "ledger.sqlite"
UNREADABLE = "unable to get the page"  # what SQLite's check says where it is the disk that fails
#: File systems on which SQLite's locks or its write-ahead log are not to be trusted.
REMOTE = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "9p", "afs", "ceph"}
#: Bytes up to which a ledger is read whole whenever it is opened; a larger one is read so once a day, with its copy.
READ_WHOLE = 16_000_000


def file_system(path: Path) -> str:
    """The kind of file system a folder is on; empty where the machine does not say."""
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    mounts = {line.split()[1].replace("\\040", " "): line.split()[2] for line in lines}
    real = path.resolve()
    return next((mounts[str(folder)] for folder in (real, *real.parents) if str(folder) in mounts), "")


def create(path: Path, now: datetime) -> None:
    """Whole or not at all: a ledger without tables is a damaged one, never a new one."""
    new = path.with_name(f".{path.name}.tmp")
    with exclusive(path.with_name("ledger.lock"), now, wait=10, what="the beginning of the ledger"):
        if path.exists():  # another process was quicker
            return
        for left in ("", "-wal", "-shm"):  # of one that died here
            new.with_name(f"{new.name}{left}").unlink(missing_ok=True)
        with closing(connect(new)) as database:
            database.execute("PRAGMA journal_mode=WAL")  # kept in the file; later nobody else may be at it
            migrate(database)
            born = {"instance_id": str(uuid.uuid4()), "born_utc": stored(now)}
            database.executemany("INSERT INTO meta VALUES (?, ?)", born.items())
        new.chmod(0o600)
        new.rename(path)


def has_foreign_log(path: Path) -> bool:
    """Whether the log of another ledger lies beside: SQLite would write its pages into this one.

    A copy of ours is not marked as having a log, until it is opened.
    """
    if not path.with_name(f"{path.name}-wal").exists():
        return False
    try:
        with path.open("rb") as file:
            return file.read(20)[18:] == b"\x01\x01"
    except FileNotFoundError:
        return True


def connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=5, isolation_level=None)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        database.execute(f"PRAGMA {pragma}")
    return database


def check(database: sqlite3.Connection, path: Path) -> None:
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise LedgerError(f"{path} was written by a newer version of reporter; use that one. Nothing is sent")
    if path.stat().st_size <= READ_WHOLE:
        whole(database)
    if version < 1:
        raise sqlite3.DatabaseError("it has no tables")


def whole(database: sqlite3.Connection) -> None:
    """Reads every page: a second for a million messages."""
    if (found := database.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        raise sqlite3.DatabaseError(" ".join(found.split()).removeprefix("*** in database main *** "))


def migrate(database: sqlite3.Connection) -> None:
    """Bring the tables to this version, one step a transaction; `user_version` counts the steps."""
    while (version := database.execute("PRAGMA user_version").fetchone()[0]) < len(MIGRATIONS):
        database.execute("BEGIN IMMEDIATE")
        if database.execute("PRAGMA user_version").fetchone()[0] == version:
            for statement in MIGRATIONS[version]:
                database.execute(statement)
            database.execute(f"PRAGMA user_version={version + 1}")
        database.execute("COMMIT")


@contextmanager
def plainly(state: Path) -> Iterator[None]:
    """SQLite's complaints in one line: what is wrong, and what to do."""
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise  # ours, not the disk's
    except sqlite3.OperationalError as error:
        text = f"the ledger in '{state}': {error}"
        if "disk I/O" in str(error):
            raise StorageError(f"{text}; look at the disk: nothing is sent until it can be written") from error
        if "full" in str(error):
            raise StorageError(f"{text}; free some space, then run this again: nothing is lost") from error
        if "lock" in str(error):
            raise LockedError(f"{text}: another program holds it, longer than it should; run this again") from error
        if "readonly" in str(error) or "unable to open" in str(error):
            raise AccessError(f"{text}; this user must be able to write there") from error
        raise LedgerError(text) from error
    except sqlite3.DatabaseError as error:
        if UNREADABLE in str(error):
            raise StorageError(f"{state / FILE} cannot be read; look at the disk: nothing is sent") from error
        raise LedgerError(
            f"the ledger {state / FILE} is damaged ({error}); nothing is sent. Put back a copy from "
            f"{state / 'backup'} in place of {FILE}, {FILE}-wal and {FILE}-shm, then `reporter outbox list` shows what "
            "is left to decide"
        ) from error
