"""The service on a machine whose disk and network fail now and then, or whose disk is full; then on a good one.

    fiu-run -x python -m tests.crash.troubles io FOLDER PORT LOG RUNS
    python -m tests.crash.troubles full FOLDER PORT LOG PAGES…      FOLDER/state is a small disk of its own

Prints one JSON object: what was counted, and how many runs came to grief.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.modules["pyarrow"] = None  # type: ignore[assignment]  # what it does at a fork calls libfiu, which waits for itself

from reporter.config import Config  # noqa: E402  after that
from reporter.sessions import Calendar, load_calendar  # noqa: E402  after that
from tests.crash.rig import APART, START, configuration, count, serve  # noqa: E402  after that

#: Calls that fail, and how often: once the service has begun, so that no import is hit.
CALLS = {
    "posix/io/rw/write": (errno.EIO, 0.002),
    "posix/io/rw/pwrite": (errno.ENOSPC, 0.003),
    "posix/io/rw/pread": (errno.EIO, 0.0005),
    "posix/io/sync/fsync": (errno.EIO, 0.004),
    "posix/io/sync/fdatasync": (errno.EIO, 0.004),
    "posix/io/dir/rename": (errno.EIO, 0.02),
    "posix/io/dir/unlink": (errno.EIO, 0.002),
    "posix/io/oc/open": (errno.EMFILE, 0.0003),
    "posix/io/net/connect": (errno.ECONNREFUSED, 0.02),
    "posix/io/net/send": (errno.ECONNRESET, 0.003),
    "posix/io/net/recv": (errno.ECONNRESET, 0.003),
}
HUNG = 60.0  # seconds; a run takes one
KILLED = -9  # the end of one that hung


def fail_now_and_then(seed: int) -> None:
    """From here on calls of this process, and of those that it forks, fail at random."""
    fiu = ctypes.CDLL("libfiu.so.0")
    ctypes.CDLL(None).srand(seed)
    for name, (code, chance) in CALLS.items():
        if fiu.fiu_enable_random(name.encode(), 1, ctypes.c_void_p(code), 0, ctypes.c_float(chance)):
            raise RuntimeError(name)


def io(folder: Path, port: int, log: Path, runs: int) -> dict[str, object]:
    """So many runs, in each of which anything may fail; a day's editions after another's."""
    config, calendar = begun(folder / "state", port, log, "hold")
    start, ends = START + timedelta(hours=11), Counter[str]()
    for number in range(runs):
        end = once(config, calendar, start, "hold", lambda number=number: fail_now_and_then(number))
        ends["whole" if end == 0 else "hung" if end == KILLED else "came to grief"] += 1
        start = START + timedelta(days=(start - START).days + 1, hours=11) if end == 0 else start + APART
    for _ in range(9):
        if once(config, calendar, start, "hold", lambda: None) == 0:
            break
        start += APART
    return count(config, log) | ends


def full(folder: Path, port: int, log: Path, points: Sequence[int]) -> dict[str, object]:
    """A disk with so many pages left; then with room."""
    found: Counter[str] = Counter()
    for pages in points:
        state = folder / "state" / f"with-{pages}"
        config, calendar = begun(state, port, log, "reconcile")
        before = log.stat().st_size if log.exists() else 0
        ballast = state.with_suffix(".ballast")
        fill(ballast, pages)
        start = START + timedelta(hours=11)
        found["came to grief"] += once(config, calendar, start, "reconcile", lambda: None) != 0
        ballast.unlink()
        for _ in range(9):
            start += APART
            if once(config, calendar, start, "reconcile", lambda: None) == 0:
                break
        counted = count(config, log, before)
        found["ledgers that are whole"] += counted["ledger"] == "ok"
        found.update({name: number for name, number in counted.items() if isinstance(number, int)})
        shutil.rmtree(state)
    return dict(found)


def begun(state: Path, port: int, log: Path, policy: str) -> tuple[Config, Calendar]:
    config = configuration(state, port, log, policy)
    config = config.model_copy(update={"output": log.with_name(f"output-{state.name}")})
    calendar = load_calendar("XNYS", datetime(2026, 11, 25, tzinfo=UTC))
    serve(config, calendar, lambda: START, policy)
    return config, calendar


def fill(path: Path, pages: int) -> None:
    """Leave so many pages of the disk free."""
    left = os.statvfs(path.parent)
    with path.open("wb") as file:
        file.write(bytes(left.f_bavail * left.f_frsize - pages * 4096))


def once(config: Config, calendar: Calendar, start: datetime, policy: str, prepare: Callable[[], None]) -> int:
    """A process of the service; what it does not catch ends it."""
    offset = start - datetime.now(UTC)
    child = os.fork()
    if child == 0:
        code = 2
        try:
            prepare()
            code = 0 if serve(config, calendar, lambda: datetime.now(UTC) + offset, policy) else 1
        except Exception as error:  # noqa: BLE001  as at the product's one door
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
        finally:
            os._exit(code)
    end = time.monotonic() + HUNG
    while (over := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < end:
        time.sleep(0.01)
    if over == (0, 0):
        os.kill(child, signal.SIGKILL)
        over = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(over[1])


if __name__ == "__main__":
    kind, place, port, log, *numbers = sys.argv[1:]
    at = (Path(place), int(port), Path(log))
    found = full(*at, [int(one) for one in numbers]) if kind == "full" else io(*at, int(numbers[0]))
    sys.stdout.write(f"{json.dumps(found)}\n")
