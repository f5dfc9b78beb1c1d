"""All steps of one scheduled edition that are left, in a process of its own."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from reporter.config import Config
from reporter.delivery.places import targets
from reporter.delivery.recipients import readers
from reporter.errors import ConfigError, MailError, OutputError, UpstreamError
from reporter.service import stages
from reporter.service.ledger import Ledger
from reporter.service.making import Order
from reporter.service.outbox import Clock, Mailed, drain, recover
from reporter.service.rows import Run


def work(ledger: Ledger, run: Run, config: Config, clock: Clock) -> Run:
    """Go on from where the ledger says the run is, as far as is possible now.

    A polite kill ends it at once, as every step can be taken again; while it mails, after the current message.

    Raises:
        ReporterError: what stands in the way; the ledger says how far it came.
    """
    brief = config.briefs.get(run.brief)
    if brief is None:
        raise ConfigError([f"briefs.{run.brief}: is not configured any more"])
    if run.state in stages.MAKING:
        session = date.fromisoformat(run.occurrence)
        # Sent, though this ledger has only just heard that it is due?
        if run.state == "due" and run.revision == 0 and (place := stages.sent_from(config, run.brief, session)):
            return _cancel(ledger, run, place, clock())
        order = Order(config=config, name=run.brief, brief=brief, session=session)
        run = stages.make(ledger, run, order, targets(config), clock)
    problems = stages.archive(ledger, run, config, clock)
    run = stages.queue(ledger, run, config, brief, readers(run.brief, brief) if config.mail else [], clock)
    if missing := stages.held_back(ledger, run, config):
        raise OutputError(f"not mailed: '{missing}' must have it first; {'; '.join(problems)}")
    mailed = Mailed()
    if config.mail:
        recover(ledger, run, config.mail, clock)
        with politely() as told:
            mailed = drain(ledger, run, config.mail, clock, lambda: bool(told))
    run = stages.finish(ledger, run, config, clock)
    _say(mailed, problems)
    return run


@contextmanager
def politely() -> Iterator[list[int]]:
    """SIGTERM and SIGINT let the block end, whose fate would be in doubt otherwise, and then the process."""
    told: list[int] = []
    before = {
        number: signal.signal(number, lambda got, _: told.append(got)) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if told:
        sys.exit(128 + told[0])


def _cancel(ledger: Ledger, run: Run, place: str, now: datetime) -> Run:
    why = f"'{place}' holds an edition that was sent; this ledger is older or another one: nobody gets it twice"
    with ledger.transaction():
        moved = ledger.move(run, "cancelled", now, why, reason=why)
        ledger.alert(f"cancelled:{run.brief}", now, f"{run.brief} {run.occurrence} was not sent: {why}")
    return moved or run


def _say(mailed: Mailed, problems: list[str]) -> None:
    """What needs a person before what only needs time."""
    if mailed.trouble:
        raise ConfigError([f"mail.relay: {mailed.trouble}"])
    if mailed.needing:
        several = len(mailed.needing)
        messages = "1 message needs" if several == 1 else f"{several} messages need"
        raise MailError(f"{messages} a person; `reporter outbox list` names them")
    if mailed.waiting:
        raise UpstreamError(f"{mailed.waits} for the relay")
    if problems:
        raise OutputError("; ".join(problems))
