"""Reads the file of a batch, YAML or CSV: which briefs, of which subjects, for which clients."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from reporter.channels import Recipient
from reporter.config import BRIEF_NAME, Brand, Brief, BriefName, Config, Ticker, conflicts
from reporter.config_file import in_words
from reporter.errors import ConfigError, suggestion
from reporter.setting import LanguageCode, Setting
from reporter.yaml_file import NOT_TEXT, Document, Problem, Where, complaint, read_yaml

ClientName = Annotated[str, Field(pattern=BRIEF_NAME)]
#: Columns of the CSV form; a list in a cell has spaces between its items.
COLUMNS = ("brief", "subject", "client", "brand", "languages", "paper", "recipients")


class Client(Setting):
    """What is a client's own; the rest is as in the configuration."""

    brand: Brand | None = None
    languages: tuple[LanguageCode, ...] = ()  # none: those of the brief
    paper: Literal["A4", "Letter"] | None = None
    recipients: tuple[Recipient, ...] = ()


class Line(Setting):
    """One brief for some subjects and some clients: every combination is an edition."""

    brief: BriefName
    subjects: tuple[Ticker, ...] = ()  # none: that of the brief; another one takes its place, and it joins the field
    clients: tuple[ClientName, ...] = ()  # none: one edition in our own name


class BatchFile(Setting):
    clients: dict[ClientName, Client] = Field(default={})
    editions: tuple[Line, ...] = Field(min_length=1)


@dataclass(frozen=True, kw_only=True)
class Job:
    """One edition to make."""

    name: str  # of the edition's series: `small-caps`, `sectors-xlk`, `acme--small-caps` for the client `acme`
    series: str  # the same for all clients
    configured: str  # name of the brief in the configuration
    brief: Brief
    brand: Brand
    paper: Literal["A4", "Letter"]


def read_batch(path: Path, config: Config) -> tuple[Job, ...]:
    """Every edition that a file asks for, each once, in its order.

    Raises:
        ConfigError: all problems at once, with line and column.
    """
    document = from_csv(path) if path.suffix.lower() == ".csv" else read_yaml(path)
    problems = list(document.problems)
    try:
        asked = BatchFile.model_validate_json(json.dumps(document.data))
    except ValidationError as error:
        problems += [document.problem(where, text) for where, text in in_words(error, document.data, BatchFile)]
        raise complaint(path, problems) from error
    problems += [document.problem(where, text) for where, text in unknown(asked, config)]
    jobs: dict[str, Job] = {}
    if not problems:
        for number, line in enumerate(asked.editions):
            for job in expand(line, asked.clients, config):
                for where, text in conflicts(job.brief.__dict__):
                    problems.append(document.problem(("editions", str(number), *where), text))
                if not re.fullmatch(BRIEF_NAME, job.name):
                    text = f"'{job.name}' is too long for the name of a series; shorten the client's or the brief's"
                    problems.append(document.problem(("editions", str(number)), text))
                jobs.setdefault(job.name, job)
    if problems:
        raise complaint(path, problems)
    return tuple(jobs.values())


def unknown(asked: BatchFile, config: Config) -> Iterator[tuple[Where, str]]:
    """Names that nobody has defined, with their places."""
    for number, line in enumerate(asked.editions):
        if line.brief not in config.briefs:
            known = ", ".join(config.briefs)
            near = suggestion(line.brief, config.briefs)
            yield ("editions", str(number), "brief"), f"no brief '{line.brief}'{near}; configured: {known}"
        for position, client in enumerate(line.clients):
            if client not in asked.clients:
                near = suggestion(client, asked.clients)
                yield ("editions", str(number), "clients", str(position)), f"no client '{client}'{near}"


def expand(line: Line, clients: Mapping[str, Client], config: Config) -> Iterator[Job]:
    """Subjects × clients of one line."""
    brief = config.briefs[line.brief]
    for subject in line.subjects or (brief.subject,):
        for name in line.clients or ("",):
            client = clients.get(name, Client())
            own: dict[str, object] = {"languages": client.languages} if client.languages else {}
            if name:  # the readers of our own editions are not theirs
                own |= {"recipients": client.recipients, "recipients_file": None}
            if subject != brief.subject:
                field = tuple(brief.subject if ticker == subject else ticker for ticker in brief.field)
                own |= {"subject": subject, "field": field, "title": {}}
            series = line.brief if subject == brief.subject else f"{line.brief}-{plain(subject)}"
            yield Job(
                name=f"{name}--{series}" if name else series,
                series=series,
                configured=line.brief,
                brief=brief.model_copy(update=own),
                brand=client.brand or config.brand,
                paper=client.paper or config.paper,
            )


def plain(ticker: str) -> str:
    """A ticker as part of a name: `^VIX` is `vix`."""
    return "".join(char if char.isalnum() else "-" for char in ticker.lower()).strip("-")


def from_csv(path: Path) -> Document:
    """The rows of a table in the shape of the YAML form; the places are those of the rows.

    Raises:
        ConfigError: it cannot be read, or its columns are others.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig")), strict=True))
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError([f"{path}: not a table in UTF-8 with commas: {error}"]) from error
    columns = tuple(rows[0]) if rows else ()
    strange = [str(name) for name in columns if name not in COLUMNS]
    if strange or "brief" not in columns:
        raise ConfigError([f"{path}:1:1: expected the columns {', '.join(COLUMNS)} (only brief must be there)"])
    clients: dict[str, Any] = {}
    editions: list[dict[str, Any]] = []
    places: dict[Where, tuple[int, int]] = {(): (1, 1)}
    problems: list[Problem] = []
    for number, row in enumerate(rows):
        problems += [Problem(number + 2, 1, text) for text in oddities(row)]
        cells = {name: (text or "").strip() for name, text in row.items()}
        places["editions", str(number)] = (number + 2, 1)
        editions.append({"brief": cells["brief"]} | listed(cells, "subject", "client"))
        if client := cells.get("client"):
            places["clients", client] = (number + 2, 1)
            own = own_settings(cells)
            if clients.setdefault(client, own) != own:
                problems.append(Problem(number + 2, 1, f"client '{client}' has other settings than in an earlier row"))
        elif own_settings(cells):
            problems.append(
                Problem(number + 2, 1, "brand, languages, paper and recipients are a client's: name the client")
            )
    return Document(path, {"clients": clients, "editions": editions}, places, tuple(problems))


def oddities(row: dict[str | Any, Any]) -> Iterator[str]:
    """What no row has: more cells than there are columns, which are taken out, and characters that are no text."""
    if extra := row.pop(None, None):  # csv's name for them
        yield f"more cells than columns: {', '.join(extra)}"
    for name, text in row.items():
        if "\n" in (text or "") or NOT_TEXT.search(text or ""):
            yield f"{name}: holds characters that do not belong in a table"


def listed(cells: Mapping[str, str], *names: str) -> dict[str, Sequence[str]]:
    """Lists of a line: the column `subject` fills `subjects`."""
    return {f"{name}s": cells[name].split() for name in names if cells.get(name)}


def own_settings(cells: Mapping[str, str]) -> dict[str, Any]:
    """Settings of a row's client."""
    found: dict[str, Any] = {"brand": {"name": cells["brand"]}} if cells.get("brand") else {}
    found |= {name: cells[name].split() for name in ("languages", "recipients") if cells.get(name)}
    return found | ({"paper": cells["paper"]} if cells.get("paper") else {})
