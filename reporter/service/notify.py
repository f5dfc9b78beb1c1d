"""The ways to the owner: a plain mail, a webhook, and a ping whose absence is the alarm.

On purpose a path of its own, a few lines long: when mailing editions is what is broken, this should still work.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

import httpx

from reporter.address import parts
from reporter.channels import MailSettings, Relay
from reporter.delivery.mail import Fate, transmit
from reporter.errors import ReporterError, UpstreamError
from reporter.owner import Owner
from reporter.secret import read_secret
from reporter.service.log import clean, log

DEADLINE = 15.0  # seconds up to the final dot of one mail, and as many for the answer to it
STEP = 10.0  # seconds for one answer


def tell(owner: Owner, mail: MailSettings | None, subject: str, body: str, now: datetime) -> bool:
    """Say something on all ways that are set up; whether it arrived on one of them.

    Failures are logged; with no way at all the log is where it is said.
    """
    arrived = []
    if owner.addresses and mail:
        arrived.append(_tried("mail", lambda: send_plain(mail, owner.addresses, subject, body, now)))
    if owner.webhook:
        arrived.append(_tried("webhook", lambda: post(owner, subject, body)))
    log("alert", level="error", subject=subject, text=body, told=any(arrived))
    return any(arrived) or not arrived


def _tried(way: str, send: Callable[[], None]) -> bool:
    try:
        send()
    except (OSError, httpx.HTTPError, ReporterError) as error:
        log("owner not reached", level="error", way=way, text=clean(f"{type(error).__name__}: {error}"))
        return False
    return True


def send_plain(mail: MailSettings, to: tuple[str, ...], subject: str, body: str, now: datetime) -> None:
    """One plain mail, past ledger and outbox.

    Raises:
        UpstreamError: it did not go out to everybody.
        ConfigError: a secret cannot be read.
    """
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = mail.sender, ", ".join(to), clean(subject)[:150]
    message["Date"], message["Message-ID"] = format_datetime(now), make_msgid(domain="reporter.invalid")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    for address in to:
        outcome = transmit(
            hurried(mail.relay),
            parts(mail.envelope_sender or mail.sender)[1],
            address,
            message.as_bytes(),
            lambda: True,
        )
        if outcome.fate is not Fate.ACCEPTED:
            raise UpstreamError(f"{address}: {outcome.text or outcome.fate}")


def hurried(relay: Relay) -> Relay:
    """The relay, asked with less patience: a tick waits for it, and what is not told now is told later."""
    return relay.model_copy(update={"step_timeout": STEP, "deadline": DEADLINE, "final_timeout": DEADLINE})


def post(owner: Owner, subject: str, body: str) -> None:
    """As JSON to the webhook.

    Raises:
        HTTPError, UpstreamError: it was not taken.
    """
    if owner.webhook is None:
        return
    address = read_secret(owner.webhook, "owner.webhook")
    if owner.webhook_shape == "ntfy":  # its JSON goes to the server, and names the topic inside
        address, _, topic = address.rstrip("/").rpartition("/")
        told = {"topic": topic, "title": subject, "message": body, "priority": 4, "tags": ["warning"]}
    else:
        told = {"text": f"*{subject}*\n{body}"}
    _answered(httpx.post(address, json=told, timeout=STEP))


def ping(owner: Owner, suffix: str = "") -> bool:
    """Ask for the address whose owner raises an alarm when nobody does; `/fail` raises it now."""
    if owner.ping is None:
        return False
    secret = owner.ping

    def ask() -> None:
        _answered(httpx.get(read_secret(secret, "owner.ping").rstrip("/") + suffix, timeout=STEP))

    return _tried("ping", ask)


def _answered(response: httpx.Response) -> None:
    if not response.is_success:
        raise UpstreamError(f"answered {response.status_code}")
