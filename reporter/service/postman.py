"""Reads what comes back, in a process of its own: a mailbox that hangs holds up no edition and no scheduler."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import datetime, timedelta

from reporter.config import Config
from reporter.service.ledger import Ledger
from reporter.service.returns import TROUBLE
from reporter.service.rows import stored

EVERY = timedelta(minutes=10)  # the scheduler looks into the mailbox
LIMIT = 120.0  # seconds for one look
LOOKED = "returns"  # in `meta`: when it was looked at


class Postman:
    """One look after another, never two at once."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._end = 0.0

    @property
    def away(self) -> bool:
        """Whether he is on his way."""
        return self._process is not None

    def send_if_due(self, ledger: Ledger, config: Config, now: datetime) -> None:
        """Look into the mailbox, where there is one and it is time."""
        looked = ledger.get(LOOKED)
        last = datetime.fromisoformat(looked) if looked else None
        if self.away or not config.mail or not config.mail.bounces or (last and last <= now < last + EVERY):
            return
        ledger.put(LOOKED, stored(now))
        self.send(config)

    def send(self, config: Config) -> None:
        self._end = time.monotonic() + LIMIT
        self._process = subprocess.Popen(
            [sys.executable, "-m", "reporter", "work", "returns"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        with suppress(BrokenPipeError):
            assert self._process.stdin is not None  # noqa: S101  for the type checker
            self._process.stdin.write(config.model_dump_json().encode())
            self._process.stdin.close()

    def look(self, ledger: Ledger, now: datetime) -> None:
        """Whether he is back; he is given up when he is away for too long."""
        if self._process is None:
            return
        code = self._process.poll()
        if code is None and time.monotonic() < self._end:
            return
        if code is None:
            self.stop()
        self._process = None
        if code != 0:  # what he could not read he has told himself
            why = "did not come to an end in two minutes" if code is None else f"its process ended with {code}"
            ledger.alert(TROUBLE, now, f"nobody sees what comes back: {why}, reading `mail.bounces`")

    def stop(self) -> None:
        """End him and all that he has started, such as a command that prints a token."""
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(5.0)
