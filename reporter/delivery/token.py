"""Access tokens for servers that take no passwords (XOAUTH2: Microsoft 365, Gmail)."""

from __future__ import annotations

import subprocess

from reporter.channels import OAuth2
from reporter.errors import ConfigError, UpstreamError
from reporter.secret import read_secret

TIMEOUT = 30  # seconds


def access_token(settings: OAuth2, what: str) -> str:
    """A fresh token.

    Args:
        what: Its setting, for messages: `mail.relay.oauth2`.

    Raises:
        ConfigError: the command or the credentials are wrong.
        UpstreamError: who gives tokens is away.
    """
    return _from_command(settings.command, what) if settings.command else _from_credentials(settings, what)


def _from_command(command: tuple[str, ...], what: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT, check=False, stdin=subprocess.DEVNULL)  # noqa: S603  the user's own
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigError([f"{what}.command: '{command[0]}' {_why(error)}"]) from error
    token = done.stdout.decode("ascii", "replace").strip()
    if done.returncode or not token or not token.isprintable() or " " in token:
        raise ConfigError([f"{what}.command: '{command[0]}' printed no token (exit code {done.returncode})"])
    return token


def _why(error: OSError | subprocess.TimeoutExpired) -> str:
    return f"took more than {TIMEOUT} s" if isinstance(error, subprocess.TimeoutExpired) else f"{error.strerror}"


def _from_credentials(settings: OAuth2, what: str) -> str:
    import httpx

    assert settings.token_url  # noqa: S101  the settings have seen to it
    assert settings.client_secret  # noqa: S101  for the type checker; the settings want it
    asked = {
        "grant_type": "client_credentials",
        "client_id": settings.client_id or "",
        "client_secret": read_secret(settings.client_secret, f"{what}.client_secret"),
        **({"scope": settings.scope} if settings.scope else {}),
    }
    try:
        answer = httpx.post(settings.token_url, data=asked, timeout=TIMEOUT)
        token = answer.json().get("access_token") if answer.status_code == httpx.codes.OK else None
    except (httpx.HTTPError, ValueError, AttributeError) as error:
        raise UpstreamError(f"no token from {settings.token_url}: {type(error).__name__}") from error
    if not token and answer.is_client_error:
        raise ConfigError([f"{what}: {settings.token_url} refuses the credentials ({answer.status_code})"])
    if not token:
        raise UpstreamError(f"no token from {settings.token_url}: status {answer.status_code}")
    return str(token)
