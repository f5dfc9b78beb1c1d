"""What a child of ours leaves behind when its parent is killed: nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = """
import os, sys, time
from pathlib import Path
from reporter.limits import Limits, run_limited
def hang(path):
    Path(path).write_text(str(os.getpid()))
    time.sleep(60)
run_limited(hang, sys.argv[1], limits=Limits(wall=60), what="a step")
"""


@pytest.mark.fault("A1", "E4")
def test_a_child_that_hangs_dies_with_its_parent(tmp_path: Path) -> None:
    """It would hold the lock of its edition until it came back, and a file server may never come back."""
    path = tmp_path / "pid"
    parent = subprocess.Popen([sys.executable, "-c", PROGRAM, str(path)])
    end = time.monotonic() + 30
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < end
        time.sleep(0.02)
    child = int(path.read_text())
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    while _runs(child):
        assert time.monotonic() < end, "it lives on"
        time.sleep(0.02)


def _runs(number: int) -> bool:
    """Whether a process is more than an entry in a table."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"
