"""Addresses of mail: which ones we take, and when two of them are one mailbox."""

from __future__ import annotations

import re
from email.utils import parseaddr

from reporter.errors import visible

ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]+"
LOCAL = re.compile(rf"{ATOM}(\.{ATOM})*")
LABEL = re.compile(r"[a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?")


def mailbox(address: str) -> str:
    """The address as we write it: the domain in small letters and ASCII, the local part as it is.

    Raises:
        ValueError: a form that we do not take; the message says which.
    """
    local, at, domain = address.strip().rpartition("@")
    shown = visible(address[:80])
    if not at or not local or not domain:
        raise ValueError(f"'{shown}' is not an address such as ann@example.com")
    if domain.endswith(">"):
        raise ValueError(f"'{shown}' has a name in it; write the address alone: a reader's name goes under `name`")
    if not LOCAL.fullmatch(local) or len(local) > 64:
        raise ValueError(f"'{shown}': before the @ only letters, digits, dots and !#$%&'*+/=?^_`{{|}}~- are taken")
    try:
        plain = domain.encode("idna").decode().lower()
    except UnicodeError as error:
        raise ValueError(f"'{shown}': the domain is not one") from error
    if len(plain) > 253 or not all(LABEL.fullmatch(label) for label in plain.split(".")):
        raise ValueError(f"'{shown}': the domain is not one")
    return f"{local}@{plain}"


def parts(text: str) -> tuple[str, str]:
    """Name and address of `Market Brief <brief@example.com>`."""
    return parseaddr(text)
