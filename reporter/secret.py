"""Reads secrets from where they are kept. What is read is never written anywhere, and no message holds it."""

from __future__ import annotations

import os
import stat

from reporter.errors import ConfigError
from reporter.setting import Secret


def read_secret(secret: Secret, what: str) -> str:
    """The secret, without the line end that editors add.

    Args:
        what: Its setting, for messages: `mail.relay.password`.

    Raises:
        ConfigError: it is not there, or others can read it.
    """
    if secret.env is not None:
        value = os.environ.get(secret.env)
        if not value:
            raise ConfigError([f"{what}: the environment variable {secret.env} is not set"])
        return value
    if secret.file is not None:
        try:
            mode = stat.S_IMODE(secret.file.stat().st_mode)
            value = secret.file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "no text"
            raise ConfigError([f"{what}: {secret.file} cannot be read: {reason}"]) from error
        if mode & 0o077:
            raise ConfigError([f"{what}: others can read {secret.file}; chmod 600 '{secret.file}'"])
        return value
    return _from_keyring(secret.keyring or "", what)


def _from_keyring(place: str, what: str) -> str:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError as error:
        raise ConfigError([f"{what}: install the extra `keyring` to read from the system's keyring"]) from error
    service, _, name = place.partition("/")
    try:
        value = keyring.get_password(service, name)
    except KeyringError as error:
        raise ConfigError([f"{what}: the keyring cannot be read: {type(error).__name__}"]) from error
    if not value:
        raise ConfigError([f"{what}: the keyring has no '{place}'; set it with: keyring set {service} {name}"])
    return str(value)
