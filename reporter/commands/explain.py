"""`reporter explain`: the whole trail of one edition."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from reporter.commands.options import brief_names, config_option
from reporter.request import configuration, configured_brief


@click.command()
@click.argument("name", metavar="BRIEF", shell_complete=brief_names)
@click.argument("session", metavar="SESSION")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def explain(name: str, session: str, config_path: Path | None, as_json: bool) -> None:
    """When an edition was due, what it was made of, who got it, and what the relay said.

    \b
    reporter explain small-caps 2024-10-18
    """
    from reporter.service.ledger import open_ledger
    from reporter.service.trail import lines, trail

    config = configuration(config_path, False)
    configured_brief(config, name)
    with open_ledger(config.state, datetime.now(UTC)) as ledger:
        told = trail(ledger, config.output, name, session)
    click.echo(json.dumps(told, indent=2) if as_json else "\n".join(lines(told)))
