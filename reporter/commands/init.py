"""`reporter init`: write a configuration to start from."""

from __future__ import annotations

import os
from pathlib import Path

import click

from reporter.errors import OutputError
from reporter.init import Answers, ask, config_text, interactive, write_new
from reporter.request import CONFIG_FILE


@click.command(short_help="Write a commented config.yaml to start from.")
@click.argument("file", type=click.Path(path_type=Path), default=CONFIG_FILE)
@click.option("--yes", is_flag=True, help="Ask nothing and take the defaults.")
def init(file: Path, yes: bool) -> None:
    """Write a commented config.yaml to start from; at a terminal it asks four questions."""
    from reporter.config_file import parse_config
    from reporter.words import known_tickers

    if os.path.lexists(file):
        raise OutputError(f"{file} is there already and stays as it is; name another file or remove it")
    text = config_text(Answers() if yes or not interactive() else ask())
    config = parse_config(text, file, known_tickers)
    write_new(file, text)
    click.echo(os.fsencode(file))
    if interactive():
        name = next(iter(config.briefs))
        click.echo(
            f"Next: `reporter brief {name}`, or `reporter preview {name} --open` to see what a change does", err=True
        )
