"""The commented configuration that comes with the product, and a copy of it with a user's answers."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from reporter.errors import OutputError


def bundled_config() -> Path:
    """Beside the package in an installed wheel, in the project's root otherwise."""
    installed = Path(__file__).with_name("config.yaml")
    return installed if installed.is_file() else Path(__file__).parent.parent / "config.yaml"


def config_text(values: Mapping[str, str | list[str]]) -> str:
    """The bundled configuration with some values replaced; comments stay.

    `values`: name of a setting, at whatever depth it stands (`languages`: in every brief), to its value.
    """
    text = bundled_config().read_text("utf-8")
    for name, value in values.items():
        text = _with_value(text, name, json.dumps(value, ensure_ascii=False))  # a JSON text or list is YAML as well
    return text


def _with_value(text: str, name: str, value: str) -> str:
    """The text with another value in each line of this name; a comment behind it keeps its column if it can."""

    def line(found: re.Match[str]) -> str:
        return f"{found[1]}{value} ".ljust(len(found[1] + found[2])) + "#" if found[3] else f"{found[1]}{value}"

    return re.sub(rf"^( *{re.escape(name)}: )([^#\n]*)(#?)", line, text, flags=re.MULTILINE)


def interactive() -> bool:
    """Is there somebody to ask?"""
    return sys.stdin.isatty()


def answers() -> dict[str, str | list[str]]:
    """The settings that everybody wants to choose."""
    from reporter.language import language_codes

    known = language_codes()

    def codes(text: str) -> list[str]:
        listed = [code.strip() for code in text.split(",") if code.strip()]
        if not listed or not set(listed) <= set(known) or len(set(listed)) < len(listed):
            raise click.BadParameter(f"name one or more of {', '.join(known)}, separated by commas")
        return listed

    chosen: dict[str, str | list[str]] = {
        "output": click.prompt("Folder for editions", "output"),
        "languages": click.prompt("Languages", "en, ru", value_proc=codes),
        "use": click.prompt("Prices from", "yahoo", type=click.Choice(["yahoo", "files", "simulated"])),
    }
    if chosen["use"] == "files":
        chosen["folder"] = click.prompt("Folder of prices", "prices")
    return chosen


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
