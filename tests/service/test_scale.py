"""A ledger with years in it costs what a young one costs: steps of SQLite's machine are counted, no time is taken."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from reporter.channels import MailSettings
from reporter.delivery.mail import Fate, Outcome
from reporter.service import bulk, housekeeping, ledger_file, notify, outbox
from reporter.service import ledger as ledger_module
from reporter.service.ledger import Ledger, open_ledger
from reporter.service.lookups import kept_in_spool, newest_runs, tally
from reporter.service.outbox import drain
from reporter.service.overview import write_metrics
from reporter.service.rows import Delivery, Publication, Run, stored
from reporter.service.schema import MIGRATIONS
from tests.delivery.test_archive import EDITION
from tests.service.test_tick import DAY, FRIDAY, Office

NOW = datetime(2026, 3, 6, 22, tzinfo=UTC)
MAIL = MailSettings.model_validate({"sender": "brief@example.com", "relay": {"host": "127.0.0.1", "tls": "off"}})
#: Editions of which each went to ten readers: one was refused in ten, one brief in two is one of `Office`.
FILL = (
    """WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :editions)
       INSERT INTO run(brief, occurrence, kind, local_label, state, deadline_utc, created_utc, updated_utc)
       SELECT CASE i % 4 WHEN 0 THEN 'small-caps' WHEN 1 THEN 'bonds' ELSE 'client-' || i % 40 END,
         date('2026-03-04', -i || ' days'), CASE i % 3 WHEN 0 THEN 'adhoc' ELSE 'scheduled' END, 'long ago',
         CASE i % 50 WHEN 7 THEN 'refused' WHEN 8 THEN 'failed' WHEN 9 THEN 'missed' ELSE 'done' END,
         :then, :then, :then FROM n""",
    """WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9)
       INSERT INTO delivery(run_id, revision, recipient, message_id, eml_path, eml_sha256, state, next_try_utc,
         give_up_utc, accepted_utc)
       SELECT run_id, 0, 'reader-' || i || '@example.com', run_id || '.' || i || '@example.com', '', '',
         CASE i WHEN 0 THEN 'bounced' ELSE 'accepted' END, :then, :then, :then FROM run, n""",
    """INSERT INTO event(at_utc, run_id, delivery_id, what)
       SELECT :then, run_id, delivery_id, 'delivery: dot -> accepted' FROM delivery""",
    """INSERT INTO publication(run_id, revision, target, path, state, next_try_utc, sha256)
       SELECT run_id, 0, 'output', '', CASE run_id % 5 WHEN 3 THEN 'conflict' ELSE 'verified' END, :then, ''
       FROM run""",
)


def fill(ledger: Ledger, editions: int) -> None:
    ledger.database.execute("PRAGMA synchronous=OFF")
    with ledger.transaction():
        for statement in FILL:
            ledger.database.execute(statement, {"editions": editions, "then": stored(NOW - 30 * DAY)})


@contextmanager
def counted(ledger: Ledger) -> Iterator[list[int]]:
    """Steps of SQLite's machine within the block."""
    steps = [0]

    def step() -> int:
        steps[0] += 1
        return 0

    ledger.database.set_progress_handler(step, 1)
    yield steps
    ledger.database.set_progress_handler(None, 1)


@pytest.fixture
def costs(tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], dict[str, int]]:
    """What everything costs with so many editions."""
    monkeypatch.setattr(notify, "tell", lambda *_: True)
    monkeypatch.setattr(ledger_file, "READ_WHOLE", 0)  # as for a ledger that is larger than that
    connect = ledger_module.connect

    def measured(editions: int) -> dict[str, int]:
        folder = tmp_path / str(editions)
        folder.mkdir()
        opening = [0]

        def watched(path: Path) -> object:
            database = connect(path)
            database.set_progress_handler(lambda: bool(opening.append(1)), 1)
            return database

        with open_ledger(state.with_name(f"state-{editions}"), FRIDAY - DAY) as opened:
            office = Office(folder, opened, lambda run: (0, ""))
            office.look(FRIDAY - DAY)
            fill(opened, editions)
            office.look(FRIDAY - DAY / 2)
            config = office.settings.config.model_copy(update={"output": folder / "output", "mail": MAIL})
            brief = config.briefs["bonds"].model_copy(update={"recipients": ()})
            edition = replace(EDITION, session=date(2026, 3, 6))
            work: dict[str, Callable[[], object]] = {
                "a look": office.tick.look,
                "metrics": lambda: write_metrics(opened, folder / "metrics", ["small-caps", "bonds"]),
                "the house": lambda: (housekeeping._forget_events(opened, NOW - 400 * DAY), kept_in_spool(opened, NOW)),
                "send": lambda: bulk.send_made(opened, edition, brief, config, lambda: NOW),
            }
            found = {}
            for what, do in work.items():
                with counted(opened) as steps:
                    do()
                found[what] = steps[0]
        with monkeypatch.context() as patch:
            patch.setattr(ledger_module, "connect", watched)
            open_ledger(state.with_name(f"state-{editions}"), NOW).__exit__()
        return found | {"opening": len(opening)}

    return measured


