"""The rows of the ledger, one class a table. Columns that end in `_utc` are times: text of fixed width there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, TypeVar


@dataclass(frozen=True, kw_only=True)
class Run:
    """One occurrence of a brief: its session, or `adhoc:<uuid>`. (brief, occurrence) is unique for ever."""

    run_id: int | None = None
    brief: str
    occurrence: str
    kind: str  # scheduled, adhoc
    local_label: str  # when it was due, as a person would say it
    state: str = "due"
    revision: int = 0  # the one that is being made or was made last
    revision_reason: str | None = None
    attempt: int = 0
    next_try_utc: datetime | None = None
    deadline_utc: datetime
    data_sha: str | None = None  # of the prices that it is made of
    quality: str | None = None  # ok, degraded
    reason: str | None = None  # why it is in this state
    created_utc: datetime
    updated_utc: datetime


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """A file of an edition in the spool; its bytes never change."""

    run_id: int
    revision: int
    name: str
    spool_path: str  # relative to the state folder
    media_type: str
    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One message to one recipient."""

    delivery_id: int | None = None
    run_id: int
    revision: int
    recipient: str
    message_id: str
    eml_path: str  # relative to the state folder
    eml_sha256: str
    state: str = "queued"
    attempts: int = 0
    next_try_utc: datetime
    give_up_utc: datetime
    smtp_code: int | None = None
    smtp_text: str | None = None
    relay: str | None = None
    relay_queue_id: str | None = None
    accepted_utc: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Publication:
    """One edition on one target of the archive."""

    run_id: int
    revision: int
    target: str  # its name in the configuration
    path: str  # of the edition's folder below the target's root, once it is known
    state: str = "queued"
    attempts: int = 0
    next_try_utc: datetime
    sha256: str  # of the manifest, once it is written


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened; never changed."""

    id: int | None = None
    at_utc: datetime
    run_id: int | None = None
    delivery_id: int | None = None
    what: str
    detail: str | None = None


@dataclass(frozen=True, kw_only=True)
class Alert:
    """A cause that the owner is told about once, however often it comes."""

    key: str
    first_utc: datetime
    last_utc: datetime
    count: int = 1
    sent_utc: datetime | None = None
    cleared_utc: datetime | None = None
    text: str | None = None  # what the owner reads
    told: int = 0  # the count that the owner knows of


#: Table and key of each kind of row.
TABLES: dict[type[object], tuple[str, tuple[str, ...]]] = {
    Run: ("run", ("run_id",)),
    Artifact: ("artifact", ("run_id", "revision", "name")),
    Delivery: ("delivery", ("delivery_id",)),
    Publication: ("publication", ("run_id", "revision", "target")),
    Event: ("event", ("id",)),
    Alert: ("alert", ("key",)),
}
Row = TypeVar("Row", Run, Artifact, Delivery, Publication, Event, Alert)
Moving = TypeVar("Moving", Run, Delivery, Publication)


def columns(kind: type[Row]) -> str:
    return ", ".join(field.name for field in fields(kind))


def row(kind: type[Row], record: Sequence[Any]) -> Row:
    """Of a record in the order of `columns`."""
    values: dict[str, Any] = {
        field.name: datetime.fromisoformat(value) if field.name.endswith("_utc") and value else value
        for field, value in zip(fields(kind), record, strict=True)
    }
    return kind(**values)


def stored(value: Any) -> Any:
    """As a column holds it; the order of times is that of their text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


def as_json(row: Row) -> str:
    """One JSON object, ASCII."""
    return json.dumps({name: stored(value) for name, value in asdict(row).items()})
