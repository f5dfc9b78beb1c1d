"""What comes back: reports of servers that could not deliver a message after our relay had taken it (RFC 3464)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import Message
from email.parser import BytesParser

REPORT = "multipart/report"
MESSAGE_ID = re.compile(r"<[^<>\s]{3,200}>")


@dataclass(frozen=True)
class Bounce:
    """One recipient whom a message did not reach, and never will."""

    message_id: str
    code: int  # of SMTP; 550 where the report has none
    text: str  # why, in the words of the server


def read_bounces(content: bytes) -> list[Bounce]:
    """The failures that a message reports; none if it is no report, or one that a message is only late."""
    report = BytesParser(policy=policy.compat32).parsebytes(content)
    if report.get_content_type() != REPORT:
        return []
    parts = list(report.walk())
    status = next((part for part in parts if part.get_content_type() == "message/delivery-status"), None)
    blocks = [block for block in status.get_payload() if isinstance(block, Message)] if status else []
    if not blocks:
        return []
    identity = _identity(blocks[0], parts)
    return list(_failures(blocks[1:], identity)) if identity else []


def _identity(envelope: Message, parts: list[Message]) -> str:
    """The Message-ID, from the envelope that we gave or from what is sent back of our message."""
    given = MESSAGE_ID.fullmatch(f"<{_line(envelope, 'Original-Envelope-Id')}>")
    if given:
        return given[0]
    for part in parts:
        if part.get_content_type() == "text/rfc822-headers":
            found = re.search(r"(?mi)^Message-ID:\s*(<[^<>\s]{3,200}>)", str(part.get_payload()))
            return found[1] if found else ""
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload(0)
            found = MESSAGE_ID.search(_line(inner, "Message-ID")) if isinstance(inner, Message) else None
            return found[0] if found else ""
    return ""


def _failures(recipients: list[Message], identity: str) -> Iterator[Bounce]:
    for block in recipients:
        if _line(block, "Action").lower() != "failed":
            continue
        status = _line(block, "Status")
        said = re.sub(r"^[\w-]+\s*;\s*", "", _line(block, "Diagnostic-Code"))  # `smtp; 550 5.1.1 no such user`
        code = re.match(r"(5\d\d)[ -]?", said)
        words = said[code.end() :] if code else said
        text = words if words.startswith(status) else f"{status} {words}".strip()
        yield Bounce(identity, int(code[1]) if code else 550, text[:200] or "came back")


def _line(block: Message, name: str) -> str:
    """A header on one line of visible characters."""
    plain = str(block.get(name) or "")
    return " ".join("".join(sign if sign.isprintable() else " " for sign in plain).split())
