"""Who gets a brief: from the configuration and from a CSV, each mailbox once."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from reporter.address import mailbox
from reporter.channels import Recipient
from reporter.config import Brief
from reporter.delivery.message import Reader
from reporter.errors import ConfigError

COLUMNS = ("address", "name", "language")
LIMIT = 5_000_000  # bytes of a list
SHOWN = 10  # problems


def readers(name: str, brief: Brief) -> list[Reader]:
    """In the order of the lists; capitals do not make another mailbox.

    Raises:
        ConfigError: an address or a language that cannot be, with its place.
    """
    listed = [(f"briefs.{name}.recipients", one) for one in brief.recipients]
    if brief.recipients_file:
        listed += _from_csv(brief.recipients_file)
    found: dict[str, Reader] = {}
    problems = []
    for where, one in listed:
        language = one.language or brief.languages[0]
        if language not in brief.languages:
            made = ", ".join(brief.languages)
            problems.append(f"{where}: {one.address} wants '{language}', and {name} is made in {made}")
        reader = Reader(address=mailbox(one.address), name=one.name, language=language)
        found.setdefault(reader.address.casefold(), reader)
    if problems:
        raise ConfigError(_few(problems))
    return list(found.values())


def _from_csv(path: Path) -> list[tuple[str, Recipient]]:
    """Columns address, name, language; with commas or semicolons, as spreadsheets write them."""
    try:
        with path.open("rb") as file:
            content = file.read(LIMIT + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: not UTF-8 text; save the list as UTF-8"]) from error
    if len(content) > LIMIT:
        raise ConfigError([f"{path}: larger than {LIMIT:,} bytes; this is no list of recipients"])
    found, problems = [], []
    for line, row in _rows(path, text):
        given = {key: value.strip() for key, value in row.items() if value and value.strip()}
        if not given:
            continue
        try:
            found.append((f"{path}:{line}", Recipient.model_validate(given)))
        except ValueError as error:
            problems += [f"{path}:{line}: {text}" for text in _texts(error)]
    if problems:
        raise ConfigError(_few(problems))
    return found


def _rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    head = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if ";" in head else ",")
    names = [name.strip().lower() for name in rows.fieldnames or ()]
    if "address" not in names or set(names) - set(COLUMNS):
        raise ConfigError([f"{path}:1: the first line must name the columns: address, and if wanted name, language"])
    try:
        for row in rows:
            if None in row or None in row.values():
                raise ConfigError([f"{path}:{rows.line_num}: has not as many cells as the first line"])
            yield rows.line_num, {str(key).strip().lower(): str(value) for key, value in row.items()}
    except csv.Error as error:
        raise ConfigError([f"{path}:{rows.line_num}: {error}"]) from error


def _texts(error: ValueError) -> Iterator[str]:
    """pydantic's problems, each with the column it is about."""
    for item in error.errors(include_url=False, include_input=False):  # type: ignore[attr-defined]  # pydantic's ValidationError is one
        column = f"{item['loc'][-1]}: " if item["loc"] else ""
        yield item["msg"] if item["type"] == "said" else f"{column}{item['msg'].lower()}"


def _few(problems: Sequence[str]) -> Sequence[str]:
    more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
    return [*problems[:SHOWN], *more]
