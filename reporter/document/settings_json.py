"""settings.json: what an edition was made with besides its prices and voices, so that it can be made again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from reporter import __version__
from reporter.config import Brand, Brief, CalendarChanges, Config
from reporter.errors import DataError
from reporter.facts import Facts, Vintage
from reporter.prices.bars import Flaw
from reporter.prices.quality import Issue, Quality, Status
from reporter.setting import Setting
from reporter.words import template_folders

SCHEMA = 1
#: Settings of a brief that say who gets it and when, or where it comes from; no page depends on them, but for `rhythm`.
ELSEWHERE = {"recipients", "recipients_file", "schedule", "sources", "keywords"}


class Judged(Setting):
    """What the gate said of the prices."""

    status: Status
    usable: tuple[str, ...]
    issues: tuple[tuple[str, Flaw, str], ...] = ()
    remarks: tuple[str, ...] = ()

    def quality(self) -> Quality:
        issues = tuple(Issue(*issue) for issue in self.issues)
        return Quality(status=self.status, usable=self.usable, issues=issues, remarks=self.remarks)


class Settings(Setting):
    """Looks, brief, verdict of the gate, and the house that made it."""

    settings_schema: Literal[1] = Field(alias="schema")
    reporter: str
    templates: str  # SHA-256 of all templates, words and fonts
    brief: str
    as_of: date
    languages: tuple[str, ...]
    formats: tuple[Literal["html", "pdf"], ...]
    paper: Literal["A4", "Letter"]
    brand: Brand
    asked: Brief
    calendars: dict[str, CalendarChanges] = Field(default={})
    quality: Judged
    vintage: dict[str, str | None]
    currencies: dict[str, str] = Field(default={})


def rhythm(brief: Brief) -> dict[str, object]:
    """Of a schedule, what the choice of wordings depends on: whether an edition is due every month."""
    monthly = brief.schedule is not None and brief.schedule.period == "month"
    return {"schedule": {"every": "month"}} if monthly else {}


def settings_json(config: Config, brief: Brief, facts: Facts, languages: Sequence[str]) -> bytes:
    """UTF-8 with a line break at the end. No address and no secret is in it."""
    quality = facts.quality
    content = {
        "schema": SCHEMA,
        "reporter": __version__,
        "templates": templates_sha256(config.templates),
        "brief": facts.brief,
        "as_of": facts.as_of.isoformat(),
        "languages": list(languages),
        "formats": list(config.formats),
        "paper": config.paper,
        "brand": config.brand.model_dump(mode="json"),
        "asked": brief.model_dump(mode="json", exclude=ELSEWHERE) | rhythm(brief),
        "calendars": {name: changes.model_dump(mode="json") for name, changes in config.calendars.items()},
        "quality": {
            "status": str(quality.status),
            "usable": list(quality.usable),
            "issues": [[issue.ticker, str(issue.flaw), issue.text] for issue in quality.issues],
            "remarks": list(quality.remarks),
        },
        "vintage": asdict(facts.vintage),
        "currencies": dict(facts.currencies),
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def read_settings(content: bytes) -> Settings:
    """The settings of an edition that was made before.

    Raises:
        DataError: it is not the content of a settings.json.
    """
    try:
        return Settings.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise DataError(f"settings.json: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def vintage_of(settings: Settings) -> Vintage:
    told: Mapping[str, str | None] = settings.vintage
    return Vintage(source=str(told["source"]), sha256=str(told["sha256"]), fetched_at=told["fetched_at"])


def templates_sha256(templates: Path | None) -> str:
    """Of all files that words and looks come from, the user's before the bundled ones."""
    return hashlib.sha256(" ".join(map(_folder_sha256, template_folders(templates))).encode()).hexdigest()


@cache
def _folder_sha256(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
