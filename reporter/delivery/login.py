"""Logging in at a relay or a mailbox, and the words of a server without what it may have echoed of a secret."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

from reporter.channels import Relay
from reporter.delivery.smtp import Client
from reporter.delivery.token import access_token
from reporter.secret import read_secret


def read_secrets(relay: Relay) -> dict[str, str]:
    """The password or a fresh token, where one is needed.

    Raises:
        ConfigError: a secret is missing.
        UpstreamError: there is no token to be had.
    """
    found = {}
    if relay.password:
        found["password"] = read_secret(relay.password, "mail.relay.password")
    if relay.oauth2:
        found["token"] = access_token(relay.oauth2, "mail.relay.oauth2")
    return found


def log_in(client: Client, user: str, secrets: Mapping[str, str]) -> None:
    """XOAUTH2 with a token, else PLAIN or LOGIN, whichever the relay offers first.

    Raises:
        Refused: the relay does not let us in.
    """
    offered = client.offered("auth").upper().split()
    if "token" in secrets:
        reply = client.docmd("AUTH", f"XOAUTH2 {_base64(bearer(user, secrets['token']))}")
        if reply[0] == 334:  # the reason of a refusal comes as a challenge
            reply = client.docmd("")
    elif "PLAIN" in offered or "LOGIN" not in offered:
        both = f"\0{user}\0{secrets['password']}"
        reply = client.docmd("AUTH", f"PLAIN {_base64(both)}")
    else:
        client.expect(client.docmd("AUTH", f"LOGIN {_base64(user)}"), 334)
        reply = client.docmd(_base64(secrets["password"]))
    client.expect(reply, 235)


def bearer(user: str, token: str) -> str:
    """The first and only answer of XOAUTH2, before base64."""
    return f"user={user}\1auth=Bearer {token}\1\1"


def clean(text: str, secrets: Mapping[str, str]) -> str:
    """A server's words for our records: one line, and without what it may have echoed."""
    for secret in secrets.values():
        text = text.replace(secret, "…")

    def decoded(run: re.Match[str]) -> str:
        whole = run[0][: len(run[0]) - (len(run[0]) % 4 == 1)]  # no base64 has such a length
        plain = base64.b64decode(whole + "=" * (-len(whole) % 4))
        return "…" if any(secret.encode() in plain for secret in secrets.values()) else run[0]

    text = re.sub(r"[A-Za-z0-9+/]{8,}", decoded, text)
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:200]


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
