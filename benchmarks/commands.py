"""Short commands: what a person waits for who only wants to know something."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.measure import ROOT, Report, in_turn


def measure(report: Report, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        reporter = [sys.executable, "-m", "reporter"]
        config = ["--config", str(ROOT / "config.yaml")]
        commands = {
            "--help": [*reporter, "--help"],
            "status": [*reporter, "status", *config],
            "archive list": [*reporter, "archive", "list", *config],
        }
        for what, found in in_turn(commands, rounds).items():
            report.say(f"reporter {what}, CPU", found.cpu, "s", 0.4)
        Path(name).touch()
