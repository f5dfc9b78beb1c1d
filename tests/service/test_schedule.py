"""`reporter schedule` as it is installed: its own process, real children, real pages, a relay that counts."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from reporter.service.ledger import open_ledger
from reporter.service.overview import STATUS
from reporter.service.rows import Run
from tests.delivery.smtp_server import SmtpServer

REPORTER = str(Path(sys.executable).with_name("reporter"))
STATE = Path("output/.state")


def reporter(folder: Path, *arguments: str) -> CompletedProcess[str]:
    return subprocess.run([REPORTER, *arguments], cwd=folder, capture_output=True, text=True, timeout=100, check=False)


def due(folder: Path, session: str) -> None:
    """An edition that has just fallen due."""
    now = datetime.now(UTC)
    moments = {"deadline_utc": now + timedelta(days=1), "created_utc": now, "updated_utc": now}
    with open_ledger(folder / STATE, now) as ledger:
        ledger.add(Run(brief="small", occurrence=session, kind="scheduled", local_label="now", **moments))


def states(folder: Path) -> dict[str, str]:
    with open_ledger(folder / STATE, datetime.now(UTC)) as ledger:
        return {run.occurrence: run.state for run in ledger.rows(Run)}


def wait_for(there: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.fixture
def relay(tmp_path: Path):
    with SmtpServer() as server:
        (tmp_path / "config.yaml").write_text(
            "sources: {use: simulated}\nformats: [html]\n"
            f"mail: {{sender: b@example.com, relay: {{host: 127.0.0.1, port: {server.port}, tls: 'off'}}}}\n"
            "briefs:\n  small: {subject: IJR, benchmark: SPY, languages: [en], recipients: [ann@example.com],\n"
            "          schedule: {every: week}}\n"
        )
        yield server


def test_once_and_once_more(relay: SmtpServer, tmp_path: Path) -> None:
    due(tmp_path, "2024-10-16")
    done = reporter(tmp_path, "schedule", "--once")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line)["event"] for line in done.stderr.splitlines()]
    assert events[0] == "started" and "begun" in events and "ended" in events
    assert states(tmp_path) == {"2024-10-16": "done"} and len(relay.messages) == 1
    assert (tmp_path / "output/small/2024/2024-10-16-r0/manifest.json").exists()
    assert reporter(tmp_path, "schedule", "--once").returncode == 0
    assert len(relay.messages) == 1
    told = reporter(tmp_path, "explain", "small", "2024-10-16").stdout
    for line in ("run: due -> fetching", "run: fetching -> fetched  (simulated, vintage", "gate: ok", "250"):
        assert line in told


@pytest.mark.fault("A3", "A4")
def test_for_years(relay: SmtpServer, tmp_path: Path) -> None:
    """It works, it is healthy, a second one is turned away, and a signal ends it in peace."""
    due(tmp_path, "2024-10-16")
    first = subprocess.Popen([REPORTER, "schedule"], cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        wait_for((tmp_path / STATE / STATUS).exists)
        assert reporter(tmp_path, "healthcheck").returncode == 0
        second = reporter(tmp_path, "schedule")
        assert second.returncode == 75 and f"the scheduler is held by process {first.pid} since " in second.stderr
        wait_for(lambda: states(tmp_path) == {"2024-10-16": "done"})
        first.send_signal(signal.SIGTERM)
        assert first.wait(50) == 143
    finally:
        first.kill()
        first.wait()
    assert len(relay.messages) == 1
    assert json.loads(reporter(tmp_path, "status", "--json").stdout)["briefs"]["small"]["last_done"] is not None


def test_asked_to_stop_while_a_child_works(relay: SmtpServer, tmp_path: Path) -> None:
    due(tmp_path, "2024-10-16")
    first = subprocess.Popen([REPORTER, "schedule"], cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: (tmp_path / STATE / STATUS).exists() and states(tmp_path)["2024-10-16"] != "due")
        first.send_signal(signal.SIGTERM)
        assert first.wait(50) == 143
    finally:
        first.kill()
        first.wait()
    assert reporter(tmp_path, "schedule", "--once").returncode == 0
    assert states(tmp_path) == {"2024-10-16": "done"} and len(relay.messages) == 1


def test_nothing_is_scheduled(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("briefs: {small: {subject: IJR, benchmark: SPY}}\n")
    done = reporter(tmp_path, "schedule")
    assert done.returncode == 78
    assert done.stderr == "config.yaml: no brief has a `schedule:`, so nothing is ever due; add one\n"
