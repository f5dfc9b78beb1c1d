"""One look at everything, with children that do what the test says and a clock that the test sets."""

from __future__ import annotations

import errno
import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reporter.config import Config
from reporter.config_file import load_config
from reporter.service import notify
from reporter.service import tick as module
from reporter.service.due import due_between
from reporter.service.ledger import Ledger, open_ledger
from reporter.service.overview import STATUS
from reporter.service.reload import Reloaded
from reporter.service.rows import Alert, Delivery, Event, Publication, Run
from reporter.service.tick import Tick
from reporter.service.workers import Outcome
from reporter.sessions import Calendar

FRIDAY = datetime(2026, 3, 6, 21, 45, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
TEXT = """
sources: {use: simulated}
owner: {addresses: [owner@example.com]}
briefs:
  small-caps: {subject: IJR, benchmark: SPY, schedule: {every: week}}
  bonds: {subject: TLT, benchmark: AGG, schedule: {every: day, after_close: 1h}}
"""
Script = Callable[[Run], tuple[int, str]]


class Children:
    """In place of processes: a script says how each ends, and they end at once."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.alive: dict[str, Run] = {}
        self.limits: Any = None
        self.begun: list[str] = []

    def start(self, run: Run, _: Config) -> None:
        self.alive[run.brief] = run
        self.begun.append(f"{run.brief} {run.occurrence}")

    def ended(self, ledger: Ledger) -> Iterator[Outcome]:
        for brief, run in list(self.alive.items()):
            code, said = self.script(run)
            if code == -1:  # it hangs
                continue
            del self.alive[brief]
            current = ledger.one(Run, run_id=run.run_id)
            assert current
            if code == 0:
                ledger.move(current, "done", self.now)
            yield Outcome(run, code, said)

    now = FRIDAY


class Office:
    """A service on a machine of the test."""

    def __init__(self, folder: Path, ledger: Ledger, script: Script) -> None:
        self.path = folder / "config.yaml"
        self.path.write_text(TEXT)
        self.now = FRIDAY - DAY
        self.children = Children(script)
        self.settings = Reloaded(
            self.path, lambda: load_config(self.path, lambda _: frozenset(["IJR", "SPY", "TLT", "AGG"]))
        )
        self.tick = Tick(self.settings, ledger, self.children, lambda: self.now)  # type: ignore[arg-type]
        self.ledger = ledger

    def look(self, now: datetime) -> None:
        """A look, and one at the children when they have ended."""
        self.now = Children.now = now
        self.tick.look()
        self.tick.children()

    def pass_time(self, until: datetime, step: timedelta = 15 * MINUTE) -> None:
        while self.now < until:
            self.look(self.now + step)

    def states(self, brief: str) -> dict[str, str]:
        return {run.occurrence: run.state for run in self.ledger.rows(Run, brief=brief)}


Make = Callable[[Script], Office]


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the owner gets."""
    sent: list[str] = []
    monkeypatch.setattr(
        notify, "tell", lambda owner, mail, subject, body, now: bool(sent.append(f"{subject}\n{body}")) or True
    )
    return sent


@pytest.fixture
def office(tmp_path: Path, state: Path, mails: list[str]) -> Iterator[Make]:
    with open_ledger(state, FRIDAY - DAY) as ledger:
        yield lambda script: Office(tmp_path, ledger, script)


def test_two_briefs_over_a_week(office: Make, mails: list[str]) -> None:
    service = office(lambda run: (0, ""))
    service.look(FRIDAY - DAY)
    service.pass_time(FRIDAY + 7 * DAY)
    assert set(service.states("small-caps").values()) == set(service.states("bonds").values()) == {"done"}
    assert list(service.states("small-caps")) == ["2026-03-06", "2026-03-13"]
    assert len(service.states("bonds")) == 7
    (mail,) = mails
    assert mail.startswith("[reporter] week 2026-W10: 3 due = 3 done\n")
    status = json.loads((service.ledger.state / STATUS).read_text())
    assert status["briefs"]["small-caps"]["last_done"]["session"] == "2026-03-13"
    assert status["briefs"]["bonds"]["next"][0]["session"] == "2026-03-16"
    assert len(list((service.ledger.state / "backup").iterdir())) == 9


@pytest.mark.fault("A7")
def test_a_brief_that_hangs_does_not_delay_another(office: Make) -> None:
    service = office(lambda run: (-1 if run.brief == "bonds" else 0, ""))
    service.look(FRIDAY - DAY)
    service.pass_time(FRIDAY + 20 * MINUTE)
    assert service.states("small-caps") == {"2026-03-06": "done"}
    assert service.states("bonds") == {"2026-03-05": "missed", "2026-03-06": "due"}
    assert service.children.begun == ["bonds 2026-03-05", "small-caps 2026-03-06"]


def test_a_source_that_comes_back(office: Make, mails: list[str]) -> None:
    service = office(lambda run: (69, "reporter: yahoo is away") if Children.now < FRIDAY + 100 * MINUTE else (0, ""))
    service.look(FRIDAY - DAY / 24)
    service.pass_time(FRIDAY + 2 * 60 * MINUTE, MINUTE)
    attempts = service.children.begun.count("small-caps 2026-03-06")
    assert attempts == 7  # at once, after 1, 5, 15, 30, 30 and 30 minutes
    assert service.states("small-caps") == {"2026-03-06": "done"}
    assert (
        "late, tried until Mon 21:45 UTC: yahoo is away" in mails[0] and "over since 2026-03-06 23:36 UTC" in mails[-1]
    )


def test_prices_that_nobody_should_print_are_looked_at_again(office: Make, mails: list[str]) -> None:
    stale = "reporter: small-caps refused: SPY: stale"
    service = office(
        lambda run: (65, stale) if run.brief == "small-caps" and Children.now < FRIDAY + DAY / 4 else (0, "")
    )
    service.look(FRIDAY - DAY)
    service.pass_time(FRIDAY + DAY / 32)
    assert service.states("small-caps") == {"2026-03-06": "refused"}
    text = "small-caps 2026-03-06 refused, tried until Mon 21:45 UTC: small-caps refused: SPY: stale"
    (mail,) = mails
    assert mail.startswith(f"[reporter] 1 to look at: {text}\n")
    service.pass_time(FRIDAY + DAY / 2)
    assert service.states("small-caps") == {"2026-03-06": "done"}
    assert "recovered" in mails[-1]


def test_prices_that_stay_bad(office: Make, mails: list[str]) -> None:
    service = office(lambda run: (65, "reporter: stale") if run.brief == "small-caps" else (0, ""))
    service.look(FRIDAY - DAY)
    service.pass_time(FRIDAY + 4 * DAY, 30 * MINUTE)
    (run,) = service.ledger.rows(Run, brief="small-caps")
    assert (run.state, run.next_try_utc) == ("refused", None)
    assert any("week 2026-W10: 3 due = 2 done + 1 " in mail for mail in mails)


@pytest.mark.fault("A6")
@pytest.mark.parametrize(("code", "said"), [(-9, ""), (70, "reporter: KeyError: 'x' (this is a bug)"), (-11, "")])
def test_a_child_that_dies_each_time_is_given_up_and_told(office: Make, mails: list[str], code: int, said: str) -> None:
    service = office(lambda run: (code, said) if run.brief == "bonds" else (0, ""))
    service.look(FRIDAY - DAY)
    service.pass_time(FRIDAY + 40 * MINUTE, 5 * MINUTE)
    run = service.ledger.rows(Run, brief="bonds")[0]
    assert (run.state, run.attempt) == ("failed", 4)
    assert service.states("small-caps") == {"2026-03-06": "done"}
    assert any("bonds 2026-03-05 failed" in mail for mail in mails)
    assert (f"signal {-code}" if code < 0 else "KeyError") in (run.reason or "")


@pytest.mark.fault("C11")
def test_a_configuration_is_taken_anew_whole_or_not_at_all(office: Make, mails: list[str]) -> None:
    service = office(lambda run: (0, ""))
    service.look(FRIDAY - DAY)
    service.path.write_text(TEXT.replace("every: week", "every: weak"))
    service.look(FRIDAY - DAY + MINUTE)
    assert service.settings.config.briefs["small-caps"].schedule.period == "week"
    assert len(mails) == 1 and "the configuration is wrong, the one before is used on" in mails[0] and ":5:" in mails[0]
    service.look(FRIDAY - DAY + 2 * MINUTE)
    assert len(mails) == 1
    service.path.write_text(TEXT.replace("every: week", "every: month"))
    service.look(FRIDAY - DAY + 3 * MINUTE)
    assert service.settings.config.briefs["small-caps"].schedule.period == "month"
    assert len(mails) == 2 and "recovered" in mails[1]


@pytest.mark.fault("A11")
def test_a_full_disk_is_told_without_the_disk_and_work_goes_on_afterwards(
    office: Make, mails: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = office(lambda run: (0, ""))
    service.look(FRIDAY - DAY)
    database = service.ledger.database
    database.execute(f"PRAGMA max_page_count={database.execute('PRAGMA page_count').fetchone()[0]}")
    with suppress(sqlite3.OperationalError):
        while True:
            database.execute("INSERT INTO event (at_utc, what) VALUES ('2026', 'small')")
    with monkeypatch.context() as full:
        full.setattr(module, "write_status", lambda *_: None)
        for number in range(200):
            service.look(FRIDAY + number * MINUTE)
    assert sum("database or disk is full; free some space" in mail for mail in mails) >= 1
    assert len(mails) <= 5
    service.ledger.database.execute("PRAGMA max_page_count=1000000")
    service.look(FRIDAY + 300 * MINUTE)
    service.look(FRIDAY + 301 * MINUTE)
    assert service.states("small-caps") == {"2026-03-06": "done"}


@pytest.mark.fault("A11")
def test_a_disk_that_takes_no_file_does_not_end_the_service(
    office: Make, mails: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = office(lambda run: (0, ""))
    service.look(FRIDAY - DAY)

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "status.json")

    with monkeypatch.context() as full:
        full.setattr(module, "write_status", refuse)
        service.look(FRIDAY)
        service.look(FRIDAY + MINUTE)
    assert any("No space left on device ('status.json'); free some space" in mail for mail in mails) and len(mails) == 1
    service.look(FRIDAY + 5 * MINUTE)
    assert service.states("small-caps") == {"2026-03-06": "done"}


@pytest.mark.fault("A6")
def test_a_bug_that_ends_the_service_is_told_once_and_so_is_its_end(
    office: Make, mails: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """systemd starts it again and again; nothing of it would be heard otherwise."""
    service = office(lambda run: (0, ""))

    def stumble(*_: object) -> None:
        raise TypeError("a bug of ours")

    with monkeypatch.context() as broken:
        broken.setattr(module, "plan", stumble)
        for minute in range(3):
            with pytest.raises(TypeError) as bug:
                service.look(FRIDAY + minute * MINUTE)
            service.tick.last_words(bug.value)
    assert len(mails) == 1 and "the service has ended: TypeError: a bug of ours" in mails[0]
    service.look(FRIDAY + 5 * MINUTE)
    service.look(FRIDAY + 6 * MINUTE)
    assert len(mails) == 2 and "over" in mails[1]


@pytest.mark.fault("D14")
def test_an_owner_that_cannot_be_reached(office: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ping stops, and what was to be said is said when a way is open again."""
    pings, tries = [], []
    service = office(lambda run: (70, "broken"))
    service.path.write_text(TEXT.replace("[owner@example.com]", "[owner@example.com], ping: {env: PING}"))
    monkeypatch.setattr(notify, "ping", lambda owner: pings.append(service.now))
    monkeypatch.setattr(notify, "tell", lambda *_: bool(tries.append(service.now)))
    service.look(FRIDAY - DAY / 24)
    service.pass_time(FRIDAY + 60 * MINUTE, MINUTE)
    failed = service.ledger.rows(Event, what="run: due -> failed")[0].at_utc
    assert pings and max(pings) <= failed + 5 * MINUTE
    assert 3 < len(tries) <= 60 / 5
    monkeypatch.setattr(notify, "tell", lambda *_: True)
    service.pass_time(FRIDAY + 90 * MINUTE, MINUTE)
    assert max(pings) > FRIDAY + 80 * MINUTE
    assert all(alert.told for alert in service.ledger.rows(Alert))


def delivering(office: Make, readers: int, turn: datetime) -> Office:
    """A service whose small caps are on their way, to readers who are due at `turn`."""
    service = office(lambda run: (69, ""))
    service.look(FRIDAY - DAY)
    service.look(FRIDAY)
    run = service.ledger.one(Run, brief="small-caps")
    assert run
    service.ledger.move(run, "delivering", FRIDAY, next_try_utc=None)
    for number in range(readers):
        given = {"message_id": f"<{number}@x>", "eml_path": "", "eml_sha256": "", "recipient": f"r{number}@example.com"}
        one = Delivery(run_id=run.run_id or 0, revision=0, next_try_utc=turn, give_up_utc=FRIDAY + DAY, **given)
        service.ledger.add(one)
    return service


def test_an_edition_whose_mail_waits_has_the_turn_of_its_mail(office: Make) -> None:
    service = delivering(office, readers=1, turn=FRIDAY + 5 * MINUTE)
    service.children.script = lambda run: (0 if run.brief == "bonds" else 76, "")
    service.look(FRIDAY + MINUTE)
    waiting = service.ledger.one(Run, brief="small-caps")
    assert waiting and waiting.next_try_utc == FRIDAY + 5 * MINUTE and waiting.attempt == 1
    assert not [alert for alert in service.ledger.rows(Alert) if alert.key == "late:small-caps"]


@pytest.mark.fault("D5")
def test_a_relay_that_does_not_let_us_in_is_not_asked_for_each_reader(office: Make) -> None:
    """Each reader is due, and none is the relay's: it would lock us out."""
    service = delivering(office, readers=9, turn=FRIDAY)
    service.children.script = lambda run: (0 if run.brief == "bonds" else 78, "mail.relay: 535")
    service.children.begun.clear()
    service.pass_time(FRIDAY + 60 * MINUTE, MINUTE / 2)
    assert 3 <= sum("small-caps" in begun for begun in service.children.begun) <= 5


@pytest.mark.fault("D1", "E1")
def test_what_was_tried_in_vain_for_a_while_is_told_before_it_is_given_up(office: Make, mails: list[str]) -> None:
    service = office(lambda run: (69 if run.brief == "small-caps" else 0, ""))
    service.look(FRIDAY - DAY)
    service.look(FRIDAY)
    run = service.ledger.one(Run, brief="small-caps")
    assert run
    service.ledger.move(run, "delivering", FRIDAY, next_try_utc=None)
    given = {"message_id": "<a@x>", "eml_path": "", "eml_sha256": "", "recipient": "a@example.com"}
    tried = {"attempts": 4, "smtp_text": "at connect: Connection refused", "next_try_utc": FRIDAY + 5 * MINUTE}
    key = {"run_id": run.run_id or 0, "revision": 0}
    service.ledger.add(Delivery(**key, give_up_utc=FRIDAY + DAY, **given, **tried))
    service.ledger.add(Publication(**key, target="share", path="", attempts=4, next_try_utc=FRIDAY, sha256=""))
    service.look(FRIDAY + MINUTE)
    service.look(FRIDAY + 2 * MINUTE)
    (mail,) = mails
    told = (
        "small-caps 2026-03-06 late: not yet with a@example.com (at connect: Connection refused), the archive 'share'"
    )
    assert told in mail


@pytest.mark.fault("A1", "A9")
@pytest.mark.parametrize("days", [30, pytest.param(5 * 365, marks=[pytest.mark.nightly, pytest.mark.timeout(3000)])])
def test_years_with_one_fault_in_twenty(office: Make, mails: list[str], far: Calendar, days: int) -> None:
    """Everything that the calendar says was due ends once in a state, and nothing grows."""
    chance = random.Random(days)
    done: list[tuple[str, str]] = []

    def script(run: Run) -> tuple[int, str]:
        code = chance.choice((65, 69, 70, 73, 78, -9)) if chance.random() < 0.05 else 0
        done.extend([(run.brief, run.occurrence)] if code == 0 else [])
        return code, "reporter: a fault"

    start = datetime(2020, 1, 6, 12, tzinfo=UTC)
    service = office(script)
    service.look(start)
    resting: list[tuple[int, int]] = []
    for hour in range(0, days * 24, 3):
        jump = timedelta(days=chance.uniform(-7, 7)) if chance.random() < 0.002 else timedelta(0)
        service.look(start + timedelta(hours=hour) + jump)
        if hour % (24 * 30) == 0:
            memory = int(Path("/proc/self/statm").read_text().split()[1]) * 4096
            resting.append((memory, len(list(Path("/proc/self/fd").iterdir()))))
    service.pass_time(start + timedelta(days=days + 5), timedelta(hours=1))
    runs = service.ledger.rows(Run)
    assert len(set(done)) == len(done) == sum(run.state == "done" for run in runs)
    for brief, schedule in ((name, one.schedule) for name, one in service.settings.config.briefs.items()):
        wanted = {str(one.session) for one in due_between(schedule, far, start, start + timedelta(days=days))}
        states = service.states(brief)
        assert wanted <= set(states)
        assert {states[session] for session in wanted} <= {"done", "failed", "refused", "missed"}
    assert sum(run.state == "done" for run in runs) > 0.9 * len(runs)
    assert (service.ledger.state / "ledger.sqlite").stat().st_size < 50_000_000
    assert resting[-1][0] - resting[0][0] < 20_000_000 and resting[-1][1] <= resting[0][1] + 2
