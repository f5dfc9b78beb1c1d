"""Sending once: again, at the same time, and after dying at every point where one can die."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from reporter.crash import POINTS
from reporter.service.alerts import of_editions
from reporter.service.ledger import open_ledger
from reporter.service.ledger_file import FILE
from reporter.service.rows import Delivery, Run
from tests.delivery.smtp_server import SmtpServer
from tests.service.carry import READERS, Started

SEND = ("send", "small", "--as-of", "2024-10-16")
OURS = tuple(point for point in POINTS if point != "due")  # which only the scheduler passes


def run(folder: Path, *arguments: str, crash_at: str = "") -> CompletedProcess[str]:
    return Started(folder, arguments, crash_at).end()


def send(folder: Path, *more: str, crash_at: str = "") -> CompletedProcess[str]:
    return run(folder, *SEND, *more, crash_at=crash_at)


def received(server: SmtpServer) -> Counter[str]:
    return Counter(recipient for message in server.messages for recipient in message.recipients)


ONCE = Counter(READERS)
#: What nobody can do to the first message, or to any.
WRONG = (
    ("list", "--state", "nonsense"), ("show", "99"), ("show", "x"), ("confirm", "1"), ("confirm", "99"),
    ("resend", "1"), ("cancel", "1"), ("lift", "nobody"), ("lift", "ann@example.com"), ("bounces",),
)  # fmt: skip


def assert_archive_is_sound(folder: Path) -> None:
    done = run(folder, "archive", "verify")
    assert done.returncode == 0, done.stdout
    for root in ("output", "share"):
        editions = sorted(path.parent.name for path in (folder / root).rglob("manifest.json"))
        assert editions == ["2024-10-16-r0"]


@pytest.mark.fault("A1", "A2")
@pytest.mark.parametrize(
    ("point", "policy"), [*((point, "hold") for point in OURS), ("dot", "resend"), ("after-dot", "resend")]
)
def test_a_death_at_every_point(point: str, policy: str, tmp_path: Path, configure: Callable[..., None]) -> None:
    """Whoever comes next does the rest. Only between dot and answer is a reader in doubt, and then the policy rules."""
    with SmtpServer() as server:
        configure(server, mail=f"  policy: {policy}\n")
        died = send(tmp_path, crash_at=point).returncode
        # What writes to a target is a child of its own; whoever waits for it goes on.
        assert died == (73 if point.startswith("archive-") else 137)
        second = send(tmp_path)
        got = received(server)
        if point not in ("dot", "after-dot"):
            assert (second.returncode, second.stderr) == (0, "")
            assert got == ONCE
        elif policy == "hold":
            assert second.returncode == 76 and "ann@example.com is uncertain" in second.stderr
            assert got == ONCE - (Counter(READERS[:1]) if point == "dot" else Counter())
        else:
            assert second.returncode == 69  # the next try is in a minute
            hurry(tmp_path)
            assert send(tmp_path).returncode == 0
            assert set(got | received(server)) == set(READERS)
            ids = {message.content.partition(b"Message-ID: ")[2].partition(b"\r\n")[0] for message in server.messages}
            assert len(ids) == 3  # who got it twice got the same message twice
    assert_archive_is_sound(tmp_path)


def hurry(folder: Path) -> None:
    """Let the next try be due."""
    with sqlite3.connect(folder / "output/.state/ledger.sqlite") as database:
        database.execute("UPDATE delivery SET next_try_utc = '2020-01-01T00:00:00.000Z' WHERE state = 'queued'")
    database.close()


@pytest.mark.fault("A2")
@pytest.mark.parametrize("point", ["sending", "body", "accepted"])
def test_a_death_during_the_recovery(point: str, tmp_path: Path, configure: Callable[..., None]) -> None:
    with SmtpServer() as server:
        configure(server)
        for number in ("1", "1", "1"):
            assert send(tmp_path, crash_at=f"{point}:{number}").returncode == 137
        assert send(tmp_path).returncode == 0
        assert received(server) == ONCE


def test_a_signature_holds_for_what_arrives(tmp_path: Path, configure: Callable[..., None]) -> None:
    """DKIM (RFC 6376) by dkimpy's own verification, on the bytes that the relay got, whole and short; what is queued
    can be looked at."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (tmp_path / "dkim.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "dkim.pem").chmod(0o600)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    asked = []

    def name_server(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)

    with SmtpServer(acts={"dot": [None, None, "552 5.3.4 Too big", None]}) as server:
        configure(server, mail="  dkim: {selector: brief, key: {file: dkim.pem}}\n")
        assert send(tmp_path).returncode == 0
        assert received(server) == ONCE
        for message in server.messages:
            assert dkim.verify(message.content, dnsfunc=name_server)
            assert not dkim.verify(message.content.replace(b"Text", b"Test", 1), dnsfunc=name_server)
            assert not dkim.verify(message.content.replace(b"Subject: ", b"Subject: [x] ", 1), dnsfunc=name_server)
        assert set(asked) == {b"brief._domainkey.example.com."}
        assert b"application/pdf" not in server.messages[2].content
        for number, message in enumerate(server.messages, 1):
            printed = run(tmp_path, "outbox", "show", str(number), "--eml").stdout
            assert printed.encode().replace(b"\r\n", b"\n") == message.content.replace(b"\r\n", b"\n")


