"""What the owner hears: at once, folded, and that it is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reporter.service.alerts import clear, letter, of_editions, review, told
from reporter.service.ledger import Ledger, open_ledger
from reporter.service.rows import Alert, Delivery, Publication, Run

NOW = datetime(2026, 3, 6, 21, 45, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ledger(state: Path) -> Iterator[Ledger]:
    with open_ledger(state, NOW) as opened:
        yield opened


def mails(ledger: Ledger, now: datetime) -> list[str]:
    """The letter of this moment, if there is one; it arrives."""
    sent = letter(ledger, now, "office")
    if sent is None:
        return []
    told(ledger, sent, now)
    return [f"{sent.subject}\n{sent.body}"]


def test_at_once_then_silence_then_that_it_is_over(ledger: Ledger) -> None:
    assert mails(ledger, NOW) == []
    ledger.alert("failed:small-caps", NOW, "small-caps 2026-03-06 failed: the source is away")
    (first,) = mails(ledger, NOW)
    assert first.startswith("[reporter] 1 to look at: small-caps 2026-03-06 failed: the source is away\n")
    assert mails(ledger, NOW + MINUTE) == []
    clear(ledger, ["failed:small-caps"], NOW + 2 * MINUTE)
    (second,) = mails(ledger, NOW + 2 * MINUTE)
    assert second.startswith("[reporter] recovered: small-caps 2026-03-06 failed")
    assert "over since 2026-03-06 21:47 UTC" in second
    assert mails(ledger, NOW + 300 * MINUTE) == []


@pytest.mark.fault("F6")
def test_a_thousand_failures_of_one_cause_are_few_mails(ledger: Ledger) -> None:
    sent = []
    for number in range(1000):
        ledger.alert(f"failed:brief-{number % 7}", NOW + number * MINUTE / 10, f"brief-{number % 7} failed")
        sent += mails(ledger, NOW + number * MINUTE / 10)
    assert 2 <= len(sent) <= 3
    assert "brief-3 failed (86 times since 2026-03-06 21:45 UTC)" in sent[1]


def test_a_cause_that_comes_and_goes_does_not_flood(ledger: Ledger) -> None:
    sent = []
    for number in range(120):
        now = NOW + number * MINUTE
        if number % 2:
            clear(ledger, ["disk:state"], now)
        else:
            ledger.alert("disk:state", now, "the disk is nearly full")
        sent += mails(ledger, now)
    assert 2 <= len(sent) <= 6


def test_what_was_over_before_it_could_be_told_is_told(ledger: Ledger) -> None:
    """The newest edition goes out while the mail about the missed ones still waits for the relay."""
    ledger.alert("missed:small-caps", NOW, "small-caps: 3 editions were missed")
    clear(ledger, ["missed:small-caps"], NOW + MINUTE)
    (only,) = mails(ledger, NOW + 2 * MINUTE)
    assert "3 editions were missed" in only
    assert mails(ledger, NOW + 200 * MINUTE) == []


def test_another_kind_does_not_wait(ledger: Ledger) -> None:
    ledger.alert("failed:a", NOW, "a failed")
    mails(ledger, NOW)
    ledger.alert("failed:b", NOW + MINUTE, "b failed")
    assert mails(ledger, NOW + MINUTE) == []
    ledger.alert("config:file", NOW + 2 * MINUTE, "the configuration is wrong")
    (mail,) = mails(ledger, NOW + 2 * MINUTE)
    assert "the configuration is wrong" in mail
    (digest,) = mails(ledger, NOW + 61 * MINUTE)
    assert "b failed" in digest


RUN = Run(brief="small-caps", occurrence="2026-03-06", kind="scheduled", local_label="", deadline_utc=NOW,
          created_utc=NOW, updated_utc=NOW)  # fmt: skip
KINDS = ("uncertain", "bounced", "expired", "conflict", "unarchived")


def message(ledger: Ledger, number: int, state: str, text: str | None = None) -> None:
    """One that came into a state."""
    given = Delivery(run_id=1, revision=0, recipient=f"r{number}@example.com", message_id=f"<{number}@x>", eml_path="",
                     eml_sha256="", state="dot", next_try_utc=NOW, give_up_utc=NOW)  # fmt: skip
    ledger.add(given)
    (row,) = ledger.rows(Delivery, message_id=given.message_id)
    assert ledger.move(row, state, NOW, smtp_text=text)


def edition(ledger: Ledger, target: str, state: str) -> None:
    path = "small-caps/2026/2026-03-06-r0"
    given = Publication(run_id=1, revision=0, target=target, path=path, state="writing", next_try_utc=NOW, sha256="")
    ledger.add(given)
    assert ledger.move(given, state, NOW)


def test_mail_and_archive_that_need_a_person(ledger: Ledger) -> None:
    ledger.add(RUN)
    for number, state in enumerate(("accepted", "uncertain", "bounced"), 1):
        message(ledger, number, state, "550 5.1.1" if number == 3 else None)
    edition(ledger, "share", "conflict")
    edition(ledger, "bucket", "failed")
    review(ledger, of_editions(ledger), KINDS, NOW)
    (mail,) = mails(ledger, NOW)
    assert "r2@example.com, small-caps 2026-03-06: ask the reader, then `reporter outbox confirm 2`" in mail
    assert "refused by the relay: r3@example.com, small-caps 2026-03-06 (550 5.1.1)" in mail
    assert "share, small-caps 2026-03-06: small-caps/2026/2026-03-06-r0" in mail
    assert "could not be archived: bucket, small-caps 2026-03-06" in mail
    review(ledger, of_editions(ledger), KINDS, NOW + MINUTE)
    assert all(alert.count == 1 for alert in ledger.rows(Alert))
    uncertain = ledger.one(Delivery, state="uncertain")
    assert uncertain and ledger.move(uncertain, "accepted", NOW)
    review(ledger, of_editions(ledger), KINDS, NOW + 2 * MINUTE)
    (recovered,) = mails(ledger, NOW + 2 * MINUTE)
    assert recovered.startswith("[reporter] recovered: nobody knows whether these arrived")


@pytest.mark.fault("D4", "F6")
def test_what_came_back_is_told_once_and_over(ledger: Ledger) -> None:
    """The first at once, those that follow within the hour together, each once; then the owner has nothing open."""
    ledger.add(RUN)
    heard = []
    for minute in range(600):
        now = NOW + minute * MINUTE
        if minute < 30:
            message(ledger, minute, "bounced", f"5.1.1 no user {minute}")
        review(ledger, of_editions(ledger), KINDS, now)
        heard += mails(ledger, now)
        if minute == 40:  # put aside before it was told
            row = ledger.one(Delivery, recipient="r7@example.com")
            assert row and ledger.move(row, "cancelled", now)
    assert len(heard) == 2
    assert "r0@example.com" in heard[0] and "r1@example.com" not in heard[0]
    assert "r0@example.com" not in heard[1] and "r7@example.com" not in heard[1]
    assert "and 8 before them" in heard[1] and "r29@example.com" in heard[1] and "times since" not in heard[1]
    assert [alert.key for alert in ledger.rows(Alert) if alert.cleared_utc is None] == []
    message(ledger, 30, "bounced", "5.2.2 full")
    review(ledger, of_editions(ledger), KINDS, NOW + 601 * MINUTE)
    (again,) = mails(ledger, NOW + 601 * MINUTE)
    assert "r30@example.com" in again and "r29@example.com" not in again


def test_what_ends_while_the_owner_is_told_is_told_next(ledger: Ledger) -> None:
    ledger.add(RUN)
    message(ledger, 1, "expired")
    review(ledger, of_editions(ledger), KINDS, NOW)
    first = letter(ledger, NOW, "office")
    message(ledger, 2, "expired")  # by another process
    assert first
    told(ledger, first, NOW)
    review(ledger, of_editions(ledger), KINDS, NOW + MINUTE)
    assert mails(ledger, NOW + MINUTE) == []
    (second,) = mails(ledger, NOW + 61 * MINUTE)
    assert "r2@example.com" in second and "r1@example.com" not in second
