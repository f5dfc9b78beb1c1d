"""A big universe: 500 funds × 20 years from the store to facts.

`python -m benchmarks universe`; `python -m benchmarks.universe 30` with so many funds.
Prints CPU seconds (user + system) of reading thirty funds and all of them from the store, of the gate and of the facts,
and the peak memory of the process.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmarks.measure import ROOT, Report
from reporter.config import Brief, Sources
from reporter.facts import compute_facts
from reporter.prices import Prices
from reporter.prices.bars import make_bars
from reporter.prices.database import open_store
from reporter.prices.load import load_prices
from reporter.prices.quality import judge
from reporter.sessions import load_calendar

AS_OF = date(2024, 12, 31)
Result = TypeVar("Result")


def measure(report: Report, _: int) -> None:
    """In a process of its own, whose memory is told."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.universe"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr[-1000:])
    for line in done.stdout.splitlines():
        what, found, unit, goal = line.split("\t")
        report.say(what, float(found), unit, float(goal) if goal else None)


def timed(what: str, goal: float | None, work: Callable[[], Result]) -> Result:
    started = time.process_time()
    result = work()
    say(f"{what}, CPU", time.process_time() - started, "s", goal)
    return result


def say(what: str, found: float, unit: str, goal: float | None = None) -> None:
    print(what, found, unit, "" if goal is None else goal, sep="\t")


def main(count: int) -> None:
    calendar = load_calendar("XNYS", datetime(2025, 6, 30, tzinfo=UTC))
    sessions = calendar.between(date(2005, 1, 3), AS_OF)
    rng = np.random.default_rng(1)
    market = rng.normal(0.0003, 0.01, len(sessions))
    names = tuple(f"F{number:03d}" for number in range(count))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prices.sqlite"
        with open_store(path) as store:
            for name in names:
                close = 50 * np.exp(np.cumsum(market + rng.normal(0, 0.006, len(sessions))))
                volume = rng.lognormal(13, 0.3, len(sessions))
                columns = {"close": close, "high": close * 1.01, "low": close * 0.99, "volume": volume}
                bars = make_bars(sessions, {**columns, "adjusted_close": np.nan})
                bars["dividend"][60::63] = 0.1
                with store.writing():
                    at = datetime(2025, 1, 1, tzinfo=UTC)
                    store.write("yahoo", name, bars, currency="USD", revision=0, at=at, change="")
        say(f"{count} funds × {len(sessions)} sessions: store", path.stat().st_size / 2**20, "MiB")
        with open_store(path) as store:
            timed("  thirty funds out of the store", 0.2, lambda: [store.read("yahoo", name) for name in names[:30]])

        def load(chosen: tuple[str, ...]) -> Prices:
            return load_prices(chosen, (), calendar, AS_OF, Sources(), "yahoo", store=path)

        timed("  thirty funds as prices, checked", 0.2, lambda: load(names[:30]))
        prices = timed(f"  {count} funds as prices, checked", 2.0, lambda: load(names))
    brief = Brief(subject=names[0], benchmark=names[1], field=names[2:], backdrop=False)
    quality = timed("  gate", 0.5, lambda: judge(prices, names[:2], names[2:]))
    timed(f"  facts of {count} funds", 0.5, lambda: compute_facts(prices, "universe", brief, quality, calendar))
    say("  peak memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MiB", 500.0)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