@pytest.mark.fault("D8")
def test_sending_again_sends_nothing(tmp_path: Path, configure: Callable[..., None]) -> None:
    with SmtpServer() as server:
        configure(server)
        for _ in range(2):
            done = send(tmp_path)
            assert (done.returncode, done.stderr) == (0, "")
        assert received(server) == ONCE
        assert json.loads(send(tmp_path, "--json").stdout)["run"]["state"] == "done"
        text = (tmp_path / "config.yaml").read_text()
        (tmp_path / "config.yaml").write_text(text.replace("[ann@", "[new@example.com, Ann@"))
        assert send(tmp_path).returncode == 0
        assert received(server) == ONCE + Counter(["new@example.com"])


@pytest.mark.fault("A4", "A5")
def test_three_at_the_same_time(tmp_path: Path, configure: Callable[..., None]) -> None:
    with SmtpServer(delay=0.3) as server:
        configure(server)
        three = [Started(tmp_path, SEND, "") for _ in range(3)]
        assert [process.end().returncode for process in three] == [0, 0, 0]
        assert received(server) == ONCE
    assert_archive_is_sound(tmp_path)


@pytest.mark.fault("A3")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_polite_end_lets_the_message_be_finished(
    number: signal.Signals, code: int, tmp_path: Path, configure: Callable[..., None]
) -> None:
    with SmtpServer(delay=0.0) as server:
        configure(server, final_timeout=5)
        server.acts["dot"] = [None, None, None]
        server.pause = 0.7
        process = Started(tmp_path, SEND, "")
        end = time.monotonic() + 30
        while not server.messages and time.monotonic() < end:
            time.sleep(0.01)
        os.kill(process.pid, number)
        assert process.end().returncode == code
        assert len(server.messages) < 3
        server.pause = 0.0
        assert send(tmp_path).returncode == 0
        assert received(server) == ONCE


@pytest.mark.fault("D4")
def test_one_of_three_is_refused(tmp_path: Path, configure: Callable[..., None]) -> None:
    with SmtpServer(replies_for={"bea@example.com": "550 5.1.1 No such user"}) as server:
        configure(server)
        done = send(tmp_path)
        assert done.returncode == 76
        assert done.stderr.startswith(
            "reporter: bea@example.com is bounced: 5.1.1 No such user; `reporter outbox show 2`"
        )
        assert received(server) == ONCE - Counter(["bea@example.com"])
        shown = run(tmp_path, "outbox", "show", "2").stdout
        assert "sending -> bounced  (5.1.1 No such user)" in shown and "mend the address" in shown
        again = run(tmp_path, "outbox", "resend", "2")
        assert (again.returncode, again.stdout.split("  ")[1]) == (76, "bounced")
        assert [run(tmp_path, "outbox", *words).returncode for words in WRONG] == [2] * len(WRONG)
        server.replies_for.clear()
        assert run(tmp_path, "outbox", "resend", "2").stdout.startswith(
            "2  accepted  bea@example.com  small 2024-10-16-r0"
        )
        assert received(server) == ONCE
        assert send(tmp_path).returncode == 0


