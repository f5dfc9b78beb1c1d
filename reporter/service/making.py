"""What a child of the service does for one edition: fetch what it is made of, or make it of what was fetched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from reporter.config import Brief, Config
from reporter.document.edition import Edition
from reporter.document.email import Mail


def silence(_: str) -> None:
    """Progress where nobody looks on; a name, so that an order can be told to another interpreter."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """An edition that is asked for."""

    config: Config
    name: str
    brief: Brief
    session: date
    mail: Mail = Mail.READERS
    anew: bool = False  # a correction: what the edition remembered when it was made before does not bind it
    progress: Callable[[str], None] = silence  # is told each step, in words for a person


def gather(order: Order, now: datetime) -> dict[str, bytes]:
    """Prices that passed the gate, voices, and what the gate said: the files that a replay reads, by name.

    Raises:
        DataError: the gate refuses the prices.
        UpstreamError: the source is away.
    """
    from reporter.delivery.shelf import read_shelf
    from reporter.document.settings_json import settings_json
    from reporter.exchanges import brief_calendar
    from reporter.pipeline import gather_material
    from reporter.prices.table import prices_csv
    from reporter.voices import voices_json
    from reporter.voices.memory import Shelf

    config, brief = order.config, order.brief
    shelf = read_shelf(config.output, order.name, order.session)
    prices, facts, voices = gather_material(
        config,
        order.name,
        brief,
        calendar=brief_calendar(config, brief, now),
        as_of=order.session,
        shelf=Shelf(shelf.earlier) if order.anew else shelf,
        progress=order.progress,
    )
    return {
        "prices.csv": prices_csv(prices),
        "voices.json": voices_json(voices),
        "settings.json": settings_json(config, brief, facts, brief.languages),
    }


def made_of(files: Mapping[str, bytes], order: Order, now: datetime) -> Edition:
    """The edition of what `gather` gave; no source is read.

    Raises:
        DocumentError: a template is wrong.
        DataError: the files are not what `gather` gave.
    """
    from reporter.replay import made_again, read_past

    return made_again(read_past(files, order.config, now), order.mail, order.progress)
