"""What a message says about itself, whatever the title of a brief or the name of a reader tries."""

from __future__ import annotations

import email
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from reporter.channels import MailSettings, Recipient, Relay
from reporter.config import Brief
from reporter.delivery.message import Envelope, Reader, file_name, head, letter, message_id
from reporter.delivery.recipients import readers
from reporter.document.email import MailBody
from reporter.errors import ConfigError
from reporter.language import Language

SETTINGS = MailSettings(sender="Market Brief <brief@example.com>", relay=Relay(host="127.0.0.1", tls="off"))
DATE = datetime(2026, 3, 6, tzinfo=UTC)
ENVELOPE = Envelope(brief="small-caps", occurrence="2026-03-06", revision=0, instance="i", date=DATE)
ONCE = ("From", "To", "Subject", "Date", "Message-ID")
#: Things that have become headers elsewhere; the encoded word does so in the library of Python 3.11.7.
HOSTILE = (
    "plain\r\nBcc: eve@example.com", "x\nTo: eve@example.com", "=?utf-8?q?x=0ABcc:_eve=40example.com?=",
    "=?utf-8?b?Cg==?= Bcc: eve@example.com", "a\x00b", "\u202eevil", "\u2028Bcc: eve@example.com", "\ud800",
    "=?utf-8?q?=0D=0ASubject:_other?=", "é" * 500, "\x0bBcc: eve@example.com", "a\x85Bcc: eve@example.com",
)  # fmt: skip


def compose(
    settings: MailSettings,
    envelope: Envelope,
    reader: Reader,
    body: MailBody,
    labels: Mapping[str, str],
    pdf: tuple[str, bytes] | None,
) -> bytes:
    """A whole message, as it is put together for the wire."""
    made = letter(envelope, reader.language, body, labels, pdf)
    return head(settings, envelope, reader, made) + made.content


def message(subject: str = "Small caps", name: str = "Ann", address: str = "ann@example.com") -> EmailMessage:
    body = MailBody(subject=subject, preheader="", text="text", html="<p>text</p>", images={})
    labels = Language("en", None).labels["document"]
    reader = Reader(address=address, name=name, language="en")
    made = compose(SETTINGS, ENVELOPE, reader, body, labels, (file_name(subject, "2026-03-06", "pdf"), b"%PDF-"))
    return email.message_from_bytes(made)


@pytest.mark.fault("D9")
@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_a_header(text: str) -> None:
    expected = Counter(message().keys())
    assert Counter(message(subject=text).keys()) == expected
    assert Counter(message(name=text[:100]).keys()) == expected
    assert "Bcc" not in expected and all(
        expected[name] == 1 for name in ("From", "To", "Subject", "Date", "Message-ID")
    )


@pytest.mark.fault("D10")
def test_a_message_names_its_reader_alone() -> None:
    for address in ("ann@example.com", "bob@example.com"):
        other = {"ann@example.com": "bob", "bob@example.com": "ann"}[address]
        made = message(address=address, name="")
        assert address in str(made["To"]) and other not in made.as_string()


def test_readers_of_a_language_get_the_same_content() -> None:
    """It lies on the disk once; only the head is of one reader."""
    ann, bob = (message(address=address, name=name) for address, name in (("ann@example.com", "Ann"), ("b@c.org", "")))
    assert ann.as_bytes().partition(b"\n\n")[2] == bob.as_bytes().partition(b"\n\n")[2]
    assert {key for key in ann if ann[key] != bob[key]} == {"To", "Message-ID"}


@pytest.mark.fault("D11")
def test_a_mailbox_is_one_however_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "more.csv"
    path.write_text("address,name\nANN@EXAMPLE.com,Ann\nbob@bücher.example,Bob\n", "utf-8")
    listed = (Recipient(address="ann@example.com"), Recipient(address="ANN@Example.COM"))
    brief = Brief(subject="IJR", benchmark="SPY", recipients=listed, recipients_file=path)
    assert [reader.address for reader in readers("x", brief)] == ["ann@example.com", "bob@xn--bcher-kva.example"]
    path.write_text("address\nnobody\n", "utf-8")
    with pytest.raises(ConfigError, match=r"more\.csv:2: 'nobody' is not an address"):
        readers("x", brief)
    path.write_text("address\nBob <bob@example.com>\n", "utf-8")
    with pytest.raises(ConfigError, match=r"'Bob <bob@example\.com>' has a name in it; write the address alone"):
        readers("x", brief)


@pytest.mark.fault("D13")
def test_answering_machines_are_told_not_to() -> None:
    made = message()
    assert made["Auto-Submitted"] == "auto-generated" and "small-caps" in made["List-Id"]


def test_an_identity_is_stable_and_of_one_reader() -> None:
    one = message_id(SETTINGS, ENVELOPE, "ann@example.com")
    assert one == message()["Message-ID"] == message_id(SETTINGS, ENVELOPE, "ann@example.com")
    assert one != message_id(SETTINGS, ENVELOPE, "bob@example.com")
