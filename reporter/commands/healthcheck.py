"""`reporter healthcheck`: for containers and monitors."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from reporter.commands.options import config_option
from reporter.errors import UpstreamError
from reporter.request import configuration

FRESH = timedelta(seconds=90)  # three looks


@click.command(short_help="Whether the scheduler is alive.")
@config_option
def healthcheck(config_path: Path | None) -> None:
    """Whether the scheduler is alive: exit 0, or 69 where it has not looked for three ticks."""
    from reporter.service.overview import STATUS

    path = configuration(config_path, False).state / STATUS
    try:
        seen = datetime.fromisoformat(json.loads(path.read_bytes())["at"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UpstreamError(f"the scheduler has left no '{path}'; is it running?") from error
    age = datetime.now(UTC) - seen
    if age > FRESH:
        raise UpstreamError(f"the scheduler looked last {age.total_seconds():.0f} s ago ({path})")
    click.echo(f"looked {age.total_seconds():.0f} s ago")
