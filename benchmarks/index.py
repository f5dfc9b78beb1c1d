"""The index page of large archives: made for the first time, and with one edition more."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from benchmarks.measure import ROOT, Report, cost
from reporter.delivery.archive import store
from reporter.delivery.index import write_index
from reporter.delivery.target import local_target
from tests.browser.test_archive import CONFIG
from tests.delivery.test_archive import EDITION
from tests.delivery.test_scale import SENDER, fill

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def measure(report: Report, _: int) -> None:
    more: list[float] = []
    for editions, goal in ((2_000, 2), (20_000, 20)):
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            fill(root, editions)
            command = [sys.executable, "-m", "reporter", "archive", "index", name]
            made = cost([*command, "--config", str(ROOT / "config.yaml")])
            report.say(f"archive index of {editions:,} editions, CPU", made.cpu, "s", goal)
            more.append(statistics.median(one_more(root, number) for number in range(9)))
            report.say(f"one edition more among {editions:,}, CPU", 1000 * more[-1], "ms")
    report.say("  among 20,000 against among 2,000", more[1] / more[0], "×", 1.25)


def one_more(root: Path, number: int) -> float:
    """CPU seconds of its publication and of the page that knows it then."""
    edition, target = replace(EDITION, brief=f"client-{number}", session=date(2025, 12, 31)), local_target(root)
    started = time.process_time()
    store(edition, target, NOW, SENDER)
    write_index(target, CONFIG, NOW, volume=(edition.brief, 2025))
    return time.process_time() - started
