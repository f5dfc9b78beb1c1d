"""The scheduler reads what comes back, in a child: a real one, with a real Maildir and a mailbox that hangs."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reporter.config_file import load_config
from reporter.service import postman
from reporter.service.by_hand import _look_into_mailbox
from reporter.service.ledger import open_ledger
from reporter.service.rows import Alert, Delivery, Run
from tests.delivery.test_bounces import IDENTITY, report
from tests.service import test_tick
from tests.service.test_tick import DAY, FRIDAY, MINUTE, TEXT, Make, Office, mails, office

__all__ = ["mails", "office"]
TICKERS = frozenset(["IJR", "SPY", "TLT", "AGG"])


@pytest.fixture(autouse=True)
def _state(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child opens the ledger where the configuration says that it is."""
    monkeypatch.setattr(test_tick, "TEXT", f"{TEXT}state: {state}\n")


def settle(service: Office, now: datetime) -> None:
    """Looks, and at the child until it is back."""
    service.look(now)
    end = time.monotonic() + 60
    while service.tick.busy:
        assert time.monotonic() < end
        time.sleep(0.05)
        service.tick.children()


def configure(service: Office, bounces: str) -> None:
    mail = "mail:\n  sender: brief@example.com\n  relay: {host: 127.0.0.1, tls: off}\n  bounces: {BOUNCES}\n"
    service.path.write_text(test_tick.TEXT + mail.replace("BOUNCES", bounces))


def message(service: Office) -> None:
    service.ledger.add(Run(brief="small-caps", occurrence="2026-02-27", kind="scheduled", local_label="", state="done",
                           deadline_utc=FRIDAY, created_utc=FRIDAY - DAY, updated_utc=FRIDAY - DAY))  # fmt: skip
    service.ledger.add(Delivery(run_id=1, revision=0, recipient="ann@example.org", message_id=IDENTITY, eml_path="",
                                eml_sha256="", state="accepted", next_try_utc=FRIDAY, give_up_utc=FRIDAY))  # fmt: skip


@pytest.mark.fault("D12", "D4")
def test_the_scheduler_reads_it_by_itself_and_tells_it_once(office: Make, mails: list[str], tmp_path: Path) -> None:
    service = office(lambda run: (0, ""))
    for name in ("new", "cur", "tmp"):
        (tmp_path / "box" / name).mkdir(parents=True)
    (tmp_path / "box/new/1.a").write_bytes(report())
    configure(service, f"maildir: {tmp_path / 'box'}")
    message(service)
    settle(service, FRIDAY - DAY)
    assert service.ledger.rows(Delivery)[0].state == "bounced"
    service.look(FRIDAY - DAY + MINUTE)
    assert not service.tick.postman.away, "a minute later it is not time yet"
    (mail,) = mails
    assert "refused by the relay: ann@example.org, small-caps 2026-02-27 (5.1.1 No such user)" in mail
    settle(service, FRIDAY - DAY + 90 * MINUTE)
    assert len(mails) == 1
    assert [one.key for one in service.ledger.rows(Alert) if one.cleared_utc is None] == []


@pytest.fixture
def silent() -> Iterator[int]:
    """Takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        held: list[socket.socket] = []

        def accept() -> None:
            try:
                while True:
                    held.append(listener.accept()[0])
            except OSError:
                return

        thread = threading.Thread(target=accept)
        thread.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        for one in held:
            one.close()


@pytest.mark.fault("D12", "A7")
def test_a_mailbox_that_hangs_or_is_away_delays_no_edition(
    office: Make, mails: list[str], silent: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The owner is told once, and when it is over."""
    monkeypatch.setattr(postman, "LIMIT", 4.0)
    monkeypatch.setenv("TEST_IMAP", "secret-canary")
    service = office(lambda run: (0, ""))
    box = "imap_host: localhost, imap_port: {}, imap_user: brief, imap_password: {{env: TEST_IMAP}}"
    configure(service, box.format(silent))
    service.look(FRIDAY - DAY)
    service.look(FRIDAY)
    assert service.tick.postman.away
    assert service.states("small-caps") == {"2026-03-06": "done"}, "while it hangs"
    settle(service, FRIDAY + MINUTE)
    service.look(FRIDAY + 2 * MINUTE)
    monkeypatch.setattr(postman, "LIMIT", 60.0)
    configure(service, box.format(1))  # nobody listens there
    for minute in (12, 24, 36):
        settle(service, FRIDAY + minute * MINUTE)
    (told,) = [mail for mail in mails if "comes back" in mail]
    assert "nobody sees what comes back: did not come to an end in two minutes" in told
    for name in ("new", "cur", "tmp"):
        (tmp_path / "box" / name).mkdir(parents=True)
    configure(service, f"maildir: {tmp_path / 'box'}")
    settle(service, FRIDAY + 48 * MINUTE)
    service.look(FRIDAY + 49 * MINUTE)
    assert mails[-1].startswith("[reporter] recovered: nobody sees what comes back")
    assert "the mailbox at localhost cannot be read: Connection refused" in mails[-1]
    assert "canary" not in "".join(mails)


def test_a_child_that_is_asked_for_by_hand(tmp_path: Path) -> None:
    """`send` waits for it, but not for long: after that it is told, and the edition goes out."""
    path = tmp_path / "config.yaml"
    mail = "mail: {sender: a@example.com, relay: {host: localhost, tls: off}, bounces: {maildir: absent}}\n"
    path.write_text(test_tick.TEXT + mail)
    config = load_config(path, lambda _: TICKERS)
    now = datetime(2026, 3, 6, tzinfo=UTC)
    with open_ledger(config.state, now) as ledger:
        _look_into_mailbox(ledger, config, lambda: now)
        (alert,) = ledger.rows(Alert)
    assert alert.text and "mail.bounces.maildir: " in alert.text and "cannot be read: No such file" in alert.text
