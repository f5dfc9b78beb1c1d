"""The index page and the feed of an archive: written after each publication, and by `reporter archive index`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from reporter.config import Config
from reporter.delivery.archive import user_mark
from reporter.delivery.catalogue import read_catalogue
from reporter.delivery.target import Target
from reporter.document.archive_page import render_archive
from reporter.language import language_codes


def write_index(
    target: Target,
    config: Config,
    now: datetime,
    *,
    mark: str = "",
    rebuild: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[tuple[str, ...], int]:
    """Reads what has come since the last time, and writes index.html and feed.xml at the root of the archive.

    Args:
        mark: Who writes, as for `Target.create`; else this user.
        rebuild: Read all editions again: after one was withdrawn or put back by hand.
        progress: Is told the folder of each edition that is read.

    Returns:
        The names of the files, and how many editions they show.

    Raises:
        OutputError: the place is away or cannot be written.
        DocumentError: a template of the user's is wrong.
    """
    mark = mark or user_mark()
    entries = read_catalogue(target, mark, now, rebuild=rebuild, progress=progress)
    configured = [code for brief in config.briefs.values() for code in brief.languages]
    said = sorted({code for entry in entries for code in entry.said})
    known = language_codes(config.templates)
    codes = [code for code in dict.fromkeys((*configured, *said)) if code in known and code in said]
    files = render_archive(entries, config.brand, codes or configured[:1] or known[:1], config.templates)
    for name, content in files.items():
        target.replace(name, content, mark, now)
    return tuple(files), len(entries)