@pytest.mark.fault("D4")
def test_three_refusals_in_a_row_suspend_a_reader(tmp_path: Path, configure: Callable[..., None]) -> None:
    """The fourth edition goes to the others; the owner is told, the outbox shows it, and a person can lift it."""
    days = ("2024-10-15", "2024-10-16", "2024-10-17", "2024-10-18", "2024-10-21")
    with SmtpServer(replies_for={"bea@example.com": "550 5.1.1 No such user"}) as server:
        configure(server)
        codes = [run(tmp_path, "send", "small", "--as-of", day).returncode for day in days[:3]]
        assert codes == [76, 76, 76]
        (line,) = [line for line in run(tmp_path, "outbox", "list").stdout.splitlines() if line.startswith("susp")]
        assert line.startswith("suspended  bea@example.com  5.1.1 No such user; `reporter outbox lift bea@example.com`")
        with open_ledger(tmp_path / "output/.state", datetime.now(UTC)) as ledger:
            assert "bea@example.com (5.1.1 No such user)" in of_editions(ledger)["suspended:mail"]
        asked = len([command for command in server.commands if "bea@" in command])
        fourth = run(tmp_path, "send", "small", "--as-of", days[3])
        assert fourth.returncode == 0 and "bea@example.com gets nothing, suspended: 5.1.1" in fourth.stderr
        assert len([command for command in server.commands if "bea@" in command]) == asked == 3
        held = json.loads(run(tmp_path, "outbox", "list", "--json", "--state", "cancelled").stdout)

        assert run(tmp_path, "outbox", "cancel", "2").returncode == 0  # what is put aside still was a refusal
        assert '"suspended"' in run(tmp_path, "outbox", "list", "--json").stdout
        assert run(tmp_path, "outbox", "lift", "Bea@example.com").returncode == 0
        assert "suspended" not in run(tmp_path, "outbox", "list").stdout
        assert run(tmp_path, "outbox", "lift", "bea@example.com").returncode == 2
        server.replies_for.clear()
        assert run(tmp_path, "outbox", "resend", str(held["delivery_id"])).returncode == 0
        assert run(tmp_path, "send", "small", "--as-of", days[4]).returncode == 0
        assert received(server) == Counter({"ann@example.com": 5, "cyd@example.com": 5, "bea@example.com": 2})


@pytest.mark.fault("D5")
def test_a_relay_that_refuses_all_alike_refuses_us(tmp_path: Path, configure: Callable[..., None]) -> None:
    """Nobody bounces: all wait until it is mended, and the command says what the relay says."""
    denied = {reader: f"554 5.7.1 <{reader}>: Relay access denied" for reader in READERS}
    with SmtpServer(replies_for=denied) as server:
        configure(server)
        done = send(tmp_path)
        assert done.returncode == 78 and "Relay access denied, and so for all readers" in done.stderr
        listed = [json.loads(line) for line in run(tmp_path, "outbox", "list", "--json").stdout.splitlines()]
        assert [(one["state"], one["attempts"]) for one in listed] == [("queued", 0)] * 3
        server.replies_for.clear()
        hurry(tmp_path)
        assert send(tmp_path).returncode == 0 and received(server) == ONCE
    with SmtpServer(replies_for=dict.fromkeys(READERS, "550 5.1.1 User unknown")) as server:
        configure(server)
        done = run(tmp_path, "send", "small", "--as-of", "2024-10-17")
        assert done.returncode == 76 and "ann@example.com is bounced and 2 more" in done.stderr


@pytest.mark.parametrize(("schedule", "hours"), [("{every: day}", 12), ("{every: week}", 24), ("", 24)])
def test_an_edition_is_given_up_before_half_the_time_to_the_next(
    schedule: str, hours: int, tmp_path: Path, configure: Callable[..., None]
) -> None:
    """Of a daily brief after twelve hours, else after the day of `give_up`."""
    with SmtpServer() as server:
        configure(server)
        text = (tmp_path / "config.yaml").read_text()
        (tmp_path / "config.yaml").write_text(
            text.replace("{subject", f"{{schedule: {schedule}, subject" if schedule else "{subject")
        )
        assert send(tmp_path, crash_at="queued").returncode == 137
    with open_ledger(tmp_path / "output/.state", datetime.now(UTC)) as ledger:
        spans = {round((row.give_up_utc - row.next_try_utc).total_seconds() / 3600, 2) for row in ledger.rows(Delivery)}
    assert spans == {hours}


