"""Every setting, its default and its unit. Only `config_file.py` knows that they come from YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import unquote, urlsplit
from zoneinfo import available_timezones

from pydantic import Field, field_validator, model_validator

from reporter.channels import ArchiveTarget, MailSettings, Recipient
from reporter.colour import PAPER, READABLE, contrast
from reporter.errors import suggestion
from reporter.owner import Owner, StageLimits
from reporter.setting import DURATION, Duration, LanguageCode, Secret, Setting, Switch, duration, said

#: Letters, digits and what Yahoo adds for indices, share classes and exchanges: ^VIX, BRK-B, VOD.L, EURUSD=X.
TICKER = r"^\^?[A-Z0-9][A-Z0-9.\-=]{0,14}$"
COLOUR = r"^#[0-9a-fA-F]{6}$"
BRIEF_NAME = r"^[a-z0-9][a-z0-9\-]{0,40}$"
#: Words with a letter or digit; a star stands for the rest of a word: `small cap*`.
KEYWORD = r"^\w[^\s*]*\*?( \w[^\s*]*\*?)*$"
#: `monday 07:00`, or `07:00` for every day; on the clock of a zone.
WALL_TIME = r"^(?:(monday|tuesday|wednesday|thursday|friday|saturday|sunday) )?([01][0-9]|2[0-3]):([0-5][0-9])$"
#: Encrypted, or on this machine.
FEED_ADDRESS = r"^(https://|file:///|http://(localhost|127\.0\.0\.1|\[::1\])[:/])\S+$"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Ticker = Annotated[str, Field(pattern=TICKER)]
Keyword = Annotated[str, Field(pattern=KEYWORD, max_length=60)]
Heading = Annotated[str, Field(max_length=100)]
SmallPrint = Annotated[str, Field(max_length=10_000)]
BriefName = Annotated[str, Field(pattern=BRIEF_NAME)]
SourceName = Literal["yahoo", "tiingo", "fred", "files", "simulated"]
#: What the field consists of; the words for it stand in templates/languages/*/labels.yaml.
FieldKind = Literal["funds", "factor-funds", "sector-funds", "country-funds", "bond-funds", "style-funds"]

#: How long after the close a bar of Yahoo is final: quotes are late by a quarter of an hour, the auction needs time.
SETTLED = timedelta(minutes=30)
LATEST = timedelta(hours=20)  # of `after_close`: a later edition would come after the next close


class YahooSettings(Setting):
    """The real yfinance. Its data are for personal use; see the README."""

    base_url: str | None = None  # a mirror that answers in Yahoo's shapes; None: Yahoo itself
    timeout: float = Field(default=20.0, gt=0)  # seconds for one request
    spacing: float = Field(default=0.5, ge=0)  # seconds between two requests
    budget: float = Field(default=300.0, gt=0)  # seconds for all requests of one edition


class TiingoSettings(Setting):
    """End-of-day prices of US funds from Tiingo, with a key of your own."""

    key: Secret | None = None  # {env: TIINGO_API_KEY}, {file: path} or {keyring: service/name}
    base_url: str = "https://api.tiingo.com"
    timeout: float = Field(default=20.0, gt=0)  # seconds for one request
    spacing: float = Field(default=0.5, ge=0)  # seconds between two requests
    budget: float = Field(default=300.0, gt=0)  # seconds for all requests of one edition


class FredSettings(Setting):
    """The backdrop from the Federal Reserve Bank of St. Louis: bill rate, ten-year yield, VIX. Needs no key."""

    base_url: str = "https://fred.stlouisfed.org"
    timeout: float = Field(default=20.0, gt=0)  # seconds for one request
    spacing: float = Field(default=0.5, ge=0)  # seconds between two requests
    budget: float = Field(default=60.0, gt=0)  # seconds for all requests of one edition


class FilesSettings(Setting):
    """A folder with one file a ticker: IJR.csv or IJR.parquet, with Yahoo's columns."""

    folder: Path | None = None  # relative to the configuration file


class SimulatedSettings(Setting):
    """The bundled generator. Every page says SIMULATED."""

    seed: int = Field(default=20241016, ge=0)  # another one is another market


