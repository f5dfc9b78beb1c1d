"""Editions that are made already, as a batch makes them, on their way to the archive and to everybody's mailbox."""

from __future__ import annotations

import shutil

from reporter.config import Brief, Config
from reporter.delivery.places import targets
from reporter.delivery.recipients import readers
from reporter.document.edition import Edition
from reporter.errors import ConfigError, MailError, OutputError, UpstreamError
from reporter.service import spool, stages
from reporter.service.ledger import Ledger
from reporter.service.outbox import Clock, Mailed, drain, recover
from reporter.service.rows import Run


def send_made(ledger: Ledger, edition: Edition, brief: Brief, config: Config, clock: Clock) -> None:
    """Archive an edition and mail it to the readers of the brief; what was done of it before is not done again.

    Raises:
        ReporterError: something of it is not done; the ledger knows what, and the next call goes on there.
    """
    label = f"made in a batch at {clock():%Y-%m-%d %H:%M} UTC"
    run = stages.begin(ledger, edition.brief, edition.session.isoformat(), label, config, clock())
    with stages.alone(ledger, run, clock()) as held:
        made = held if held.state not in stages.MAKING else kept(ledger, held, edition, config, clock)
        problems = stages.archive(ledger, made, config, clock)
        queued = stages.queue(ledger, made, config, brief, readers(edition.brief, brief), clock)
        mailed = Mailed()
        if config.mail and not stages.held_back(ledger, queued, config):
            recover(ledger, queued, config.mail, clock)
            mailed = drain(ledger, queued, config.mail, clock)
        stages.finish(ledger, queued, config, clock)
    complain(mailed, problems)


def kept(ledger: Ledger, run: Run, edition: Edition, config: Config, clock: Clock) -> Run:
    """The run with its edition in the spool; the same one that lies there already is taken as it is."""
    final = ledger.state / spool.edition_folder(run)
    if not spool.holds(final, edition):
        shutil.rmtree(final, ignore_errors=True)  # of a ledger in whose place a copy is
        temporary = final.with_name(f".{final.name}.tmp")
        spool.write_edition(edition, temporary)
        spool.rename(temporary, final)
    return stages.spooled(ledger, run, targets(config), clock)


def complain(mailed: Mailed, problems: list[str]) -> None:
    """What needs a person before what only needs time."""
    if mailed.needing:
        first = mailed.needing[0]
        raise MailError(f"{first.recipient} is {first.state}: {first.smtp_text or 'no answer'}")
    if mailed.trouble:
        raise ConfigError([f"mail.relay: {mailed.trouble}"])
    if mailed.waiting:
        raise UpstreamError(f"{mailed.waits} for the relay; run the batch again with --resume")
    if problems:
        raise OutputError("; ".join(problems))
