"""`reporter archive …`: what has been published."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reporter.commands.options import brief_names, config_option, day
from reporter.commands.targets import known_brief, known_target, opened, reached
from reporter.errors import MISSHAPEN, OutputError, UsageError, visible
from reporter.request import configuration, note

if TYPE_CHECKING:
    from reporter.delivery.target import Target


@click.group()
def archive() -> None:
    """What has been published, and its index page."""


@archive.command(short_help="Write the index page and the feed.")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@config_option
@click.option("--rebuild", is_flag=True, help="Read all editions again, also those that the index knows already.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object about each archive.")
def index(folder: Path | None, config_path: Path | None, rebuild: bool, as_json: bool) -> None:
    """Write index.html and feed.xml: all editions to search and leaf through, without a server.

    FOLDER is an archive on this machine or on a mounted share; default: the folder of editions, and every archive
    that is configured. One that is away is named, with exit code 73; the others get theirs all the same.

    \b
    reporter archive index
    reporter archive index /mnt/briefs
    """
    from reporter.delivery.places import targets as all_targets
    from reporter.delivery.target import local_target
    from reporter.service.index_page import bring_up_to_date
    from reporter.terminal import steps

    if folder is not None and not folder.is_dir():
        raise OutputError(f"'{folder}' is no folder; name the one that holds the editions")
    config = configuration(config_path, adhoc=folder is not None)
    now, code = datetime.now(UTC), 0
    places = (
        {one: reached(config, one) for one in all_targets(config)} if folder is None else {"": local_target(folder)}
    )
    for one, target in places.items():
        try:
            if isinstance(target, OutputError):
                raise target
            with steps() as progress:
                names, editions = bring_up_to_date(target, config, now, rebuild=rebuild, progress=progress)
        except OutputError as error:
            if len(places) == 1:
                raise
            note(visible(f"{one}: {error}"))
            code = error.exit_code
            continue
        place = target.place.strip("'")
        if as_json:
            click.echo(json.dumps({"archive": place, "editions": editions, "files": list(names)}))
        else:
            for name in names:
                click.echo(os.fsencode(f"{place.rstrip('/')}/{name}"))
    click.get_current_context().exit(code)


@archive.command(short_help="Set up a target.")
@click.argument("name", metavar="[TARGET]", required=False)
@config_option
def init(name: str | None, config_path: Path | None) -> None:
    """Set up a target: an identity file tells it from an empty folder where a share should be mounted.

    A target that has one already, from another machine say, is adopted. A folder must be there: what is not mounted is
    not set up.
    """
    from uuid import uuid4

    from reporter.delivery.archive import user_mark
    from reporter.delivery.places import MARKERS, OUTPUT, settings_of
    from reporter.delivery.places import opened as connected
    from reporter.delivery.target import MARKER
    from reporter.service.ledger import open_ledger

    config = configuration(config_path, False)
    now = datetime.now(UTC)
    names = [known_target(config, name)] if name else [target.name for target in config.archive] or [OUTPUT]
    with open_ledger(config.state, now) as ledger:
        for one in names:
            settings = settings_of(config, one)
            if settings and settings.folder and not settings.folder.is_dir():
                raise OutputError(f"{one}: there is no folder '{settings.folder}'; mount the share, or make the folder")
            target = connected(config, one)
            try:
                marker = target.read(MARKER).decode(errors="replace").strip()
            except FileNotFoundError:
                marker = str(uuid4())
                target.create(MARKER, f"{marker}\n".encode(), user_mark(), now)
            ledger.put(MARKERS + one, marker)
            click.echo(f"{one}: {target.place}, identity {marker}")


@archive.command("list")
@click.argument("brief", required=False, shell_complete=brief_names)
@config_option
@click.option("--target", "name", metavar="TARGET", default="output", help="Default: the folder of editions.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object an edition.")
def list_(brief: str | None, config_path: Path | None, name: str, as_json: bool) -> None:
    """List editions, the newest last."""
    from reporter.delivery.archive import MANIFEST, editions

    config = configuration(config_path, False)
    target, count = opened(config, known_target(config, name)), 0
    for shelved in editions(target, known_brief(config, brief, [target])):
        try:
            manifest = json.loads(target.read(f"{shelved.path}/{MANIFEST}"))
            title = next(iter(manifest["title"].values()), "")
            told = {"brief": shelved.brief, "session": shelved.session.isoformat(), "revision": shelved.revision}
            told |= {"path": shelved.path, "quality": manifest["quality"], "title": manifest["title"]}
        except (FileNotFoundError, *MISSHAPEN):
            continue  # no edition; `verify` tells
        line = json.dumps(told) if as_json else visible(f"{shelved.path}  {manifest['quality']}  {title}")
        click.echo(line.encode())
        count += 1
    if not count:
        note(f"{target.place} holds no edition{f' of {brief}' if brief else ''}")


@archive.command("open", short_help="Open an edition, the newest or one.")
@click.argument("brief", shell_complete=brief_names)
@click.argument("session", required=False, callback=day)
@config_option
@click.option("--print", "only_print", is_flag=True, help="Print the path and open nothing.")
def open_(brief: str, session: date | None, config_path: Path | None, only_print: bool) -> None:
    """Open the newest edition of a brief, or the one about a session."""
    from reporter.delivery.archive import editions, sound_manifest
    from reporter.delivery.places import OUTPUT

    config = configuration(config_path, False)
    target = opened(config, OUTPUT)
    known_brief(config, brief, [target])
    found = [one for one in editions(target, brief) if session in (None, one.session)]
    for shelved in reversed(found):
        if sound := sound_manifest(target, shelved.path):
            pages = [name for kind in (".html", ".pdf") for name in sound[1]["files"] if name.endswith(kind)]
            name = next(iter(pages), "manifest.json")
            path = config.output / shelved.path / name
            click.echo(os.fsencode(path))
            if not only_print:
                click.launch(str(path))
            return
    about = f" about {session}" if session else ""
    raise UsageError(f"'{config.output}' holds no edition of '{brief}'{about}; `reporter archive list` shows all")


@archive.command(short_help="Read every file again and compare.")
@click.argument("brief", required=False, shell_complete=brief_names)
@config_option
@click.option("--target", "name", metavar="TARGET", help="Default: all of them.")
@click.option("--since", metavar="YYYY-MM-DD", callback=day, help="Only editions about this session and later ones.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a target.")
def verify(brief: str | None, config_path: Path | None, name: str | None, since: date | None, as_json: bool) -> None:
    """Read every file again and name what was changed, taken away or added; exit code 1 if anything was.

    A target that is away is named, with exit code 73; the others are read all the same.
    """
    from reporter.delivery.places import targets as all_targets

    config = configuration(config_path, False)
    places = {one: reached(config, one) for one in ([known_target(config, name)] if name else all_targets(config))}
    there = [place for place in places.values() if not isinstance(place, OutputError)]
    if len(there) == len(places):  # one that is away may hold a brief that is configured no longer
        known_brief(config, brief, there)
    codes = [_verified(one, place, brief, since or date.min, as_json) for one, place in places.items()]
    click.get_current_context().exit(max(codes))


def _verified(name: str, place: Target | OutputError, brief: str | None, since: date, as_json: bool) -> int:
    """Tells what has become of a target, or why nobody knows; the exit code."""
    from reporter.delivery.verify import verify as verified

    count, problems, fault = 0, [], ""
    try:
        if isinstance(place, OutputError):
            raise place
        for shelved, found in verified(place, brief, since):
            count += 1
            problems += [f"{shelved.path}: {text}" for text in found]
    except OutputError as error:
        fault = str(error)
    if as_json:
        ended = {"error": fault} if fault else {"editions": count}
        click.echo(json.dumps({"target": name, **ended, "problems": problems}))
    else:
        for text in problems:
            click.echo(visible(f"{name}: {text}"))
        if not fault:
            editions = "1 edition" if count == 1 else f"{count} editions"
            differences = "1 difference" if len(problems) == 1 else f"{len(problems) or 'no'} differences"
            click.echo(f"{name}: {editions}, {differences}")
    if fault:
        note(visible(f"{name}: {fault}"))
        return OutputError.exit_code
    return 1 if problems else 0


@archive.command(short_help="Take away editions that are too old.")
@config_option
@click.option("--target", "name", metavar="TARGET", help="Default: all that have a setting `keep`.")
@click.option("--keep", metavar="DURATION", help="Such as 1825d, instead of the setting.")
@click.option("--yes", is_flag=True, help="Do it; without this, only say what would go.")
def prune(config_path: Path | None, name: str | None, keep: str | None, yes: bool) -> None:
    """Take away editions that are older than they have to be kept."""
    import re

    from reporter.delivery.archive import editions
    from reporter.delivery.verify import prune as pruned
    from reporter.service.index_page import bring_up_to_date
    from reporter.setting import DURATION, duration

    config = configuration(config_path, False)
    if keep and not re.fullmatch(DURATION, keep):
        raise UsageError(f"--keep: '{keep}' is not a duration; write for instance 1825d")
    settings = {target.name: target.keep for target in config.archive}  # the folder of editions goes only by its name
    if name:
        settings = {known_target(config, name): settings.get(name)}
    kept = {one: span for one, setting in settings.items() if (span := keep or setting)}
    if not kept:
        note("nothing is pruned: no target has a setting `keep`; --target names one, and --keep says how long")
    now = datetime.now(UTC)
    for one, span in kept.items():
        target, before = opened(config, one), (now - duration(span)).date()
        gone = pruned(target, before, now) if yes else (old for old in editions(target) if old.session < before)
        count = 0
        for shelved in gone:
            click.echo(f"{one}: {shelved.path} {'is gone' if yes else 'would go; add --yes'}")
            count += 1
        if not count:
            note(f"{one}: nothing is older than {span}")
        if yes and count and "index.html" in target.names(""):
            bring_up_to_date(target, config, now)
