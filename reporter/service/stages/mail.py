"""The messages of an edition: written to the spool, then put into the outbox, each reader once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from reporter.config import Brief, Config
from reporter.crash import crash_point
from reporter.delivery.message import Envelope, Letter, Reader, file_name, head, letter, message_id, short_letter
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
    assert config.mail  # noqa: S101  for the type checker; it was asked before
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
    letters: dict[str, list[tuple[Letter, str]]] = {}  # the whole one and the short one, with the file of its content
    with spool.Heads(ledger.state / folder) as heads:
        for reader in readers:
            if reader.language not in edition.mails:
                continue  # came after it was made, for a language that it has not: begins with the next edition
            if reader.language not in letters:
                both = written(envelope, reader.language, edition, brief, config.templates)
                contents = [spool.write_content(ledger.state / folder, one.content) for one in both]
                letters[reader.language] = list(zip(both, contents, strict=True))
            (place, whole), _ = (
                heads.add(head(config.mail, envelope, reader, one), one.content, name)
                for one, name in letters[reader.language]
            )
            answer = held.get(reader.address.casefold())
            yield Delivery(
                run_id=run.run_id or 0,
                revision=run.revision,
                recipient=reader.address,
                message_id=message_id(config.mail, envelope, reader.address),
                state="queued" if answer is None else "cancelled",
                smtp_text=None if answer is None else SUSPENDED + answer,
                eml_path=f"{folder}/{place}",
                eml_sha256=whole,
                next_try_utc=now,
                give_up_utc=give_up,
            )


def held_readers(ledger: Ledger, run: Run) -> list[Delivery]:
    """Messages that were written and not queued, as their readers are suspended."""
    cancelled = ledger.rows(Delivery, run_id=run.run_id, revision=run.revision, state="cancelled")
    return [one for one in cancelled if (one.smtp_text or "").startswith(SUSPENDED)]


def written(
    envelope: Envelope, code: str, edition: Edition, brief: Brief, templates: Path | None
) -> tuple[Letter, Letter]:
    """What readers of a language get, and the short form for a relay that takes no large messages."""
    language = Language(code, templates)
    labels = language.labels["document"]
    title = language.title(brief.title, brief.subject)
    made = next((name for name in edition.files if name.endswith(f"-{code}.pdf")), None)
    pdf = (file_name(title, edition.session.isoformat(), "pdf"), edition.files[made]) if made else None
    body = edition.mails[code]
    return letter(envelope, code, body, labels, pdf), short_letter(envelope, body, labels)
