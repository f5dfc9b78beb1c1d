"""Once a day: a copy of the ledger, and an end for what nobody needs any more. Runs stay for ever."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from reporter.service.ledger import Ledger
from reporter.service.ledger_file import FILE
from reporter.service.lock import run_lock
from reporter.service.lookups import kept_in_spool
from reporter.service.plan import OPEN
from reporter.service.rows import Alert, Artifact, Delivery, Publication, Run, stored

COPIES = 14
SPOOL_KEPT = timedelta(days=14)  # after all is done, for questions
EVENTS_KEPT = timedelta(days=400)


def keep_house(ledger: Ledger, now: datetime) -> bool:
    """Whether it was time: once a day, and after a clock was put back."""
    today = now.date().isoformat()
    if ledger.get("house") == today:
        return False
    _copy(ledger, today)
    folders = _folders(ledger.state / "spool")
    for run in kept_in_spool(ledger, now - SPOOL_KEPT):
        _empty_spool(ledger, run, folders.get(str(run.run_id), []))
    _forget_unmade(ledger, folders, now - SPOOL_KEPT)
    with ledger.transaction():
        _forget_events(ledger, now - EVENTS_KEPT)
        for alert in ledger.rows(Alert):
            if alert.cleared_utc and alert.told and alert.cleared_utc < now - EVENTS_KEPT:
                ledger.database.execute("DELETE FROM alert WHERE key = ?", (alert.key,))
        ledger.put("house", today)
    return True


def _copy(ledger: Ledger, today: str) -> None:
    folder = ledger.state / "backup"
    folder.mkdir(mode=0o700, exist_ok=True)
    unfinished = folder / f".{today}.tmp"
    unfinished.unlink(missing_ok=True)
    ledger.backup(unfinished)
    unfinished.chmod(0o600)
    unfinished.replace(folder / f"{today}-{FILE}")
    for old in sorted(folder.glob(f"*-{FILE}"))[:-COPIES]:
        old.unlink(missing_ok=True)


def _forget_events(ledger: Ledger, before: datetime) -> None:
    """Up to the first one that is younger: what is kept is not read."""
    young = ledger.database.execute("SELECT id FROM event WHERE at_utc >= ? ORDER BY id LIMIT 1", (stored(before),))
    end = young.fetchone() or (sys.maxsize,)
    ledger.database.execute("DELETE FROM event WHERE id < ?", end)


def _folders(spool: Path) -> dict[str, list[Path]]:
    """What lies in the spool, by the number of the run."""
    found: dict[str, list[Path]] = {}
    for path in spool.iterdir():
        found.setdefault(path.name.strip(".").partition("-")[0], []).append(path)
    return found


def _forget_unmade(ledger: Ledger, folders: Mapping[str, Sequence[Path]], before: datetime) -> None:
    """What was fetched for editions that were never made."""
    for number, paths in folders.items():
        run = ledger.one(Run, run_id=number)
        if run and run.state not in OPEN and run.updated_utc <= before and not ledger.one(Artifact, run_id=number):
            for path in paths:
                shutil.rmtree(path, ignore_errors=True)


def _empty_spool(ledger: Ledger, run: Run, folders: Sequence[Path]) -> None:
    """Files of a run of which nothing waits any more; files first, so that a crash is made up for tomorrow."""
    of_run = {"run_id": run.run_id}
    mail = ledger.rows(Delivery, **of_run, state=("queued", "sending", "dot", "uncertain"))
    archive = ledger.rows(Publication, **of_run, state=("queued", "writing"))
    if mail or archive:
        return
    for path in folders:
        shutil.rmtree(path, ignore_errors=True)
    run_lock(ledger.state, run.run_id).unlink(missing_ok=True)
    with ledger.transaction():
        ledger.database.execute("DELETE FROM artifact WHERE run_id = ?", (run.run_id,))
