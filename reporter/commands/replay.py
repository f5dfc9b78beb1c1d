"""`reporter replay`: make an edition again from the archive."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from reporter.commands.options import brief_names, config_option, day
from reporter.errors import DifferenceError, UsageError
from reporter.request import configuration, overridden


@click.command(short_help="Make an edition again from its folder.")
@click.argument("name", metavar="BRIEF", shell_complete=brief_names)
@click.argument("session", metavar="SESSION", callback=day)
@config_option
@click.option("--revision", type=click.IntRange(0), help="Default: the newest one.")
@click.option("--output", metavar="DIR", type=click.Path(path_type=Path), help="Where editions are; default: as set.")
@click.option("--today", is_flag=True, help="Tell what would read differently on the data of today.")
@click.option("--source", type=click.Choice(["yahoo", "tiingo", "files", "simulated"]), help="Of the data of today.")
@click.option("--prices", metavar="DIR", type=click.Path(path_type=Path), help="A folder of the data of today.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def replay(
    name: str,
    session: date,
    config_path: Path | None,
    revision: int | None,
    output: Path | None,
    today: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Make an edition again from the prices, voices and settings in its folder, and compare the bytes.

    \b
    reporter replay small-caps 2024-10-16
    reporter replay small-caps 2024-10-16 --today
    """
    asked = {"output": output, "paper": None, "formats": (), **given}
    config = overridden(configuration(config_path, adhoc=True), asked)

    from reporter.delivery.archive import shelves, sound_manifest
    from reporter.delivery.target import local_target
    from reporter.replay import made_again, on_the_data_of_today, read_past, why_different

    root = config.output
    target = local_target(root)
    taken = [one for one in shelves(target, name, session.year) if one.session == session]
    chosen = next((one for one in reversed(taken) if revision in (None, one.revision)), None)
    if chosen is None:
        known = f"; revisions: {', '.join(str(one.revision) for one in taken)}" if taken else ""
        raise UsageError(f"no edition of {name} about {session} in '{root}'{known}")
    found = sound_manifest(target, chosen.path)
    if found is None:
        raise DifferenceError(f"{root / chosen.path} is damaged: its files are not those of its manifest")
    files = {file: target.read(f"{chosen.path}/{file}") for file in found[1]["files"]}
    past = read_past(files, config, datetime.now(UTC))
    if today:
        lines = list(on_the_data_of_today(past, files))
        click.echo(json.dumps(lines) if as_json else "\n".join(lines) or "nothing would read differently")
        return
    made = made_again(past).files
    same = {file: made.get(file) == content for file, content in files.items()}
    why = "" if all(same.values()) else why_different(past)
    if as_json:
        told = {"edition": str(root / chosen.path), "same": all(same.values()), "files": same, "why": why}
        click.echo(json.dumps(told, indent=2))
    else:
        click.echo("\n".join(f"{'same     ' if ok else 'different'}  {file}" for file, ok in same.items()))
    if why:
        raise DifferenceError(f"{sum(not ok for ok in same.values())} of {len(same)} files are different: {why}")
