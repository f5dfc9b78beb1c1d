"""Briefs in a batch: what one costs when the program is warm, how many a minute two processes make, what they hold."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.measure import AS_OF, Cost, Report, cost, write_market


def batch(folder: Path, clients: int, *more: str) -> Cost:
    """One brief in English for so many clients, in a folder where nothing is yet."""
    rows = "".join(f"small-caps,client-{number},Client {number},en\n" for number in range(clients))
    (folder / f"{clients}.csv").write_text(f"brief,client,brand,languages\n{rows}", "utf-8")
    made = [sys.executable, "-m", "reporter", "batch", str(folder / f"{clients}.csv"), "--prices", str(folder)]
    made += ["--config", str(folder / "config.yaml"), "--as-of", str(AS_OF)]
    with tempfile.TemporaryDirectory(dir=folder) as out:
        return cost([*made, "--output", out, *more])


def measure(report: Report, _: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_market(folder)
        few, many = (batch(folder, clients, "--engine", "serial") for clients in (5, 55))
        report.say("warm brief in a batch, CPU", (many.cpu - few.cpu) / 50, "s", 0.5)
        worker = ("--engine", "processes", "--workers")
        some, hundred = (batch(folder, clients, *worker, "1").peak for clients in (30, 100))
        report.say("a worker's peak memory after 30 briefs", some, "MiB", 220)
        report.say("a worker's peak memory after 100 briefs", hundred, "MiB", 220)
        report.say("  grown between the two; at eighty it is replaced", hundred - some, "MiB")
        two = batch(folder, 100, *worker, "2")
        rate = 100 / two.wall * 60
        report.say("batch of 100 on two processes, with its start", rate, "a minute", 200, at_least=True)
        report.say("  of this, editions an hour and worker", rate * 60 / 2, "")
        report.say("  CPU of both and of the one that hands out, a brief", two.cpu / 100, "s")
