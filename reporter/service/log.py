"""The log: one event, one line of JSON; on a terminal, for people. The only user of structlog."""

from __future__ import annotations

import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

#: Names of values that nobody may read in a log, wherever they come from.
HIDDEN = re.compile(r"pass(word|wd)?|secret|token|authori[sz]ation|webhook|ping|credential|api_?key", re.IGNORECASE)
#: user:password@ in an address, and what follows a password word in a text.
IN_TEXT = re.compile(r"(?<=://)[^/\s@]+@|(?i:(?<=password[ =:])|(?<=token[ =:])|(?<=bearer )|(?<=auth plain ))\S+")
#: Of the control characters, those that a terminal or a viewer of logs would obey.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def configure_log() -> None:
    """Lines go to standard error: JSON for machines, aligned words where a person looks on."""
    terminal = sys.stderr.isatty()
    renderer: Any = structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_secrets,
            renderer,
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def log(event: str, *, level: str = "info", **values: Any) -> None:
    """Write one line."""
    getattr(structlog.get_logger(), level)(event, **values)


def without_secrets(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A line as it may be written: no secret, no character that makes two lines of one."""
    return {name: "***" if HIDDEN.search(name) else clean(value) for name, value in line.items()}


def clean(value: Any) -> Any:
    """Text on one line and without passwords; other values as they are."""
    if not isinstance(value, str):
        return value
    return IN_TEXT.sub("***", CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", " ".join(value.splitlines())))[:4000]
