"""The ledger: changes that happen once, and files that are refused rather than begun anew."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reporter.errors import AccessError, LedgerError, LockedError, StorageError
from reporter.service import ledger as module
from reporter.service import ledger_file
from reporter.service.ledger import Ledger, open_ledger
from reporter.service.ledger_file import FILE, create
from reporter.service.lock import exclusive
from reporter.service.lookups import oldest_waiting, tally
from reporter.service.rows import TABLES, Alert, Artifact, Delivery, Event, Publication, Run
from reporter.service.schema import MIGRATIONS

NOW = datetime(2024, 10, 16, 21, 0, 0, 123000, tzinfo=UTC)


def a_run(**changes: Any) -> Run:
    given = {
        "brief": "small-caps",
        "occurrence": "2024-10-16",
        "kind": "scheduled",
        "local_label": "Wednesday",
        "deadline_utc": NOW + timedelta(days=1),
        "created_utc": NOW,
        "updated_utc": NOW,
    }
    return Run(**given | changes)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    with open_ledger(tmp_path / "state", NOW) as opened:
        yield opened


def test_folders_are_private_and_the_ledger_durable(ledger: Ledger) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (ledger.state, ledger.state / "spool")}
    assert set(modes.values()) == {0o700}
    assert stat.S_IMODE((ledger.state / FILE).stat().st_mode) == 0o600
    pragmas = {name: ledger.database.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS}
    assert pragmas == PRAGMAS
    strict = ledger.database.execute("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'").fetchall()
    names = {name for name, is_strict in strict if is_strict}
    assert names == {"meta", "run", "artifact", "delivery", "publication", "event", "alert", "tally"}


PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


def test_a_key_is_taken_for_ever(ledger: Ledger) -> None:
    assert ledger.add(a_run()) and not ledger.add(a_run(state="done"))
    (run,) = ledger.rows(Run)
    assert (run.state, run.created_utc, run.run_id) == ("due", NOW, 1)


@pytest.mark.fault("A4")
def test_whoever_reads_a_new_ledger_does_not_keep_us_from_it(tmp_path: Path) -> None:
    """Changing the kind of its log is what SQLite does not wait for: that was done before it had its name."""
    (tmp_path / "spool").mkdir()
    create(tmp_path / FILE, NOW)
    with closing(sqlite3.connect(tmp_path / FILE)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM meta").fetchone() == (2,)
        with open_ledger(tmp_path, NOW) as opened:
            assert opened.add(a_run())


@pytest.mark.fault("A12")
@pytest.mark.parametrize(
    "question",
    [
        lambda ledger: ledger.rows(Run),
        lambda ledger: ledger.get("house"),
        lambda ledger: ledger.keys("looked:"),
        lambda ledger: ledger.newest_event(a_run(run_id=1)),
        lambda ledger: tally(ledger, Run),
        oldest_waiting,
        lambda ledger: ledger.put("house", "today"),
    ],
)
def test_a_ledger_that_another_program_holds_is_a_matter_of_waiting(
    ledger: Ledger, question: Callable[[Ledger], object]
) -> None:
    """Whatever is asked: no complaint of SQLite's gets past us."""
    path = ledger.state / FILE
    ledger.database.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("DELETE FROM event")
        waiting = Ledger(sqlite3.connect(path, timeout=0.01, isolation_level=None), ledger.state)
        with waiting, pytest.raises(LockedError, match="is locked: another program holds it"):
            question(waiting)


@pytest.mark.fault("A4")
def test_only_one_of_two_who_read_the_same_row_moves_it(ledger: Ledger, tmp_path: Path) -> None:
    ledger.add(a_run())
    with open_ledger(tmp_path / "state", NOW) as other:
        mine, theirs = ledger.one(Run), other.one(Run)
        moved = ledger.move(mine, "fetching", NOW, attempt=1)
        assert other.move(theirs, "fetching", NOW, attempt=1) is None
        assert other.one(Run) == moved
    assert [event.what for event in ledger.rows(Event)] == ["run: due -> fetching"]


