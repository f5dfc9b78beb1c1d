"""Who can say whether the relay took a message whose acceptance was not heard."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path

from reporter.channels import Witness
from reporter.delivery.mailbox import open_mailbox
from reporter.errors import UpstreamError

LIMIT = 50_000_000  # bytes of a log that are read


class Testimony(Enum):
    ARRIVED = "arrived"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Witnesses:
    """The log of a Postfix on this machine, which knows for certain, and a mailbox, which can only say yes."""

    def __init__(self, settings: Witness | None) -> None:
        self.settings = settings
        self.queue_id: str | None = None

    def now(self) -> str | None:
        """Where the log ends at this moment, to be kept with the attempt: it is read from there."""
        if not self.settings or not self.settings.postfix_log:
            return None
        try:
            status = self.settings.postfix_log.stat()
        except OSError:
            return None
        return f"log {status.st_ino}:{status.st_size}"

    def ask(self, message_id: str, since: str) -> Testimony:
        """What became of a message; `since` is what `now` gave before the attempt."""
        if not self.settings:
            return Testimony.UNKNOWN
        found = Testimony.UNKNOWN
        if self.settings.postfix_log:
            found = self._log(self.settings.postfix_log, message_id, since)
        if found is Testimony.UNKNOWN and self.settings.imap_host and self._in_mailbox(message_id):
            found = Testimony.ARRIVED
        return found

    def _log(self, path: Path, message_id: str, since: str) -> Testimony:
        """Postfix notes the id when it reads the head of a message, and `queue active` when it has all of it.

        Absent is only what is surely absent: its connection was lost before the final dot, or the log goes back to the
        attempt, a connection ended in it afterwards, and the id is not there.
        """
        text = _log_since(path, since)
        if text is None:
            return Testimony.UNKNOWN
        seen = re.search(rf"cleanup\[\d+\]: (\w+): message-id={re.escape(message_id)}", text)
        if seen:
            if re.search(rf"qmgr\[\d+\]: {seen[1]}: from=.*queue active", text):
                self.queue_id = seen[1]
                return Testimony.ARRIVED
            taker = re.search(rf"smtpd\[(\d+)\]: {seen[1]}: client=", text)
            cut = taker and re.search(rf"smtpd\[{taker[1]}\]: lost connection after DATA", text[taker.end() :])
            return Testimony.ABSENT if cut else Testimony.UNKNOWN
        ended = re.search(r"smtpd\[\d+\]: (disconnect from|lost connection after)", text)
        return Testimony.ABSENT if ended else Testimony.UNKNOWN

    def _in_mailbox(self, message_id: str) -> bool:
        settings = self.settings
        assert settings  # noqa: S101  for the type checker; it was asked before
        try:
            with open_mailbox(settings, "mail.witness") as mailbox:
                return bool(mailbox.having("Message-ID", message_id))
        except UpstreamError:
            return False


def _log_since(path: Path, since: str) -> str | None:
    """What was logged after a place, also where the log was rotated once since; None where that cannot be told."""
    place = re.fullmatch(r"log (\d+):(\d+)", since)
    if not place:
        return None
    inode, offset = int(place[1]), int(place[2])
    try:
        status = path.stat()
        if status.st_ino == inode:
            return _tail(path, offset) if status.st_size >= offset else None
        older = path.with_name(path.name + ".1")
        return _tail(older, offset) + _tail(path, 0) if older.stat().st_ino == inode else None
    except OSError:
        return None


def _tail(path: Path, offset: int) -> str:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(LIMIT).decode("utf-8", "replace")
