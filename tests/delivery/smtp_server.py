"""An SMTP server on loopback that does as it is told at each step, and remembers what it accepted."""

from __future__ import annotations

import base64
import contextlib
import random
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

ACTS = ("hang", "close", "reset", "garbage", "drip")
STEPS = ("connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "body", "dot", "quit")
#: What a good server says at each step.
REPLIES = {
    "connect": "220 test ESMTP",
    "mail": "250 2.1.0 Ok",
    "rcpt": "250 2.1.5 Ok",
    "data": "354 End data with <CR><LF>.<CR><LF>",
    "dot": "250 2.0.0 Ok: queued as A1B2C3",
    "quit": "221 2.0.0 Bye",
    "auth": "235 2.7.0 Authentication successful",
    "starttls": "220 2.0.0 Ready to start TLS",
}


@dataclass
class Message:
    sender: str
    recipients: list[str]
    content: bytes
    encrypted: bool


@dataclass
class SmtpServer:
    """`acts[step]` is an act or a reply; `replies_for[address]` the reply to its RCPT; a list is used up one by one."""

    acts: dict[str, Any] = field(default_factory=dict)
    replies_for: dict[str, Any] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None  # offers STARTTLS
    implicit: bool = False  # TLS from the first byte
    auth: str = ""  # mechanisms that are offered
    size: int | None = None
    messages: list[Message] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    delay: float = 0.0  # longest time before the answer to a dot, in seconds
    pause: float = 0.0  # before the answer to a dot, in seconds
    port: int = 0

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.stopping.set()
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes whoever waits for a connection
        self.listener.close()
        self.thread.join(5)

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        conversation = Conversation(self, connection)
        with contextlib.suppress(OSError, ValueError, EndOfActError), contextlib.closing(conversation):
            conversation.hold()

    def take(self, table: dict[str, Any], key: str) -> Any:
        told = table.get(key)
        if isinstance(told, list):
            return told.pop(0) if told else None
        return told


class EndOfActError(Exception):
    """The connection is over."""


class Conversation:
    def __init__(self, server: SmtpServer, connection: socket.socket) -> None:
        self.server, self.connection, self.encrypted = server, connection, False
        self.file = self.connection.makefile("rb")

    def close(self) -> None:
        self.file.close()  # the socket lives as long as its file
        self.connection.close()

    def encrypt(self) -> None:
        assert self.server.tls
        self.file.close()
        plain = self.connection
        try:
            self.connection, self.encrypted = self.server.tls.wrap_socket(plain, server_side=True), True
        finally:
            plain.close()
        self.file = self.connection.makefile("rb")

    def hold(self) -> None:  # noqa: C901  one branch a command
        if self.server.implicit:
            self.encrypt()
        self.answer("connect")
        sender, recipients = "", []
        while line := self.file.readline():
            text = line.decode("ascii", "replace").rstrip("\r\n")
            self.server.commands.append(text[:4].upper() + text[4:])
            verb = text.partition(" ")[0].upper()
            if verb == "EHLO":
                self.answer("ehlo", self.features())
            elif verb == "STARTTLS":
                self.answer("starttls")
                self.encrypt()
            elif verb == "AUTH":
                self.authenticate(text)
            elif verb == "MAIL":
                sender, recipients = text[10:].partition(">")[0].strip("<>"), []
                self.answer("mail")
            elif verb == "RCPT":
                address = text[8:].strip("<>")
                told = self.server.take(self.server.replies_for, address)
                if told:
                    self.say(told)
                else:
                    self.answer("rcpt")
                    recipients.append(address)
            elif verb == "RSET":
                sender, recipients = "", []
                self.say("250 2.0.0 Ok")
            elif verb == "DATA":
                self.data(sender, recipients)
            elif verb == "QUIT":
                self.answer("quit")
                return
            else:
                self.say("502 5.5.2 what?")

    def features(self) -> str:
        lines = ["test", "PIPELINING"]
        if self.server.size is not None:
            lines.append(f"SIZE {self.server.size}")
        if self.server.tls and not self.encrypted and not self.server.implicit:
            lines.append("STARTTLS")
        if self.server.auth:
            lines.append(f"AUTH {self.server.auth}")
        return "\r\n".join(f"250{'-' if line is not lines[-1] else ' '}{line}" for line in lines)

    def authenticate(self, text: str) -> None:
        _, mechanism, *first = text.split(" ")
        answer = first[0] if first else ""
        if mechanism.upper() == "LOGIN":
            self.say("334 UGFzc3dvcmQ6")
            answer += " " + self.file.readline().decode().strip()
        said = " ".join(base64.b64decode(part).decode() for part in answer.split())
        self.server.logins.append(f"{mechanism.upper()}:{said}")
        self.answer("auth")

    def data(self, sender: str, recipients: list[str]) -> None:
        self.answer("data")
        act = self.server.take(self.server.acts, "body")
        if act:
            self.act(act)
        lines = []
        while (line := self.file.readline()) != b".\r\n":
            if not line:
                raise EndOfActError
            lines.append(line[1:] if line.startswith(b".") else line)
        told = self.server.take(self.server.acts, "dot")
        if told in (None, "accept-then-close"):
            message = Message(sender, recipients, b"".join(lines), self.encrypted)
            self.server.messages.append(message)
        time.sleep(self.server.pause + random.random() * self.server.delay)
        if told == "accept-then-close":
            raise EndOfActError
        self.act(told) if told else self.say(REPLIES["dot"])

    def answer(self, step: str, good: str = "") -> None:
        told = self.server.take(self.server.acts, step)
        self.act(told) if told else self.say(good or REPLIES[step])

    def act(self, told: str) -> None:
        if told not in ACTS:
            self.say(told)
            return
        if told == "hang":
            self.server.stopping.wait(30)
        elif told == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        elif told == "garbage":
            self.connection.sendall(b"\x00\xff\x17 mumble\r\n" * 3)
        elif told == "drip":
            for _ in range(600):
                if self.server.stopping.is_set():
                    break
                self.connection.sendall(b"2")
                time.sleep(0.05)
        self.close()
        raise EndOfActError

    def say(self, text: str) -> None:
        self.connection.sendall(text.encode() + b"\r\n")


def certificates(folder: Path, host: str = "localhost") -> tuple[ssl.SSLContext, Path]:
    """A server's side of TLS with a certificate for a host, and the file of the authority that signed it."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    ca = _certificate(authority, authority, authority_key, authority_key, None)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    leaf = _certificate(subject, authority, key, authority_key, host)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(pem + leaf.public_bytes(Encoding.PEM))
    (folder / "ca.pem").write_bytes(ca.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context, folder / "ca.pem"


def _certificate(subject: x509.Name, issuer: x509.Name, key: Any, signer: Any, host: str | None) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
    )
    if host:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    return builder.sign(signer, hashes.SHA256())
