"""What the scheduler costs while nothing is due: a week of looks, one after the other, on a clock that is set forward.

python -m benchmarks idle
"""

from __future__ import annotations

import contextlib
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.measure import Report

ROOT = Path(__file__).parents[1]
WEEK = 7 * 24 * 3600  # seconds
BEGUN = datetime(2026, 3, 8, tzinfo=UTC)  # a week without a last session of a month
CONFIG = """
sources: {use: simulated}
briefs:
"""
BRIEF = "  brief-%d: {subject: IJR, benchmark: SPY, schedule: {every: month}}\n"


def measure(report: Report, _: int) -> None:
    """In a process of its own, which has imported what the scheduler imports and no more."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.idle"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr[-1000:])
    first, last, looks, alarm, children = map(float, done.stdout.split())
    report.say("scheduler, resident after the first day of looks", first, "MiB", 120)
    report.say("scheduler, resident after a week of looks", last, "MiB", 120)
    report.say("  grown between the two", last - first, "MiB", 2)
    report.say("scheduler, idle: share of a core", 100 * (looks + alarm + children) / WEEK, "%", 0.1)


def week() -> Iterator[float]:
    """Memory after a day and after a week; CPU seconds of a week's looks, of its wake-ups, and of children."""
    from reporter.commands.schedule import CHILDREN, TICK
    from reporter.config_file import load_config
    from reporter.service.ledger import open_ledger
    from reporter.service.log import configure_log
    from reporter.service.reload import Reloaded
    from reporter.service.scheduler import Alarm
    from reporter.service.tick import Tick
    from reporter.service.workers import Workers

    configure_log()
    with tempfile.TemporaryDirectory() as name:
        path, now = Path(name) / "config.yaml", BEGUN
        path.write_text(CONFIG + "".join(BRIEF % number for number in range(5)))
        settings = Reloaded(path, lambda: load_config(path, lambda _: frozenset(["IJR", "SPY"])))
        with open_ledger(settings.config.state, now) as ledger:
            tick = Tick(settings, ledger, Workers(settings.config.limits), lambda: now)
            Alarm({tick.look: TICK, tick.children: CHILDREN}, lambda: datetime.now(UTC))
            tick.look()
            begun = _cpu(resource.RUSAGE_SELF)
            for number in range(int(WEEK / TICK)):
                now += timedelta(seconds=TICK)
                tick.look()
                for _ in range(int(TICK / CHILDREN)):
                    tick.children()
                if number == 24 * 3600 / TICK:
                    yield _resident()
            yield _resident()
            yield _cpu(resource.RUSAGE_SELF) - begun
    yield _wake_ups(Alarm, 500) * WEEK * (1 / TICK + 1 / CHILDREN)
    yield _cpu(resource.RUSAGE_CHILDREN)


def _wake_ups(alarm: Callable[..., Any], count: int) -> float:
    """CPU seconds of one."""
    begun, left = _cpu(resource.RUSAGE_SELF), [count]

    def call() -> None:
        left[0] -= 1
        if not left[0]:
            raise StopIteration

    with contextlib.suppress(StopIteration):
        alarm({call: 0.01}, lambda: datetime.now(UTC)).run()
    return (_cpu(resource.RUSAGE_SELF) - begun) / count


def _cpu(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def _resident() -> float:
    """MiB."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 2**20


if __name__ == "__main__":
    sys.stdout.write(" ".join(map(str, week())) + "\n")
