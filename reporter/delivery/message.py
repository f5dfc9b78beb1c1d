"""A message as it goes over the wire: its head and its content, frozen as bytes. Channels never make text.

The head is of one reader; the content, with bodies and attachment, is the same for all of a language. Names, titles
and subjects are hostile text. They are cleaned, and then the finished bytes are parsed again: a message whose header
names are not exactly the expected ones is never sent.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import format_datetime

from reporter.address import mailbox, parts
from reporter.channels import MailSettings
from reporter.document.email import MailBody
from reporter.errors import ConfigError, DocumentError
from reporter.secret import read_secret

LONGEST = 200  # characters of a header that others have written
#: Lines are folded at 78 characters and end as the wire wants it; a cid: address is never folded.
WIRE = policy.SMTP.clone(max_line_length=78)
#: What may stand in a line besides letters, marks, figures, punctuation, symbols and spaces: nothing.
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """What is said about an edition on the outside."""

    brief: str
    occurrence: str
    revision: int
    instance: str
    date: datetime  # of all its messages, so that they are the same bytes when they are made again
    archive: str = ""  # where readers find the edition

    @property
    def identity(self) -> str:
        return f"{self.brief}/{self.occurrence}/r{self.revision}"


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Who gets it, in which language."""

    address: str
    name: str
    language: str


@dataclass(frozen=True)
class Letter:
    """An edition in one language, as all its readers get it."""

    subject: str
    content: bytes  # from MIME-Version on
    labels: Mapping[str, str]  # the `document` group of labels.yaml
    pdf_sha256: str = ""  # of the attachment


def letter(
    envelope: Envelope, language: str, body: MailBody, labels: Mapping[str, str], pdf: tuple[str, bytes] | None
) -> Letter:
    """mixed(alternative(text, related(html, pictures)), pdf), with boundaries that do not change.

    Args:
        pdf: Name and content of the attachment.
    """
    message = EmailMessage(policy=WIRE)
    message.set_content(body.text, cte="quoted-printable")
    message.add_alternative(body.html, subtype="html", cte="quoted-printable")
    page = message.get_payload()[1]  # type: ignore[index]  # a message of parts
    assert isinstance(page, EmailMessage)  # noqa: S101  for the type checker; we made it
    for cid, png in body.images.items():
        page.add_related(png, "image", "png", cid=f"<{cid}>", disposition="inline")
    if pdf:
        message.add_attachment(pdf[1], maintype="application", subtype="pdf", filename=pdf[0])
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        seed = f"{envelope.identity}/{language}/{number}"
        part.set_boundary(f"=_{hashlib.sha256(seed.encode()).hexdigest()[:32]}")
    return Letter(body.subject, message.as_bytes(), labels, hashlib.sha256(pdf[1]).hexdigest() if pdf else "")


def short_letter(envelope: Envelope, body: MailBody, labels: Mapping[str, str]) -> Letter:
    """Without pictures and attachment, with the way to the archive: for a server that takes no large messages."""
    where = f"{labels['mail_too_large']} {envelope.archive}" if envelope.archive else labels["mail_too_large_nowhere"]
    message = EmailMessage(policy=WIRE)
    message.set_content(f"{where}\n\n{body.text}", cte="quoted-printable")
    return Letter(body.subject, message.as_bytes(), labels)


def head(settings: MailSettings, envelope: Envelope, reader: Reader, letter: Letter) -> bytes:
    """What stands before the content in the message to one reader. Same input, same bytes, but for the time in a DKIM
    signature.

    Raises:
        DocumentError: a text would become a header of its own; nothing of it is sent.
    """
    message = EmailMessage(policy=WIRE)
    headers = _headers(settings, envelope, reader, letter)
    for name, value in headers.items():
        message[name] = value
    lines = message.as_bytes().removesuffix(b"\r\n")
    of_content = letter.content.partition(b"\r\n\r\n")[0]
    check(lines + of_content, {*headers, *message_from_bytes(of_content, policy=policy.compat32)})
    return _signature(lines + letter.content, settings) + lines if settings.dkim else lines


