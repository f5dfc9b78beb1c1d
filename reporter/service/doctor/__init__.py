"""Everything that must be right before a Friday evening, looked at by daylight: one line a check, with its fix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from reporter.config import Config
from reporter.errors import ReporterError
from reporter.service.doctor.finding import Finding, fail
from reporter.service.doctor.house import disk, ledger, people, secrets
from reporter.service.doctor.machine import clock, fonts, pdf, versions, zones
from reporter.service.doctor.market import calendars, pages, source
from reporter.service.doctor.ways import archive, relay

#: In the order of the output. Each gives one finding or several; what it raises is a failure with the error's code.
CHECKS = {
    "versions": versions,
    "zones": zones,
    "clock": clock,
    "pdf": pdf,
    "fonts": fonts,
    "state": disk,
    "ledger": ledger,
    "secrets": secrets,
    "people": people,
    "calendar": calendars,
    "source": source,
    "pages": pages,
    "relay": relay,
    "archive": archive,
}


@dataclass(frozen=True)
class Result:
    """A finding and the check that it is from."""

    check: str
    finding: Finding


def examine(config: Config, now: datetime) -> Iterator[Result]:
    """All checks, each as it is done. Nothing is mailed, and what is written is removed again."""
    for name, check in CHECKS.items():
        try:
            for finding in check(config, now):
                yield Result(name, finding)
        except ReporterError as error:
            yield Result(name, fail(" ".join(str(error).split()), code=error.exit_code))
