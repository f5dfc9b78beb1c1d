"""Checks of the machine: versions, time zones, clock, pango, fonts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from importlib.metadata import version
from zoneinfo import ZoneInfo, available_timezones

import httpx

from reporter.config import Config
from reporter.prices.asking import moment_of
from reporter.service.doctor.finding import Finding, fail, ok, warn

#: The first version of each package that does not have a fault which was met.
AT_LEAST = {
    "weasyprint": (70, "older ones fetch what a stylesheet names"),
    "jinja2": (3, "older ones let templates out of their sandbox"),
    "exchange_calendars": (4, "older ones lack closures"),
}
CLOCK = "https://query1.finance.yahoo.com"
SKEW = timedelta(minutes=2)
WAIT = 8.0  # seconds


def versions(_: Config, __: datetime) -> Iterator[Finding]:
    """Packages with known faults, and the header fault of some versions of Python."""
    for package, (least, why) in AT_LEAST.items():
        if int(version(package).split(".")[0]) < least:
            yield fail(f"{package} {version(package)}: {why}", f"pip install 'package>={least}'")
    python = ".".join(map(str, sys.version_info[:3]))
    message = EmailMessage()
    message["Subject"] = "=?utf-8?q?x=0ABcc:_eve=40example.com?="
    leaks = b"\nBcc:" in message.as_bytes()
    yield (
        warn(f"Python {python}: its mail library can be made to invent headers; ours are cleaned", "update Python")
        if leaks
        else ok(f"Python {python}, weasyprint {version('weasyprint')}, pandas {version('pandas')}")
    )


def zones(config: Config, now: datetime) -> Iterator[Finding]:
    """Time zone data, and changes of the clocks in the weeks to come."""
    known = available_timezones()
    if len(known) < 400:
        yield fail(f"time zone data are incomplete: {len(known)} zones", "pip install tzdata")
        return
    yield ok(f"{len(known)} time zones")
    for name, brief in config.briefs.items():
        if brief.schedule and brief.schedule.zone:
            zone = ZoneInfo(brief.schedule.zone)
            if now.astimezone(zone).utcoffset() != (now + timedelta(days=21)).astimezone(zone).utcoffset():
                yield ok(f"{name}: the clocks of {brief.schedule.zone} change within three weeks; it stays at its hour")


def clock(config: Config, now: datetime) -> Iterator[Finding]:
    """The clock of this machine against that of a server."""
    address = config.sources.yahoo.base_url or CLOCK
    try:
        answer = httpx.head(address, timeout=WAIT)
        there, why = moment_of(answer.headers.get("date")), "does not tell the time"
    except httpx.HTTPError:
        there, why = None, "does not answer"
    if there is None:
        yield warn(f"the clock could not be compared: {address} {why}", "see to it that NTP is on: timedatectl")
        return
    apart = abs(there - now)
    if apart > SKEW:
        yield fail(f"the clock is {apart.total_seconds():.0f} s off", "turn NTP on: timedatectl set-ntp true", 75)
    else:
        yield ok("the clock is right to two minutes")


def pdf(config: Config, _: datetime) -> Iterator[Finding]:
    """pango, which makes PDF possible."""
    from reporter.document.pdf import pdf_problem

    if "pdf" not in config.formats:
        yield ok("no PDF is asked for")
    elif problem := pdf_problem():
        yield fail(problem)
    else:
        yield ok("pango is there")


def fonts(_: Config, __: datetime) -> Iterator[Finding]:
    """Our own fonts, which every page carries."""
    from reporter.words import BUNDLED

    faces = sorted(path.stem for path in (BUNDLED / "fonts").glob("*.ttf"))
    if len(faces) < 4:
        yield fail(f"fonts are missing in '{BUNDLED / 'fonts'}'", "install the package again")
    else:
        yield ok(f"{len(faces)} fonts")