class Sources(Setting):
    use: SourceName = "yahoo"  # asked first
    then: tuple[SourceName, ...] = ()  # asked for what that one lacks, one after another
    cross_check: Switch = True  # hold subject and benchmark against the next source that has them
    store: Path | None = None  # where prices from the network are kept; absent: prices.sqlite in the state folder
    yahoo: YahooSettings = YahooSettings()
    tiingo: TiingoSettings = TiingoSettings()
    fred: FredSettings = FredSettings()
    files: FilesSettings = FilesSettings()
    simulated: SimulatedSettings = SimulatedSettings()


class Feed(Setting):
    """One RSS or Atom feed. A brief asks it if it has keywords in its language."""

    url: Annotated[str, Field(pattern=FEED_ADDRESS, max_length=400)]
    language: LanguageCode = "en"
    outlet: str = Field(default="", max_length=60)  # as pages name it; absent: as the feed calls itself

    @property
    def name(self) -> str:
        """What a reader may be told: the outlet, or the host of the address, or the name of the file."""
        parts = urlsplit(self.url)
        return self.outlet or parts.hostname or unquote(parts.path).rpartition("/")[2]


class HeadlineSettings(Setting):
    """What others write: titles of news that have a keyword of the brief."""

    feeds: tuple[Feed, ...] = ()
    yahoo: Switch = False  # Yahoo's news on the subject and the headline index as well, in English
    days: int = Field(default=7, ge=1)  # how old a headline may be at the close
    most: int = Field(default=3, ge=1)  # as many are printed
    timeout: float = Field(default=5.0, gt=0)  # seconds that a feed may keep us waiting at a time
    budget: float = Field(default=15.0, gt=0)  # seconds for all feeds of one edition


class Brand(Setting):
    """What the masthead and the foot of a page say."""

    name: str = Field(default="Market Brief", min_length=1, max_length=60)
    disclaimer: dict[LanguageCode, SmallPrint] = Field(default={})  # replaces the built-in one, by language
    logo: Path | None = None  # SVG (shapes alone) or PNG, in the head instead of the name
    accent: str = Field(default="#0b5fa5", pattern=COLOUR)  # the subject's colour in text and charts

    @field_validator("accent")
    @classmethod
    def _readable(cls, accent: str) -> str:
        if (ratio := contrast(accent, PAPER)) < READABLE:
            raise said(f"too pale on white ({ratio:.1f}:1, text needs {READABLE}:1); take a darker one")
        return accent.lower()


class Schedule(Setting):
    """When an edition is due: some time after the last close of a period, or when a wall clock reaches a time."""

    every: Literal["day", "week", "month"] | None = None  # absent: day with `at`, else week
    after_close: Duration | None = None  # absent: 45m, unless there is `at`
    at: Annotated[str, Field(pattern=WALL_TIME)] | None = None
    zone: str | None = None  # whose clock `at` means, as the IANA database names it
    catch_up: Duration | None = None  # how late an edition may still go out; absent: 3d

    @property
    def period(self) -> Literal["day", "week", "month"]:
        return self.every or ("day" if self.at else "week")

    @property
    def delay(self) -> timedelta:
        """From the close to the earliest moment: with `at`, what the last bars need to settle."""
        return SETTLED if self.at else duration(self.after_close or "45m")

    @property
    def window(self) -> timedelta:
        """How late an edition may still go out; never later than the next one is due."""
        return duration(self.catch_up or "3d")


class Brief(Setting):
    """One configured series."""

    title: dict[LanguageCode, Heading] = Field(default={})  # running head; absent: from the subject's name
    subject: Ticker  # the fund that the brief is about
    benchmark: Ticker  # what it is held against
    field: tuple[Ticker, ...] = ()  # the alternatives; the subject is ranked among them
    field_kind: FieldKind = "funds"  # what the field consists of, for the words
    headline_index: Ticker | None = None  # a fund on the index that headlines quote, when it is not the subject's
    backdrop: Switch = True  # short rate, ten-year yield and VIX, where the source has them
    calendar: str = "XNYS"  # exchange_calendars' name
    exchanges: dict[Ticker, str] = Field(
        default={}
    )  # calendars of tickers that trade elsewhere; known by a suffix: VOD.L
    sources: tuple[SourceName, ...] = ()  # one after another; none: those of `sources`
    accept: dict[Ticker, tuple[date, ...]] = Field(default={})  # days on which a fund really moved as it seems
    min_coverage: float = Field(default=0.5, ge=0, le=1)  # share of the field that must have prices; else no edition
    languages: tuple[LanguageCode, ...] = Field(default=("en", "ru"), min_length=1)  # an edition is made in each
    implication: Switch = True  # the sentence on portfolios in the bottom line
    keywords: dict[LanguageCode, tuple[Keyword, ...]] = Field(default={})  # that a headline must have, by language
    schedule: Schedule | None = None  # absent: made only when asked for
    recipients: tuple[Recipient, ...] = ()  # who gets it by mail …
    recipients_file: Path | None = None  # … and a CSV with more of them: address, name, language

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if problems := [text for _, text in conflicts(self.__dict__)]:
            raise ValueError("; ".join(problems))
        return self

    @property
    def tickers(self) -> tuple[str, ...]:
        """Subject, benchmark, field, headline index: each once, in this order."""
        index = (self.headline_index,) if self.headline_index else ()
        return tuple(dict.fromkeys((self.subject, self.benchmark, *self.field, *index)))


