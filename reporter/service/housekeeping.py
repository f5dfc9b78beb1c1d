"""Once a day: a copy of the ledger, and an end for what nobody needs any more. Runs stay for ever."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta

from reporter.service.ledger import FILE, Ledger
from reporter.service.rows import Alert, Artifact, Delivery, Publication, Run, stored

COPIES = 14
SPOOL_KEPT = timedelta(days=14)  # after all is done, for questions
EVENTS_KEPT = timedelta(days=400)
OVER = ("done", "refused", "failed", "missed", "cancelled")


def keep_house(ledger: Ledger, now: datetime) -> bool:
    """Whether it was time: once a day, and after a clock was put back."""
    today = now.date().isoformat()
    if ledger.get("house") == today:
        return False
    _copy(ledger, today)
    for run in ledger.rows(Run, state=OVER):
        if now - run.updated_utc >= SPOOL_KEPT:
            _empty_spool(ledger, run)
    with ledger.transaction():
        ledger.database.execute("DELETE FROM event WHERE at_utc < ?", (stored(now - EVENTS_KEPT),))
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


def _empty_spool(ledger: Ledger, run: Run) -> None:
    """Files of a run of which nothing waits any more; files first, so that a crash is made up for tomorrow."""
    of_run = {"run_id": run.run_id}
    if not ledger.rows(Artifact, **of_run):
        return
    mail = ledger.rows(Delivery, **of_run, state=("queued", "sending", "dot", "uncertain"))
    archive = ledger.rows(Publication, **of_run, state=("queued", "writing"))
    if mail or archive:
        return
    for path in (ledger.state / "spool").glob(f"{run.run_id}-r*"):
        shutil.rmtree(path, ignore_errors=True)
    (ledger.state / f"run-{run.run_id}.lock").unlink(missing_ok=True)
    with ledger.transaction():
        ledger.database.execute("DELETE FROM artifact WHERE run_id = ?", (run.run_id,))
