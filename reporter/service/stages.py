"""One edition from nothing to everybody's mailbox, in steps that can each be taken again.

    due, fetching, fetched ──build──▶ rendered ──archive, queue──▶ delivering ──mail──▶ done

Each step begins from what the one before has stored, commits, and only then goes on; a process that dies anywhere is
followed by one that does the rest. Only the holder of `alone` may take steps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

from reporter.channels import ArchiveTarget, MailSettings
from reporter.config import Brief, Config
from reporter.crash import crash_point
from reporter.delivery.archive import Sender, sent_before, store
from reporter.delivery.index import write_index
from reporter.delivery.message import Envelope, Reader, compose, file_name, message_id
from reporter.delivery.target import Target, local_target, open_target
from reporter.document.edition import Edition
from reporter.errors import ConfigError, OutputError, ReporterError
from reporter.language import Language
from reporter.limits import Limits, run_limited
from reporter.service import spool
from reporter.service.ledger import Ledger
from reporter.service.lock import exclusive
from reporter.service.outbox import TERMINAL, Clock, wait_after
from reporter.service.rows import Delivery, Publication, Run
from reporter.service.suspension import suspended
from reporter.setting import duration

OUTPUT = "output"  # the target that is always there: the folder of the setting
MARKERS = "archive:"  # before the name of a target in `meta`: what its identity file holds
SUSPENDED = "suspended: "  # before the words of the last refusal
PERIODS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=28)}
INDEX_WAIT = 60.0  # seconds for another process that brings the index page of the same place up to date
RENDER = Limits(cpu=120, memory=2_000_000_000, wall=300.0)


@contextmanager
def alone(ledger: Ledger, run: Run, now: datetime, wait: float = 0.0) -> Iterator[Run]:
    """Be the only process that works on a run; gives the run as it is then.

    Raises:
        LockedError: another one is at it.
    """
    path = ledger.state / f"run-{run.run_id}.lock"
    with exclusive(path, now, wait=wait, what=f"{run.brief} {run.occurrence}"):
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


def build(
    ledger: Ledger,
    run: Run,
    make: Callable[[], Edition],
    targets: Sequence[str],
    clock: Clock,
    limits: Limits = RENDER,
) -> Run:
    """Make the edition in a child process and keep it in the spool; one that is there already is taken as it is.

    Args:
        make: Something that another interpreter can be told to call.
        targets: Names of the places where it is to be archived.

    Raises:
        ReporterError: of `make`; or the child went beyond its limits.
    """
    final = ledger.state / spool.edition_folder(run)
    if not final.exists():
        temporary = final.with_name(f".{final.name}.tmp")
        run_limited(partial(_build, make, temporary), limits=limits, what=f"{run.brief} {run.occurrence}")
        crash_point("built")
        spool.rename(temporary, final)
    return spooled(ledger, run, targets, clock)


def spooled(ledger: Ledger, run: Run, targets: Sequence[str], clock: Clock) -> Run:
    """Enter what lies in the spool for a run into the ledger: from here on nothing of it is made again."""
    crash_point("spooled")
    now = clock()
    with ledger.transaction():
        files = spool.artifacts(ledger.state, run)
        for artifact in files:
            ledger.add(artifact)
        for target in targets:
            ledger.add(
                Publication(
                    run_id=run.run_id or 0, revision=run.revision, target=target, path="", next_try_utc=now, sha256=""
                )
            )
        edition = spool.read_edition(ledger, run)
        moved = ledger.move(run, "rendered", now, f"{len(files)} files", quality=str(edition.quality.status))
    crash_point("rendered")
    return moved or _again(ledger, run)


def _build(make: Callable[[], Edition], folder: Path) -> None:
    spool.write_edition(make(), folder)


def archive(ledger: Ledger, run: Run, config: Config, clock: Clock, *, at_once: bool = False) -> list[str]:
    """Bring the edition to every target where it is not yet.

    Args:
        at_once: Try also what was tried a moment ago: a person asks, who has just mended something.

    Returns:
        What went wrong, one line a target.
    """
    problems = []
    for publication in ledger.rows(Publication, run_id=run.run_id, state=("queued", "writing")):
        if publication.revision != run.revision or (publication.next_try_utc > clock() and not at_once):
            continue
        writing = ledger.move(publication, "writing", clock(), attempts=publication.attempts + 1)
        if writing is None:
            continue
        crash_point("publishing")
        try:
            _publish(ledger, run, writing, config, clock)
        except ReporterError as error:
            wait = clock() + wait_after(writing.attempts)
            given_up = wait > run.deadline_utc
            ledger.move(writing, "failed" if given_up else "queued", clock(), str(error), next_try_utc=wait)
            problems.append(f"{publication.target}: {error}")
        crash_point("published")
    return problems


def _publish(ledger: Ledger, run: Run, publication: Publication, config: Config, clock: Clock) -> None:
    settings = _target(config, publication.target)
    sender = Sender(
        instance=ledger.instance,
        occurrence=run.occurrence,
        revision=run.revision,
        marker=marker(ledger, settings),
        reason=run.revision_reason,
    )
    edition = spool.read_edition(ledger, run)
    seconds = settings.deadline if settings else ArchiveTarget(name="any", folder=Path()).deadline
    place = run_limited(
        partial(_store, edition, settings, config, ledger.state, clock(), sender),
        limits=Limits(cpu=max(60, int(seconds)), wall=seconds),
        what=f"archiving to '{publication.target}'",
        error=OutputError,
    )
    # The folder `output` may hold editions of `reporter brief`; elsewhere only we write.
    taken = place["revision"] != run.revision and settings is not None
    if problem := place.get("index"):
        ledger.note("index page: not written", clock(), detail=problem, of=publication)
    ledger.move(
        publication,
        "conflict" if taken else "verified",
        clock(),
        place["path"],
        path=place["path"],
        sha256=place["manifest_sha256"],
    )


def _store(
    edition: Edition, settings: ArchiveTarget | None, config: Config, state: Path, now: datetime, sender: Sender
) -> dict[str, object]:
    """The edition first; then the index page, which can be made again at any time and holds nothing up."""
    target = open_target(settings) if settings else local_target(config.output)
    place: dict[str, object] = asdict(store(edition, target, now, sender))
    try:
        with exclusive(state / f"index-{target.name}.lock", now, wait=INDEX_WAIT, what="the index page"):
            write_index(target, config, now, volume=(edition.brief, edition.session.year))
    except ReporterError as error:
        place["index"] = str(error)
    return place


def marker(ledger: Ledger, settings: ArchiveTarget | None) -> str | None:
    """What the identity file of a target must hold; the folder `output` has none unless it was given one.

    Raises:
        ConfigError: the target was never set up.
    """
    name = settings.name if settings else OUTPUT
    known = ledger.get(MARKERS + name)
    if known is None and settings is not None:
        raise ConfigError([f"archive: '{name}' was not set up yet; run `reporter archive init {name}` once"])
    return known


def targets(config: Config) -> list[str]:
    """Names of all places where editions are kept."""
    return [OUTPUT, *(target.name for target in config.archive)]


def opened(config: Config, name: str) -> Target:
    """A target by its name."""
    settings = _target(config, name)
    return open_target(settings) if settings else local_target(config.output)


def _target(config: Config, name: str) -> ArchiveTarget | None:
    """Settings of a target; None for the folder `output`."""
    if name == OUTPUT:
        return None
    found = next((target for target in config.archive if target.name == name), None)
    if found is None:
        raise ConfigError([f"archive: there is no target '{name}' any more; put it back, or cancel what waits for it"])
    return found


def held_back(ledger: Ledger, run: Run, config: Config) -> str:
    """The target without which nothing is mailed and which has not got the edition; empty where mail may go."""
    required = {target.name for target in config.archive if target.required}
    waiting = ledger.rows(Publication, run_id=run.run_id, revision=run.revision, state=("queued", "writing", "failed"))
    return next((one.target for one in waiting if one.target in required), "")


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
    return moved or _again(ledger, run)


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


def archived_at(ledger: Ledger, run: Run, config: Config) -> str:
    """Where readers find the edition: the first target with a link for them; empty where there is none."""
    for target in config.archive:
        if target.link:
            known = ledger.one(Publication, run_id=run.run_id, revision=run.revision, target=target.name)
            planned = f"{run.brief}/{run.occurrence[:4]}/{run.occurrence}-r{run.revision}"
            return f"{target.link.rstrip('/')}/{(known.path if known else '') or planned}/"
    return ""


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
    return moved or _again(ledger, run)


def revise(ledger: Ledger, run: Run, reason: str, clock: Clock) -> Run:
    """Begin a correction of an edition that is out: the next revision, from prices as they are now."""
    moved = ledger.move(
        run, "due", clock(), f"revision: {reason}", revision=run.revision + 1, revision_reason=reason, attempt=0
    )
    return moved or _again(ledger, run)


#: States in which nothing is left to do; a person may ask for more.
CLOSED = ("done", "failed", "missed", "refused", "cancelled")


def reopen(ledger: Ledger, run: Run, settings: MailSettings, clock: Clock) -> Run:
    """A person asks for an edition whose run is closed: what was made is delivered, what was not is made now."""
    made = spool.has_edition(ledger, run)
    again = {"deadline_utc": deadline(clock(), settings), "reason": None}
    with ledger.transaction():
        for publication in ledger.rows(Publication, run_id=run.run_id, revision=run.revision, state="failed"):
            ledger.move(publication, "queued", clock(), "asked for again", next_try_utc=clock())
        moved = ledger.move(run, "delivering" if made else "due", clock(), "asked for again", **again)
    return moved or _again(ledger, run)


def mailed_elsewhere(ledger: Ledger, config: Config, brief: str, session: date) -> str:
    """A target that holds a sent edition of which this ledger knows nothing; empty where none is known to.

    A target that is away cannot be asked.
    """
    if ledger.one(Run, brief=brief, occurrence=session.isoformat()):
        return ""
    for name in targets(config):
        with suppress(OutputError, ConfigError):
            if sent_before(opened(config, name), brief, session):
                return name
    return ""


def deadline(now: datetime, settings: MailSettings | None) -> datetime:
    """Until when an edition that was asked for by hand is tried."""
    return now + (duration(settings.give_up) if settings else timedelta(days=1))


def _again(ledger: Ledger, run: Run) -> Run:
    """The run as somebody else has left it."""
    return ledger.one(Run, run_id=run.run_id) or run
