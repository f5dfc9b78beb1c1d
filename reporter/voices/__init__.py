"""What others said, verbatim, and what we said before."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from pydantic import TypeAdapter, ValidationError

from reporter.config import Config
from reporter.errors import DataError
from reporter.voices.headlines import Headline
from reporter.voices.memory import Call, Earlier, Scorecard
from reporter.voices.quotes import Quote, choose_quote, read_vault


@dataclass(frozen=True, kw_only=True)
class Voices:
    """Everything said that an edition may cite; nothing in it is newer than the close of the as-of session.

    voices.json is this and no more: `read_voices` makes the same value of it again.
    """

    quote: Quote | None = None
    headlines: tuple[Headline, ...] = ()  # newest first; of each language as many as may be printed
    silent: dict[str, str] = field(default_factory=dict)  # feed that could not be read -> why, one clear line
    previous: Earlier | None = None  # the edition before this one, of the same subject and benchmark
    call: Call | None = None  # the most telling earlier edition, and what came of it
    scorecard: Scorecard | None = None  # our verdicts whose outcome is known


VOICES = TypeAdapter(Voices)


def gather_voices(config: Config, brief: str, as_of: date) -> Voices:
    """What is known at the as-of.

    Raises:
        ConfigError: the vault of quotes is wrong.
    """
    quote = choose_quote(read_vault(config.quotes), brief, as_of) if config.quotes else None
    return Voices(quote=quote)


def voices_json(voices: Voices) -> bytes:
    """The content of voices.json: what is absent has no key."""
    return VOICES.dump_json(voices, indent=1, exclude_defaults=True) + b"\n"


def read_voices(content: bytes) -> Voices:
    """The voices of an edition that was made before.

    Raises:
        DataError: it is not the content of a voices.json.
    """
    try:
        return VOICES.validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise DataError(f"voices.json: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