def message_id(settings: MailSettings, envelope: Envelope, address: str, revision: int | None = None) -> str:
    """The same for the same edition and recipient, for ever; tells neither."""
    number = envelope.revision if revision is None else revision
    key = f"{envelope.instance}|{envelope.brief}|{envelope.occurrence}|r{number}|{address}"
    opaque = base64.b32encode(hashlib.sha256(key.encode()).digest()).decode()[:32].lower()
    return f"<{opaque}@{domain(settings)}>"


def domain(settings: MailSettings) -> str:
    return settings.domain or mailbox(parts(settings.sender)[1]).rpartition("@")[2]


def envelope_sender(settings: MailSettings) -> str:
    return mailbox(settings.envelope_sender or parts(settings.sender)[1])


def one_line(text: str, longest: int = LONGEST) -> str:
    """Text of others, fit for a header or a file name: visible characters on one line, no encoded words."""
    seen = "".join(" " if sign in "\t\r\n" else sign for sign in unicodedata.normalize("NFC", text))
    seen = "".join(sign for sign in seen if unicodedata.category(sign) not in UNSEEN)
    return " ".join(seen.replace("=?", "= ?").split())[:longest].rstrip()


def file_name(title: str, day: str, kind: str) -> str:
    """`Small caps 2024-10-16.pdf`: what every file system takes, in the reader's language."""
    plain = re.sub(r'[<>:"/\\|?*\x00-\x1f]', " ", one_line(title, 80)).strip(" .")
    return " ".join(f"{plain} {day}".split()) + f".{kind}"


def check(head: bytes, expected: set[str]) -> None:
    """Whether the finished lines are the headers that we wrote and no others, each once.

    Raises:
        DocumentError: they do not.
    """
    found = Counter(name.lower() for name in BytesHeaderParser(policy=policy.compat32).parsebytes(head + b"\r\n\r\n"))
    if found != Counter(name.lower() for name in expected):
        odd = sorted(set(found) ^ {name.lower() for name in expected}) or sorted(n for n, c in found.items() if c > 1)
        raise DocumentError(f"mail: a text would become a header ({', '.join(odd)[:80]}); nothing is sent")


def _headers(settings: MailSettings, envelope: Envelope, reader: Reader, letter: Letter) -> dict[str, str]:
    host = domain(settings)
    sender_name, sender = parts(settings.sender)
    corrected = f"[{letter.labels['mail_corrected']}] " if envelope.revision else ""
    headers = {
        "From": _named(sender_name, mailbox(sender)),
        "To": _named(reader.name, reader.address),
        "Subject": one_line(corrected + letter.subject),
        "Date": format_datetime(envelope.date),
        "Message-ID": message_id(settings, envelope, reader.address),
        "Auto-Submitted": "auto-generated",
        "Precedence": "bulk",
        "List-Id": f"<{envelope.brief}.{host}>",
        "X-Brief": envelope.identity,
    }
    if letter.pdf_sha256:
        headers["X-Brief-SHA256"] = letter.pdf_sha256
    if settings.reply_to:
        name, address = parts(settings.reply_to)
        headers["Reply-To"] = _named(name, mailbox(address))
    if settings.unsubscribe:
        headers["List-Unsubscribe"] = f"<{settings.unsubscribe}>"
    if envelope.revision:
        headers["References"] = message_id(settings, envelope, reader.address, revision=0)
    return headers


def _named(name: str, address: str) -> str:
    """Of a name only letters, figures and what names are written with: the rest could be read as an address."""
    local, _, host = address.rpartition("@")
    plain = " ".join(re.sub(r"[^\w .'’&+\-–]", " ", one_line(name, 100)).split())
    return str(Address(plain, local, host))


def _signature(content: bytes, settings: MailSettings) -> bytes:
    assert settings.dkim  # noqa: S101  for the type checker; its caller has asked
    try:
        import dkim
    except ImportError as error:
        raise ConfigError(["mail.dkim: install the extra `dkim` to sign messages"]) from error
    key = read_secret(settings.dkim.key, "mail.dkim.key").encode()
    names = [b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type", b"list-id"]
    try:
        line: bytes = dkim.sign(
            content, settings.dkim.selector.encode(), domain(settings).encode(), key, include_headers=names
        )
    except dkim.KeyFormatError as error:
        raise ConfigError(["mail.dkim.key: is no private key in PEM"]) from error
    return line
