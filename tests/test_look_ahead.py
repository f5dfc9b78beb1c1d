"""No edition knows what came later: with later prices, headlines, quotes and editions at hand it has the same bytes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reporter.config import Config, Feed, FilesSettings, HeadlineSettings, Sources
from reporter.pipeline import make_edition
from reporter.prices.bars import TITLES
from reporter.prices.load import load_prices
from reporter.sessions import Calendar
from reporter.voices.memory import Earlier, Shelf
from tests.feed_server import item, rss

DAYS = (
    ("small-caps", date(2020, 3, 20)),
    ("emerging-markets", date(2022, 12, 30)),
    ("bonds", date(2016, 11, 9)),
    ("sectors", date(2024, 1, 2)),
)
QUOTE = """\
  - text: {text}
    language: en
    speaker: Ann Example
    link: https://example.com/note
    said: {said}
    expires: {expires}
"""


@pytest.mark.parametrize(("name", "day"), DAYS)
def test_what_comes_later_changes_no_byte(
    name: str, day: date, config: Config, calendar: Calendar, tmp_path: Path
) -> None:
    made = [build(name, day, config, calendar, tmp_path, later=later) for later in (False, True)]
    assert made[0].keys() == made[1].keys()
    for file, content in made[0].items():
        assert content == made[1][file], file
    page = made[0][f"{name}-{day}-en.html"].decode()
    assert "The word of before" in page and "title of before" in page and "the week before" in page
    assert "prophecy" not in page


def build(name: str, day: date, config: Config, calendar: Calendar, folder: Path, *, later: bool) -> dict[str, bytes]:
    """The files of an edition; `later`: in a world that goes on for six weeks, and is nonsense there."""
    brief = config.briefs[name].model_copy(update={"keywords": {"en": ("markets",)}})
    prices, feed, vault = folder / f"prices-{later}", folder / "feed.xml", folder / "quotes.yaml"
    prices.mkdir()
    write_prices(prices, (*brief.tickers, "^IRX", "^TNX", "^VIX"), day, calendar, later=later)
    feed.write_bytes(headlines(day, later=later))
    vault.write_text(quotes(day, later=later))
    settled = config.model_copy(
        update={
            "sources": Sources(use="files", files=FilesSettings(folder=prices)),
            "headlines": HeadlineSettings(feeds=(Feed(url=feed.as_uri(), outlet="Example Wire"),)),
            "quotes": vault,
            "formats": ("html",),
            "output": folder / f"output-{later}",
        }
    )
    shelf = [edition(brief.subject, brief.benchmark, day - timedelta(days=weeks * 7)) for weeks in (1, 8)]
    if later:
        shelf += [edition(brief.subject, brief.benchmark, day + timedelta(days=ahead)) for ahead in (0, 7)]
    made = make_edition(settled, name, brief, calendar=calendar, as_of=day, languages=("en", "ru"), shelf=Shelf(shelf))
    return dict(made.files)


def write_prices(folder: Path, tickers: tuple[str, ...], day: date, calendar: Calendar, *, later: bool) -> None:
    end = day + timedelta(days=42) if later else day
    prices = load_prices(tickers, (), calendar, calendar.on_or_before(end), Sources(), "simulated")
    cut = load_prices(tickers, (), calendar, day, Sources(), "simulated")
    for ticker in prices.close:
        table = pd.DataFrame({title: getattr(prices, column)[ticker] for column, title in TITLES.items()})
        known = pd.DataFrame({title: getattr(cut, column)[ticker] for column, title in TITLES.items()})
        table.loc[known.index] = known
        beyond = table.index > pd.Timestamp(day)
        table.loc[beyond] = table.loc[beyond].to_numpy() * np.linspace(0.5, 2.0, beyond.sum())[:, None]
        table.rename_axis("Date").to_csv(folder / f"{ticker}.csv")


def headlines(day: date, *, later: bool) -> bytes:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    known = [item("Markets, a title of before", format_datetime(noon - timedelta(days=1)))]
    coming = [item("Markets, a prophecy", format_datetime(noon + timedelta(days=ahead))) for ahead in (1, 30)]
    return rss([*coming, *known] if later else known)


def quotes(day: date, *, later: bool) -> str:
    known = QUOTE.format(text="The word of before.", said=day - timedelta(days=20), expires=day + timedelta(days=400))
    coming = QUOTE.format(text="A prophecy.", said=day + timedelta(days=1), expires=day + timedelta(days=400))
    return "quotes:\n" + known + (coming if later else "")


def edition(subject: str, benchmark: str, day: date) -> Earlier:
    said: dict[str, Any] = {"en": f"Said on {day}: the week before", "ru": f"Сказано {day}: неделей раньше"}
    return Earlier(as_of=day, subject=subject, benchmark=benchmark, title=said, verdict="thin", profile="mixed")
