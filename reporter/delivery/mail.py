"""One message to one recipient over SMTP, and a clear answer: taken, later, refused, unknown. The only user of smtplib.

The message is in doubt only between the final dot and the reply to it. Whatever goes wrong before cannot have delivered
it, whatever goes wrong after the reply does not matter.
"""

from __future__ import annotations

import base64
import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import StrEnum
from threading import Timer

from reporter.channels import Relay
from reporter.delivery.token import access_token
from reporter.secret import read_secret

LINES, LINE = 100, 2048  # of one reply; a server that says more says nothing
FAREWELL = 2.0  # seconds
#: Refusals of the relay as such: a login is wrong or missing. Every other message would meet the same.
LOGIN = (530, 534, 535, 538)
TOO_BIG = re.compile(r"^5\.(3\.4|2\.3)\b")
QUEUE_ID = re.compile(r"queued as ([0-9A-Za-z]+)")


class Fate(StrEnum):
    """What became of one attempt."""

    ACCEPTED = "accepted"  # the relay has it
    LATER = "later"  # it has not, and may take it another time
    BOUNCED = "bounced"  # it will never take it for this recipient
    TOO_BIG = "too big"  # it takes no message of this size
    MISCONFIGURED = "misconfigured"  # it takes nothing from us as we are
    UNKNOWN = "unknown"  # it had all of it, and did not answer


@dataclass(frozen=True)
class Outcome:
    fate: Fate
    code: int | None = None
    text: str = ""  # of the relay, or why there is none; without our secrets
    queue_id: str | None = None


def transmit(relay: Relay, sender: str, recipient: str, content: bytes, before_dot: Callable[[], bool]) -> Outcome:
    """One connection, one transaction, one recipient.

    Args:
        before_dot: Called when all but the final dot is sent; where it gives False, the dot is not sent.

    Raises:
        ConfigError: a secret is missing.
        UpstreamError: there is no access token to be had.
    """

    def act(client: _Client, secrets: dict[str, str], step: _Step) -> Outcome:
        return _transaction(client, relay, secrets, sender, recipient, content, before_dot, step)

    return _conversation(relay, act)


def probe(relay: Relay) -> Outcome:
    """Whether the relay is there, its certificate right and our login known; `text` is the size that it takes.

    Raises:
        ConfigError, UpstreamError: as `transmit`.
    """

    def act(client: _Client, secrets: dict[str, str], step: _Step) -> Outcome:
        refusal = _introduce(client, relay, secrets, step)
        return refusal or Outcome(Fate.ACCEPTED, text=client.esmtp_features.get("size", ""))

    return _conversation(relay, act)


def _conversation(relay: Relay, act: Callable[[_Client, dict[str, str], _Step], Outcome]) -> Outcome:
    secrets = _secrets(relay)
    step = _Step()
    try:
        with closing(_Client(relay)) as client:
            client.open()
            return act(client, secrets, step)
    except _Refused as refusal:
        return _judge(refusal.code, _clean(refusal.text, secrets), step.name)
    except ssl.SSLError as error:
        if step.name in ("connect", "starttls"):
            return Outcome(Fate.MISCONFIGURED, text=f"TLS: {_why(error)}")
        return Outcome(_doubt(step), text=f"at {step.name}: {_why(error)}")
    except (OSError, EOFError, ValueError, smtplib.SMTPException) as error:
        return Outcome(_doubt(step), text=f"at {step.name}: {_clean(_why(error), secrets)}")


def _transaction(
    client: _Client,
    relay: Relay,
    secrets: dict[str, str],
    sender: str,
    recipient: str,
    content: bytes,
    before_dot: Callable[[], bool],
    step: _Step,
) -> Outcome:
    if refusal := _introduce(client, relay, secrets, step):
        return refusal
    largest = client.esmtp_features.get("size", "")
    if largest.isdigit() and 0 < int(largest) < len(content):
        return Outcome(Fate.TOO_BIG, text=f"the relay takes {largest} bytes at most")
    step.name = "mail"
    client.expect(client.mail(sender, [f"SIZE={len(content)}"] if client.has_extn("size") else []), 250)
    step.name = "rcpt"
    client.expect(client.rcpt(recipient), 250, 251)
    step.name = "data"
    client.expect(client.docmd("DATA"), 354)
    step.name = "body"
    client.send(quoted(content))
    if not before_dot():
        return Outcome(Fate.LATER, text="taken over by another process")
    step.name = "dot"
    client.allow(relay.final_timeout, relay.final_timeout)
    client.send(b".\r\n")
    code, text = client.getreply()
    said = _clean(text.decode("ascii", "replace"), secrets)
    if not 200 <= code < 300:
        return _judge(code, said, step.name)
    found = QUEUE_ID.search(said)
    with suppress(OSError, EOFError, ValueError, smtplib.SMTPException):  # accepted, however badly it takes leave
        client.allow(FAREWELL, FAREWELL)
        client.docmd("QUIT")
    return Outcome(Fate.ACCEPTED, code, said, found[1] if found else None)


def _introduce(client: _Client, relay: Relay, secrets: dict[str, str], step: _Step) -> Outcome | None:
    """Everything before a message: greeting, TLS, login. Gives what makes the relay of no use, if anything."""
    client.greet()
    step.name = "ehlo"
    client.expect(client.ehlo(), 250)
    if relay.tls == "starttls":
        if not client.has_extn("starttls"):
            return Outcome(Fate.MISCONFIGURED, text="the relay offers no STARTTLS; nothing is sent in the clear")
        step.name = "starttls"
        client.expect(client.docmd("STARTTLS"), 220)
        client.secure()
        step.name = "ehlo"
        client.expect(client.ehlo(), 250)
    if relay.user:
        step.name = "auth"
        _log_in(client, relay.user, secrets)
    return None