def test_an_edition_that_is_overtaken_is_not_sent(tmp_path: Path, configure: Callable[..., None]) -> None:
    """The newer one goes while the older one is between its first byte and its dot: that dot is never sent."""
    with SmtpServer() as server:
        configure(server, step_timeout=20, deadline=30)
        assert send(tmp_path, crash_at="queued").returncode == 137
        take = server.take

        def newer_first(table: dict[str, Any], key: str) -> Any:
            if key == "data" and not asked.is_set():
                asked.set()
                overtaken.append(run(tmp_path, "send", "small", "--as-of", "2024-10-17").returncode)
            return take(table, key)

        asked, overtaken = threading.Event(), list[int]()
        server.take = newer_first  # type: ignore[method-assign]
        done = send(tmp_path)
        assert overtaken == [0] and done.returncode == 76 and "a newer edition was mailed before it" in done.stderr
        assert received(server) == ONCE  # of the newer one alone


def test_a_newer_edition_waits_for_the_dot_of_an_older_one(tmp_path: Path, configure: Callable[..., None]) -> None:
    """While a process that lives has not heard what became of the older one; of a dead one nobody waits for that."""
    with SmtpServer() as server:
        configure(server, step_timeout=20, final_timeout=20, deadline=30)
        take = server.take

        def meanwhile(table: dict[str, Any], key: str) -> Any:
            if key == "dot" and not asked.is_set():
                asked.set()
                waiting.append(run(tmp_path, "send", "small", "--as-of", "2024-10-17"))
            return take(table, key)

        asked, waiting = threading.Event(), list[Any]()
        server.take = meanwhile  # type: ignore[method-assign]
        assert send(tmp_path).returncode == 76  # the others have the newer one, and do not get this one after it
        assert waiting[0].returncode == 69, waiting[0].stderr
        waits = json.loads(run(tmp_path, "outbox", "list", "--json", "--state", "queued").stdout)
        assert (waits["recipient"], waits["attempts"]) == ("ann@example.com", 0)
        hurry(tmp_path)
        assert run(tmp_path, "send", "small", "--as-of", "2024-10-17").returncode == 0
        assert received(server) == ONCE + Counter(["ann@example.com"])


@pytest.mark.fault("D3")
def test_a_greylisting_relay_is_asked_again(tmp_path: Path, configure: Callable[..., None]) -> None:
    with SmtpServer(replies_for={"bea@example.com": ["451 4.7.1 Greylisted", "451 4.7.1 Greylisted"]}) as server:
        configure(server)
        done = send(tmp_path)
        assert done.returncode == 69 and "1 message waits for the relay (4.7.1 Greylisted)" in done.stderr
        hurry(tmp_path)
        assert send(tmp_path).returncode == 69
        hurry(tmp_path)
        assert send(tmp_path).returncode == 0 and received(server) == ONCE


