"""What others said, verbatim, and what we said before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from reporter.config import Config
from reporter.voices.quotes import Quote, choose_quote, read_vault


@dataclass(frozen=True, kw_only=True)
class Voices:
    """Everything said that an edition may cite; nothing in it is newer than the as-of."""

    quote: Quote | None = None


def gather_voices(config: Config, brief: str, as_of: date) -> Voices:
    """What is known at the as-of.

    Raises:
        ConfigError: the vault of quotes is wrong.
    """
    quote = choose_quote(read_vault(config.quotes), brief, as_of) if config.quotes else None
    return Voices(quote=quote)
