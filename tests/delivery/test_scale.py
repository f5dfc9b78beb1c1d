"""An archive with years in it costs a publication what a young one costs: files and bytes are counted, not time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from reporter.delivery.archive import Sender, store
from reporter.delivery.index import write_index
from reporter.delivery.target import Target, local_target
from tests.browser.test_archive import CONFIG, edition
from tests.delivery.test_archive import EDITION

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SENDER = Sender(instance="one", occurrence="2025-12-31")


class Counted(Target):
    """Counts what is read, listed and written, and the bytes of it."""

    def __init__(self, root: Path) -> None:
        self.__dict__.update(local_target(root).__dict__)
        self.done: Counter[str] = Counter()

    def read(self, path: str) -> bytes:
        content = super().read(path)
        self.done.update({"read": 1, "bytes": len(content)})
        return content

    def names(self, path: str) -> list[str]:
        found = super().names(path)
        self.done.update({"listed": 1, "names": len(found)})
        return found

    def create(self, path: str, content: bytes, mark: str, now: datetime) -> bool:
        self.done.update({"written": 1, "bytes": len(content)})
        return super().create(path, content, mark, now)

    def replace(self, path: str, content: bytes, mark: str, now: datetime) -> None:
        self.done.update({"written": 1, "bytes": len(content)})
        super().replace(path, content, mark, now)


def fill(root: Path, editions: int) -> None:
    """Weekly editions of twenty briefs, the newest of 2025."""
    weeks = editions // 20
    for week in range(weeks):
        for brief in range(20):
            session = date(2025, 12, 26) - timedelta(weeks=week)
            edition(root, f"client-{brief}", session, week, {"en": f"word{week % 97} word{brief}", "ru": "слово"})


@pytest.fixture
def cost(tmp_path: Path) -> Callable[[int], tuple[Counter[str], Counter[str]]]:
    """Of the index of so many editions, made for the first time; and of one more edition."""

    def measured(editions: int) -> tuple[Counter[str], Counter[str]]:
        root = tmp_path / str(editions)
        fill(root, editions)
        target = Counted(root)
        assert write_index(target, CONFIG, NOW)[1] == editions
        first, target.done = target.done, Counter()
        one = replace(EDITION, brief="client-3", session=date(2025, 12, 31))
        store(one, target, NOW, SENDER)
        write_index(target, CONFIG, NOW, volume=("client-3", 2025))
        return first, target.done

    return measured


def check(cost: Callable[[int], tuple[Counter[str], Counter[str]]], few: int, many: int) -> None:
    (first, one), (first_of_many, one_of_many) = cost(few), cost(many)
    for what in ("read", "written", "listed"):
        assert one_of_many[what] <= one[what] + 1, (what, one, one_of_many)
        per_edition = first[what] / few
        assert first_of_many[what] / many <= 1.1 * per_edition, "linear"
    assert one_of_many["bytes"] <= 1.1 * one["bytes"], (one, one_of_many)
    assert one_of_many["names"] <= one["names"] + 40, "a year of one brief is listed, and how many years there are"


def test_one_edition_more_costs_the_same(cost: Callable[[int], tuple[Counter[str], Counter[str]]]) -> None:
    check(cost, 1_040, 2_080)


@pytest.mark.nightly
def test_one_edition_more_of_twenty_thousand(cost: Callable[[int], tuple[Counter[str], Counter[str]]]) -> None:
    check(cost, 1_040, 20_800)
