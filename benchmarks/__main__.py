"""`python -m benchmarks [--rounds N] [--write] [PART ...]`: every figure beside its goal; all parts, or those named."""

from __future__ import annotations

import argparse
import os
import platform
from compileall import compile_dir
from importlib.metadata import version

from benchmarks import cold, commands, idle, index, mail, universe, warm
from benchmarks.measure import ROOT, Report

PARTS = {
    "cold": cold.measure,
    "warm": warm.measure,
    "commands": commands.measure,
    "universe": universe.measure,
    "index": index.measure,
    "idle": idle.measure,
    "mail": mail.measure,
}
BEGIN, END = "<!-- figures: made by `python -m benchmarks --write` -->", "<!-- end of figures -->"
LIBRARIES = ("pandas", "matplotlib", "weasyprint", "quantstats")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=5, help="of everything that is run in turn")
    parser.add_argument("--write", action="store_true", help="also into docs/benchmarks.md")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if asked.write and asked.parts:
        parser.error("--write is for all parts together: the table on the page is of one run")
    load = f"{os.getloadavg()[0]:.1f} others at work at its beginning"
    compile_dir(ROOT / "reporter", quiet=1)  # as the set-up does; a checkout since then has sources without
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}, {load}"
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    print(f"{machine}; {libraries}")
    report = Report()
    for part in asked.parts or PARTS:
        PARTS[part](report, asked.rounds)
    if asked.write:
        write(report, machine, libraries)


def write(report: Report, machine: str, libraries: str) -> None:
    """The figures into their place on the page; what is written around them stays."""
    path = ROOT / "docs" / "benchmarks.md"
    before, _, rest = path.read_text("utf-8").partition(BEGIN)
    table = "\n".join(f"| {' | '.join(row)} |" for row in report.rows)
    figures = f"\n{machine}; {libraries}.\n\n| what | found | goal | |\n|---|---|---|---|\n{table}\n"
    path.write_text(f"{before}{BEGIN}\n{figures}\n{END}{rest.partition(END)[2]}", "utf-8")


if __name__ == "__main__":
    main()
