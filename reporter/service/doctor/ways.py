"""Checks of the ways out: the relay and the places of the archive. Nothing is mailed."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from reporter.channels import ArchiveTarget
from reporter.config import Config
from reporter.delivery.archive import check_marker
from reporter.delivery.mail import Fate, probe
from reporter.delivery.target import Target, local_target, open_target
from reporter.errors import ReporterError
from reporter.service.doctor.finding import Finding, fail, ok, warn
from reporter.service.ledger import open_ledger
from reporter.service.notify import hurried
from reporter.service.stages import marker

MARK = "doctor00"
USUAL = 2_000_000  # bytes of a message with its PDF, amply


def relay(config: Config, _: datetime) -> Iterator[Finding]:
    """Connect, TLS, AUTH, SIZE."""
    if config.mail is None:
        yield ok("none is set up")
        return
    settings = config.mail.relay
    place = f"{settings.host}:{settings.port}"
    answer = probe(hurried(settings))
    if answer.fate is not Fate.ACCEPTED:
        yield fail(f"{place}: {answer.text}", "is it up, and is `mail.relay:` right?", 69)
    elif answer.text.isdigit() and 0 < int(answer.text) < USUAL:
        yield warn(f"{place} takes {answer.text} bytes at most; larger editions go as a link", "raise its limit")
    else:
        yield ok(f"{place} is up{', TLS' * (settings.tls != 'off')}{', knows us' * bool(settings.user)}")


def archive(config: Config, now: datetime) -> Iterator[Finding]:
    """Each place: whether it is the one that was set up, and whether a file can be made, renamed and removed.

    Nothing is written to a place that is not: it may be an empty folder where a share should be mounted.
    """
    yield _tried("output", lambda: local_target(config.output), now)
    if not config.archive:
        return
    with open_ledger(config.state, now) as ledger:

        def set_up(settings: ArchiveTarget) -> Target:
            target = open_target(settings)
            check_marker(target, marker(ledger, settings))
            return target

        for settings in config.archive:
            yield _tried(settings.name, partial(set_up, settings), now)


def _tried(name: str, reached: Callable[[], Target], now: datetime) -> Finding:
    path = f"doctor-{secrets.token_hex(4)}.txt"
    try:
        target = reached()
        target.create(path, b"reporter doctor\n", MARK, now)
        target.remove(path)
    except ReporterError as error:
        return fail(f"{name}: {' '.join(str(error).split())}", code=error.exit_code)
    return ok(f"{name}: {target.place} takes files")
