"""Settings of the ways on which editions leave: mail and archive."""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from reporter.address import mailbox, parts
from reporter.setting import WEB_ADDRESS, Duration, LanguageCode, Secret, Setting, Switch, said

TARGET_URL = re.compile(r"(smb|sftp|s3)://[^/@\s]+(/\S*)?")


class Recipient(Setting):
    """Who gets a brief: `ann@example.com`, or an address with a name and a language."""

    address: str
    name: str = Field(default="", max_length=100)
    language: LanguageCode | None = None  # absent: the first one of the brief

    @model_validator(mode="before")
    @classmethod
    def _address_alone(cls, given: object) -> object:
        return {"address": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _an_address(self) -> Self:
        try:
            mailbox(self.address)
        except ValueError as error:
            raise said(str(error)) from error
        return self


class OAuth2(Setting):
    """Where an access token comes from: a command that prints one, or the client credentials of an application."""

    command: tuple[str, ...] = ()  # and its arguments; prints a token
    token_url: Annotated[str, Field(pattern=WEB_ADDRESS)] | None = None  # who gives tokens
    client_id: str | None = None  # of the application
    client_secret: Secret | None = None
    scope: str | None = None  # what the token is for

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        credentials = (self.token_url, self.client_id, self.client_secret)
        if bool(self.command) == any(credentials) or (not self.command and not all(credentials)):
            raise said("give either a command, or token_url, client_id and client_secret")
        return self


class Relay(Setting):
    """The server that takes our mail."""

    host: str = Field(min_length=1)
    port: int = Field(default=587, gt=0)
    tls: Literal["starttls", "implicit", "off"] = "starttls"  # off only where the relay is on this machine
    ca_file: Path | None = None  # certificates to trust; absent: those of the system
    user: str | None = None
    password: Secret | None = None
    oauth2: OAuth2 | None = None  # instead of a password
    step_timeout: float = Field(default=30.0, gt=0)  # seconds for one reply
    deadline: float = Field(default=120.0, gt=0)  # seconds for everything before the final dot
    final_timeout: float = Field(
        default=600.0, gt=0
    )  # seconds for the reply to it; less makes doubt where there is none

    @property
    def loopback(self) -> bool:
        """Whether what is said to it stays on this machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.tls == "off" and not self.loopback:
            raise said("tls: off is only for a relay on this machine; use starttls or implicit")
        if (self.password or self.oauth2) and not self.user:
            raise said("add the user that the password or token belongs to")
        if self.password and self.oauth2:
            raise said("give a password or oauth2, not both")
        if self.user and not (self.password or self.oauth2):
            raise said("add a password or oauth2 for the user")
        return self


class Dkim(Setting):
    """A signature of our own, where the relay does not sign."""

    selector: str = Field(min_length=1)
    key: Secret  # PEM


class Mailbox(Setting):
    """A mailbox on an IMAP server, over TLS."""

    imap_host: str | None = None  # its server
    imap_port: int = Field(default=993, gt=0)  # TLS from the first byte
    imap_user: str | None = None  # the login
    imap_password: Secret | None = None
    imap_oauth2: OAuth2 | None = None  # instead of a password
    imap_folder: str = Field(default="INBOX", min_length=1)  # that is searched
    imap_ca_file: Path | None = None  # certificates to trust; absent: those of the system

    @model_validator(mode="after")
    def _whole(self) -> Self:
        imap = (self.imap_host, self.imap_user, self.imap_password or self.imap_oauth2)
        if any(imap) and not all(imap):
            raise said("imap_host, imap_user and imap_password or imap_oauth2 belong together")
        if self.imap_password and self.imap_oauth2:
            raise said("give imap_password or imap_oauth2, not both")
        return self


class Witness(Mailbox):
    """Who can say whether a message arrived whose acceptance we did not hear: a mailbox that gets or keeps every brief,
    such as a folder of sent mail, or a log."""

    postfix_log: Path | None = None  # of the relay on this machine
    settle: float = Field(default=60.0, ge=0)  # seconds until the witness is asked

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.postfix_log and not self.imap_host:
            raise said("name postfix_log, or imap_host, imap_user and imap_password")
        return self


class Bounces(Mailbox):
    """Where mail comes back that the relay took and could not deliver: the mailbox of the envelope sender."""

    maildir: Path | None = None  # a folder of this machine with new, cur and tmp

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not self.maildir and not self.imap_host:
            raise said("name maildir, or imap_host, imap_user and imap_password")
        return self


class MailSettings(Setting):
    """How briefs are mailed."""

    sender: str  # Market Brief <brief@example.com>
    relay: Relay
    reply_to: str | None = None
    envelope_sender: str | None = None  # where bounces go; absent: the address of the sender
    domain: str | None = None  # of Message-ID and List-Id; absent: that of the sender
    unsubscribe: Annotated[str, Field(pattern=r"^(https://|mailto:)[^\s<>]+$", max_length=400)] | None = None
    dkim: Dkim | None = None
    policy: Literal["reconcile", "hold", "resend"] | None = None  # absent: reconcile with a witness, else hold
    witness: Witness | None = None
    bounces: Bounces | None = None  # absent: nobody reads what comes back
    give_up: Duration = "24h"  # how long a message is tried

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for name in ("sender", "reply_to", "envelope_sender"):
            if given := getattr(self, name):
                try:
                    mailbox(parts(given)[1])
                except ValueError as error:
                    raise said(f"{name}: {error}") from error
        if self.policy == "reconcile" and not self.witness:
            raise said("policy: reconcile needs a witness")
        return self

    @property
    def ambiguity(self) -> Literal["reconcile", "hold", "resend"]:
        """What happens when nobody knows whether a message was accepted."""
        return self.policy or ("reconcile" if self.witness else "hold")


class ArchiveTarget(Setting):
    """A place where editions are kept: a folder (also a mounted share), or smb://, sftp://, s3://."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9\-]{0,40}$")
    folder: Path | None = None
    url: str | None = None  # smb://server/share/path, sftp://server/path, s3://bucket/path
    user: str | None = None  # of s3: the key id
    password: Secret | None = None  # of s3: the secret key
    port: int | None = Field(default=None, gt=0)
    key_file: Path | None = None  # of sftp: a private key, in place of a password
    known_hosts: Path | None = None  # of sftp; absent: ~/.ssh/known_hosts
    endpoint: str | None = None  # of s3, where it is not Amazon's
    link: Annotated[str, Field(pattern=WEB_ADDRESS)] | None = None  # where readers find the archive in a browser
    required: Switch = False  # on: nothing is mailed before it is archived here
    keep: Duration | None = None  # `reporter archive prune` removes what is older; absent: nothing
    deadline: float = Field(default=300.0, gt=0)  # seconds for one edition

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.folder is None) == (self.url is None):
            raise said("name a folder or a url")
        if self.url is not None and not TARGET_URL.fullmatch(self.url):
            raise said("a url begins with smb://, sftp:// or s3:// and holds no user or password; those are settings")
        if self.name == "output":
            raise said("name: output is the folder of the setting `output`; choose another one")
        return self
