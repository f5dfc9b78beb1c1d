"""`reporter outbox …`: what was mailed, what waits, and what a person must decide."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reporter.commands.options import config_option
from reporter.errors import UsageError
from reporter.request import configuration, note

if TYPE_CHECKING:
    from reporter.config import Config
    from reporter.service.ledger import Ledger
    from reporter.service.rows import Delivery

#: What `outbox list` shows: all but what was accepted or cancelled.
UNSETTLED = ("queued", "sending", "dot", "bounced", "expired", "uncertain")
STATES = (*UNSETTLED, "accepted", "cancelled")

number = click.argument("number", metavar="ID", type=int)
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a message.")


@click.group(short_help="What was mailed, what waits, what needs you.")
def outbox() -> None:
    """What was mailed, what waits, and what needs a decision."""


@contextmanager
def _ledger(config_path: Path | None) -> Iterator[tuple[Config, Ledger]]:
    from reporter.service.ledger import open_ledger

    config = configuration(config_path, False)
    with open_ledger(config.state, _now()) as ledger:
        yield config, ledger


@outbox.command("list", short_help="List messages, and suspended readers.")
@config_option
@click.option(
    "--state",
    "states",
    type=click.Choice(STATES),
    multiple=True,
    help="Repeatable; default: all that are not accepted or cancelled.",
)
@click.option("--all", "everything", is_flag=True, help="Accepted and cancelled ones too.")
@as_json_option
def list_(config_path: Path | None, states: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """List messages, and readers who get none because theirs were refused again and again."""
    from reporter.service.rows import Delivery
    from reporter.service.suspension import suspended

    with _ledger(config_path) as (_, ledger):
        wanted = states or (() if everything else UNSETTLED)
        listed = ledger.rows(Delivery, **({"state": wanted} if wanted else {}))
        held = {} if states else suspended(ledger)
        if not (listed or held or states or everything):
            note("nothing waits, and nothing needs you; --all lists what was accepted too")
        for delivery in listed:
            _tell(ledger, delivery, as_json)
        for address, answer in held.items():
            if as_json:
                click.echo(json.dumps({"recipient": address, "state": "suspended", "smtp_text": answer}))
            else:
                click.echo(f"suspended  {address}  {answer}; `reporter outbox lift {address}` if that is mended")


@outbox.command()
@number
@config_option
@as_json_option
@click.option("--eml", is_flag=True, help="Print the message itself, as it goes over the wire.")
def show(number: int, config_path: Path | None, as_json: bool, eml: bool) -> None:
    """Show one message and everything that happened to it."""
    from reporter.service.rows import Event, stored
    from reporter.service.spool import read_message

    with _ledger(config_path) as (_, ledger):
        delivery = _found(ledger, number)
        if eml:
            click.echo(read_message(ledger, delivery.eml_path, delivery.eml_sha256), nl=False)
            return
        _tell(ledger, delivery, as_json)
        if as_json:
            return
        for event in ledger.rows(Event, delivery_id=number):
            click.echo(f"  {stored(event.at_utc)}  {event.what}{f'  ({event.detail})' if event.detail else ''}")
        click.echo(f"  Message-ID {delivery.message_id}\n  `reporter outbox show {number} --eml` prints it")
        advice = {
            "uncertain": "ask the reader; then `reporter outbox confirm {0}`, or `reporter outbox resend {0}`",
            "bounced": "mend the address, or `reporter outbox resend {0}` if the relay was wrong; `reporter outbox "
            "cancel {0}` puts it aside",
            "expired": "`reporter outbox resend {0}` if it still matters, else `reporter outbox cancel {0}`",
        }.get(delivery.state)
        if advice:
            click.echo(f"  {advice.format(number)}")


@outbox.command()
@number
@config_option
@as_json_option
def confirm(number: int, config_path: Path | None, as_json: bool) -> None:
    """An uncertain message did arrive; it is not sent again."""
    from reporter.service import outbox as box

    with _ledger(config_path) as (_, ledger):
        _tell(ledger, box.confirm(ledger, number, _now()), as_json)


@outbox.command(short_help="Send a message again now.")
@number
@config_option
@as_json_option
def resend(number: int, config_path: Path | None, as_json: bool) -> None:
    """Send a message again now: the same bytes and the same Message-ID."""
    from reporter.errors import MailError, UpstreamError
    from reporter.service import outbox as box
    from reporter.service.rows import Run
    from reporter.service.stages import alone, finish
    from reporter.service.work import politely
    from reporter.setting import duration

    with _ledger(config_path) as (config, ledger):
        if config.mail is None:
            raise UsageError("nothing can be sent: the configuration has no `mail:`")
        delivery = box.resend(ledger, number, _now(), duration(config.mail.give_up))
        run = ledger.one(Run, run_id=delivery.run_id)
        if run:
            with alone(ledger, run, _now(), wait=60.0) as current, politely() as told:
                box.recover(ledger, current, config.mail, _now)
                box.drain(ledger, current, config.mail, _now, lambda: bool(told))
                finish(ledger, ledger.one(Run, run_id=delivery.run_id) or current, config, _now)
        after = _found(ledger, number)
        _tell(ledger, after, as_json)
    if after.state != "accepted":
        away = after.state in ("queued", "dot")
        click.get_current_context().exit((UpstreamError if away else MailError).exit_code)


@outbox.command(short_help="A message is not to be sent any more.")
@number
@config_option
@as_json_option
def cancel(number: int, config_path: Path | None, as_json: bool) -> None:
    """A message that is not with its reader is not to be sent, or not to be spoken of, any more."""
    from reporter.service import outbox as box

    with _ledger(config_path) as (_, ledger):
        _tell(ledger, box.cancel(ledger, number, _now()), as_json)


@outbox.command(short_help="Read what came back after the relay had taken it.")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@config_option
@as_json_option
def bounces(files: tuple[Path, ...], config_path: Path | None, as_json: bool) -> None:
    """Read what came back after the relay had taken it, from the mailbox in `mail.bounces` or from FILES.

    The scheduler does so every ten minutes, and `send` before an edition goes out.
    """
    from reporter.service import returns

    with _ledger(config_path) as (config, ledger):
        if files:
            found = [one for path in files for one in returns.believe(ledger, _content(path), _now())]
        elif config.mail and config.mail.bounces:
            found = returns.take_in(ledger, config.mail.bounces, _now())
        else:
            raise UsageError("name files, or where mail comes back in `mail.bounces` (docs/delivery.md)")
        for delivery in found:
            _tell(ledger, delivery, as_json)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"'{path}' cannot be read: {error.strerror}") from error


@outbox.command(short_help="Send to a suspended reader again.")
@click.argument("address")
@config_option
def lift(address: str, config_path: Path | None) -> None:
    """Send to a reader again who gets nothing because three messages in a row were refused."""
    from reporter.service import suspension

    with _ledger(config_path) as (_, ledger):
        try:
            lifted = suspension.lift(ledger, address)
        except ValueError as error:
            raise UsageError(str(error)) from error
        if not lifted:
            raise UsageError(f"{address} is not suspended; `reporter outbox list` shows who is")
        click.echo(f"{address} gets the next edition; `reporter outbox resend ID` sends one that was held back")


def _found(ledger: Ledger, number: int) -> Delivery:
    from reporter.service.rows import Delivery

    delivery = ledger.one(Delivery, delivery_id=number)
    if delivery is None:
        raise UsageError(f"the outbox has no message {number}; `reporter outbox list --all` shows all")
    return delivery


def _tell(ledger: Ledger, delivery: Delivery, as_json: bool) -> None:
    from reporter.service.rows import Run
    from reporter.service.rows import as_json as written

    if as_json:
        click.echo(written(delivery))
        return
    run = ledger.one(Run, run_id=delivery.run_id)
    about = f"{run.brief} {run.occurrence}-r{delivery.revision}" if run else ""
    answer = "  " + f"{delivery.smtp_code or ''} {delivery.smtp_text}".strip() if delivery.smtp_text else ""
    tries = f"  {delivery.attempts} attempts" if delivery.attempts > 1 else ""
    again = f"  next {delivery.next_try_utc:%Y-%m-%d %H:%M} UTC" if delivery.state in ("queued", "dot") else ""
    click.echo(f"{delivery.delivery_id}  {delivery.state}  {delivery.recipient}  {about}{tries}{again}{answer}")


def _now() -> datetime:
    return datetime.now(UTC)
