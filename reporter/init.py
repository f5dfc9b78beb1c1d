"""The commented configuration that comes with the product, and a copy of it with a user's answers."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from reporter.errors import OutputError


def bundled_config() -> Path:
    """Beside the package in an installed wheel, in the project's root otherwise."""
    installed = Path(__file__).with_name("config.yaml")
    return installed if installed.is_file() else Path(__file__).parent.parent / "config.yaml"


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What somebody who was asked wants: values by the name of the setting, at whatever depth it stands."""

    briefs: Sequence[str] = ()  # none: all of the bundled ones
    values: Mapping[str, str | list[str]] = field(default_factory=dict)


def config_text(answers: Answers) -> str:
    """The bundled configuration with the answers in it. Comments stay, and so do other briefs, as comments."""
    text = bundled_config().read_text("utf-8")
    head, start, blocks = text.partition("\nbriefs:\n")
    if answers.briefs:
        blocks = "".join(
            block if name in answers.briefs else re.sub(r"(?m)^  (?=.*\S)", "  # ", block)
            for name, block in brief_blocks(blocks)
        )
    text = head + start + blocks
    for name, value in answers.values.items():
        text = _with_value(text, name, json.dumps(value, ensure_ascii=False))  # a JSON text or list is YAML as well
    return text


def brief_blocks(text: str) -> list[tuple[str, str]]:
    """Name and lines of every brief; what stands before the first one has no name."""
    parts = re.split(r"(?m)^(?=  [a-z0-9][a-z0-9-]*:)", text)
    return [(part.strip().partition(":")[0], part) for part in parts]


def _with_value(text: str, name: str, value: str) -> str:
    """The text with another value in each line of this name; a comment behind it keeps its column if it can."""

    def line(found: re.Match[str]) -> str:
        return f"{found[1]}{value} ".ljust(len(found[1] + found[2])) + "#" if found[3] else f"{found[1]}{value}"

    return re.sub(rf"^( *{re.escape(name)}: )([^#\n]*)(#?)", line, text, flags=re.MULTILINE)


def interactive() -> bool:
    """Is there somebody to ask?"""
    return sys.stdin.isatty()


def ask() -> Answers:
    """Four questions; a folder of prices is asked for where they come from files."""
    from reporter.words import language_codes

    bundled = bundled_config().read_text("utf-8").partition("\nbriefs:\n")[2]
    briefs = [name for name, _ in brief_blocks(bundled) if name]
    click.echo(f"Briefs: {', '.join(briefs)}", err=True)
    chosen = click.prompt("Which of them (all, or names)", "all", value_proc=_some_of(["all", *briefs]), err=True)
    codes = language_codes()
    values: dict[str, str | list[str]] = {
        "languages": click.prompt("Languages", ", ".join(codes), value_proc=_some_of(codes), err=True),
        "use": click.prompt("Prices from", "yahoo", type=click.Choice(["yahoo", "files", "simulated"]), err=True),
    }
    if values["use"] == "files":
        values["folder"] = click.prompt("Folder of prices", "prices", err=True)
    values["output"] = click.prompt("Folder for editions", "output", err=True)
    return Answers(briefs=() if "all" in chosen else chosen, values=values)


def _some_of(known: Sequence[str]) -> Callable[[str], list[str]]:
    def some(text: str) -> list[str]:
        listed = [one.strip() for one in text.split(",") if one.strip()]
        if not listed or not set(listed) <= set(known) or len(set(listed)) < len(listed):
            raise click.BadParameter(f"name one or more of {', '.join(known)}, separated by commas")
        return listed

    return some


def write_new(path: Path, text: str) -> None:
    """Write a file that must not be there yet.

    Raises:
        OutputError: it is, or it cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise OutputError(f"{path} is there already and stays as it is; name another file or remove it") from error
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error