@pytest.mark.fault("D5")
def test_a_wrong_login_stops_everything_at_once(
    tmp_path: Path, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_SMTP_PASSWORD", "wrong")
    with SmtpServer(auth="PLAIN", acts={"auth": "535 5.7.8 Authentication failed"}) as server:
        configure(server, user="brief", password="{env: TEST_SMTP_PASSWORD}")
        done = send(tmp_path)
        assert (done.returncode, done.stderr) == (78, "mail.relay: 535 5.7.8 Authentication failed\n")
        assert len(server.logins) == 1
        listed = [json.loads(line) for line in run(tmp_path, "outbox", "list", "--json").stdout.splitlines()]
        assert [(one["state"], one["attempts"]) for one in listed] == [("queued", 0)] * 3
        server.acts.clear()  # whoever has mended it need not wait
        assert send(tmp_path).returncode == 0 and received(server) == ONCE


@pytest.mark.fault("D1", "D3")
@pytest.mark.parametrize("act", ["close", "421 4.3.2 Too busy"])
def test_a_relay_that_is_away_is_asked_once_and_not_for_each_reader(
    act: str, tmp_path: Path, configure: Callable[..., None]
) -> None:
    """Of thousands of readers each would wait for it in turn; the others lose no attempt, and come with the first."""
    with SmtpServer(acts={"connect": [act] * 2}) as server:
        configure(server)
        for attempts in (1, 2):
            assert send(tmp_path).returncode == 69
            listed = [json.loads(line) for line in run(tmp_path, "outbox", "list", "--json").stdout.splitlines()]
            assert [one["attempts"] for one in listed] == [attempts, 0, 0]
            assert len({one["next_try_utc"] for one in listed}) == 1
            assert len(server.acts["connect"]) == 2 - attempts
            assert send(tmp_path).returncode == 69 and len(server.acts["connect"]) == 2 - attempts, "not yet"
            hurry(tmp_path)
        assert send(tmp_path).returncode == 0 and received(server) == ONCE


@pytest.mark.fault("D6")
def test_too_big_for_the_relay_goes_short_with_the_way_to_the_archive(
    tmp_path: Path, configure: Callable[..., None]
) -> None:
    with SmtpServer(acts={"dot": ["552 5.3.4 Too big"] * 3 + [None] * 3}) as server:
        configure(server)
        assert send(tmp_path).returncode == 0
        assert received(server) == ONCE
        content = server.messages[0].content
        assert (
            b"https://files.example.com/briefs/small/2024/2024-10-16-r0/" in content
            and b"application/pdf" not in content
        )


@pytest.mark.fault("A13")
def test_a_ledger_from_before_the_edition_does_not_mail_it_again(
    tmp_path: Path, configure: Callable[..., None]
) -> None:
    with SmtpServer() as server:
        configure(server)
        assert send(tmp_path).returncode == 0
        state = tmp_path / "output/.state"
        state.rename(tmp_path / "lost")
        assert run(tmp_path, "archive", "init").returncode == 0
        done = send(tmp_path)
        assert done.returncode == 2 and "--force" in done.stderr
        assert received(server) == ONCE
        assert send(tmp_path, "--force").returncode == 0


@pytest.mark.fault("A13")
def test_a_copy_of_the_ledger_that_was_put_back(tmp_path: Path, configure: Callable[..., None]) -> None:
    """Its numbers are given again: what lies in the spool under one of them is of another edition."""
    state = tmp_path / "output/.state"
    with SmtpServer() as server:
        configure(server)
        shutil.copy(state / FILE, tmp_path)
        assert send(tmp_path).returncode == 0 and received(server) == ONCE
        shutil.copy(tmp_path / FILE, state)
        assert run(tmp_path, "send", "small", "--as-of", "2024-10-15").returncode == 0
        assert received(server) == ONCE + ONCE
        assert (tmp_path / "asked").read_text().split() == ["2024-10-16", "2024-10-15"]
        assert all(
            b"small-2024-10-15-en.pdf" in path.read_bytes() for path in (tmp_path / "output").rglob("*15-r0/man*")
        )
        assert list((tmp_path / "share").rglob("2024-10-15-r0/manifest.json"))
        # The scheduler notes that somebody has sent it; a person who asks for it is told the same.
        with open_ledger(state, datetime.now(UTC)) as ledger:
            moments = dict.fromkeys(("deadline_utc", "created_utc", "updated_utc"), datetime.now(UTC))
            key = {"brief": "small", "occurrence": "2024-10-16", "kind": "scheduled", "local_label": "now"}
            assert ledger.add(Run(**key, **moments, state="cancelled"))
        assert "--force" in send(tmp_path).stderr and received(server) == ONCE + ONCE


@pytest.mark.fault("E6")
def test_a_correction_is_a_revision_that_says_so(tmp_path: Path, configure: Callable[..., None]) -> None:
    with SmtpServer() as server:
        configure(server)
        assert send(tmp_path).returncode == 0
        assert send(tmp_path, "--revise", "a wrong price").returncode == 0
        assert received(server) == ONCE + ONCE
        asked = (tmp_path / "asked").read_text().splitlines()
        assert [line.partition(" ")[2] for line in asked] == ["", "anew"]
        first, second = (server.messages[number].content.decode() for number in (0, 3))
        assert "Subject: [Corrected] Title en" in second
        name = first.partition("Message-ID: ")[2].partition("\r\n")[0]
        assert f"References: {name}" in second and f"Message-ID: {name}" not in second


def test_a_test_edition_goes_to_one_address_and_nowhere_else(tmp_path: Path, configure: Callable[..., None]) -> None:
    with SmtpServer() as server:
        configure(server)
        assert send(tmp_path, "--to", "me@example.com").returncode == 0
        assert received(server) == Counter(["me@example.com"])
        server.acts["connect"] = ["421 4.3.2 Too busy"]
        busy = send(tmp_path, "--to", "me@example.com")
        assert busy.returncode == 69 and "did not take it (4.3.2 Too busy); ask for the test again" in busy.stderr
        assert run(tmp_path, "outbox", "list").stdout == ""
        assert not list((tmp_path / "share").rglob("manifest.json"))
        assert send(tmp_path).returncode == 0
        assert received(server) == ONCE + Counter(["me@example.com"])


def test_a_dry_run_writes_messages_and_sends_none(tmp_path: Path, configure: Callable[..., None]) -> None:
    with SmtpServer() as server:
        configure(server)
        done = send(tmp_path, "--dry-run", "mails")
        assert done.returncode == 0
        assert len(list((tmp_path / "mails").glob("*.eml"))) == 3 and not server.messages


@pytest.mark.fault("E1", "E3")
def test_mail_goes_though_the_archive_is_away_and_the_archive_follows(
    tmp_path: Path, configure: Callable[..., None]
) -> None:
    with SmtpServer() as server:
        configure(server)
        (tmp_path / "share").rename(tmp_path / "away")
        (tmp_path / "share").mkdir()
        done = send(tmp_path)
        assert done.returncode == 73 and "Is the share mounted" in done.stderr
        assert received(server) == ONCE and not list((tmp_path / "share").iterdir())
        (tmp_path / "share").rmdir()
        (tmp_path / "away").rename(tmp_path / "share")
        assert send(tmp_path).returncode == 0
        assert received(server) == ONCE
    assert_archive_is_sound(tmp_path)


@pytest.mark.fault("F1", "F3")
@pytest.mark.parametrize("reply", ["", "535 5.7.8 no: {secret} {base64}"])
def test_a_secret_is_nowhere(reply: str, tmp_path: Path, configure: Callable[..., None]) -> None:
    """Set, used, echoed by a relay: and in no file that we write and no word that we say."""
    secret = "canary-4711-secret"
    plain = base64.b64encode(f"\0brief\0{secret}".encode()).decode()
    (tmp_path / "secret").write_text(secret)
    (tmp_path / "secret").chmod(0o600)
    acts = {"auth": reply.format(secret=secret, base64=plain)} if reply else {}
    with SmtpServer(auth="PLAIN", acts=acts) as server:
        configure(server, user="brief", password="{file: secret}")
        done = send(tmp_path, "--json")
        assert done.returncode == (78 if reply else 0) and server.logins[0] == f"PLAIN:\0brief\0{secret}"
        said = [
            done.stdout,
            done.stderr,
            *(run(tmp_path, "outbox", *more).stdout for more in (("list",), ("show", "1"))),
        ]
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != "secret"]
    for form in (secret, plain, base64.b64encode(secret.encode()).decode()):
        assert not any(form in text for text in said) and not any(form.encode() in content for content in written)
    if reply:
        (tmp_path / "secret").chmod(0o644)
        hurry(tmp_path)
        again = send(tmp_path)
        assert again.returncode == 78 and "others can read" in again.stderr


