"""A client of SMTP that bounds what a relay says, and how long it takes, and always verifies TLS. The only user of
smtplib.
"""

from __future__ import annotations

import io
import re
import smtplib
import socket
import ssl
import time
from pathlib import Path
from typing import Any

from reporter.channels import Relay
from reporter.errors import ConfigError

RECORD = 16_384  # bytes
LINES, LINE = 100, 2048  # of one reply; a server that says more says nothing
#: What a conversation can fail with, besides `Refused`.
FAILURES = (OSError, EOFError, ValueError, smtplib.SMTPException)


class Refused(Exception):  # noqa: N818  the relay's word, not an error of ours
    """`code` is None where we refuse the relay."""

    def __init__(self, code: int | None, text: str) -> None:
        super().__init__(code, text)
        self.code, self.text = code, text


def verifying(ca_file: Path | None, what: str) -> ssl.SSLContext:
    """TLS that verifies certificates.

    Args:
        ca_file: Authorities to trust; None: those of the system.
        what: Its setting, for messages.

    Raises:
        ConfigError: the file holds none.
    """
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except OSError as error:  # also where it is no PEM
        reason = (
            "holds no certificate in PEM" if isinstance(error, ssl.SSLError) else f"cannot be read: {error.strerror}"
        )
        raise ConfigError([f"{what}: {ca_file} {reason}"]) from error


class Client(smtplib.SMTP):
    """smtplib's, for one connection; no thread watches it, beside which nothing could be forked."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.context = verifying(relay.ca_file, "mail.relay.ca_file")
        super().__init__(local_hostname=_own_name())
        self.begin()

    def open(self) -> None:
        """Connect; from then on all that happens is bounded in time."""
        self.sock = socket.create_connection((self.relay.host, self.relay.port), self.each)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # the dot does not wait behind the body
        self.begin()

    def begin(self) -> None:
        """A message's time begins."""
        self.allow(self.relay.deadline, min(self.relay.step_timeout, self.relay.deadline))

    def allow(self, seconds: float, each: float) -> None:
        """What follows may take some seconds in all, and each silence in it so many."""
        self.end, self.each = time.monotonic() + seconds, each

    def hurry(self) -> socket.socket:
        """The socket, with the time that it has now: a timeout of its own would begin anew with every byte.

        Raises:
            TimeoutError: it has none left.
        """
        left = min(self.each, self.end - time.monotonic())
        if self.sock is None or left <= 0:
            raise TimeoutError("timed out")
        self.sock.settimeout(left)
        return self.sock

    def send(self, s: Any) -> None:
        """Text or bytes, in pieces of one record of TLS, each with the time that is left then."""
        content = memoryview(s.encode("ascii") if isinstance(s, str) else s)
        for start in range(0, len(content), RECORD):
            self.hurry().sendall(content[start : start + RECORD])

    def greet(self) -> None:
        if self.relay.tls == "implicit":
            self.secure()
        self.expect(self.getreply(), 220)

    def secure(self) -> None:
        self.sock = self.context.wrap_socket(self.hurry(), server_hostname=self.relay.host)
        self.file = None
        self.ehlo_resp, self.esmtp_features, self.does_esmtp = None, {}, False

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None:
            self.file = io.BufferedReader(_Incoming(self))
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
            raise Refused(code, text.decode("ascii", "replace"))

    def offered(self, feature: str) -> str:
        """What the relay says to a feature of ESMTP; empty where it does not know it or says nothing more."""
        return self.esmtp_features.get(feature, "")


class _Incoming(io.RawIOBase):
    """What the relay sends, as long as it is allowed to."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._client.hurry().recv_into(buffer)


def quoted(content: bytes) -> bytes:
    """Lines that end in CRLF, the last one too, and dots at their beginning doubled: no content can end itself."""
    lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    lines = lines.replace(b"\r\n.", b"\r\n..")
    lines = b"." + lines if lines.startswith(b".") else lines
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"


def _own_name() -> str:
    """For EHLO, without asking a name server."""
    name = socket.gethostname()
    return name if re.fullmatch(r"[A-Za-z0-9.\-]+", name) else "localhost"
