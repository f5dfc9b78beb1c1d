"""`reporter batch`: many editions, for many clients."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reporter.commands.options import as_of_option, config_option, prices_option, source_option
from reporter.errors import ConfigError
from reporter.request import configuration, languages, note, overridden, session_of

if TYPE_CHECKING:
    from reporter.batch import Deliver, Outcome
    from reporter.batch_file import Job
    from reporter.config import Config
    from reporter.document.edition import Edition


@click.command(short_help="Make many editions, for many clients.")
@click.argument("file", type=click.Path(path_type=Path))
@config_option
@as_of_option
@source_option
@prices_option
@click.option("--output", metavar="DIR", type=click.Path(path_type=Path), help="Where editions are written.")
@click.option(
    "--format", "formats", type=click.Choice(["html", "pdf"]), multiple=True, help="Repeatable; default: both."
)
@click.option(
    "--engine",
    type=click.Choice(["serial", "processes", "dask"]),
    default="processes",
    show_default=True,
    help="One after another, in processes of this machine, or on a Dask cluster.",
)
@click.option("--workers", type=click.IntRange(1, 256), default=os.cpu_count() or 1, help="Default: one a processor.")
@click.option("--scheduler-address", "address", metavar="ADDRESS", help="Of Dask: tcp://127.0.0.1:8786.")
@click.option("--resume", is_flag=True, help="Make only what the archive does not have yet.")
@click.option("--send", is_flag=True, help="Mail each edition to the recipients of its client, once.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object about the batch.")
def batch(
    file: Path,
    config_path: Path | None,
    as_of: date | None,
    engine: Any,
    workers: int,
    address: str | None,
    resume: bool,
    send: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Make every edition that FILE (YAML or CSV) asks for; without --send nothing is mailed.

    An edition that fails costs a line and not the others; the exit code is the highest of theirs.

    \b
    reporter batch clients.yaml
    reporter batch clients.csv --resume --send
    """
    config = overridden(configuration(config_path, adhoc=False), {"paper": None, **given})

    from reporter.batch import run_batch
    from reporter.batch_file import read_batch
    from reporter.document.email import Mail
    from reporter.exchanges import brief_calendar, market

    jobs = read_batch(file, config)
    for job in jobs:
        languages(config, job.brief.languages)
    now = datetime.now(UTC)
    markets = {market(job.brief): job.brief for job in jobs}
    calendars = {name: brief_calendar(config, brief, now) for name, brief in markets.items()}
    sessions = {
        name: (calendar, session_of(calendar, as_of, now, config.order(markets[name])[0]))
        for name, calendar in calendars.items()
    }
    asked = len(jobs)
    started = time.monotonic()
    ended: list[Outcome] = []
    try:
        with delivery(config, send, now) as (deliver, is_done):
            if resume:
                jobs = tuple(job for job in jobs if not is_done(job, sessions[market(job.brief)][1]))
            mail = Mail.READERS if send else Mail.NONE
            made = run_batch(
                jobs, config, sessions, deliver, engine=engine, workers=workers, address=address, mail=mail
            )
            with progress(len(jobs)) as advance:
                for outcome in made:
                    ended.append(outcome)
                    advance(outcome.job)
    except KeyboardInterrupt:
        note(f"{len(ended)} of {len(jobs)} editions made; --resume makes the rest")
        raise
    tell(ended, asked, time.monotonic() - started, as_json)
    if worst := max((outcome.exit_code for outcome in ended), default=0):
        click.get_current_context().exit(worst)


@contextmanager
def delivery(config: Config, send: bool, now: datetime) -> Iterator[tuple[Deliver, Callable[[Job, date], bool]]]:
    """What brings an edition to its places, and what tells whether that was done before."""
    from reporter.batch import is_made
    from reporter.delivery.archive import publish
    from reporter.delivery.target import local_target

    if not send:
        target = local_target(config.output)
        yield (
            lambda _, edition: publish(edition, config.output, now, target),
            lambda job, day: is_made(job, config, day),
        )
        return
    if config.mail is None:
        raise ConfigError(["mail: nothing is set up; add `mail:` with a sender and a relay (docs/delivery.md)"])

    from reporter.service.bulk import send_made
    from reporter.service.ledger import open_ledger
    from reporter.service.rows import Run

    def clock() -> datetime:
        return datetime.now(UTC)

    with open_ledger(config.state, now) as ledger:

        def deliver(job: Job, edition: Edition) -> tuple[Path, ...]:
            send_made(ledger, edition, job.brief, config, clock)
            return ()

        def is_done(job: Job, session: date) -> bool:
            return ledger.one(Run, brief=job.name, occurrence=session.isoformat(), state="done") is not None

        yield deliver, is_done


@contextmanager
def progress(count: int) -> Iterator[Any]:
    """A bar with rate and remaining time on a terminal, silence elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TaskProgressColumn(show_speed=True))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("editions", total=count)
        yield lambda job: bar.update(task, advance=1, description=job.name)


def tell(ended: Sequence[Outcome], asked: int, seconds: float, as_json: bool) -> None:
    """What became of the batch; a failure has one line."""
    failures = sorted((outcome for outcome in ended if outcome.failure), key=lambda outcome: outcome.job.name)
    made = len(ended) - len(failures)
    if as_json:
        told = {
            "asked": asked,
            "there_already": asked - len(ended),
            "made": made,
            "failed": {outcome.job.name: outcome.failure for outcome in failures},
            "seconds": round(seconds, 3),
            "files": [str(path) for outcome in ended for path in outcome.files],
        }
        click.echo(json.dumps(told, indent=2))
        return
    for outcome in failures:
        note(f"{outcome.job.name}: {outcome.failure}")
    there = f", {asked - len(ended)} there already" if asked > len(ended) else ""
    rate = f" in {seconds:.0f} s, {made / seconds * 60:.0f} a minute" if made else ""
    click.echo(f"{made} editions made{rate}{there}, {len(failures)} failed")