def conflicts(brief: Mapping[str, object]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Contradictions in the settings of a brief, each with its place; values of a wrong type are passed over."""
    subject, benchmark = brief.get("subject"), brief.get("benchmark")
    if isinstance(subject, str) and subject == benchmark:
        yield ("benchmark",), f"{benchmark} is the subject as well; compare it with another fund"
    for name in ("field", "languages"):
        listed, seen = brief.get(name), set()
        for number, one in enumerate(listed if isinstance(listed, list | tuple) else ()):
            if not isinstance(one, str):
                continue
            if one in seen:
                yield (name, str(number)), f"{one} is listed twice"
            elif name == "field" and one in (subject, benchmark):
                yield (
                    (name, str(number)),
                    f"{one} is the {'subject' if one == subject else 'benchmark'}; leave it out here",
                )
            seen.add(one)
    schedule = brief.get("schedule")
    if isinstance(schedule, Mapping):
        yield from ((("schedule", name), text) for name, text in schedule_conflicts(schedule))


def schedule_conflicts(schedule: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Contradictions in a schedule, each with the name of its setting."""
    delay, at, zone = (schedule.get(name) for name in ("after_close", "at", "zone"))
    if at and delay:
        yield "after_close", "leave it out, or leave out `at`: one of them says when"
    if isinstance(delay, str) and re.match(DURATION, delay) and not SETTLED <= duration(delay) <= LATEST:
        yield "after_close", f"{delay} is not between 30m, when the last bars are final, and 20h"
    if isinstance(at, str) and re.match(WALL_TIME, at) and zone is None:
        yield "at", "on whose clock? Add for instance `zone: Europe/London`"
    if zone is not None and not at:
        yield "zone", "belongs to `at`; a delay after the close needs none"
    if isinstance(zone, str) and zone not in (known := available_timezones()):
        yield "zone", f"no time zone '{zone[:60]}'{suggestion(zone, known)}"


class CalendarChanges(Setting):
    """What an exchange decided after its calendar was published."""

    extra_closures: tuple[date, ...] = ()
    extra_sessions: tuple[date, ...] = ()


class Config(Setting):
    output: Path = Path("output")  # editions are written below it; relative to the configuration file
    state: Path = Path("output/.state")  # the ledger and what waits to be sent: a local disk, never a share
    paper: Literal["A4", "Letter"] = "A4"  # of the PDF
    formats: tuple[Literal["html", "pdf"], ...] = Field(default=("html", "pdf"), min_length=1)  # of an edition
    templates: Path | None = None  # a folder whose files replace the bundled ones, file by file
    quotes: Path | None = None  # quotes.yaml, the vault
    headlines: HeadlineSettings = HeadlineSettings()
    brand: Brand = Brand()
    sources: Sources = Sources()
    calendars: dict[str, CalendarChanges] = Field(default={})  # by the name of the calendar
    mail: MailSettings | None = None  # absent: nothing is mailed
    archive: tuple[ArchiveTarget, ...] = ()  # where editions go besides `output`
    owner: Owner = Owner()
    limits: StageLimits = StageLimits()
    briefs: dict[BriefName, Brief] = Field(default={})  # none: ad-hoc briefs only

    @property
    def prices_store(self) -> Path:
        """The file in which prices from the network are kept."""
        return self.sources.store or self.state / "prices.sqlite"

    def order(self, brief: Brief) -> tuple[SourceName, ...]:
        """The sources of a brief, the first one to ask first; each once."""
        return tuple(dict.fromkeys(brief.sources or (self.sources.use, *self.sources.then)))
