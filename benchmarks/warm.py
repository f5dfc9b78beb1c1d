"""Briefs in a batch: what one costs when the program is warm, and how many a minute two processes make."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.measure import AS_OF, Report, cost, write_market


def batch(folder: Path, clients: int, *more: str) -> list[str]:
    """One brief in English for so many clients."""
    rows = "".join(f"small-caps,client-{number},Client {number},en\n" for number in range(clients))
    (folder / f"{clients}.csv").write_text(f"brief,client,brand,languages\n{rows}", "utf-8")
    made = [sys.executable, "-m", "reporter", "batch", str(folder / f"{clients}.csv"), "--prices", str(folder)]
    made += ["--config", str(folder / "config.yaml"), "--as-of", str(AS_OF)]
    return [*made, "--output", str(folder / f"out-{'-'.join(more)}-{clients}"), *more]


def measure(report: Report, _: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_market(folder)
        few, some, many = (cost(batch(folder, clients, "--engine", "serial")) for clients in (5, 30, 105))
        report.say("warm brief in a batch, CPU", (many.cpu - few.cpu) / 100, "s", 0.5)
        report.say("a worker's peak memory after 30 briefs", some.peak, "MiB", 220)
        report.say("a worker's peak memory after 105 briefs", many.peak, "MiB", 220)
        hundred = cost(batch(folder, 100, "--engine", "processes", "--workers", "2"))
        rate = 100 / hundred.wall * 60
        report.say("batch of 100 on two processes, with its start", rate, "a minute", 200, at_least=True)
        report.say("  of this, editions an hour and worker", rate * 60 / 2, "")
