"""A client of SMTP that bounds what a relay says, and how long it takes, and always verifies TLS. The only user of
smtplib.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from contextlib import suppress
from pathlib import Path
from threading import Timer

from reporter.channels import Relay
from reporter.errors import ConfigError

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
    """smtplib's, for one connection."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.context = verifying(relay.ca_file, "mail.relay.ca_file")
        super().__init__(local_hostname=_own_name())
        self.handle: socket.socket | None = None
        self.timer = Timer(0, self._cut)

    def open(self) -> None:
        """Connect; from then on all that happens is bounded in time."""
        each = min(self.relay.step_timeout, self.relay.deadline)
        self.sock = socket.create_connection((self.relay.host, self.relay.port), each)
        self.handle = self.sock.dup()  # stays a plain socket when TLS takes the other one
        self.begin()

    def begin(self) -> None:
        """A message's time begins."""
        self.allow(self.relay.deadline, min(self.relay.step_timeout, self.relay.deadline))

    def allow(self, seconds: float, each: float) -> None:
        """Cut the connection after some seconds: timeouts of sockets begin anew with every byte."""
        self.rest()
        self.timer = Timer(seconds, self._cut)
        self.timer.daemon = True
        self.timer.start()
        if self.sock:
            self.sock.settimeout(each)

    def rest(self) -> None:
        """Nothing is wanted of the relay now; no thread is left, beside which nothing could be forked."""
        self.timer.cancel()
        if self.timer.is_alive():
            self.timer.join()

    def _cut(self) -> None:
        if self.handle:
            with suppress(OSError):
                self.handle.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.rest()
        super().close()
        if self.handle:
            self.handle.close()

    def greet(self) -> None:
        if self.relay.tls == "implicit":
            self.secure()
        self.expect(self.getreply(), 220)

    def secure(self) -> None:
        assert self.sock  # noqa: S101  for the type checker; it is connected
        self.sock = self.context.wrap_socket(self.sock, server_hostname=self.relay.host)
        self.file = None
        self.ehlo_resp, self.esmtp_features, self.does_esmtp = None, {}, False

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None:
            assert self.sock  # noqa: S101  for the type checker; it is connected
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
            raise Refused(code, text.decode("ascii", "replace"))

    def offered(self, feature: str) -> str:
        """What the relay says to a feature of ESMTP; empty where it does not know it or says nothing more."""
        return self.esmtp_features.get(feature, "")


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
