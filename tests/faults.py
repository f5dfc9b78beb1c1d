"""The table of faults in docs/operations.md: made by a run of the tests, from those that passed.

pytest --faults docs/operations.md        a test shows a fault with @pytest.mark.fault("A1")
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

BEGIN, END = "<!-- faults: made by `pytest --faults docs/operations.md` -->\n", "<!-- end of faults -->\n"
#: What goes wrong, and what the owner sees of it.
FAULTS = {
    "A1": ("killed at a random moment", "the next start goes on; `explain` shows where"),
    "A2": ("killed between any two commits, and on the way back", "the next start goes on; `explain` shows where"),
    "A3": ("asked to stop in the middle", "exit 143 or 130; log line `stopping`"),
    "A4": ("a second scheduler", "exit 75 with the holder's process number"),
    "A5": ("`send` while the scheduler is at the same edition", "it waits for the other one, and nobody gets two"),
    "A6": ("a child dies: memory, crash, bug", "alert `failed`, or `service` for the scheduler; exit 70 of `--once`"),
    "A7": ("a step hangs", "it is ended after its limit; alert `late`, then `failed`"),
    "A8": ("the machine was off over editions", "one alert `missed` that names them"),
    "A9": ("the clock jumps", "nothing is lost or repeated; `doctor` compares clocks"),
    "A10": ("clocks are changed, time zone data lack", "`status` shows local time and UTC; exit 78"),
    "A11": ("the disk is full", "alert past the ledger, alert `disk`, exit 74"),
    "A12": ("the ledger is damaged or from a newer version", "exit 70, nothing is sent; `doctor` says what to do"),
    "A13": ("the ledger is lost, or an old copy is put back", "exit 70, or alert `cancelled`: nobody gets it twice"),
    "A14": ("power fails", "the next start goes on"),
    "A15": ("the state folder or a file in it cannot be used", "exit 77 at the start; `doctor`"),
    "B1": ("the source blocks or throttles", "alert `late`; exit 69"),
    "B2": ("the source answers nonsense", "exit 69, never `delisted`; alert `late`"),
    "B3": ("a fund of the field is missing", "the edition and the mail's subject name it; more than half: exit 65"),
    "B4": ("today's bar is not over", "it is not used; the edition says its as-of"),
    "B5": ("prices are stale", "exit 65, alert `refused`"),
    "B6": ("a bar in another unit or currency", "a note in the edition, or exit 65"),
    "B7": ("a split that is not adjusted", "a note in the edition"),
    "B8": ("a bar that cannot be true", "a note in the edition, or exit 65"),
    "B9": ("doubled, unsorted, weekend or future dates", "a note in the edition"),
    "B10": ("hardly any prices", "no number instead of a wrong one"),
    "B11": ("an answer about another ticker", "the fund is missing, with the reason"),
    "B12": ("the source rewrites history", "a note, and a record in the store"),
    "B13": ("input of absurd size", "exit 78 with the place"),
    "C1": ("hostile text in titles, names, headlines", "it is shown as text"),
    "C2": ("a hostile template", "exit 70 with the template's name"),
    "C3": ("a template with a mistake", "exit 70 with file and line; `doctor` finds it before"),
    "C4": ("a page that never ends", "the limit ends it; alert `failed`"),
    "C5": ("fonts and strange letters", "our own fonts are in every page; `doctor`"),
    "C6": ("a chart cannot be drawn", "the edition goes without it and says so"),
    "C7": ("an empty page", "it is not published; exit 70"),
    "C8": ("links to scripts and local files", "they are dropped"),
    "C9": ("formulas in a table", "they are text"),
    "C10": ("a wrong configuration", "exit 78 with line and column; alert `config` on a reload"),
    "C11": ("the configuration changes while it runs", "whole or not at all; alert `config`"),
    "C12": ("file names that lead elsewhere", "they are cleaned or refused"),
    "D1": ("the relay hangs, closes, resets, talks nonsense", "`outbox list`; alert `late`, or `bounced`, `uncertain`"),
    "D2": ("the relay drips", "the deadline ends it"),
    "D3": ("the relay says: later", "`outbox list` shows the next try; alert `expired` at the end"),
    "D4": ("the relay refuses one reader", "alert `bounced`, exit 76; after three in a row `suspended`"),
    "D5": ("the relay refuses us", "alert `relay` at once, exit 78"),
    "D6": ("the message is too big", "the short one goes, with a link"),
    "D7": ("no TLS, or a wrong certificate", "nothing is sent; alert `relay`"),
    "D8": ("the same edition is sent again", "0 mails; exit 0"),
    "D9": ("a title that invents headers", "it is cleaned; the headers are counted again"),
    "D10": ("one reader sees another", "never: one message a reader"),
    "D11": ("a list of readers with doubles and strange forms", "one message a mailbox; exit 78 for wrong ones"),
    "D12": ("a bounce comes later", "read every ten minutes, before `send`, by `outbox bounces`; alert `bounced`"),
    "D13": ("answering machines", "headers that they obey"),
    "D14": ("the owner cannot be told", "webhook, exit code, log; the ping stops"),
    "E1": ("the archive is full", "exit 73, tried again; alert `late`, then `failed`"),
    "E2": ("the archive is read-only", "exit 73, tried again; alert `late`, then `failed`"),
    "E3": ("the share is not mounted", "exit 73; `doctor` misses the identity file; `archive init` refuses"),
    "E4": ("the file server hangs", "the deadline ends it; mail goes all the same"),
    "E5": ("killed while it uploads", "nothing under a final name"),
    "E6": ("the name is taken by other bytes", "alert `conflict`; nothing is overwritten"),
    "E7": ("somebody changes an archived file", "`archive verify` names it, exit 1"),
    "E8": ("the manifest is torn", "`archive verify` names it, exit 1"),
    "E9": ("a reader has the file open", "a new name every time"),
    "E10": ("an SFTP server with another key", "refused; exit 73"),
    "E11": ("S3 says no after it did", "the bytes are compared"),
    "F1": ("a secret where it can be read", "`***`"),
    "F2": ("text that forges log lines", "one event, one line"),
    "F3": ("others can read secrets or state", "exit 78; `doctor`"),
    "F4": ("objects that run code when they are read", "none are written or read"),
    "F5": ("another package in place of ours", "hashes do not fit: it is not installed"),
    "F6": ("a thousand failures at once", "at most three mails"),
}  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--faults", metavar="FILE", help="Write the table of faults into FILE.")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark in item.iter_markers("fault"):
            item.user_properties += [("fault", one) for one in mark.args]


passed: dict[str, set[str]] = defaultdict(set)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed:
        for name, value in report.user_properties:
            if name == "fault":
                passed[str(value)].add(report.nodeid.partition("[")[0])


def pytest_sessionfinish(session: pytest.Session) -> None:
    path = session.config.getoption("--faults")
    if path and not hasattr(session.config, "workerinput"):
        text = Path(path).read_text("utf-8")
        Path(path).write_text(replaced(text, table(passed)), "utf-8")


def table(shown: dict[str, set[str]]) -> str:
    """One line a fault, in the order above."""
    found = {fault: sorted(shown[fault]) for fault in FAULTS if shown.get(fault)}
    lines = [f"{len(found)} of {len(FAULTS)} faults are brought about by tests that pass.", ""]
    lines += ["| | what goes wrong | what you see | test |", "| --- | --- | --- | --- |"]
    for fault, tests in found.items():
        wrong, seen = FAULTS[fault]
        names = ", ".join(f"`{name.removeprefix('tests/')}`" for name in tests[:2])
        lines.append(
            f"| {fault} | {wrong} | {seen} | {names}{f' and {len(tests) - 2} more' if len(tests) > 2 else ''} |"
        )
    return "\n".join(lines) + "\n"


def replaced(text: str, new: str) -> str:
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{new}\n{END}{rest.partition(END)[2]}"


def listed(text: str) -> dict[str, str]:
    """The tests by fault, as the table names them."""
    rows = re.findall(r"^\| ([A-F]\d+) \|.*\| (.*?) \|$", text, re.MULTILINE)
    return dict(rows)
