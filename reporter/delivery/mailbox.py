"""A mailbox on an IMAP server. The only user of imaplib."""

from __future__ import annotations

import imaplib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from reporter.channels import Mailbox
from reporter.delivery.login import bearer, clean
from reporter.delivery.smtp import verifying
from reporter.delivery.token import access_token
from reporter.errors import UpstreamError
from reporter.secret import read_secret

TIMEOUT = 30  # seconds for one answer
MOST = 1_000_000  # bytes of one message that are read


class Open:
    """A folder of a mailbox. A message is its number (UID), which it keeps as long as the folder has one `validity`."""

    def __init__(self, server: imaplib.IMAP4_SSL) -> None:
        self._server = server
        told = server.response("UIDVALIDITY")[1]
        self.validity = int(told[0]) if told and told[0] else 0

    def having(self, header: str, text: str, *, after: int = 0) -> list[int]:
        """Messages with a header that contains a text, of those that came after another one."""
        since = ["UID", f"{after + 1}:*"]  # names the last one at least, however old it is
        _, found = self._server.uid("SEARCH", *since, "HEADER", header, _quoted(text))
        return sorted(number for number in map(int, (found[0] or b"").split()) if number > after)

    def read(self, number: int) -> bytes:
        """The first `MOST` bytes of a message, which stays as unseen as it was."""
        _, parts = self._server.uid("FETCH", str(number), f"(BODY.PEEK[]<0.{MOST}>)")
        return next((part[1] for part in parts if isinstance(part, tuple)), b"")

    def mark_seen(self, number: int) -> None:
        self._server.uid("STORE", str(number), "+FLAGS", r"(\Seen)")


@contextmanager
def open_mailbox(settings: Mailbox, what: str, *, change: bool = False) -> Iterator[Open]:
    """
    Args:
        what: Its setting, for messages: `mail.witness`.
        change: Whether messages will be marked.

    Raises:
        ConfigError: a secret is missing.
        UpstreamError: the server is away, or does not let us in.
    """
    assert settings.imap_host  # noqa: S101  the settings have seen to it
    secrets = {}
    if settings.imap_oauth2:
        secrets["token"] = access_token(settings.imap_oauth2, f"{what}.imap_oauth2")
    elif settings.imap_password:
        secrets["password"] = read_secret(settings.imap_password, f"{what}.imap_password")
    context = verifying(settings.imap_ca_file, f"{what}.imap_ca_file")
    try:
        with imaplib.IMAP4_SSL(settings.imap_host, settings.imap_port, ssl_context=context, timeout=TIMEOUT) as server:
            _log_in(server, settings.imap_user or "", secrets)
            _select(server, settings.imap_folder, readonly=not change)
            yield Open(server)
    except (OSError, imaplib.IMAP4.error) as error:
        why = clean(getattr(error, "strerror", None) or str(error) or type(error).__name__, secrets)
        raise UpstreamError(f"{what}: the mailbox at {settings.imap_host} cannot be read: {why}") from error


def _log_in(server: imaplib.IMAP4_SSL, user: str, secrets: Mapping[str, str]) -> None:
    if "token" in secrets:
        answers = iter([bearer(user, secrets["token"]).encode()])
        server.authenticate("XOAUTH2", lambda _: next(answers, b""))  # the reason of a refusal comes as a challenge
    else:
        server.login(user, secrets["password"])


def _select(server: imaplib.IMAP4_SSL, folder: str, readonly: bool) -> None:
    answer, said = server.select(_quoted(folder), readonly=readonly)
    if answer != "OK":
        raise imaplib.IMAP4.error(f"folder {folder}: {said}")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
