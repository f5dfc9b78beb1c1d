"""The index page and the feed of an archive: after each publication, and by `reporter archive index`.

A publication reads and writes the file of its own volume, the table of contents, and the page and the feed, which hold
the newest editions alone: what it costs does not depend on how many editions there are.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any

from reporter.config import Config
from reporter.delivery.archive import BRIEF, briefs, user_mark, years
from reporter.delivery.catalogue import SCHEMA, entry, read_volume
from reporter.delivery.target import Target
from reporter.document.archive_page import NEWEST, Contents, render_archive
from reporter.errors import MISSHAPEN
from reporter.words import language_codes

#: The table of contents, at the root of the archive; it follows from the volumes and can be lost.
CONTENTS = "contents.json"


def write_index(
    target: Target,
    config: Config,
    now: datetime,
    *,
    mark: str = "",
    volume: tuple[str, int] | None = None,
    rebuild: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[tuple[str, ...], int]:
    """Reads what has come since the last time, and writes index.html and feed.xml at the root of the archive.

    Args:
        mark: Who writes, as for `Target.create`; else this user.
        volume: Brief and year of an edition that has come; absent: all of them are looked through.
        rebuild: Read all editions again: after one was withdrawn or put back by hand.
        progress: Is told the folder of each edition that is read.

    Returns:
        The names of the files, and how many editions they show.

    Raises:
        OutputError: the place is away or cannot be written.
        DocumentError: a template of the user's is wrong.
    """
    mark = mark or user_mark()
    contents = read_contents(target) if volume else None
    if contents is None or volume is None:
        contents, volume = Contents(), None
    volumes = [volume] if volume else [(brief, year) for brief in briefs(target) for year in years(target, brief)]
    for brief, year in volumes:
        contents.enter(brief, year, read_volume(target, brief, year, mark, now, rebuild=rebuild, progress=progress))
    if volume and len(contents.newest) < min(NEWEST, contents.editions):  # one of the newest was taken back
        return write_index(target, config, now, mark=mark)
    target.replace(CONTENTS, written(contents), mark, now)
    configured = [code for brief in config.briefs.values() for code in brief.languages]
    known, said = language_codes(config.templates), contents.languages
    codes = [code for code in dict.fromkeys((*configured, *said)) if code in known and code in said]
    files = render_archive(contents, config.brand, codes or configured[:1] or known[:1], config.templates)
    for name, content in files.items():
        target.replace(name, content, mark, now)
    return tuple(files), contents.editions


def written(contents: Contents) -> bytes:
    newest = [[one.brief, f"{one.session}-r{one.revision}", _plain(asdict(one))] for one in contents.newest]
    told = {"schema": SCHEMA, "titles": contents.titles, "years": contents.years, "newest": newest}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _plain(one: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name not in ("brief", "session", "revision")}


def read_contents(target: Target) -> Contents | None:
    """None where it is lost, damaged or of another time."""
    with suppress(FileNotFoundError, *MISSHAPEN):
        told = json.loads(target.read(CONTENTS))
        if told["schema"] == SCHEMA:
            years = {brief: {int(year): int(n) for year, n in of.items()} for brief, of in told["years"].items()}
            titles = {brief: {code: str(title) for code, title in of.items()} for brief, of in told["titles"].items()}
            if all(map(BRIEF.fullmatch, {*years, *titles, *(one[0] for one in told["newest"])})):
                return Contents(titles, years, tuple(entry(*one) for one in told["newest"]))
    return None
