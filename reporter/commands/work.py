"""`reporter work`: what the scheduler starts; its configuration comes through standard input."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from reporter.errors import UsageError


@click.command(hidden=True)
@click.argument("what")
def work(what: str) -> None:
    """Do what is left of one run, or read `returns`.

    A run is named by its number; returns are what came back of the mail.
    """
    from reporter.config import Config
    from reporter.service.ledger import open_ledger
    from reporter.service.returns import collect
    from reporter.service.rows import Run
    from reporter.service.stages import alone
    from reporter.service.work import work as do

    config = Config.model_validate_json(sys.stdin.buffer.read())
    with open_ledger(config.state, _clock()) as ledger:
        if what == "returns" and config.mail:
            collect(ledger, config.mail, _clock)
            return
        run = ledger.one(Run, run_id=what)
        if run is None:
            raise UsageError(f"the ledger has no run '{what}'")
        with alone(ledger, run, _clock()) as current:
            do(ledger, current, config, _clock)


def _clock() -> datetime:
    return datetime.now(UTC)
