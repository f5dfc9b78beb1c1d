"""What a command line asks for: which configuration, brief, languages and session."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reporter.errors import UsageError, suggestion
from reporter.init import bundled_config

if TYPE_CHECKING:
    from reporter.config import Brief, Config
    from reporter.sessions import Calendar

CONFIG_FILE = Path("config.yaml")


def configuration(path: Path | None, adhoc: bool) -> Config:
    """The named file, else ./config.yaml, else the defaults for an ad-hoc brief and the bundled file for others."""
    from reporter.config import Config
    from reporter.config_file import load_config
    from reporter.words import known_tickers

    if path or CONFIG_FILE.exists():
        return load_config(path or CONFIG_FILE, known_tickers)
    if adhoc:
        return Config()
    note("no config.yaml in this folder: the bundled one is used (`reporter init` writes your own)")
    return load_config(bundled_config(), known_tickers, folder=Path())


def overridden(config: Config, given: Mapping[str, Any]) -> Config:
    """The configuration with what the command line says instead."""
    settings = config.model_dump()
    for key in ("output", "paper", "formats"):
        if given[key]:
            settings[key] = given[key]
    if given["source"]:
        settings["sources"]["use"] = given["source"]
        only_that(settings)
    if given["prices"] is not None:
        if given["source"] not in (None, "files"):
            raise UsageError(
                f"--prices is a folder for --source files; leave out --source {given['source']} or --prices"
            )
        settings["sources"]["use"] = "files"
        settings["sources"]["files"]["folder"] = given["prices"]
        only_that(settings)
    return type(config).model_validate(settings)


def only_that(settings: dict[str, Any]) -> None:
    """The source of the command line goes before all that are configured."""
    settings["sources"]["then"] = ()
    for brief in settings["briefs"].values():
        brief["sources"] = ()


def adhoc_brief(adhoc: Mapping[str, str]) -> tuple[str, Brief]:
    """A brief made of options alone, named after its pair: `eem-vs-acwi`."""
    from pydantic import ValidationError

    from reporter.config import Brief, conflicts
    from reporter.config_file import in_words

    settings: dict[str, Any] = dict(adhoc)
    if "field" in adhoc:
        settings["field"] = field_of(adhoc["field"], (adhoc["subject"], adhoc["benchmark"]))
    try:
        chosen = Brief.model_validate(settings)
    except ValidationError as error:
        problems = [*conflicts(settings), *in_words(error, settings)]
        lines = dict.fromkeys(f"--{where[0].replace('_', '-')}: {text}" for where, text in problems)
        raise UsageError("; ".join(lines)) from error
    plain = (re.sub(r"[^a-z0-9]+", "-", ticker.lower()).strip("-") for ticker in (chosen.subject, chosen.benchmark))
    return "-vs-".join(plain), chosen


def field_of(text: str, pair: tuple[str, str]) -> tuple[str, ...]:
    """The tickers of --field, or of the file that it names; a file may list the pair as well, which is passed over."""
    from reporter.field_file import is_field_file, read_field

    if not is_field_file(text):
        return tuple(filter(None, map(str.strip, text.split(","))))  # a comma too many says nothing
    listed = read_field(Path(text))
    if both := [ticker for ticker in listed if ticker in pair]:
        note(f"--field {text}: {' and '.join(both)} of the pair passed over")
    return tuple(ticker for ticker in listed if ticker not in pair)


def configured_brief(config: Config, name: str | None) -> tuple[str, Brief]:
    """The named brief, or the only one."""
    known = ", ".join(config.briefs) or "none; `reporter init` writes a configuration with five"
    if name is None and len(config.briefs) == 1:
        return next(iter(config.briefs.items()))
    if name is None:
        raise UsageError(f"which brief? Configured: {known}")
    if name not in config.briefs:
        raise UsageError(f"no brief '{name}'{suggestion(name, config.briefs)}; configured: {known}")
    return name, config.briefs[name]


def languages(config: Config, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Languages that exist, each once; found out before any price is fetched."""
    from reporter.words import language_codes

    known = language_codes(config.templates)
    for code in asked:
        if code not in known:
            raise UsageError(f"no language '{code}'{suggestion(code, known)}; there are {', '.join(known)}")
    return tuple(dict.fromkeys(asked))


def session_of(calendar: Calendar, asked: date | None, now: datetime, source: str) -> date:
    """The session to speak about: asked for, or the last one that is over and settled at the source."""
    from reporter.config import SETTLED

    last = calendar.last_completed(now - SETTLED if source in ("yahoo", "tiingo", "fred") else now)
    if asked is None:
        return last
    if asked > max(now.astimezone().date(), last):  # east of here, today may be over already
        raise UsageError(f"--as-of {asked} is in the future; the last completed session is {last}")
    session = calendar.on_or_before(asked)
    if session > last:
        raise UsageError(f"--as-of {asked}: the session is not over yet; the last completed one is {last}")
    if session != asked:
        note(f"{asked} is no session; the one before it is used: {session}")
    return session


def note(text: str) -> None:
    """A line for the person at the terminal; programs read stdout."""
    click.echo(f"reporter: {text}", err=True)
