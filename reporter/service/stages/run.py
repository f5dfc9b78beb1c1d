"""The life of a run around its steps: begun, worked on by one process, closed, asked for again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from reporter.channels import MailSettings
from reporter.config import Config
from reporter.crash import crash_point
from reporter.service import spool
from reporter.service.ledger import Ledger
from reporter.service.lock import exclusive, run_lock
from reporter.service.outbox import TERMINAL, Clock
from reporter.service.rows import Delivery, Publication, Run
from reporter.service.stages.archive import held_back
from reporter.setting import duration


@contextmanager
def alone(ledger: Ledger, run: Run, now: datetime, wait: float = 0.0) -> Iterator[Run]:
    """Be the only process that works on a run; gives the run as it is then.

    Raises:
        LockedError: another one is at it.
    """
    with exclusive(run_lock(ledger.state, run.run_id), now, wait=wait, what=f"{run.brief} {run.occurrence}"):
        yield ledger.one(Run, run_id=run.run_id) or run


def begin(ledger: Ledger, brief: str, occurrence: str, label: str, config: Config, now: datetime) -> Run:
    """The run of an edition that is asked for; a new one where the ledger has none."""
    new = Run(
        brief=brief,
        occurrence=occurrence,
        kind="adhoc",
        local_label=label,
        deadline_utc=deadline(now, config.mail),
        created_utc=now,
        updated_utc=now,
    )
    ledger.add(new)
    return ledger.one(Run, brief=brief, occurrence=occurrence) or new


def finish(ledger: Ledger, run: Run, config: Config, clock: Clock) -> Run:
    """Close a run when nothing of it is left to do; failed, if it is archived nowhere where it must be."""
    if run.state != "delivering":
        return run
    open_mail = [one for one in ledger.rows(Delivery, run_id=run.run_id) if one.state not in TERMINAL]
    open_files = ledger.rows(Publication, run_id=run.run_id, state=("queued", "writing"))
    if open_mail or open_files:
        return run
    crash_point("delivered")
    missing = held_back(ledger, run, config)
    state, reason = ("failed", f"not archived in '{missing}'") if missing else ("done", None)
    moved = ledger.move(run, state, clock(), reason, reason=reason)
    crash_point("done")
    return moved or again(ledger, run)


def revise(ledger: Ledger, run: Run, reason: str, clock: Clock) -> Run:
    """Begin a correction of an edition that is out: the next revision, from prices as they are now."""
    moved = ledger.move(
        run, "due", clock(), f"revision: {reason}", revision=run.revision + 1, revision_reason=reason, attempt=0
    )
    return moved or again(ledger, run)


#: States in which nothing is left to do; a person may ask for more.
CLOSED = ("done", "failed", "missed", "refused", "cancelled")


def reopen(ledger: Ledger, run: Run, settings: MailSettings, clock: Clock) -> Run:
    """A person asks for an edition whose run is closed: what was made is delivered, what was not is made now."""
    fetched = (ledger.state / material_folder(run)).exists() and run.data_sha
    state = "delivering" if spool.has_edition(ledger, run) else "fetched" if fetched else "due"
    changes = {"deadline_utc": deadline(clock(), settings), "reason": None}
    with ledger.transaction():
        for publication in ledger.rows(Publication, run_id=run.run_id, revision=run.revision, state="failed"):
            ledger.move(publication, "queued", clock(), "asked for again", next_try_utc=clock())
        moved = ledger.move(run, state, clock(), "asked for again", **changes)
    return moved or again(ledger, run)


def deadline(now: datetime, settings: MailSettings | None) -> datetime:
    """Until when an edition that was asked for by hand is tried."""
    return now + (duration(settings.give_up) if settings else timedelta(days=1))


def material_folder(run: Run) -> str:
    """What a revision is made of, while it is not made; relative to the state folder."""
    return f"{spool.edition_folder(run)}.material"


def again(ledger: Ledger, run: Run) -> Run:
    """The run as somebody else has left it."""
    return ledger.one(Run, run_id=run.run_id) or run
