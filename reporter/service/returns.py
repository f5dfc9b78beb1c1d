"""Mail that comes back after the relay has taken it: `accepted` becomes `bounced`, with the words of the server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from reporter.channels import Bounces, MailSettings
from reporter.delivery.bounces import REPORT, read_bounces
from reporter.delivery.mailbox import MOST, open_mailbox
from reporter.errors import OutputError, ReporterError
from reporter.service.alerts import clear
from reporter.service.ledger import Ledger
from reporter.service.rows import Delivery
from reporter.service.suspension import heard

TROUBLE = "bounces:mail"  # key of the alert that they cannot be read
WHAT = "mail.bounces"
READ = "returns:"  # before the name of a mailbox in `meta`: the number of the last message that was read of it
BELIEVED = ("accepted", "uncertain", "dot")  # states in which a message can come back
BUDGET = 60.0  # seconds for one reading of a mailbox; the rest is read the next time


def take_in(ledger: Ledger, settings: Bounces, now: datetime) -> list[Delivery]:
    """Read the reports that came since the last time; those about our messages are marked as seen.

    Raises:
        ConfigError: a secret is missing.
        UpstreamError, OutputError: the mailbox cannot be read.
    """
    found = _from_maildir(ledger, settings.maildir, now) if settings.maildir else []
    return found + (_from_imap(ledger, settings, now) if settings.imap_host else [])


def collect(ledger: Ledger, settings: MailSettings, clock: Callable[[], datetime]) -> None:
    """As `take_in`; the owner is told where it cannot be done, and when it can again."""
    if settings.bounces is None:
        return
    try:
        take_in(ledger, settings.bounces, clock())
    except ReporterError as error:
        ledger.alert(TROUBLE, clock(), f"nobody sees what comes back: {error}")
    else:
        clear(ledger, [TROUBLE], clock())


def believe(ledger: Ledger, content: bytes, now: datetime) -> list[Delivery]:
    """Write down what a report says about messages of ours; a state that it cannot be about stays as it is.

    Returns:
        The messages that it is about.
    """
    found = []
    for bounce in read_bounces(content):
        with ledger.transaction():
            delivery = ledger.one(Delivery, message_id=bounce.message_id)
            if delivery and delivery.state in BELIEVED:
                told = {"smtp_code": bounce.code, "smtp_text": bounce.text}
                if after := ledger.move(delivery, "bounced", now, f"came back: {bounce.text}", **told):
                    heard(ledger, after)
                    delivery = after
        found += [delivery] if delivery else []
    return found


def _from_imap(ledger: Ledger, settings: Bounces, now: datetime) -> list[Delivery]:
    """However many other reports lie there, each is read once."""
    found: list[Delivery] = []
    end = time.monotonic() + BUDGET
    with open_mailbox(settings, WHAT, change=True) as mailbox:
        key = f"{READ}{settings.imap_user}@{settings.imap_host}/{settings.imap_folder}"
        validity, _, last = (ledger.get(key) or "").partition(" ")
        after = int(last) if validity == str(mailbox.validity) else 0
        for number in mailbox.having("Content-Type", REPORT, after=after):
            if returned := believe(ledger, mailbox.read(number), now):
                mailbox.mark_seen(number)
                found += returned
            ledger.put(key, f"{mailbox.validity} {number}")
            if time.monotonic() > end:
                break
    return found


def _from_maildir(ledger: Ledger, folder: Path, now: datetime) -> list[Delivery]:
    found = []
    try:
        for path in list(_unseen(folder)):
            with path.open("rb") as file:
                content = file.read(MOST)
            if returned := believe(ledger, content, now):
                path.rename(folder / "cur" / f"{path.name.partition(':')[0]}:2,S")
                found += returned
    except OSError as error:
        raise OutputError(f"{WHAT}.maildir: '{folder}' cannot be read: {error.strerror}") from error
    return found


def _unseen(folder: Path) -> Iterator[Path]:
    """Messages of a Maildir; the letter S of a name says that somebody has seen it."""
    yield from sorted((folder / "new").iterdir())
    yield from (path for path in sorted((folder / "cur").iterdir()) if "S" not in path.name.partition(":2,")[2])
