"""The vault of quotes: a file that its owner keeps, with the source of every word."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError

from reporter.config import BriefName
from reporter.config_file import in_words
from reporter.setting import LANGUAGE_CODE, WEB_ADDRESS, LanguageCode, Setting, said
from reporter.yaml_file import complaint, read_yaml


def printable(text: str) -> str:
    """One line, without invisible characters such as those that turn the direction of writing."""
    line = " ".join(text.split())
    if strange := next((one for one in line if unicodedata.category(one)[0] == "C"), ""):
        raise said(f"the character {strange!a} cannot be printed; take it out")
    return line


Line = Annotated[str, Field(min_length=1, max_length=400), AfterValidator(printable)]
OptionalLine = Annotated[str, Field(max_length=400), AfterValidator(printable)]


class Quote(Setting):
    """Something that somebody said, word for word."""

    text: Line
    language: Annotated[str, Field(pattern=LANGUAGE_CODE)]
    speaker: Line
    title: OptionalLine = ""  # what the speaker does
    firm: OptionalLine = ""
    link: Annotated[str, Field(pattern=WEB_ADDRESS, max_length=400)]
    said: date
    expires: date | None = None  # the last day on which it may be used
    briefs: tuple[BriefName, ...] = ()  # none: all of them
    licence: str = ""  # why we may print it; not printed
    translations: dict[LanguageCode, Line] = Field(default={})  # by language; each is marked as ours
    attributions: dict[LanguageCode, Line] = Field(default={})  # by language, in the place of speaker, title and firm


class Vault(Setting):
    quotes: tuple[Quote, ...] = ()


def read_vault(path: Path) -> Sequence[Quote]:
    """All quotes of a file.

    Raises:
        ConfigError: all its problems at once, with line and column.
    """
    document = read_yaml(path)
    problems = list(document.problems)
    try:
        vault = Vault.model_validate_json(json.dumps(document.data))
    except ValidationError as error:
        problems += [document.problem(where, text) for where, text in in_words(error, document.data, Vault)]
    if problems:
        raise complaint(path, problems)
    return vault.quotes


def choose_quote(quotes: Sequence[Quote], brief: str, as_of: date) -> Quote | None:
    """The newest one that was said by the as-of and has not expired; of several from one day the first in the file."""
    fitting = [
        quote
        for quote in quotes
        if quote.said <= as_of
        and (quote.expires is None or as_of <= quote.expires)
        and (not quote.briefs or brief in quote.briefs)
    ]
    return max(fitting, key=lambda quote: quote.said, default=None)
