"""The index page of an archive, brought up to date by one process at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from reporter.config import Config
from reporter.delivery.index import write_index
from reporter.delivery.target import Target
from reporter.errors import AccessError
from reporter.service.lock import exclusive

WAIT = 60.0  # seconds for another process that is at it


def bring_up_to_date(
    target: Target,
    config: Config,
    now: datetime,
    *,
    volume: tuple[str, int] | None = None,
    rebuild: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[tuple[str, ...], int]:
    """As `write_index`, which reads what the page knows and writes it anew: two at once would lose an edition.

    Raises:
        OutputError, DocumentError: as there.
        LockedError: another process did not end in time.
        AccessError: the state folder, where the lock is, cannot be used.
    """
    try:
        config.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise AccessError(f"state: '{config.state}' cannot be used ({error.strerror}); name another folder") from error
    with exclusive(config.state / f"index-{target.name}.lock", now, wait=WAIT, what="the index page"):
        return write_index(target, config, now, volume=volume, rebuild=rebuild, progress=progress)