@pytest.mark.fault("E3")
def test_no_command_takes_an_empty_folder_for_the_archive(tmp_path: Path, configure: Callable[..., None]) -> None:
    """Where the share is not mounted: none says that all is well, and none writes there."""
    with SmtpServer() as server:
        configure(server)
        assert send(tmp_path).returncode == 0
        assert "share: 1 edition, no differences" in run(tmp_path, "archive", "verify").stdout
        (tmp_path / "share").rename(tmp_path / "away")
        for there in (True, False):
            if there:
                (tmp_path / "share").mkdir()
            for more in (
                ("verify",), ("list", "--target", "share"), ("index",), ("prune", "--target", "share", "--keep", "1d"),
            ):  # fmt: skip
                done = run(tmp_path, "archive", *more)
                assert done.returncode == 73 and "Is the share mounted" in done.stderr, more
            if there:
                assert list((tmp_path / "share").iterdir()) == []
                (tmp_path / "share").rmdir()
            else:
                assert not (tmp_path / "share").exists()


def test_all_other_targets_are_verified_and_have_their_page_where_some_are_away(
    tmp_path: Path, configure: Callable[..., None]
) -> None:
    """Two are away, before and after one that is there, in which a file was changed: each is told."""
    with SmtpServer() as server:
        configure(server)
        assert send(tmp_path).returncode == 0
    file = tmp_path / "config.yaml"
    text = file.read_text("utf-8")
    there = "{name: share, folder: share, link: 'https://files.example.com/briefs'}"
    assert there in text
    more = "{name: first, folder: first}", there, "{name: last, folder: last}"
    file.write_text(text.replace(there, ", ".join(more)), "utf-8")
    for name in ("first", "last"):
        (tmp_path / name).mkdir()
    assert run(tmp_path, "archive", "init").returncode == 0
    changed = next((tmp_path / "share").rglob("facts.json"))
    changed.write_bytes(b"{}")
    assert run(tmp_path, "archive", "verify").returncode == 1
    for name in ("first", "last"):
        shutil.rmtree(tmp_path / name)
    done = run(tmp_path, "archive", "verify")
    assert done.returncode == 73 and "Traceback" not in done.stderr
    assert (
        "facts.json: other bytes than were archived" in done.stdout
        and "share: 1 edition, 1 difference\n" in done.stdout
    )
    assert "output: 1 edition, no differences" in done.stdout
    assert [line.split(": ")[1] for line in done.stderr.splitlines() if "is missing" in line] == ["first", "last"]
    told = [json.loads(line) for line in run(tmp_path, "archive", "verify", "--json").stdout.splitlines()]
    assert {one["target"]: "error" in one for one in told} == {
        "output": False, "share": False, "first": True, "last": True
    }  # fmt: skip
    paged = run(tmp_path, "archive", "index")
    assert paged.returncode == 73 and "Traceback" not in paged.stderr
    assert [line.split(": ")[1] for line in paged.stderr.splitlines() if "is missing" in line] == ["first", "last"]
    assert {line.rpartition("/")[0] for line in paged.stdout.splitlines()} == {"output", "share"}
    assert (tmp_path / "share" / "index.html").exists() and not (tmp_path / "last").exists()


