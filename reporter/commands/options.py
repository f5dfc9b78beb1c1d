"""Options that several commands share."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from reporter.errors import ReporterError
from reporter.init import bundled_config
from reporter.request import CONFIG_FILE


def brief_names(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
    from reporter.yaml_file import read_yaml

    path = context.params.get("config_path") or CONFIG_FILE
    try:
        briefs = read_yaml(path if path.exists() else bundled_config()).data.get("briefs")
    except ReporterError:
        return []
    return [CompletionItem(name) for name in (briefs if isinstance(briefs, dict) else ()) if name.startswith(typed)]


def day(_: click.Context, __: click.Parameter, text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError as error:
        raise click.BadParameter(f"'{text}' is not a day; write it as 2024-10-16") from error


config_option = click.option(
    "--config", "config_path", type=click.Path(path_type=Path), help="Configuration; default: ./config.yaml."
)
as_of_option = click.option(
    "--as-of", metavar="YYYY-MM-DD", callback=day, help="Speak about this day; default: the last session."
)
source_option = click.option(
    "--source", type=click.Choice(["yahoo", "tiingo", "files", "simulated"]), help="Where prices come from."
)
prices_option = click.option(
    "--prices", metavar="DIR", type=click.Path(path_type=Path), help="A folder of prices; means --source files."
)
