"""The index page when several processes publish at once: nothing is lost from it."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import click.testing
import pytest

from reporter.cli import reporter
from reporter.delivery.index import CONTENTS
from reporter.delivery.target import Target, local_target
from reporter.errors import LockedError
from reporter.service import index_page
from reporter.service.index_page import bring_up_to_date
from reporter.service.lock import exclusive
from tests.browser.test_archive import CONFIG, edition

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FORK = multiprocessing.get_context("fork")
MANY = 5


class Slow(Target):
    """Takes its time between reading what the page knows and writing it anew."""

    def __init__(self, root: Path) -> None:
        self.__dict__.update(local_target(root).__dict__)

    def replace(self, path: str, content: bytes, mark: str, now: datetime) -> None:
        if path == CONTENTS:
            time.sleep(0.3)
        super().replace(path, content, mark, now)


def publish(root: Path, number: int, begin: Barrier) -> None:
    """An edition of a brief of its own, and one of a brief that all share; each is entered as a publication does."""
    config = CONFIG.model_copy(update={"state": root.parent / "state"})
    begin.wait(30)
    for brief, day in ((f"client-{number}", 26), ("shared", 20 + number)):
        edition(root, brief, date(2025, 12, day), number, {"en": "word"})
        bring_up_to_date(Slow(root), config, NOW, volume=(brief, 2025))


@contextmanager
def unlocked(*_: Any, **__: Any) -> Iterator[None]:
    yield


@pytest.mark.parametrize("locked", [True, False], ids=["locked", "control"])
def test_who_publishes_at_once_is_on_the_page(locked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control shows that the test would see a loss."""
    root = tmp_path / "archive"
    root.mkdir()
    if not locked:
        monkeypatch.setattr(index_page, "exclusive", unlocked)
    bring_up_to_date(local_target(root), CONFIG.model_copy(update={"state": tmp_path / "state"}), NOW)
    begin = FORK.Barrier(MANY)
    children = [FORK.Process(target=publish, args=(root, number, begin)) for number in range(MANY)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
        assert child.exitcode == 0 or not locked
    told = json.loads((root / CONTENTS).read_bytes())
    known = {brief: sum(of.values()) for brief, of in told["years"].items()}
    whole = {f"client-{number}": 1 for number in range(MANY)} | {"shared": MANY}
    assert (known == whole) is locked
    page = (root / "index.html").read_text("utf-8")
    assert all(f"client-{number}/2025/2025-12-26-r0" in page for number in range(MANY)) is locked


def test_the_command_waits_for_whoever_is_at_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.yaml").write_text("briefs: {bonds: {subject: TLT, benchmark: AGG}}\n")
    edition(tmp_path / "output", "bonds", date(2025, 12, 26), 0, {"en": "word"})
    command = ["archive", "index", "--config", str(tmp_path / "config.yaml")]
    (tmp_path / "output/.state").mkdir()
    monkeypatch.setattr(index_page, "WAIT", 0.2)
    with exclusive(tmp_path / "output/.state/index-output.lock", NOW - timedelta(hours=1), what="the index page"):
        done = click.testing.CliRunner().invoke(reporter, command)
        assert done.exit_code == LockedError.exit_code and "the index page is held by process" in done.stderr
        assert not (tmp_path / "output/index.html").exists()
    assert click.testing.CliRunner().invoke(reporter, command).exit_code == 0
    assert (tmp_path / "output/index.html").exists()
