"""`reporter send`: build an edition if it is not there yet, archive it, mail it; to nobody twice."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reporter.commands.options import as_of_option, brief_names, config_option, prices_option, source_option
from reporter.errors import ConfigError, OutputError, UsageError
from reporter.request import configuration, configured_brief, languages, note, overridden, session_of

if TYPE_CHECKING:
    from datetime import date

    from reporter.config import Brief, Config
    from reporter.delivery.message import Reader
    from reporter.document.edition import Edition
    from reporter.service.ledger import Ledger
    from reporter.service.outbox import Mailed
    from reporter.service.rows import Run

WAIT = 600.0  # seconds for another process that works on the same edition


@click.command()
@click.argument("name", metavar="[BRIEF]", required=False, shell_complete=brief_names)
@config_option
@as_of_option
@source_option
@prices_option
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
    from reporter.service.by_hand import carry, run_of
    from reporter.service.ledger import open_ledger
    from reporter.service.making import Order, gather, made_of
    from reporter.service.stages import alone

    config = overridden(configuration(config_path, False), {**dict.fromkeys(("output", "paper", "formats")), **given})
    name, brief = configured_brief(config, name)
    languages(config, (*brief.languages, *([language] if language else [])))
    if config.mail is None:
        raise ConfigError(["mail: nothing is set up; add `mail:` with a sender and a relay (docs/delivery.md)"])
    brief, readers = _readers(name, brief, testers, language)
    now = datetime.now(UTC)
    session = session_of(brief_calendar(config, brief, now), as_of, now, config.order(brief)[0])
    mail = Mail.TEST if testers else Mail.READERS
    order = Order(config=config, name=name, brief=brief, session=session, mail=mail, progress=_progress)
    if dry_run:
        edition = made_of(gather(order, now), order, now)
        _write_mails(dry_run, config, brief, readers, edition, now)
        return
    with open_ledger(config.state, now) as ledger:
        run = run_of(ledger, config, name, session, now, test=bool(testers), force=force, revise=revise)
        with alone(ledger, run, now, WAIT) as current:
            tell = partial(_tell, ledger, as_json)
            carry(ledger, current, order, readers, _clock, revise=revise, note=note, tell=tell)


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


def _progress(step: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"· {step}", err=True)


def _write_mails(
    folder: Path, config: Config, brief: Brief, readers: list[Reader], edition: Edition, now: datetime
) -> None:
    from reporter.delivery.message import Envelope, head
    from reporter.service.stages import written

    envelope = Envelope(
        brief=edition.brief, occurrence=edition.session.isoformat(), revision=0, instance="dry-run", date=now
    )
    assert config.mail  # noqa: S101  for the type checker; it was asked before
    try:
        folder.mkdir(parents=True, exist_ok=True)
        letters = {code: written(envelope, code, edition, brief, config.templates)[0] for code in edition.mails}
        for reader in readers:
            letter = letters[reader.language]
            path = folder / f"{edition.brief}-{edition.session}-{reader.address.replace('/', '_')}.eml"
            path.write_bytes(head(config.mail, envelope, reader, letter) + letter.content)
            click.echo(path)
    except OSError as error:
        raise OutputError(f"cannot write to '{folder}': {error.strerror}; name another folder") from error


def _tell(ledger: Ledger, as_json: bool, run: Run, mailed: Mailed) -> None:
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


def _clock() -> datetime:
    return datetime.now(UTC)
