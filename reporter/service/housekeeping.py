"""Once a day: a copy of the ledger, and an end for what nobody needs any more."""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from reporter.service.ledger import FILE, Ledger
from reporter.service.rows import Alert, Run, stored

COPIES = 14
SPOOL = timedelta(days=14)  # that the files of an edition stay after all is done
EVENTS = timedelta(days=400)
OVER = ("done", "refused", "failed", "missed", "cancelled")


def keep_house(ledger: Ledger, now: datetime) -> bool:
    """Whether it was time: once a day, and after a clock was put back."""
    today = now.date().isoformat()
    if ledger.get("house") == today:
        return False
    _copy(ledger, today)
    _empty_spool(ledger, now)
    with ledger.transaction():
        ledger.database.execute("DELETE FROM event WHERE at_utc < ?", (stored(now - EVENTS),))
        for alert in ledger.rows(Alert):
            if alert.cleared_utc and alert.told and alert.cleared_utc < now - EVENTS:
                ledger.database.execute("DELETE FROM alert WHERE key = ?", (alert.key,))
        ledger.put("house", today)
    return True


def _copy(ledger: Ledger, today: str) -> None:
    folder = ledger.state / "backup"
    folder.mkdir(mode=0o700, exist_ok=True)
    path, unfinished = folder / f"{today}-{FILE}", folder / f".{today}.tmp"
    unfinished.unlink(missing_ok=True)
    ledger.backup(unfinished)
    unfinished.chmod(0o600)
    unfinished.replace(path)
    for old in sorted(folder.glob(f"*-{FILE}"))[:-COPIES]:
        old.unlink(missing_ok=True)


def _empty_spool(ledger: Ledger, now: datetime) -> None:
    """Files of runs that are over; those of a run that waits stay, however old."""
    for run in ledger.rows(Run, state=OVER):
        if run.updated_utc < now - SPOOL and run.next_try_utc is None:
            for folder in _spooled(ledger.state, run):
                with suppress(OSError):
                    shutil.rmtree(folder)


def _spooled(state: Path, run: Run) -> list[Path]:
    return [path for path in (state / "spool").glob(f"{run.run_id}-r*") if path.is_dir()]