def check(costs: Callable[[int], dict[str, int]], editions: int) -> None:
    few, many = costs(200), costs(editions)
    assert all(few.values()), few
    for what, steps in many.items():
        assert steps <= 1.2 * few[what] + 200, f"{what}: {few[what]} steps with 200, {steps} with {editions}"


def test_two_thousand_editions_cost_what_two_hundred_do(costs: Callable[[int], dict[str, int]]) -> None:
    check(costs, 2_000)


@pytest.mark.nightly
def test_a_hundred_thousand_editions_and_a_million_messages_cost_what_two_hundred_do(
    costs: Callable[[int], dict[str, int]],
) -> None:
    check(costs, 100_000)


def test_the_tally_is_that_of_the_rows(state: Path) -> None:
    """Against SQL's own count, after rows came, moved and went."""
    with open_ledger(state, NOW) as opened:
        fill(opened, 200)
        for delivery in opened.rows(Delivery, state="bounced")[:50]:
            assert opened.move(delivery, "queued", NOW)
        opened.database.execute("DELETE FROM delivery WHERE delivery_id % 7 = 0")
        for kind in (Run, Delivery, Publication):
            table = kind.__name__.lower()
            counts = opened.database.execute(f"SELECT state, count(*) FROM {table} GROUP BY state").fetchall()
            assert {state: n for state, n in tally(opened, kind).items() if n} == dict(counts)


def test_sessions_asked_for_by_hand_are_no_newest_runs(state: Path) -> None:
    with open_ledger(state, NOW) as opened:
        fill(opened, 60)
        runs = newest_runs(opened, "bonds")
        assert [run.occurrence for run in runs] == sorted((run.occurrence for run in runs), reverse=True)
        assert {run.kind for run in runs} == {"scheduled"} and len(runs) == 10


def test_each_of_many_readers_costs_the_same(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of readers are long: what is asked before a message goes out must not read the others."""
    monkeypatch.setattr(outbox, "read_message", lambda *_: b"")
    monkeypatch.setattr(
        outbox.Connection, "transmit", lambda *given: (given[4](), Outcome(Fate.ACCEPTED, 250, "Ok"))[1]
    )

    def steps(readers: int) -> float:
        with open_ledger(state.with_name(f"of-{readers}"), NOW) as opened:
            run = Run(
                brief="small", occurrence="2026-03-06", kind="adhoc", local_label="", state="delivering",
                deadline_utc=NOW + DAY, created_utc=NOW, updated_utc=NOW,
            )  # fmt: skip
            assert opened.add(run)
            (run,) = opened.rows(Run)
            with opened.transaction():
                for number in range(readers):
                    digest = hashlib.sha256(str(number).encode()).hexdigest()
                    opened.add(
                        Delivery(
                            run_id=1, revision=0, recipient=f"reader-{digest}@example.com", message_id=digest,
                            eml_path="a", eml_sha256="b", next_try_utc=NOW, give_up_utc=NOW + timedelta(hours=1),
                        )
                    )  # fmt: skip
            with counted(opened) as counted_steps:
                assert drain(opened, run, MAIL, lambda: NOW).accepted == readers
            return counted_steps[0] / readers

    assert steps(1_000) < 1.1 * steps(50)


def test_an_older_ledger_is_counted_when_it_is_opened(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.setattr(ledger_file, "MIGRATIONS", MIGRATIONS[:2])
        with open_ledger(state, NOW) as opened:
            fill(opened, 100)
    with open_ledger(state, NOW) as opened:
        assert (tally(opened, Delivery)["bounced"], tally(opened, Delivery)["queued"]) == (100, 0)
        assert sum(tally(opened, Run).values()) == 100
