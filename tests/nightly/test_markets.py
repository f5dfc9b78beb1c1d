"""Simulated markets by the thousand, in both languages: nothing fails, nothing is wrong that a rule can find.

`make nightly` reads ten thousand of them; `make test` the first hundred and fifty.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

import pytest

from reporter.errors import ReporterError
from reporter.sessions import Calendar, load_calendar
from reporter.story import write_story
from reporter.wording import Rotation
from reporter.words import language_codes
from tests.nightly import proof, ten_rules
from tests.nightly.markets import make_market
from tests.nightly.words import Place, WatchedLanguage, own_words, say

SHORT, LONG = 150, 10_000
#: Markets a task; a task's result is an account and no text.
CHUNK = 125


@dataclass
class Reading:
    """What a proofreader noted: faults by rule with an example each, and which wordings were read."""

    markets: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    seen: Counter[tuple[str, *Place]] = field(default_factory=Counter)

    def note(self, number: int, code: str, where: str, fault: str) -> None:
        rule = f"{code} {where}: {fault.partition(':')[0]}"
        self.faults[rule] += 1
        self.examples.setdefault(rule, f"market {number}: {fault}")

    def add(self, other: Reading) -> None:
        self.markets += other.markets
        self.faults += other.faults
        self.examples = other.examples | self.examples
        self.seen += other.seen


@cache
def calendar() -> Calendar:
    return load_calendar("XNYS", datetime(2025, 6, 30, tzinfo=UTC))


@cache
def language(code: str) -> WatchedLanguage:
    return WatchedLanguage(code)


def read(numbers: Iterable[int]) -> Reading:
    """The text stage of these markets, in every language, proofread."""
    found = Reading()
    for number in numbers:
        found.markets += 1
        try:
            read_one(number, found)
        except ReporterError as error:
            found.note(number, "", "failed", str(error).split(": ", 2)[-1])
        except Exception as error:  # noqa: BLE001 - whatever happens belongs into the account, with its market
            found.note(number, "", "crashed", f"{type(error).__name__}: {error}")
    for code in language_codes():
        found.seen += Counter({(code, *place): times for place, times in language(code).seen.items()})
        language(code).seen.clear()
    return found


def read_one(number: int, found: Reading) -> None:
    market = make_market(number, calendar())
    story = write_story(
        market.facts, market.voices, field_kind=market.brief.field_kind, implication=market.brief.implication
    )
    for code in language_codes():
        speaking = language(code)
        speaking.rotation = Rotation(f"market-{number}", market.facts.week.number, market.facts.week.place)
        text = say(story, speaking)
        glue = tuple(speaking.labels["glue"])
        for said in text.everything:
            for fault in proof.faults(own_words(said), code, glue):
                found.note(number, code, f"{said.finding.section}.{said.finding.kind}", fault)
        for fault in ten_rules.broken(text, market.facts, market.voices, speaking):
            found.note(number, code, "rule", fault)


def report(found: Reading, *, complete: bool) -> str:
    """The account as a table: faults by number, then wordings and arms that nobody has read yet."""
    lines = [f"{found.markets} markets"]
    lines += [f"{times:6} × {rule}\n         {found.examples[rule]}" for rule, times in found.faults.most_common()]
    for code in language_codes():
        known = {(code, *place) for place in language(code).places()}
        unread = sorted(known - set(found.seen))
        lines.append(f"{code}: {len(known) - len(unread)} of {len(known)} wordings and arms were read")
        if complete:
            lines += [f"   never read: {' '.join(place[1:])}" for place in unread]
    return "\n".join(lines)


@pytest.mark.timeout(600)
def test_the_first_markets() -> None:
    found = read(range(SHORT))
    assert not found.faults, report(found, complete=False)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_ten_thousand_markets() -> None:
    count = int(os.environ.get("MARKETS", LONG))
    found = Reading()
    with ProcessPoolExecutor(2) as workers:
        chunks = [range(first, min(first + CHUNK, count)) for first in range(0, count, CHUNK)]
        for one in workers.map(read, chunks):
            found.add(one)
            print(f"{found.markets} markets, {found.faults.total()} faults", file=sys.stderr)  # noqa: T201 - twenty minutes
    told = report(found, complete=True)
    print(told)  # noqa: T201 - the coverage table is what the run is for
    assert not found.faults and "never read" not in told, told
