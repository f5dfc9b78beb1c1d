"""`reporter explain`: the whole trail of one edition."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import click

from reporter.commands.options import brief_names, config_option
from reporter.errors import UsageError
from reporter.request import configuration, configured_brief


@click.command(short_help="The whole trail of one edition.")
@click.argument("name", metavar="BRIEF", shell_complete=brief_names)
@click.argument("session", metavar="SESSION")
@config_option
@click.option("--lexicon", is_flag=True, help="Instead: every word with a threshold, its rule, and what it looked at.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain(name: str, session: str, config_path: Path | None, lexicon: bool, as_json: bool) -> None:
    """When an edition was due, what it was made of, who got it, and what the relay said.

    \b
    reporter explain small-caps 2024-10-18
    reporter explain small-caps 2024-10-18 --lexicon
    """
    if lexicon:
        _words(name, session, configuration(config_path, False).output, as_json)
        return
    from reporter.service.ledger import open_ledger
    from reporter.service.trail import lines, trail

    config = configuration(config_path, False)
    configured_brief(config, name)
    with open_ledger(config.state, datetime.now(UTC)) as ledger:
        told = trail(ledger, config.output, name, session)
    click.echo(json.dumps(told, indent=2) if as_json else "\n".join(lines(told)))


def _words(name: str, session: str, output: Path, as_json: bool) -> None:
    """The lexicon of an edition of the archive."""
    from reporter.service.lexicon import edition_lexicon, lines

    try:
        day = date.fromisoformat(session)
    except ValueError:
        raise UsageError(f"'{session}' is not a session; write it as 2024-10-16") from None
    entries = edition_lexicon(output, name, day)
    click.echo(json.dumps(entries, indent=2) if as_json else "\n".join(lines(entries)))
