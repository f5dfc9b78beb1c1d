"""`reporter work`: what the scheduler starts for one run; its configuration comes through standard input."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from reporter.errors import UsageError


@click.command(hidden=True)
@click.argument("run_id", type=int)
def work(run_id: int) -> None:
    """Do what is left of one run."""
    from reporter.config import Config
    from reporter.service.ledger import open_ledger
    from reporter.service.rows import Run
    from reporter.service.stages import alone
    from reporter.service.work import work as do

    config = Config.model_validate_json(sys.stdin.buffer.read())
    with open_ledger(config.state, _clock()) as ledger:
        run = ledger.one(Run, run_id=run_id)
        if run is None:
            raise UsageError(f"the ledger has no run {run_id}")
        with alone(ledger, run, _clock()) as current:
            do(ledger, current, config, _clock)


def _clock() -> datetime:
    return datetime.now(UTC)