def _judge(code: int, text: str, step: str) -> Outcome:
    """What a refusal means at a step."""
    if 400 <= code < 500:
        return Outcome(Fate.LATER, code, text)
    if not 500 <= code < 600:  # no reply that a relay could mean
        return Outcome(Fate.UNKNOWN if step == "dot" else Fate.LATER, None, f"at {step}: {text}")
    if code == 552 or TOO_BIG.match(text):
        return Outcome(Fate.TOO_BIG, code, text)
    if code in LOGIN or step in ("connect", "ehlo", "starttls", "auth", "mail"):
        return Outcome(Fate.MISCONFIGURED, code, text)
    return Outcome(Fate.BOUNCED, code, text)


def quoted(content: bytes) -> bytes:
    """Lines that end in CRLF, the last one too, and dots at their beginning doubled: no content can end itself."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", content)
    lines = re.sub(rb"(?m)^\.", b"..", lines)
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"


@dataclass
class _Step:
    name: str = "connect"


class _Refused(Exception):  # noqa: N818  the relay's word, not an error of ours
    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)
        self.code, self.text = code, text


class _Client(smtplib.SMTP):
    """smtplib's, with replies of bounded size, and TLS that is always verified."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.context = ssl.create_default_context(cafile=str(relay.ca_file) if relay.ca_file else None)
        super().__init__(local_hostname=_own_name())
        self.handle: socket.socket | None = None
        self.timer = Timer(0, self._cut)

    def open(self) -> None:
        """Connect; from then on all that happens is bounded in time."""
        each = min(self.relay.step_timeout, self.relay.deadline)
        self.sock = socket.create_connection((self.relay.host, self.relay.port), each)
        self.handle = self.sock.dup()  # stays a plain socket when TLS takes the other one
        self.allow(self.relay.deadline, each)

    def allow(self, seconds: float, each: float) -> None:
        """Cut the connection after some seconds: timeouts of sockets begin anew with every byte."""
        self.timer.cancel()
        self.timer = Timer(seconds, self._cut)
        self.timer.daemon = True
        self.timer.start()
        if self.sock:
            self.sock.settimeout(each)

    def _cut(self) -> None:
        if self.handle:
            with suppress(OSError):
                self.handle.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.timer.cancel()
        super().close()
        if self.handle:
            self.handle.close()

    def greet(self) -> None:
        if self.relay.tls == "implicit":
            self.secure()
        self.expect(self.getreply(), 220)

    def secure(self) -> None:
        assert self.sock  # noqa: S101
        self.sock = self.context.wrap_socket(self.sock, server_hostname=self.relay.host)
        self.file = None
        self.ehlo_resp, self.esmtp_features, self.does_esmtp = None, {}, False

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None:
            assert self.sock  # noqa: S101
            self.file = self.sock.makefile("rb")
        lines = []
        for _ in range(LINES):
            line = self.file.readline(LINE)
            if not line:
                raise EOFError("the relay closed the connection")
            found = re.fullmatch(rb"([2-5]\d\d)([ -]?)([^\r\n]*)\r?\n", line)
            if not found:
                raise ValueError("the relay answered nonsense")
            lines.append(found[3].strip())
            if found[2] != b"-":
                return int(found[1]), b"\n".join(lines)
        raise ValueError("the relay does not come to an end")

    def expect(self, reply: tuple[int, bytes], *codes: int) -> None:
        code, text = reply
        if code not in codes:
            raise _Refused(code, text.decode("ascii", "replace"))


def _log_in(client: _Client, user: str, secrets: dict[str, str]) -> None:
    """XOAUTH2 with a token, else PLAIN or LOGIN, whichever the relay offers first."""
    offered = client.esmtp_features.get("auth", "").upper().split()
    if "token" in secrets:
        first = f"user={user}\1auth=Bearer {secrets['token']}\1\1"
        reply = client.docmd("AUTH", f"XOAUTH2 {_base64(first)}")
        if reply[0] == 334:  # the reason of a refusal comes as a challenge
            reply = client.docmd("")
    elif "PLAIN" in offered or "LOGIN" not in offered:
        both = f"\0{user}\0{secrets['password']}"
        reply = client.docmd("AUTH", f"PLAIN {_base64(both)}")
    else:
        client.expect(client.docmd("AUTH", f"LOGIN {_base64(user)}"), 334)
        reply = client.docmd(_base64(secrets["password"]))
    client.expect(reply, 235)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _secrets(relay: Relay) -> dict[str, str]:
    found = {}
    if relay.password:
        found["password"] = read_secret(relay.password, "mail.relay.password")
    if relay.oauth2:
        found["token"] = access_token(relay.oauth2)
    return found


def _clean(text: str, secrets: dict[str, str]) -> str:
    """A relay's words for our records: one line, and without what it may have echoed."""
    for secret in secrets.values():
        text = text.replace(secret, "…")

    def decoded(run: re.Match[str]) -> str:
        whole = run[0][: len(run[0]) - (len(run[0]) % 4 == 1)]  # no base64 has such a length
        plain = base64.b64decode(whole + "=" * (-len(whole) % 4))
        return "…" if any(secret.encode() in plain for secret in secrets.values()) else run[0]

    text = re.sub(r"[A-Za-z0-9+/]{8,}", decoded, text)
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:200]


def _doubt(step: _Step) -> Fate:
    return Fate.UNKNOWN if step.name == "dot" else Fate.LATER


def _why(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _own_name() -> str:
    """For EHLO, without asking a name server."""
    name = socket.gethostname()
    return name if re.fullmatch(r"[A-Za-z0-9.\-]+", name) else "localhost"
