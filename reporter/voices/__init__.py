"""What others said, verbatim, and what we said before."""

from __future__ import annotations

from pydantic import Field, ValidationError

from reporter.config import Brief, Config
from reporter.errors import DataError
from reporter.prices import Prices
from reporter.sessions import Calendar
from reporter.setting import Setting
from reporter.voices.headlines import Headline
from reporter.voices.memory import Memory, Shelf, remember
from reporter.voices.press import gather_headlines
from reporter.voices.quotes import Quote, choose_quote, read_vault


class Voices(Setting):
    """Everything said that an edition may cite; nothing in it is newer than the close of the as-of session.

    voices.json is this and no more: `read_voices` makes the same value of it again.
    """

    quote: Quote | None = None
    headlines: tuple[Headline, ...] = ()  # newest first; of each language as many as may be printed
    silent: dict[str, str] = Field(default={})  # feed that could not be read -> why, one clear line
    memory: Memory = Memory()  # of the same subject and benchmark


def gather_voices(config: Config, name: str, brief: Brief, prices: Prices, calendar: Calendar, shelf: Shelf) -> Voices:
    """What is known at the close of the last session of the prices.

    Args:
        shelf: Archived editions of the brief; later ones among them are left out.

    Raises:
        ConfigError: the vault of quotes is wrong.
    """
    as_of = prices.sessions[-1].date()
    quote = choose_quote(read_vault(config.quotes), name, as_of) if config.quotes else None
    headlines, silent = gather_headlines(config, name, brief, as_of, calendar.close(as_of))
    memory = remember(shelf, brief.subject, brief.benchmark, prices)
    return Voices(quote=quote, headlines=headlines, silent=silent, memory=memory)


def voices_json(voices: Voices) -> bytes:
    """The content of voices.json: what is absent has no key."""
    return voices.model_dump_json(indent=1, exclude_defaults=True).encode() + b"\n"


def read_voices(content: bytes) -> Voices:
    """The voices of an edition that was made before.

    Raises:
        DataError: it is not the content of a voices.json.
    """
    try:
        return Voices.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise DataError(f"voices.json: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
