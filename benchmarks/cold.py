"""A cold brief against the HTML report of QuantStats, both as whole processes, in turn, on the same simulated prices.

Prints CPU seconds (user + system) of each run, and the ratio of the medians. `make bench`, or with a number of rounds:
`python benchmarks/cold.py 7`.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path

from reporter.config import Sources
from reporter.config_file import load_config
from reporter.language import known_tickers
from reporter.prices import load_prices
from reporter.prices.bars import TITLES
from reporter.sessions import load_calendar

ROOT = Path(__file__).parents[1]
GOAL = 0.5
PEER = """
import sys, warnings
warnings.filterwarnings("ignore")
import pandas, quantstats
def returns(ticker):
    table = pandas.read_csv(f"{sys.argv[1]}/{ticker}.csv", index_col="Date", parse_dates=True)
    return table["Adj Close"].pct_change().dropna()
quantstats.reports.html(returns("IJR"), benchmark=returns("SPY"), output=f"{sys.argv[1]}/peer.html", title="IJR")
"""


def write_prices(folder: Path) -> None:
    """Twenty years of the simulated market for the brief on small caps, one CSV a fund."""
    config = load_config(ROOT / "config.yaml", known_tickers)
    tickers = (*config.briefs["small-caps"].tickers, "^IRX", "^TNX", "^VIX")
    calendar = load_calendar("XNYS", datetime.now(UTC))
    prices = load_prices(tickers, (), calendar, date(2024, 12, 31), Sources(), "simulated")
    for ticker in tickers:
        columns = {title: getattr(prices, name)[ticker] for name, title in TITLES.items()}
        prices.close[[ticker]].assign(**columns)[list(columns)].rename_axis("Date").to_csv(folder / f"{ticker}.csv")


def cpu(command: Sequence[str], environment: Mapping[str, str]) -> tuple[float, float]:
    """CPU seconds and peak memory (MiB) of a process and what it starts."""
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)[:80]} failed: {errors.decode()[-300:]}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_prices(folder)
        environment = {**os.environ, "MPLBACKEND": "Agg"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        ours = [sys.executable, "-m", "reporter", "brief", "small-caps", "--prices", name, "--as-of", "2024-12-31"]
        ours += ["--language", "en", "--output", f"{name}/out"]
        commands = {"brief": ours, "quantstats": [sys.executable, "-c", PEER, name]}
        for command in commands.values():
            cpu(command, environment)  # fills the caches of both, and writes byte code
        found: dict[str, list[tuple[float, float]]] = {one: [] for one in commands}
        for _ in range(rounds):
            for one, command in commands.items():
                found[one].append(cpu(command, environment))
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, quantstats {version('quantstats')}")
    print("cold, one language, HTML and PDF, against the HTML report of quantstats; CPU seconds of whole processes")
    medians = {one: statistics.median(seconds for seconds, _ in runs) for one, runs in found.items()}
    for one, runs in found.items():
        times = "  ".join(f"{seconds:.2f}" for seconds, _ in runs)
        print(f"{one:>11}  median {medians[one]:.2f} s  peak {max(peak for _, peak in runs):.0f} MiB  ({times})")
    ratio = medians["brief"] / medians["quantstats"]
    print(f"      ratio  {ratio:.2f}  goal: under {GOAL}  {'reached' if ratio < GOAL else 'NOT reached'}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
