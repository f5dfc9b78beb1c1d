"""The messages of an edition: written to the spool, then put into the outbox, each reader once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from reporter.channels import MailSettings
from reporter.config import Brief, Config
from reporter.crash import crash_point
from reporter.delivery.message import Envelope, Reader, compose, file_name, message_id
from reporter.document.edition import Edition
from reporter.language import Language
from reporter.service import spool
from reporter.service.ledger import Ledger
from reporter.service.outbox import Clock
from reporter.service.rows import Delivery, Run
from reporter.service.stages.archive import archived_at
from reporter.service.stages.run import again
from reporter.service.suspension import suspended
from reporter.setting import duration

SUSPENDED = "suspended: "  # before the words of the last refusal
PERIODS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=28)}


def queue(ledger: Ledger, run: Run, config: Config, brief: Brief, readers: Sequence[Reader], clock: Clock) -> Run:
    """Write the messages to the spool and put them into the outbox, each reader once; those who are in it stay."""
    known = {
        delivery.recipient.casefold() for delivery in ledger.rows(Delivery, run_id=run.run_id, revision=run.revision)
    }
    missing = [reader for reader in readers if reader.address.casefold() not in known]
    deliveries = list(_write_messages(ledger, run, config, brief, missing, clock())) if missing and config.mail else []
    crash_point("mailed-to-spool")
    with ledger.transaction():
        for delivery in deliveries:
            ledger.add(delivery)
        detail = f"{len(deliveries)} messages"
        moved = ledger.move(run, "delivering", clock(), detail) if deliveries or run.state == "rendered" else run
    crash_point("queued")
    return moved or again(ledger, run)


def _write_messages(
    ledger: Ledger, run: Run, config: Config, brief: Brief, readers: Sequence[Reader], now: datetime
) -> Iterator[Delivery]:
    assert config.mail  # noqa: S101
    edition = spool.read_edition(ledger, run)
    envelope = Envelope(
        brief=run.brief,
        occurrence=run.occurrence,
        revision=run.revision,
        instance=ledger.instance,
        date=run.created_utc.replace(microsecond=0),
        archive=archived_at(ledger, run, config),
    )
    folder = f"{spool.edition_folder(run)}.mail"
    (ledger.state / folder).mkdir(mode=0o700, exist_ok=True)
    tried = duration(config.mail.give_up)
    if brief.schedule:  # an old edition must not come with the next one
        tried = min(tried, PERIODS[brief.schedule.period] / 2)
    give_up = max(now, min(now + tried, run.deadline_utc))
    held = {} if run.occurrence.startswith("adhoc:") else suspended(ledger)
    for reader in readers:
        path = f"{folder}/{hashlib.sha256(reader.address.casefold().encode()).hexdigest()[:24]}"
        whole, short = messages(config.mail, envelope, reader, edition, brief, config.templates)
        short_sha256 = hashlib.sha256(short).hexdigest()
        spool.write(ledger.state / f"{path}.eml", whole)
        spool.write(ledger.state / f"{path}.short.eml", short)
        spool.write(ledger.state / f"{path}.short.eml.sha256", short_sha256.encode())
        yield Delivery(
            run_id=run.run_id or 0,
            revision=run.revision,
            recipient=reader.address,
            message_id=message_id(config.mail, envelope, reader.address),
            state="cancelled" if reader.address.casefold() in held else "queued",
            smtp_text=SUSPENDED + held[reader.address.casefold()] if reader.address.casefold() in held else None,
            eml_path=f"{path}.eml",
            eml_sha256=hashlib.sha256(whole).hexdigest(),
            next_try_utc=now,
            give_up_utc=give_up,
        )
    spool.sync(ledger.state / folder)


def held_readers(ledger: Ledger, run: Run) -> list[Delivery]:
    """Messages that were written and not queued, as their readers are suspended."""
    cancelled = ledger.rows(Delivery, run_id=run.run_id, revision=run.revision, state="cancelled")
    return [one for one in cancelled if (one.smtp_text or "").startswith(SUSPENDED)]


def messages(
    settings: MailSettings, envelope: Envelope, reader: Reader, edition: Edition, brief: Brief, templates: Path | None
) -> tuple[bytes, bytes]:
    """The message to a reader, and the short one for a relay that takes no large ones."""
    language = Language(reader.language, templates)
    labels = language.labels["document"]
    title = language.title(brief.title, brief.subject)
    made = next((name for name in edition.files if name.endswith(f"-{reader.language}.pdf")), None)
    pdf = (file_name(title, edition.session.isoformat(), "pdf"), edition.files[made]) if made else None
    body = edition.mails[reader.language]
    whole = compose(settings, envelope, reader, body, labels, pdf)
    return whole, compose(settings, envelope, reader, body, labels, pdf, short=True)
