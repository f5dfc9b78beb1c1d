"""`reporter send`: build an edition if it is not there yet, archive it, mail it; to nobody twice."""

from __future__ import annotations

import signal
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reporter.commands.options import brief_names, config_option, day
from reporter.errors import ConfigError, MailError, OutputError, UpstreamError, UsageError
from reporter.request import configuration, configured_brief, languages, note, overridden, session_of

if TYPE_CHECKING:
    from reporter.config import Brief, Config
    from reporter.delivery.message import Reader
    from reporter.document.edition import Edition
    from reporter.document.email import Mail
    from reporter.service.ledger import Ledger
    from reporter.service.outbox import Mailed
    from reporter.service.rows import Run

WAIT = 600.0  # seconds for another process that works on the same edition


@click.command()
@click.argument("name", metavar="[BRIEF]", required=False, shell_complete=brief_names)
@config_option
@click.option("--as-of", metavar="YYYY-MM-DD", callback=day, help="Speak about this day; default: the last session.")
@click.option("--source", type=click.Choice(["yahoo", "files", "simulated"]), help="Where prices come from.")
@click.option(
    "--prices", metavar="DIR", type=click.Path(path_type=Path), help="A folder of prices; means --source files."
)
@click.option(
    "--to", "testers", metavar="ADDRESS", multiple=True, help="A test edition, marked as one, to this address."
)
@click.option("--language", metavar="CODE", help="Of the test edition; default: the first one of the brief.")
@click.option(
    "--dry-run", metavar="DIR", type=click.Path(path_type=Path), help="Write the messages to DIR; nothing is sent."
)
@click.option("--revise", metavar="REASON", help="Send a correction of an edition that is out, and say why.")
@click.option("--force", is_flag=True, help="Send although the archive knows an edition that the ledger does not.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object about what became of it.")
def send(
    name: str | None,
    config_path: Path | None,
    as_of: date | None,
    testers: tuple[str, ...],
    language: str | None,
    dry_run: Path | None,
    revise: str | None,
    force: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Build an edition, archive it and mail it. Run it again as often as you like: nobody gets an edition twice.

    \b
    reporter send small-caps
    reporter send small-caps --to me@example.com
    reporter send small-caps --dry-run mails
    """
    from reporter.document.email import Mail
    from reporter.exchanges import brief_calendar
    from reporter.service.ledger import open_ledger
    from reporter.service.stages import alone

    config = overridden(configuration(config_path, False), {**dict.fromkeys(("output", "paper", "formats")), **given})
    name, brief = configured_brief(config, name)
    languages(config, (*brief.languages, *([language] if language else [])))
    if config.mail is None:
        raise ConfigError(["mail: nothing is set up; add `mail:` with a sender and a relay (docs/delivery.md)"])
    brief, readers = _readers(name, brief, testers, language)
    now = datetime.now(UTC)
    session = session_of(brief_calendar(config, brief, now), as_of, now, config.order(brief)[0])
    make = partial(_make, config, name, brief, session, now, Mail.TEST if testers else Mail.READERS)
    if dry_run:
        _write_mails(dry_run, config, brief, readers, make(), now)
        return
    with open_ledger(config.state, now) as ledger:
        run = _run(ledger, config, name, session, now, test=bool(testers), force=force, revise=revise)
        with alone(ledger, run, now, WAIT) as current:
            _carry(ledger, current, config, brief, readers, make, revise, as_json)


def _readers(name: str, brief: Brief, testers: tuple[str, ...], language: str | None) -> tuple[Brief, list[Reader]]:
    """The readers of the brief, or those of a test edition with a brief in their language only."""
    from reporter.address import mailbox
    from reporter.delivery.message import Reader
    from reporter.delivery.recipients import readers

    if language and not testers:
        raise UsageError("--language belongs to --to; readers have their own")
    if not testers:
        found = readers(name, brief)
        if not found:
            raise ConfigError([f"briefs.{name}: nobody gets it; add `recipients:` or `recipients_file:`"])
        return brief, found
    spoken = language or brief.languages[0]
    try:
        addresses = [mailbox(address) for address in dict.fromkeys(testers)]
    except ValueError as error:
        raise UsageError(f"--to: {error}") from error
    return (
        brief.model_copy(update={"languages": (spoken,)}),
        [Reader(address=address, name="", language=spoken) for address in addresses],
    )


def _make(config: Config, name: str, brief: Brief, session: date, now: datetime, mail: Mail) -> Edition:
    """The edition, made in whatever process this is called in."""
    from reporter.delivery.shelf import read_shelf
    from reporter.exchanges import brief_calendar
    from reporter.pipeline import make_edition

    return make_edition(
        config,
        name,
        brief,
        calendar=brief_calendar(config, brief, now),
        as_of=session,
        languages=brief.languages,
        mail=mail,
        earlier=read_shelf(config.output, name, session),
        progress=_progress,
    )


def _progress(step: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"· {step}", err=True)


def _write_mails(
    folder: Path, config: Config, brief: Brief, readers: list[Reader], edition: Edition, now: datetime
) -> None:
    from reporter.delivery.message import Envelope
    from reporter.service.stages import messages

    envelope = Envelope(
        brief=edition.brief, occurrence=edition.session.isoformat(), revision=0, instance="dry-run", date=now
    )
    assert config.mail  # noqa: S101
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for reader in readers:
            whole, _ = messages(config.mail, envelope, reader, edition, brief, config.templates)
            path = folder / f"{edition.brief}-{edition.session}-{reader.address.replace('/', '_')}.eml"
            path.write_bytes(whole)
            click.echo(path)
    except OSError as error:
        raise OutputError(f"cannot write to '{folder}': {error.strerror}; name another folder") from error


def _run(
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
    """The run of the edition; begun if the ledger has none."""
    from reporter.service.rows import Run
    from reporter.service.stages import begin, mailed_elsewhere

    occurrence = f"adhoc:{uuid.uuid4()}" if test else session.isoformat()
    known = ledger.one(Run, brief=name, occurrence=occurrence)
    if known is None:
        if revise:
            raise UsageError(f"--revise: {name} {occurrence} was never sent; send it without")
        if not test and not force and (target := mailed_elsewhere(ledger, config, name, session)):
            raise UsageError(
                f"'{target}' holds an edition of {name} about {session} that was sent, and this ledger knows nothing "
                "of it: was a backup put back? --force sends it to everybody again"
            )
        label = f"asked for at {now:%Y-%m-%d %H:%M} UTC"
        known = begin(ledger, name, occurrence, label, config, now)
    return known


def _carry(
    ledger: Ledger,
    run: Run,
    config: Config,
    brief: Brief,
    readers: list[Reader],
    make: partial[Edition],
    revise: str | None,
    as_json: bool,
) -> None:
    """All steps that are left, and what became of it."""
    from reporter.service import stages
    from reporter.service.outbox import recover
    from reporter.service.spool import has_edition

    assert config.mail  # noqa: S101
    if revise and run.state not in ("done", "failed", "delivering"):
        raise UsageError(f"--revise: {run.brief} {run.occurrence} is not out yet; send it without")
    if revise:
        run = stages.revise(ledger, run, revise, _clock)
    if run.state == "done" and not has_edition(ledger, run):
        raise UsageError(f"{run.brief} {run.occurrence} was sent long ago; --revise REASON makes it anew")
    if run.state in stages.CLOSED:
        run = stages.reopen(ledger, run, config.mail, _clock)
    test = run.occurrence.startswith("adhoc:")
    if run.state in ("due", "fetching", "fetched"):
        run = stages.build(ledger, run, make, [] if test else stages.targets(config), _clock)
    problems = stages.archive(ledger, run, config, _clock, at_once=True)
    for problem in problems:
        note(problem)
    run = stages.queue(ledger, run, config, brief, readers, _clock)
    recover(ledger, run, config.mail, _clock)
    if missing := stages.held_back(ledger, run, config):
        raise OutputError(f"not mailed: '{missing}' must have it first; `reporter send {run.brief}` tries again")
    with _stopping() as stopping:
        mailed = _mail(ledger, run, config, stopping)
        run = stages.finish(ledger, run, config, _clock)
        _tell(ledger, run, mailed, as_json)
        if stopping:
            raise click.exceptions.Exit(128 + stopping[0])
    _judge(mailed, problems, run)


def _mail(ledger: Ledger, run: Run, config: Config, stopping: list[int]) -> Mailed:
    """Everything that is due; where a witness can be asked soon, wait for that."""
    from reporter.service.outbox import drain
    from reporter.service.rows import Delivery

    assert config.mail  # noqa: S101
    while True:
        mailed = drain(ledger, run, config.mail, _clock, lambda: bool(stopping))
        waiting = ledger.rows(Delivery, run_id=run.run_id, state=("queued", "dot"))
        if stopping or mailed.trouble:
            return mailed
        if any(delivery.next_try_utc <= _clock() for delivery in waiting):
            continue  # a short message in place of a large one, or one that its witness is sure has not arrived
        doubtful = [delivery for delivery in waiting if delivery.state == "dot"]
        if not doubtful:
            return mailed
        until = min(delivery.next_try_utc for delivery in doubtful)
        note(f"{doubtful[0].recipient}: the relay did not say whether it has the message; its log is asked")
        while _clock() < until and not stopping:
            time.sleep(0.2)


@contextmanager
def _stopping() -> Iterator[list[int]]:
    """Ctrl-C and a polite kill let the current message end; its fate would be unknown otherwise."""
    received: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, lambda got, _: received.append(got))
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(ledger: Ledger, run: Run, mailed: Mailed, as_json: bool) -> None:
    from reporter.service.rows import Artifact, Delivery, Publication
    from reporter.service.rows import as_json as written

    if as_json:
        kinds = {"artifacts": Artifact, "deliveries": Delivery, "publications": Publication}
        lists = {
            key: ", ".join(written(row) for row in ledger.rows(kind, run_id=run.run_id, revision=run.revision))
            for key, kind in kinds.items()
        }
        inner = ", ".join(f'"{key}": [{rows}]' for key, rows in lists.items())
        click.echo(f'{{"run": {written(run)}, {inner}}}')
        return
    click.echo(f"{run.brief} {run.occurrence}-r{run.revision}: {run.state}, {mailed.accepted} accepted by the relay")


def _judge(mailed: Mailed, problems: list[str], run: Run) -> None:
    """The exit code: what needs a person before what only needs time."""
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
        when = f" from {mailed.next_try:%H:%M} UTC on" if mailed.next_try else ""
        raise UpstreamError(
            f"{mailed.waiting} messages wait for the relay; `reporter send {run.brief} --as-of {run.occurrence}` "
            f"tries again{when}"
        )
    if problems:
        raise OutputError(f"not archived everywhere; `reporter send {run.brief}` tries again")


def _clock() -> datetime:
    return datetime.now(UTC)
