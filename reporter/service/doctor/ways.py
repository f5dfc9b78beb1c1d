"""Checks of the ways out: the relay and the places of the archive. Nothing is mailed."""

from __future__ import annotations

import secrets
import smtplib
from collections.abc import Iterator
from datetime import datetime

from reporter.config import Config
from reporter.delivery.target import MARKER, Target, local_target, open_target
from reporter.service.doctor.finding import Finding, fail, ok, warn
from reporter.service.log import clean
from reporter.service.notify import connected

MARK = "doctor00"
USUAL = 2_000_000  # bytes of a message with its PDF, amply


def relay(config: Config, _: datetime) -> Iterator[Finding]:
    """Connect, TLS, AUTH, SIZE."""
    if config.mail is None:
        yield ok("none is set up")
        return
    settings = config.mail.relay
    place = f"{settings.host}:{settings.port}"
    try:
        with connected(settings) as server:
            largest = int(server.esmtp_features.get("size") or 0)
    except (OSError, smtplib.SMTPException) as error:
        why = " ".join(clean(str(error)).split())[:200]
        yield fail(f"{place}: {why or type(error).__name__}", "is it up, and is `mail.relay:` right?", 69)
        return
    if largest and largest < USUAL:
        yield warn(f"{place} takes {largest:,} bytes at most; larger editions go as a link", "raise its limit")
    else:
        yield ok(f"{place} is up{', TLS' * (settings.tls != 'off')}{', knows us' * bool(settings.password)}")


def archive(config: Config, now: datetime) -> Iterator[Finding]:
    """Each place: its identity, and whether a file can be made, read, renamed and removed."""
    yield from _try("output", local_target(config.output), now)
    for settings in config.archive:
        target = open_target(settings)
        if MARKER not in target.names(""):
            yield warn(f"{settings.name}: has no identity file", f"run `reporter archive init {settings.name}` once")
        yield from _try(settings.name, target, now)


def _try(name: str, target: Target, now: datetime) -> Iterator[Finding]:
    path = f"doctor-{secrets.token_hex(4)}.txt"
    target.create(path, b"reporter doctor\n", MARK, now)
    target.remove(path)
    yield ok(f"{name}: {target.place} takes files")
