"""One dated product of a brief: finished files and what they are about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reporter.document.email import MailBody
    from reporter.prices.quality import Quality


@dataclass(frozen=True, kw_only=True)
class Edition:
    """Frozen; the archive and the mail take it as it is."""

    brief: str
    session: date
    quality: Quality
    headline: Mapping[str, str]  # by language
    verdict: str  # the label: none, thin, building, convincing; empty where the history is too short
    vintage: str  # SHA-256 of the prices
    files: Mapping[str, bytes]  # by name, in the order in which a reader wants them
    mails: Mapping[str, MailBody] = field(default_factory=dict)  # by language; empty where nobody asked for mail
    shortfall: str = ""  # why a file that was asked for is not there


def file_name(brief: str, session: date, language: str, kind: str) -> str:
    """`small-caps-2024-10-16-en.pdf`."""
    return f"{brief}-{session}-{language}.{kind}"
