"""What a child of ours leaves behind when its parent is killed: nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from reporter.errors import AccessError, OutputError
from reporter.limits import Limits, run_limited

PROGRAM = """
import os, sys, time
from pathlib import Path
from reporter.limits import Limits, run_limited
def hang(path):
    Path(path).write_text(str(os.getpid()))
    time.sleep(60)
if __name__ == "__main__":
    {before}
    run_limited(hang, sys.argv[1], limits=Limits(wall=60), what="a step")
"""


WITH_THREADS = "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()"


def parents() -> list[int]:
    return [os.getppid(), os.getpid()]


def test_beside_threads_children_come_from_one_server() -> None:
    """A new interpreter for each would cost a second of processor time."""
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        (one, first), (other, second) = (run_limited(parents, limits=Limits(wall=60), what="a step") for _ in range(2))
        assert one == other != os.getpid() and first != second
        with pytest.raises(OutputError, match="not here"):
            run_limited(complain, limits=Limits(wall=60), what="a step")
    finally:
        stop.set()
        thread.join()


@pytest.mark.fault("A15")
def test_a_file_that_a_command_given_as_root_has_left() -> None:
    with pytest.raises(AccessError, match=r"Permission denied \('spool/1-r0'\); let this user have it"):
        run_limited(be_refused, limits=Limits(wall=60), what="a step")


def be_refused() -> None:
    raise PermissionError(13, "Permission denied", "spool/1-r0")


@pytest.mark.fault("A6")
def test_a_machine_that_has_no_process_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refuse)
    monkeypatch.setattr(threading, "active_count", lambda: 1)  # a thread that another test has left sends us elsewhere
    with pytest.raises(OutputError, match=r"a step could not be begun: .*temporarily unavailable"):
        run_limited(parents, limits=Limits(wall=60), what="a step", error=OutputError)


def complain() -> None:
    raise OutputError("not here")


@pytest.mark.parametrize("before", ["", WITH_THREADS], ids=["alone", "threads"])
@pytest.mark.fault("A1", "E4")
def test_a_child_that_hangs_dies_with_its_parent(tmp_path: Path, before: str) -> None:
    """It would hold the lock of its edition until it came back, and a file server may never come back."""
    path, program = tmp_path / "pid", tmp_path / "program.py"
    program.write_text(PROGRAM.format(before=before))
    parent = subprocess.Popen([sys.executable, str(program), str(path)])
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
