"""Every setting, its default and its unit. Only `config_file.py` knows that they come from YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

#: Letters, digits and what Yahoo adds for indices, share classes and exchanges: ^VIX, BRK-B, VOD.L, EURUSD=X.
TICKER = r"^\^?[A-Z0-9][A-Z0-9.\-=]{0,14}$"
LANGUAGE_CODE = r"^[a-z]{2}$"
BRIEF_NAME = r"^[a-z0-9][a-z0-9\-]{0,40}$"
WEB_ADDRESS = r"^https://\S+$"
Ticker = Annotated[str, Field(pattern=TICKER)]
LanguageCode = Annotated[str, Field(pattern=LANGUAGE_CODE)]
BriefName = Annotated[str, Field(pattern=BRIEF_NAME)]
SourceName = Literal["yahoo", "files", "simulated"]
#: What the field consists of; the words for it stand in templates/languages/*/labels.yaml.
FieldKind = Literal["funds", "factor-funds", "sector-funds", "country-funds", "bond-funds", "style-funds"]
#: YAML 1.2 knows only true and false; people also write on, off, yes and no.
SWITCH = {"on": True, "yes": True, "off": False, "no": False}
Switch = Annotated[bool, BeforeValidator(lambda value: SWITCH.get(str(value).lower(), value))]


#: How long after the close a bar of Yahoo is final: quotes are late by a quarter of an hour, the auction needs time.
SETTLED = timedelta(minutes=30)


class Setting(BaseModel):
    """Unknown keys are errors, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, allow_inf_nan=False)


class YahooSettings(Setting):
    """The real yfinance. Its data are for personal use; see the README."""

    base_url: str | None = None  # a mirror that answers in Yahoo's shapes; None: Yahoo itself
    timeout: float = Field(default=20.0, gt=0)  # seconds for one request
    spacing: float = Field(default=0.5, ge=0)  # seconds between two requests
    budget: float = Field(default=300.0, gt=0)  # seconds for all requests of one edition


class FilesSettings(Setting):
    """A folder with one file a ticker: IJR.csv or IJR.parquet, with Yahoo's columns."""

    folder: Path | None = None  # relative to the configuration file


class SimulatedSettings(Setting):
    """The bundled generator. Every page says SIMULATED."""

    seed: int = Field(default=20241016, ge=0)


class Sources(Setting):
    use: SourceName = "yahoo"
    yahoo: YahooSettings = YahooSettings()
    files: FilesSettings = FilesSettings()
    simulated: SimulatedSettings = SimulatedSettings()


class Brand(Setting):
    """What the masthead and the foot of a page say."""

    name: str = Field(default="Market Brief", min_length=1, max_length=60)
    disclaimer: dict[LanguageCode, str] = {}  # replaces the built-in one, by language


class Brief(Setting):
    """One configured series."""

    title: dict[LanguageCode, str] = {}  # running head, by language; absent: made from the subject's name
    subject: Ticker
    benchmark: Ticker
    field: tuple[Ticker, ...] = ()  # the alternatives; the subject is ranked among them
    field_kind: FieldKind = "funds"
    headline_index: Ticker | None = None  # a fund on the index that headlines quote, when it is not the subject's
    backdrop: Switch = True  # short rate, ten-year yield and VIX, where the source has them
    calendar: str = "XNYS"  # exchange_calendars' name
    languages: tuple[LanguageCode, ...] = Field(default=("en", "ru"), min_length=1)
    implication: Switch = True  # the sentence on portfolios in the bottom line

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


class Config(Setting):
    output: Path = Path("output")  # editions are written below it; relative to the configuration file
    state: Path = Path("output/.state")  # the ledger and what waits to be sent: a local disk, never a share
    paper: Literal["A4", "Letter"] = "A4"
    formats: tuple[Literal["html", "pdf"], ...] = Field(default=("html", "pdf"), min_length=1)
    templates: Path | None = None  # a folder whose files replace the bundled ones, file by file
    quotes: Path | None = None  # quotes.yaml, the vault
    brand: Brand = Brand()
    sources: Sources = Sources()
    briefs: dict[BriefName, Brief] = {}  # none: ad-hoc briefs only
