"""Questions to the ledger that are asked at every look: none of them reads what is over and done with.

Each is answered by an index or by the table `tally`, so that it costs the same with ten editions and with a hundred
thousand; `tests/service/test_scale.py` counts the steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from reporter.service.ledger import Ledger
from reporter.service.rows import TABLES, Delivery, Publication, Row, Run, columns, row, stored


def tally(ledger: Ledger, kind: type[Run | Delivery | Publication]) -> Mapping[str, int]:
    """How many rows there are in each state; none of them is read."""
    return dict(ledger.ask("SELECT state, n FROM tally WHERE kind = ?", TABLES[kind][0]))


def newest(ledger: Ledger, kind: type[Row], state: str, most: int) -> list[Row]:
    """The rows of a state that were added last, the newest first."""
    return _found(ledger, kind, "WHERE state = ? ORDER BY rowid DESC LIMIT ?", state, most)


def ended(ledger: Ledger, kind: type[Any], state: str, after: int) -> list[Any]:
    """Deliveries or publications that came into a state after an event and are still in it, in the order of that."""
    table = TABLES[kind][0]
    subject, same = (
        ("delivery:", "event.delivery_id = delivery.delivery_id")
        if kind is Delivery
        else ("publication *:", "event.run_id = publication.run_id AND what GLOB 'publication ' || target || ': *'")
    )
    named = ", ".join(f"{table}.{name}" for name in columns(kind).split(", "))
    found = ledger.ask(
        f"SELECT DISTINCT {named} FROM event CROSS JOIN {table} WHERE event.id > ? AND what GLOB "  # noqa: S608  our own names
        f"'{subject} * -> {state}' AND {same} AND state = ? ORDER BY event.id",
        after,
        state,
    )
    return [row(kind, record) for record in found]


def newest_event(ledger: Ledger) -> int:
    """The number of the last event."""
    return int(ledger.ask("SELECT max(id) FROM event")[0][0] or 0)


def newest_runs(ledger: Ledger, brief: str, most: int = 20) -> list[Run]:
    """Scheduled runs of a brief, the newest session first."""
    return _found(ledger, Run, "WHERE brief = ? AND kind = 'scheduled' ORDER BY occurrence DESC LIMIT ?", brief, most)


def from_the_future(ledger: Ledger, moment: datetime) -> list[Run]:
    """Runs whose last change was later than a moment, by a clock that has been put back since."""
    return _found(ledger, Run, "WHERE updated_utc > ?", stored(moment))


def refused_for_now(ledger: Ledger) -> list[Run]:
    """Refused runs that will be tried again."""
    return _found(ledger, Run, "WHERE state = 'refused' AND next_try_utc > ''")


def oldest_waiting(ledger: Ledger) -> datetime | None:
    """The earliest turn of all messages that wait."""
    ((found,),) = ledger.ask("SELECT min(next_try_utc) FROM delivery WHERE state IN ('queued', 'sending', 'dot')")
    return datetime.fromisoformat(found) if found else None


def kept_in_spool(ledger: Ledger, before: datetime) -> list[Run]:
    """Runs whose files are still in the spool although they have been over since before a moment."""
    return _found(
        ledger,
        Run,
        "WHERE run_id IN (SELECT DISTINCT run_id FROM artifact) AND updated_utc <= ? "
        "AND state IN ('done', 'refused', 'failed', 'missed', 'cancelled') ORDER BY run_id",
        stored(before),
    )


def newer_mail(ledger: Ledger, run: Run, delivery: Delivery) -> bool:
    """Whether a later edition of the brief, or a later revision of this one, is with this recipient already."""
    if run.occurrence.startswith("adhoc:"):
        return False
    found = ledger.ask(
        "SELECT 1 FROM run CROSS JOIN delivery USING (run_id) WHERE brief = ? AND occurrence >= ? "
        "AND occurrence < 'adhoc:' AND recipient = ? COLLATE NOCASE "
        "AND delivery.state IN ('sending', 'dot', 'accepted', 'uncertain') "
        "AND (occurrence, delivery.revision) > (?, ?) LIMIT 1",
        run.brief,
        run.occurrence,
        delivery.recipient,
        run.occurrence,
        delivery.revision,
    )
    return bool(found)


def at_their_dot(ledger: Ledger, run: Run, delivery: Delivery) -> list[int]:
    """Runs of earlier editions of the brief whose message to this recipient is between its dot and the answer."""
    found = ledger.ask(
        "SELECT DISTINCT run_id FROM delivery INDEXED BY delivery_by_state JOIN run USING (run_id) "
        "WHERE delivery.state = 'dot' AND recipient = ? COLLATE NOCASE AND brief = ? AND occurrence < ?",
        delivery.recipient,
        run.brief,
        run.occurrence,
    )
    return [run_id for (run_id,) in found]


def anybody_has(ledger: Ledger, run: Run) -> bool:
    """Whether the relay has ever accepted the edition for a reader."""
    found = ledger.ask(
        "SELECT 1 FROM delivery WHERE run_id = ? AND revision = ? AND accepted_utc IS NOT NULL LIMIT 1",
        run.run_id,
        run.revision,
    )
    return bool(found)


def _found(ledger: Ledger, kind: type[Row], clause: str, *values: Any) -> list[Row]:
    found = ledger.ask(f"SELECT {columns(kind)} FROM {TABLES[kind][0]} {clause}", *values)  # noqa: S608  our own names
    return [row(kind, record) for record in found]
