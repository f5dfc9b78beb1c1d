"""Messages to recipients over SMTP, one transaction each, and a clear answer: taken, later, refused, unknown.

A message is in doubt only between the final dot and the reply to it. Whatever goes wrong before cannot have delivered
it, whatever goes wrong after the reply does not matter.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from reporter.channels import Relay
from reporter.delivery.login import clean, log_in, read_secrets
from reporter.delivery.smtp import FAILURES, Client, Refused, quoted

FAREWELL = 2.0  # seconds
#: Refusals of the relay as such: a login is wrong or missing. Every other message would meet the same.
LOGIN = (530, 534, 535, 538)
#: Before a message: what goes wrong there is not about it.
BEFORE = ("connect", "ehlo", "starttls", "auth")
CLOSING = 421  # the relay ends the connection, whatever was asked
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
    """One message on a connection of its own; as `Connection.transmit`."""
    with Connection(relay) as connection:
        return connection.transmit(sender, recipient, content, before_dot)


def probe(relay: Relay) -> Outcome:
    """Whether the relay is there, its certificate right and our login known; `text` is the size that it takes.

    Raises:
        ConfigError, UpstreamError: as `Connection.transmit`.
    """
    with Connection(relay) as connection:
        return connection.probe()


class Connection:
    """To a relay: opened for the first message and kept for those that follow, as long as the relay likes."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self._client: Client | None = None
        self._secrets: dict[str, str] = {}
        self._step = "connect"
        self.away = False  # whether it was not to be had, for whatever message, when it was asked last

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        """Take leave; however badly that goes, what was accepted stays accepted."""
        if self._client:
            with suppress(*FAILURES):
                self._client.allow(FAREWELL, FAREWELL)
                self._client.docmd("QUIT")
            self._drop()

    def transmit(
        self, sender: str, recipient: str, content: bytes, before_dot: Callable[[], bool], envelope_id: str = ""
    ) -> Outcome:
        """One transaction with one recipient.

        Args:
            envelope_id: What a report that it could not be delivered is to call it.
            before_dot: Called when all but the final dot is sent; where it gives False, the dot is not sent.

        Raises:
            ConfigError: a secret is missing.
            UpstreamError: there is no access token to be had.
        """

        def transaction(client: Client) -> Outcome:
            return self._transaction(client, sender, recipient, content, before_dot, envelope_id)

        kept = self._client is not None
        outcome = self._attempt(transaction)
        if kept and outcome.fate is Fate.LATER and (self._step == "mail" or outcome.code == CLOSING):
            outcome = self._attempt(transaction)  # the relay had enough of that connection, not of our mail
        return outcome

    def probe(self) -> Outcome:
        """As the function of this name."""
        return self._attempt(lambda client: Outcome(Fate.ACCEPTED, text=client.offered("size")))

    def _attempt(self, act: Callable[[Client], Outcome]) -> Outcome:
        """Do something on the connection that is there, or on a new one."""
        try:
            outcome = act(self._ready())
        except Refused as refusal:
            outcome = _judge(refusal.code, clean(refusal.text, self._secrets), self._step)
        except FAILURES as error:
            outcome = self._failed(error)
        self.away = outcome.fate is Fate.LATER and self._step in BEFORE
        if not self._usable(outcome):
            self._drop()
        return outcome

    def _ready(self) -> Client:
        """The client, when the relay knows who we are."""
        if self._client:
            self._client.begin()
        else:
            self._secrets = read_secrets(self.relay)
            self._step = "connect"
            self._client = Client(self.relay)
            self._client.open()
            self._introduce(self._client)
        self._step = "mail"
        return self._client

    def _introduce(self, client: Client) -> None:
        """Everything before a message: greeting, TLS, login."""
        client.greet()
        self._step = "ehlo"
        client.expect(client.ehlo(), 250)
        if self.relay.tls == "starttls":
            if not client.has_extn("starttls"):
                raise Refused(None, "the relay offers no STARTTLS; nothing is sent in the clear")
            self._step = "starttls"
            client.expect(client.docmd("STARTTLS"), 220)
            client.secure()
            self._step = "ehlo"
            client.expect(client.ehlo(), 250)
        if self.relay.user:
            self._step = "auth"
            log_in(client, self.relay.user, self._secrets)

    def _transaction(
        self,
        client: Client,
        sender: str,
        recipient: str,
        content: bytes,
        before_dot: Callable[[], bool],
        envelope_id: str,
    ) -> Outcome:
        largest = client.offered("size")
        if largest.isdigit() and 0 < int(largest) < len(content):
            return Outcome(Fate.TOO_BIG, text=f"the relay takes {largest} bytes at most")
        reports = bool(envelope_id) and client.has_extn("dsn")
        options = [f"SIZE={len(content)}"] if client.has_extn("size") else []
        client.expect(client.mail(sender, options + ([f"RET=HDRS ENVID={envelope_id}"] if reports else [])), 250)
        self._step = "rcpt"
        client.expect(client.rcpt(recipient, ["NOTIFY=FAILURE"] if reports else []), 250, 251)
        self._step = "data"
        client.expect(client.docmd("DATA"), 354)
        self._step = "body"
        client.send(quoted(content))
        if not before_dot():
            return Outcome(Fate.LATER, text="taken over by another process")
        self._step = "dot"
        client.allow(self.relay.final_timeout, self.relay.final_timeout)
        client.send(b".\r\n")
        code, text = client.getreply()
        if not 200 <= code < 300:
            raise Refused(code, text.decode("ascii", "replace"))
        said = clean(text.decode("ascii", "replace"), self._secrets)
        found = QUEUE_ID.search(said)
        return Outcome(Fate.ACCEPTED, code, said, found[1] if found else None)

    def _failed(self, error: BaseException) -> Outcome:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        if isinstance(error, ssl.SSLError) and self._step in ("connect", "starttls"):
            return Outcome(Fate.MISCONFIGURED, text=f"TLS: {why}")
        fate = Fate.UNKNOWN if self._step == "dot" else Fate.LATER
        return Outcome(fate, text=f"at {self._step}: {clean(why, self._secrets)}")

    def _usable(self, outcome: Outcome) -> bool:
        """Whether the next message can go the same way: after a refusal only if the relay has forgotten this one."""
        client = self._client
        if client is None:
            return False
        if outcome.fate is Fate.ACCEPTED:
            return True
        answered = outcome.code not in (None, CLOSING) and self._step in ("rcpt", "data", "dot")
        with suppress(*FAILURES):
            if (answered or outcome.fate is Fate.TOO_BIG) and client.docmd("RSET")[0] == 250:
                return True
        return False

    def _drop(self) -> None:
        if self._client:
            self._client.close()
        self._client = None


def _judge(code: int | None, text: str, step: str) -> Outcome:
    """What a refusal means at a step."""
    if code is None:
        return Outcome(Fate.MISCONFIGURED, text=text)
    if 400 <= code < 500:
        return Outcome(Fate.LATER, code, text)
    if not 500 <= code < 600:  # no reply that a relay could mean
        return Outcome(Fate.UNKNOWN if step == "dot" else Fate.LATER, None, f"at {step}: {text}")
    if code == 552 or TOO_BIG.match(text):
        return Outcome(Fate.TOO_BIG, code, text)
    if code in LOGIN or step in (*BEFORE, "mail"):
        return Outcome(Fate.MISCONFIGURED, code, text)
    return Outcome(Fate.BOUNCED, code, text)
