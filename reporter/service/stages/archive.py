"""An edition on its way to every place where it is kept; each place has its own turn."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from datetime import date, datetime
from functools import partial
from pathlib import Path

from reporter.channels import ArchiveTarget
from reporter.config import Config
from reporter.crash import crash_point
from reporter.delivery.archive import Sender, sent_before, store
from reporter.delivery.places import MARKERS, OUTPUT, opened, settings_of, targets
from reporter.delivery.target import local_target, open_target
from reporter.document.edition import Edition
from reporter.errors import ConfigError, OutputError, ReporterError
from reporter.limits import Limits, run_limited
from reporter.service import spool
from reporter.service.index_page import bring_up_to_date
from reporter.service.ledger import Ledger
from reporter.service.outbox import Clock, wait_after
from reporter.service.rows import Publication, Run

ASKING = Limits(wall=60.0)


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
    settings = settings_of(config, publication.target)
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
        partial(_store, edition, settings, config, clock(), sender),
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
    edition: Edition, settings: ArchiveTarget | None, config: Config, now: datetime, sender: Sender
) -> dict[str, object]:
    """The edition first; then the index page, which can be made again at any time and holds nothing up."""
    target = open_target(settings) if settings else local_target(config.output)
    place: dict[str, object] = asdict(store(edition, target, now, sender))
    try:
        bring_up_to_date(target, config, now, volume=(edition.brief, edition.session.year))
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


def held_back(ledger: Ledger, run: Run, config: Config) -> str:
    """The target without which nothing is mailed and which has not got the edition; empty where mail may go."""
    required = {target.name for target in config.archive if target.required}
    waiting = ledger.rows(Publication, run_id=run.run_id, revision=run.revision, state=("queued", "writing", "failed"))
    return next((one.target for one in waiting if one.target in required), "")


def archived_at(ledger: Ledger, run: Run, config: Config) -> str:
    """Where readers find the edition: the first target with a link for them; empty where there is none."""
    for target in config.archive:
        if target.link:
            known = ledger.one(Publication, run_id=run.run_id, revision=run.revision, target=target.name)
            planned = f"{run.brief}/{run.occurrence[:4]}/{run.occurrence}-r{run.revision}"
            return f"{target.link.rstrip('/')}/{(known.path if known else '') or planned}/"
    return ""


def sent_from(config: Config, brief: str, session: date) -> str:
    """A target that holds an edition which was sent; empty where none is known to.

    One that is away, or does not answer, cannot be asked: archiving will complain.
    """
    for name in targets(config):
        with suppress(OutputError, ConfigError):
            what = f"asking '{name}' for {brief} {session}"
            if run_limited(_sent, config, name, brief, session, limits=ASKING, what=what, error=OutputError):
                return name
    return ""


def _sent(config: Config, name: str, brief: str, session: date) -> bool:
    return sent_before(opened(config, name), brief, session)
