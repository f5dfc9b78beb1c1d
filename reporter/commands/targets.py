"""Targets of the archive, as a command line names them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reporter.errors import OutputError, UsageError, suggestion

if TYPE_CHECKING:
    from reporter.config import Config
    from reporter.delivery.target import Target


def known_target(config: Config, name: str) -> str:
    """The name of a target.

    Raises:
        UsageError: there is none of this name.
    """
    from reporter.delivery.places import targets

    if name not in (known := targets(config)):
        raise UsageError(f"no target '{name}'{suggestion(name, known)}; configured: {', '.join(known)}")
    return name


def known_brief(config: Config, name: str | None, places: Iterable[Target]) -> str | None:
    """The name of a brief that is configured, or was once and is in the archive.

    Raises:
        UsageError: it is neither.
    """
    from reporter.delivery.archive import briefs

    if name and name not in config.briefs and not any(name in briefs(target) for target in places):
        raise UsageError(f"no brief '{name}'{suggestion(name, config.briefs)}; configured: {', '.join(config.briefs)}")
    return name


def reached(config: Config, name: str) -> Target | OutputError:
    """A target by its name, or why it cannot be had."""
    try:
        return opened(config, name)
    except OutputError as error:
        return error


def opened(config: Config, name: str) -> Target:
    """A target by its name.

    Raises:
        OutputError: it is away, or is not the place that was set up, as where a share is not mounted.
    """
    from reporter.delivery.archive import check_marker
    from reporter.delivery.places import MARKERS
    from reporter.delivery.places import opened as connected
    from reporter.service.ledger import open_ledger
    from reporter.service.ledger_file import FILE

    target = connected(config, name)
    if (config.state / FILE).exists():
        with open_ledger(config.state, datetime.now(UTC)) as ledger:
            check_marker(target, ledger.get(MARKERS + name))
    return target
