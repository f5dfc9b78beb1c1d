"""Child processes, one a run: whatever hangs or dies in one of them delays no other and takes nothing along.

A child works on its run from where the ledger says it is. It is watched by that alone: no new event for longer than its
step may take, and it is killed; the next child goes on from the last commit.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

from reporter.config import Config
from reporter.owner import StageLimits
from reporter.service.ledger import Ledger
from reporter.service.log import log
from reporter.service.rows import Run
from reporter.setting import duration

#: What happens in a state, by the name of its limit.
STAGE = {"due": "fetch", "fetching": "fetch", "fetched": "build", "rendered": "archive", "delivering": "mail"}
GRACE = 45.0  # seconds that a child has to reach a commit when the service stops
KEPT = 2000  # characters of what a child said last


@dataclass
class Worker:
    """A child at work."""

    run: Run  # as it was when the child began
    process: subprocess.Popen[bytes]
    seen: tuple[str, int] = ("", 0)  # state and newest event
    since: float = field(default_factory=time.monotonic)  # when that was new
    said: str = ""  # its last words


@dataclass(frozen=True)
class Outcome:
    """How a child ended."""

    run: Run  # as it was when the child began
    code: int  # its exit code; negative: the signal
    said: str
    overran: str = ""  # the step that took too long


class Workers:
    """Children at work, one a brief."""

    def __init__(self, limits: StageLimits) -> None:
        self.limits = limits
        self.alive: dict[str, Worker] = {}

    def start(self, run: Run, config: Config) -> None:
        """Begin to work on a run; its configuration is the one that the service holds, not what the file says now."""
        process = subprocess.Popen(  # noqa: S603  our own interpreter and module
            [sys.executable, "-m", "reporter", "work", str(run.run_id)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        worker = self.alive[run.brief] = Worker(run, process)
        with suppress(BrokenPipeError):
            assert process.stdin is not None  # noqa: S101  for the type checker; it is a pipe
            process.stdin.write(config.model_dump_json().encode())
            process.stdin.close()
        threading.Thread(target=_listen, args=(worker, process.stderr), daemon=True).start()

    def ended(self, ledger: Ledger) -> Iterator[Outcome]:
        """Those that have ended since the last call, and those that had to be."""
        for brief, worker in list(self.alive.items()):
            overran = "" if _is_over(worker.process) else self._overran(worker, ledger)
            if overran or _is_over(worker.process):
                code = self._kill(worker)
                if code is None:
                    continue
                del self.alive[brief]
                yield Outcome(worker.run, code, worker.said.strip(), overran)

    def stop(self) -> None:
        """Ask all to stop at their next commit; end those that do not."""
        for worker in self.alive.values():
            with suppress(ProcessLookupError):
                worker.process.send_signal(signal.SIGTERM)
        end = time.monotonic() + GRACE
        for worker in self.alive.values():
            with suppress(subprocess.TimeoutExpired):
                worker.process.wait(max(0.0, end - time.monotonic()))
            self._kill(worker)
        self.alive.clear()

    def _overran(self, worker: Worker, ledger: Ledger) -> str:
        run = ledger.one(Run, run_id=worker.run.run_id) or worker.run
        newest = ledger.newest_event(run)
        if (run.state, newest) != worker.seen:
            worker.seen, worker.since = (run.state, newest), time.monotonic()
        stage = STAGE.get(run.state, "mail")
        limit = duration(getattr(self.limits, stage)).total_seconds()
        return stage if time.monotonic() - worker.since > limit else ""

    def _kill(self, worker: Worker) -> int | None:
        """End it and all that it has started; None where it cannot be ended now, as in a call to a dead file server."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(worker.process.pid, signal.SIGKILL)
        try:
            return worker.process.wait(5.0)
        except subprocess.TimeoutExpired:
            return None


def _is_over(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has ended; it is not reaped, so that nobody else can get its number before its group is ended."""
    with suppress(ChildProcessError):
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    return True


def _listen(worker: Worker, stream: IO[bytes] | None) -> None:
    """What a child writes goes to our log, line by line, as one of its events."""
    for line in stream or ():
        text = line.decode("utf-8", "replace").strip()
        if text:
            worker.said = f"{worker.said}\n{text}"[-KEPT:]
            log("said", brief=worker.run.brief, session=worker.run.occurrence, text=text)
