"""Runs programs in turn and prints what they cost beside what they should: ratios of one run hold, absolutes wander."""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from reporter.config_file import load_config
from reporter.prices.bars import TITLES
from reporter.prices.load import load_prices
from reporter.sessions import load_calendar
from reporter.words import known_tickers

ROOT = Path(__file__).parents[1]
AS_OF = date(2024, 12, 31)
YEARS = 10
#: With IJR and SPY thirty; the fund that the news quote and three levels come on top.
FIELD = (
    "MTUM", "IVW", "QUAL", "USMV", "VYM", "IJK", "IVE", "IJT", "IJJ", "IJS", "VLUE", "SIZE", "IWD", "IWF", "RSP", "QQQ",
    "XLB", "XLE", "XLF", "XLI", "XLK", "XLP", "XLU", "XLV", "XLY", "EFA", "EEM", "AGG",
)  # fmt: skip
LEVELS = ("^IRX", "^TNX", "^VIX")
ENVIRONMENT = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
    "MPLBACKEND": "Agg",
    "PYTHONPATH": str(Path(__file__).parent / "bare"),
}


@dataclass(frozen=True)
class Cost:
    """Of one whole process and what it started: CPU seconds (user + system), seconds by the clock, peak MiB."""

    cpu: float
    wall: float
    peak: float


def cost(command: Sequence[str], folder: Path = ROOT) -> Cost:
    """Runs a command to its end; its failure ends the measuring."""
    started = datetime.now(UTC)
    process = subprocess.Popen(command, env=ENVIRONMENT, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)[:100]} failed: {errors.decode()[-400:]}")
    wall = (datetime.now(UTC) - started).total_seconds()
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def in_turn(commands: Mapping[str, Sequence[str]], rounds: int, fresh: Sequence[Path] = ()) -> Mapping[str, Cost]:
    """Medians of CPU and clock, and the highest peak; A B C A B C …, after one round that is not counted.

    Args:
        fresh: Folders that are gone again when a round begins.
    """
    found: dict[str, list[Cost]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for folder in fresh:
            shutil.rmtree(folder, ignore_errors=True)
        for name, command in commands.items():
            run = cost(command)
            if number:
                found[name].append(run)
    return {
        name: Cost(
            statistics.median(run.cpu for run in runs),
            statistics.median(run.wall for run in runs),
            max(run.peak for run in runs),
        )
        for name, runs in found.items()
    }


@dataclass
class Report:
    """Lines of what was found beside what should be."""

    rows: list[tuple[str, str, str, str]] = field(default_factory=list)

    def say(self, what: str, found: float, unit: str, goal: float | None = None, *, at_least: bool = False) -> None:
        verdict = ""
        if goal is not None:
            reached = found >= goal if at_least else found <= goal
            verdict = "reached" if reached else "NOT reached"
        sign = "≥" if at_least else "≤"
        row = (
            what,
            f"{found:.3g} {unit}".strip(),
            f"{sign} {goal:g} {unit}".strip() if goal is not None else "",
            verdict,
        )
        self.rows.append(row)
        print(f"{row[0]:<58} {row[1]:>16}  {row[2]:>16}  {row[3]}", flush=True)


def write_market(folder: Path) -> None:
    """What everybody reads: thirty funds × ten years of the simulated market, one CSV a fund in Yahoo's columns; and
    for us a config.yaml whose brief on small caps ranks all of them.
    """
    config = load_config(ROOT / "config.yaml", known_tickers)
    calendar = load_calendar("XNYS", datetime.now(UTC))
    tickers = ("IJR", "SPY", *FIELD, "IWM", *LEVELS)
    prices = load_prices(tickers, (), calendar, AS_OF, config.sources, ("simulated",))
    for ticker in tickers:
        columns = {title: getattr(prices, name)[ticker] for name, title in TITLES.items()}
        table = prices.close[[ticker]].assign(**columns)[list(columns)].rename_axis("Date")
        table.loc[str(AS_OF.year - YEARS + 1) :].to_csv(folder / f"{ticker}.csv")
    text = (ROOT / "config.yaml").read_text("utf-8")
    field = f"field: [{', '.join(FIELD)}]"
    text, found = re.subn(r"field: \[[^]]*\]", field, text, count=1)
    assert found, "the brief on small caps is the first one"
    text = text.replace("field_kind: factor-funds", "field_kind: funds", 1)
    (folder / "config.yaml").write_text(text, "utf-8")


def brief(folder: Path, out: Path, *more: str) -> list[str]:
    """The command that makes a brief of those prices."""
    made = [sys.executable, "-m", "reporter", "brief", "small-caps", "--prices", str(folder), "--as-of", str(AS_OF)]
    return [*made, "--config", str(folder / "config.yaml"), "--output", str(out), *more]
