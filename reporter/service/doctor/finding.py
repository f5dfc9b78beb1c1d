"""What a check has found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One line."""

    level: Literal["ok", "warn", "FAIL"]
    text: str
    fix: str = ""  # what to do; empty where the text says it
    code: int = 0  # the exit code of a failure


def ok(text: str) -> Finding:
    return Finding("ok", text)


def warn(text: str, fix: str = "") -> Finding:
    return Finding("warn", text, fix)


def fail(text: str, fix: str = "", code: int = 70) -> Finding:
    return Finding("FAIL", text, fix, code)
