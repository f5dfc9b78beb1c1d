"""All steps of an edition that a person asked for, as far as is possible now, and what is to be said about it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime

from reporter.config import Config
from reporter.delivery.message import Reader
from reporter.delivery.places import targets
from reporter.errors import ConfigError, MailError, OutputError, UpstreamError, UsageError
from reporter.service import stages
from reporter.service.ledger import Ledger
from reporter.service.making import Order
from reporter.service.outbox import Clock, Mailed, drain, drop, recover
from reporter.service.postman import Postman
from reporter.service.rows import Delivery, Publication, Run
from reporter.service.spool import has_edition
from reporter.service.work import politely

Tell = Callable[[str], None]


def run_of(
    ledger: Ledger,
    config: Config,
    name: str,
    session: date,
    now: datetime,
    *,
    test: bool,
    force: bool,
    revise: str | None,
) -> Run:
    """The run of an edition; begun if the ledger has none.

    Raises:
        UsageError: there is nothing to revise, or somebody else has sent the edition.
    """
    occurrence = f"adhoc:{uuid.uuid4()}" if test else session.isoformat()
    known = ledger.one(Run, brief=name, occurrence=occurrence)
    if known is None and revise:
        raise UsageError(f"--revise: {name} {occurrence} was never sent; send it without")
    made = known and ledger.rows(Publication, run_id=known.run_id)
    if not (made or test or force) and (target := stages.sent_from(config, name, session)):
        raise UsageError(
            f"'{target}' holds an edition of {name} about {session} that was sent, and this ledger knows nothing "
            "of it: was a backup put back? --force sends it to everybody again"
        )
    if known is None:
        known = stages.begin(ledger, name, occurrence, f"asked for at {now:%Y-%m-%d %H:%M} UTC", config, now)
    return known


def carry(
    ledger: Ledger,
    run: Run,
    order: Order,
    readers: Sequence[Reader],
    clock: Clock,
    *,
    revise: str | None,
    note: Tell,
    tell: Callable[[Run, Mailed], None],
) -> None:
    """Take the steps that are left; only for the holder of `stages.alone`.

    Args:
        note: Is told on the way what a person should know.
        tell: Is told in the end what became of it.

    Raises:
        ReporterError: what is left to do, and by whom; a person before time.
    """
    config = order.config
    assert config.mail  # noqa: S101  for the type checker; it was asked before
    run = _opened(ledger, run, config, revise, clock)
    test = run.occurrence.startswith("adhoc:")
    if run.state in stages.MAKING:
        run = stages.make(ledger, run, order, [] if test else targets(config), clock)
    problems = stages.archive(ledger, run, config, clock, at_once=True)
    for problem in problems:
        note(problem)
    if run.state == "rendered" and config.mail.bounces:
        _look_into_mailbox(ledger, config, clock)
    run = stages.queue(ledger, run, config, order.brief, readers, clock)
    for delivery in stages.held_readers(ledger, run):
        note(f"{delivery.recipient} gets nothing, {delivery.smtp_text}; `reporter outbox list` tells more")
    recover(ledger, run, config.mail, clock)
    if missing := stages.held_back(ledger, run, config):
        raise OutputError(f"not mailed: '{missing}' must have it first; `reporter send {run.brief}` tries again")
    with politely() as told:
        mailed = _mail(ledger, run, config, clock, lambda: bool(told), note)
        if test:
            drop(ledger, run, "a test is asked for again, not tried again", clock)
        run = stages.finish(ledger, run, config, clock)
        tell(run, mailed)
    _judge(mailed, problems, run)


def _look_into_mailbox(ledger: Ledger, config: Config, clock: Clock) -> None:
    """Who is to be suspended is known before the messages are written."""
    postman = Postman()
    postman.send(config)
    try:
        while postman.away:
            time.sleep(0.1)
            postman.look(ledger, clock())
    finally:
        postman.stop()


def _opened(ledger: Ledger, run: Run, config: Config, revise: str | None, clock: Clock) -> Run:
    """The run in a state from which it can go on."""
    assert config.mail  # noqa: S101  for the type checker; it was asked before
    if revise and run.state not in ("done", "failed", "delivering"):
        raise UsageError(f"--revise: {run.brief} {run.occurrence} is not out yet; send it without")
    if revise:
        run = stages.revise(ledger, run, revise, clock)
    if run.state == "done" and not has_edition(ledger, run):
        raise UsageError(f"{run.brief} {run.occurrence} was sent long ago; --revise REASON makes it anew")
    return stages.reopen(ledger, run, config.mail, clock) if run.state in stages.CLOSED else run


def _mail(ledger: Ledger, run: Run, config: Config, clock: Clock, stopping: Callable[[], bool], note: Tell) -> Mailed:
    """Everything that is due; where a witness can be asked soon, wait for that."""
    assert config.mail  # noqa: S101  for the type checker; it was asked before
    while True:
        mailed = drain(ledger, run, config.mail, clock, stopping)
        waiting = ledger.rows(Delivery, run_id=run.run_id, state=("queued", "dot"))
        if stopping() or mailed.trouble:
            return mailed
        if any(delivery.next_try_utc <= clock() for delivery in waiting):
            continue  # a short message in place of a large one, or one that its witness is sure has not arrived
        doubtful = [delivery for delivery in waiting if delivery.state == "dot"]
        if not doubtful:
            return mailed
        until = min(delivery.next_try_utc for delivery in doubtful)
        note(f"{doubtful[0].recipient}: the relay did not say whether it has the message; its log is asked")
        while clock() < until and not stopping():
            time.sleep(0.2)


def _judge(mailed: Mailed, problems: Sequence[str], run: Run) -> None:
    """What needs a person before what only needs time."""
    if mailed.needing:
        first = mailed.needing[0]
        more = f" and {len(mailed.needing) - 1} more" if len(mailed.needing) > 1 else ""
        raise MailError(
            f"{first.recipient} is {first.state}{more}: {first.smtp_text or 'no answer'}; "
            f"`reporter outbox show {first.delivery_id}` tells what can be done"
        )
    if mailed.trouble:
        raise ConfigError([f"mail.relay: {mailed.trouble}"])
    if mailed.waiting:
        said = f" ({mailed.said})" if mailed.said else ""
        if run.occurrence.startswith("adhoc:"):
            raise UpstreamError(f"the relay did not take it{said}; ask for the test again when it does")
        when = f" from {mailed.next_try:%H:%M} UTC on" if mailed.next_try else ""
        send = f"`reporter send {run.brief} --as-of {run.occurrence}`"
        raise UpstreamError(f"{mailed.waits} for the relay{said}; {send} tries again{when}")
    if problems:
        raise OutputError(f"not archived everywhere; `reporter send {run.brief}` tries again")
