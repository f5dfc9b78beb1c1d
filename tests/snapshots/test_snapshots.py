"""Twelve real editions as text, both languages, each read by an editor before it was accepted.

Where the machine has no real prices they are skipped. `make snapshots` accepts what the words have become: read the
difference (`git diff tests/snapshots`) as you would read a proof, and only then commit it.
"""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from reporter.config import Brief, Config
from reporter.delivery.shelf import earlier
from reporter.document.facts_json import document
from reporter.facts import Facts, compute_facts
from reporter.language import Language
from reporter.prices.quality import judge
from reporter.story import Story, write_story
from reporter.voices import Voices
from reporter.voices.memory import Earlier, Memory
from reporter.wording import Rotation
from tests.conftest import Market
from tests.nightly.words import Text, say

FOLDER = Path(__file__).parent
#: Brief, session, and what is told by it.
EDITIONS = (
    ("small-caps", date(2018, 6, 15), "a quiet week of a leader"),
    ("small-caps", date(2018, 12, 24), "a plunge before a holiday"),
    ("small-caps", date(2020, 3, 20), "a crash"),
    ("small-caps", date(2020, 11, 27), "a laggard soars in a holiday week"),
    ("small-caps", date(2021, 3, 12), "a record and a breakout of a leader"),
    ("small-caps", date(2021, 7, 16), "a leader fading"),
    ("small-caps", date(2023, 9, 15), "a quiet week of a laggard"),
    ("small-caps", date(2023, 12, 26), "a false dawn"),
    ("small-caps", date(2024, 7, 16), "a laggard's bounce"),
    ("small-caps", date(2024, 10, 16), "the golden edition's day"),
    ("sectors", date(2024, 1, 19), "January"),
    ("bonds", date(2022, 10, 21), "a field with a gap"),
)


@pytest.mark.parametrize("code", ["en", "ru"])
@pytest.mark.parametrize(("name", "day", "told"), EDITIONS)
def test_snapshot(name: str, day: date, told: str, code: str, market: Market, config: Config) -> None:
    path = FOLDER / f"{day}-{name}-{code}.txt"
    shown = "\n".join(printed(edition(name, day, code, market, config.briefs[name]), Language(code), told)) + "\n"
    if os.environ.get("ACCEPT_SNAPSHOTS"):
        path.write_text(shown, "utf-8")
    assert path.read_text("utf-8") == shown, f"{path.name} has changed; if it reads well: make snapshots"


def edition(name: str, day: date, code: str, market: Market, brief: Brief) -> Text:
    """With the edition of a week before on the shelf, as a weekly reader has it."""
    before, _ = written(name, market.calendar.on_or_before(day - timedelta(days=7)), market, brief, None)
    facts, story = written(name, day, market, brief, remembered(before))
    return say(story, Language(code, rotation=Rotation(name, facts.week.number, facts.week.place)))


def written(name: str, day: date, market: Market, brief: Brief, previous: Earlier | None) -> tuple[Facts, Story]:
    prices = market.prices([ticker for ticker in brief.tickers if ticker in market.tickers], day)
    quality = judge(prices, (brief.subject, brief.benchmark), brief.tickers[2:], day)
    facts = compute_facts(prices, name, brief, quality, market.calendar)
    voices = Voices(memory=Memory(previous=previous))
    return facts, write_story(facts, voices, field_kind=brief.field_kind, implication=brief.implication)


def remembered(facts: Facts) -> Earlier:
    return earlier(document(facts, (), (), (), {"en": "The week before"}, None, Memory()))


def printed(text: Text, language: Language, told: str) -> Iterator[str]:
    """The article, then what the charts say."""
    yield f"[{told}]\n\n{text.title.text}\n\n{wrapped(text.standfirst.text)}"
    for name, paragraphs in text.sections:
        if heading := text.headings[name]:
            yield f"\n* {language.labels['sections'][heading]}"
        for paragraph in paragraphs:
            yield ""
            yield wrapped(" ".join(said.text for said in paragraph))
    yield from (f"\n[{language.labels['document']['ahead']}]\n{wrapped(said.text)}" for said in text.ahead)
    yield "\n[charts]"
    yield from (wrapped(said.text) for said in text.captions)


def wrapped(text: str) -> str:
    return textwrap.fill(text.replace("\u00a0", "~"), 110, break_long_words=False, break_on_hyphens=False)
