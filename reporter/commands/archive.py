"""`reporter archive …`: what has been published."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reporter.commands.options import config_option
from reporter.errors import OutputError
from reporter.request import configuration

if TYPE_CHECKING:
    from reporter.config import Config
    from reporter.delivery.target import Target


@click.group()
def archive() -> None:
    """What has been published, and its index page."""


@archive.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@config_option
@click.option("--rebuild", is_flag=True, help="Read all editions again, also those that the index knows already.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object about each archive.")
def index(folder: Path | None, config_path: Path | None, rebuild: bool, as_json: bool) -> None:
    """Write index.html and feed.xml: all editions to search and leaf through, without a server.

    FOLDER is an archive on this machine or on a mounted share; default: the folder of editions, and every archive
    that is configured.

    \b
    reporter archive index
    reporter archive index /mnt/briefs
    """
    from reporter.delivery.index import write_index
    from reporter.terminal import steps

    if folder is not None and not folder.is_dir():
        raise OutputError(f"'{folder}' is no folder; name the one that holds the editions")
    config = configuration(config_path, adhoc=folder is not None)
    now = datetime.now(UTC)
    for target in targets(config, folder):
        with steps() as progress:
            names, editions = write_index(target, config, now, rebuild=rebuild, progress=progress)
        if as_json:
            click.echo(json.dumps({"archive": target.place.strip("'"), "editions": editions, "files": list(names)}))
        else:
            place = target.place.strip("'").rstrip("/")
            for name in names:
                click.echo(os.fsencode(f"{place}/{name}"))


def targets(config: Config, folder: Path | None) -> Iterator[Target]:
    """The named folder, else the folder of editions and the configured archives."""
    from reporter.delivery.target import local_target, open_target

    yield local_target(folder or config.output)
    if folder is None:
        for settings in config.archive:
            yield open_target(settings)
