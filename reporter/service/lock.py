"""One process at a time: a lock that a dead process frees by dying."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from reporter.errors import LockedError


def run_lock(state: Path, run_id: int | None) -> Path:
    """Of the one process that works on a run."""
    return state / f"run-{run_id}.lock"


@contextmanager
def exclusive(path: Path, now: datetime, *, wait: float = 0.0, what: str) -> Iterator[None]:
    """Hold the lock file for as long as the block lasts.

    Args:
        now: Written into the file, for whoever finds it locked.
        wait: Seconds to wait for another process to finish.
        what: What the lock is for, in words.

    Raises:
        LockedError: another process holds it.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _acquire(handle, wait, what)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()} since {now:%Y-%m-%d %H:%M:%S}Z".encode(), 0)
        yield
    finally:
        os.close(handle)


def is_held(path: Path) -> bool:
    """Whether a process that lives holds the lock file."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(handle)


def _acquire(handle: int, wait: float, what: str) -> None:
    end = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= end:
                holder = os.pread(handle, 100, 0).decode(errors="replace") or "unknown"
                raise LockedError(f"{what} is held by process {holder}; wait for it, or stop it") from error
            time.sleep(0.05)
        else:
            return