def test_what_is_pruned_leaves_the_index_page(tmp_path: Path, configure: Callable[..., None]) -> None:
    with SmtpServer() as server:
        configure(server)
        assert send(tmp_path).returncode == 0
        assert "2024-10-16-r0" in (tmp_path / "share/small/2024/catalogue.js").read_text("utf-8")
        prune = ("archive", "prune", "--target", "share", "--keep", "1d")
        assert "would go; add --yes" in run(tmp_path, *prune).stdout
        assert "is gone" in run(tmp_path, *prune, "--yes").stdout
        told = (tmp_path / "share/contents.json").read_text("utf-8")
        assert json.loads(told)["newest"] == []
        assert "2024-10-16-r0" not in (tmp_path / "share/index.html").read_text("utf-8")


@pytest.mark.fault("E3")
def test_a_share_that_is_not_mounted_is_not_set_up(tmp_path: Path, configure: Callable[..., None]) -> None:
    """Its folder would be made on this machine's disk, and everything archived there."""
    with SmtpServer() as server:
        configure(server)
        shutil.rmtree(tmp_path / "share")
        refused = run(tmp_path, "archive", "init")
        assert refused.returncode == 73 and "mount the share, or make the folder" in refused.stderr
        assert not (tmp_path / "share").exists()
        assert "nothing waits, and nothing needs you" in run(tmp_path, "outbox", "list").stderr