def test_a_change_without_its_event_does_not_happen(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.add(a_run())
    run = ledger.one(Run)

    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(ledger, "note", full)
    with pytest.raises(StorageError, match="free some space"):
        ledger.move(run, "fetching", NOW)
    assert ledger.one(Run) == run and not ledger.rows(Event)


def test_rows_of_all_kinds_come_back_as_they_were(ledger: Ledger) -> None:
    ledger.add(a_run())
    rows = [
        Artifact(run_id=1, revision=0, name="a.pdf", spool_path="spool/1/a.pdf", media_type="application/pdf", bytes=3,
                 sha256="ab"),
        Delivery(delivery_id=1, run_id=1, revision=0, recipient="ann@example.com", message_id="<a@b>", eml_path="a.eml",
                 eml_sha256="cd", next_try_utc=NOW, give_up_utc=NOW),
        Publication(run_id=1, revision=0, target="share", path="", next_try_utc=NOW, sha256=""),
        Alert(key="missed", first_utc=NOW, last_utc=NOW),
    ]  # fmt: skip
    with ledger.transaction():
        assert all(ledger.add(row) for row in rows)
    assert [ledger.one(type(row)) for row in rows] == rows
    assert ledger.rows(Delivery, state=("queued", "dot"), run_id=1) == [rows[1]]
    assert ledger.rows(Delivery, state="dot") == []


def test_states_and_keys_that_do_not_exist_are_refused(ledger: Ledger) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        ledger.add(a_run(state="sleeping"))
    with pytest.raises(sqlite3.IntegrityError):
        ledger.add(Publication(run_id=9, revision=0, target="x", path="", next_try_utc=NOW, sha256=""))


def test_alerts_are_counted_and_begin_anew_when_cleared(ledger: Ledger) -> None:
    ledger.alert("missed", NOW)
    alert = ledger.alert("missed", NOW + timedelta(minutes=1))
    assert (alert.count, alert.first_utc) == (2, NOW)
    ledger.settle(alert, sent_utc=NOW, cleared_utc=NOW)
    assert ledger.alert("missed", NOW + timedelta(hours=1)).count == 1


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_an_older_ledger_keeps_all_that_was_in_it(
    version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written by hand, as a program of then would have; with values in columns that are gone."""
    with monkeypatch.context() as before:
        before.setattr(ledger_file, "MIGRATIONS", MIGRATIONS[:version])
        with open_ledger(tmp_path, NOW) as opened:
            (tmp_path / "spool" / "1-r0").mkdir()
            instance = opened.instance
            for statement in WRITTEN_LONG_AGO:
                opened.database.execute(statement)
    with open_ledger(tmp_path, NOW) as opened:
        run, sent, event = opened.one(Run), opened.one(Delivery), opened.one(Event)
        assert run == a_run(
            run_id=7, occurrence="2024-10-09", state="delivering", data_sha="abc", quality="ok", revision=2,
            revision_reason="a wrong price", attempt=3, reason="why",
        )  # fmt: skip
        assert sent and (sent.run_id, sent.state, sent.accepted_utc) == (7, "accepted", NOW)
        assert event and event.what == "delivery: dot -> accepted"
        assert opened.instance == instance and not opened.add(a_run(occurrence="2024-10-09"))
        assert opened.move(run, "done", NOW) and opened.one(Run, state="done")
        assert tally(opened, Run)["done"] == tally(opened, Delivery)["accepted"] == 1
        assert opened.ask("PRAGMA integrity_check") == [("ok",)] and not opened.ask("PRAGMA foreign_key_check")
        for kind, (table, _) in TABLES.items():
            there = {name for (name,) in opened.ask("SELECT name FROM pragma_table_info(?)", table)}
            assert there == {field.name for field in fields(kind)}, "a column that nobody reads, or one that is missing"


AT = "'2024-10-16T21:00:00.123Z'"
WRITTEN_LONG_AGO = (
    f"""INSERT INTO run(run_id, brief, occurrence, kind, local_label, state, revision, revision_reason, attempt,
          deadline_utc, config_sha, template_sha, data_sha, quality, lease_owner, lease_until_utc, reason, created_utc,
          updated_utc)
        VALUES (7, 'small-caps', '2024-10-09', 'scheduled', 'Wednesday', 'delivering', 2, 'a wrong price', 3,
          '2024-10-17T21:00:00.123Z', 'c', 't', 'abc', 'ok', '4711', {AT}, 'why', {AT}, {AT})""",
    f"""INSERT INTO delivery(run_id, revision, recipient, message_id, eml_path, eml_sha256, state, next_try_utc,
          give_up_utc, accepted_utc)
        VALUES (7, 2, 'ann@example.com', '1@example.com', 'spool/7-r2/1.eml', 'd', 'accepted', {AT}, {AT}, {AT})""",
    f"INSERT INTO event(at_utc, run_id, delivery_id, what) VALUES ({AT}, 7, 1, 'delivery: dot -> accepted')",
)


@pytest.mark.fault("A1")
def test_a_death_while_the_ledger_is_made_leaves_nothing_behind(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        ledger_file.migrate = lambda _: os._exit(137)
        open_ledger(tmp_path, NOW)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 137
    assert list(tmp_path.glob(f".{FILE}.*")) and not (tmp_path / FILE).exists()
    with open_ledger(tmp_path, NOW) as opened:
        assert opened.instance
    assert not list(tmp_path.glob(".*"))


@pytest.mark.fault("A4")
def test_all_who_begin_a_ledger_at_once_have_the_same(tmp_path: Path) -> None:
    told = [os.fork() or _begin(tmp_path, number) for number in range(6)]
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in told] == [0] * 6
    with open_ledger(tmp_path / "state", NOW) as opened:
        assert {path.read_text() for path in tmp_path.glob("told-*")} == {opened.instance}


def _begin(folder: Path, number: int) -> int:
    try:
        with open_ledger(folder / "state", NOW) as opened:
            (folder / f"told-{number}").write_text(opened.instance)
        os._exit(0)
    finally:
        os._exit(1)


@pytest.mark.fault("A12")
@pytest.mark.parametrize("damage", ["empty", "cut", "flip", "newer", "other"])
def test_a_ledger_that_cannot_be_trusted_is_refused_and_left_alone(tmp_path: Path, damage: str) -> None:
    with open_ledger(tmp_path, NOW) as opened:
        for number in range(300):
            opened.add(a_run(occurrence=f"adhoc:{number}"))
    path = tmp_path / FILE
    content = path.read_bytes()
    bad = {
        "empty": b"",
        "cut": content[: len(content) // 2 // 4096 * 4096],
        "flip": content[:4096] + bytes(byte ^ 0x55 for byte in content[4096:20480]) + content[20480:],
        "newer": content[:60] + (99).to_bytes(4, "big") + content[64:],
        "other": b"This is no database. " * 400,
    }[damage]
    path.write_bytes(bad)
    with pytest.raises(LedgerError) as raised:
        open_ledger(tmp_path, NOW)
    assert raised.value.exit_code == 70
    assert "newer version" in str(raised.value) if damage == "newer" else "Put back a copy" in str(raised.value)
    assert path.read_bytes() == bad


@pytest.mark.fault("A13")
def test_a_lost_ledger_is_not_begun_anew_beside_its_spool(tmp_path: Path) -> None:
    with open_ledger(tmp_path, NOW):
        (tmp_path / "spool" / "1-r0").mkdir()
    for path in tmp_path.glob(FILE + "*"):
        path.unlink()
    with pytest.raises(LedgerError, match="nobody knows what was mailed"):
        open_ledger(tmp_path, NOW)


@pytest.mark.fault("A13")
def test_a_copy_beside_the_log_of_the_one_before(tmp_path: Path) -> None:
    """SQLite would write what is in the log into the copy, and damage it for good."""
    state, killed = tmp_path / "state", tmp_path / "killed"
    with open_ledger(state, NOW) as opened:
        for number in range(20):
            opened.add(a_run(occurrence=f"adhoc:{number}"))
        opened.backup(tmp_path / "copy")
        opened.add(a_run(occurrence="adhoc:later"))
        shutil.copytree(state, killed)  # as it is after kill -9
    with open_ledger(shutil.copytree(killed, tmp_path / "whole"), NOW) as opened:
        assert len(opened.rows(Run)) == 21
    (killed / FILE).unlink()
    with pytest.raises(LedgerError, match="left from the ledger that was here before"):
        open_ledger(killed, NOW)
    shutil.copy(tmp_path / "copy", killed / FILE)
    with pytest.raises(LedgerError, match="left from the ledger that was here before"):
        open_ledger(killed, NOW)
    for left in ("wal", "shm"):
        (killed / f"{FILE}-{left}").unlink()
    for _ in range(2):
        with open_ledger(killed, NOW) as opened:
            assert len(opened.rows(Run)) == 20


@pytest.mark.fault("A14")
def test_a_log_cut_or_flipped_anywhere_opens_to_a_prefix_of_what_was_committed(tmp_path: Path) -> None:
    """Power loss: whatever of the log reached the disk, cut at 540 places, and with one bit of it flipped at 300."""
    cuts, flips = 540, 300
    state = tmp_path / "state"
    opened = open_ledger(state, NOW)
    opened.database.execute("PRAGMA wal_autocheckpoint=0")
    for number in range(12):
        opened.add(a_run(occurrence=f"adhoc:{number}"))
    base, log = (state / FILE).read_bytes(), (state / f"{FILE}-wal").read_bytes()
    opened.__exit__()
    dice = random.Random(1)
    copy, seen = tmp_path / "copy", set()
    (copy / "spool").mkdir(parents=True)
    for number in range(cuts + flips):
        if number < cuts:
            torn = log[: len(log) * number // cuts]
        else:
            place = dice.randrange(len(log))
            torn = log[:place] + bytes([log[place] ^ 1 << dice.randrange(8)]) + log[place + 1 :]
        (copy / f"{FILE}-shm").unlink(missing_ok=True)
        (copy / FILE).write_bytes(base)
        (copy / f"{FILE}-wal").write_bytes(torn)
        with open_ledger(copy, NOW) as ledger:
            found = [run.occurrence for run in ledger.rows(Run)]
        assert found == [f"adhoc:{number}" for number in range(len(found))]
        seen.add(len(found))
    assert len(seen) > 3


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "smb3", "fuse.sshfs"])
def test_a_share_is_refused(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "file_system", lambda _: kind)
    with pytest.raises(LedgerError, match="local disk"):
        open_ledger(tmp_path, NOW)


def test_file_system_of_a_folder_is_known() -> None:
    assert ledger_file.file_system(Path("/proc/self")) == "proc"


@pytest.mark.fault("A15")
def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AccessError, match="state:") as raised:
        open_ledger(tmp_path / "file" / "state", NOW)
    assert raised.value.exit_code == 77


def test_a_copy_can_be_made_while_it_is_open(ledger: Ledger, tmp_path: Path) -> None:
    ledger.add(a_run())
    (tmp_path / "restored").mkdir()
    ledger.backup(tmp_path / "restored" / FILE)
    with open_ledger(tmp_path / "restored", NOW) as copy:
        assert copy.instance == ledger.instance and len(copy.rows(Run)) == 1


@pytest.mark.fault("A4")
def test_a_lock_says_who_holds_it_and_is_freed_by_death(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    program = (
        "import sys, time; from datetime import datetime, UTC; from pathlib import Path\n"
        "from reporter.service.lock import exclusive\n"
        f"with exclusive(Path({str(path)!r}), datetime.now(UTC), what='x'): print('held', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    try:
        assert child.stdout and child.stdout.readline() == b"held\n"
        held = pytest.raises(LockedError, match=rf"mailing is held by process {child.pid} since 20")
        with held as raised, exclusive(path, NOW, what="mailing"):
            pass
        assert raised.value.exit_code == 75
    finally:
        child.kill()
        child.communicate()
    with exclusive(path, NOW, wait=5, what="mailing"):
        assert path.read_text().startswith(str(os.getpid()))
