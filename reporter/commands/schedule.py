"""`reporter schedule`: make and mail what falls due, for years; or once, for cron and timers."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reporter.commands.options import config_option
from reporter.errors import ConfigError
from reporter.request import CONFIG_FILE, configuration

if TYPE_CHECKING:
    from reporter.service.tick import Tick

TICK = 30.0  # seconds between two looks at everything
CHILDREN = 5.0  # … and at the children alone
PAUSE = 0.5  # … with --once


def clock() -> datetime:
    """The clock of the service."""
    return datetime.now(UTC)


@click.command(short_help="Make and mail what falls due.")
@config_option
@click.option("--once", is_flag=True, help="Do whatever is due, then end: for cron, systemd timers, CronJobs.")
def schedule(config_path: Path | None, once: bool) -> None:
    """Make, archive and mail every edition when it falls due; SIGTERM ends it.

    \b
    reporter schedule               runs until it is stopped
    reporter schedule --once        does what is due now; run it every few minutes
    """
    from reporter.service.ledger import open_ledger
    from reporter.service.lock import exclusive
    from reporter.service.log import configure_log, log
    from reporter.service.reload import Reloaded
    from reporter.service.tick import Tick
    from reporter.service.workers import Workers

    configure_log()
    settings = Reloaded(config_path or CONFIG_FILE, lambda: configuration(config_path, False))
    if not any(brief.schedule for brief in settings.config.briefs.values()):
        raise ConfigError(
            [f"{config_path or CONFIG_FILE}: no brief has a `schedule:`, so nothing is ever due; add one"]
        )
    state = settings.config.state
    with open_ledger(state, clock()) as ledger, exclusive(state / "scheduler.lock", clock(), what="the scheduler"):
        workers = Workers(settings.config.limits)
        tick = Tick(settings, ledger, workers, clock)
        log("started", once=once, briefs=[name for name, brief in settings.config.briefs.items() if brief.schedule])
        try:
            code = _once(tick) if once else _for_years(tick)
        except Exception as error:
            tick.last_words(error)
            raise
        finally:
            tick.postman.stop()
            workers.stop()
    click.get_current_context().exit(code)


def _for_years(tick: Tick) -> int:
    from reporter.service.log import log
    from reporter.service.scheduler import Alarm
    from reporter.service.systemd import notify_systemd

    alarm = Alarm({tick.look: TICK, tick.children: CHILDREN}, clock)
    notify_systemd("READY=1")
    alarm.run()
    notify_systemd("STOPPING=1")
    log("stopping", signal=alarm.stopped_by)
    return 128 + (alarm.stopped_by or 0)


def _once(tick: Tick) -> int:
    """Until nothing more can be done now; the worst exit code of what was done."""
    tick.look()
    while tick.busy:
        time.sleep(PAUSE)
        tick.children()
    tick.look()
    return max(tick.codes.values(), default=0)
