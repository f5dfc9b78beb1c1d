"""The doctor: each check finds what it is for, and says what to do."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from reporter.channels import ArchiveTarget, MailSettings, Recipient, Relay
from reporter.cli import reporter
from reporter.config import Brief, Config, Schedule, SimulatedSettings, Sources
from reporter.delivery.target import MARKER
from reporter.owner import Owner
from reporter.service import doctor
from reporter.service.doctor import CHECKS, examine
from reporter.service.ledger import open_ledger
from reporter.service.ledger_file import FILE
from reporter.setting import Secret

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
#: Without a network and without pages, which take long; those two have tests of their own.
QUICK = {name: check for name, check in CHECKS.items() if name not in ("clock", "pages")}
READER = (Recipient(address="ann@example.com"),)
BRIEF = Brief(subject="IJR", benchmark="SPY", schedule=Schedule(every="week"), recipients=READER)


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor, "CHECKS", QUICK)

    def look(**settings: object) -> dict[str, list[str]]:
        given = {
            "output": tmp_path / "output",
            "state": tmp_path / "state",
            "sources": Sources(use="simulated", simulated=SimulatedSettings()),
            "briefs": {"small-caps": BRIEF},
        }
        lines: dict[str, list[str]] = {}
        for result in examine(Config(**given | settings), NOW):
            line = f"{result.finding.level} {result.finding.text} → {result.finding.fix} ({result.finding.code})"
            lines.setdefault(result.check, []).append(line)
        return lines

    return look


def test_all_is_well(found) -> None:
    owner = Owner(webhook=Secret(env="PATH"), ping=Secret(env="PATH"))
    lines = found(owner=owner)
    assert set(lines) == set(QUICK)
    assert not [line for several in lines.values() for line in several if line.startswith("FAIL")]
    assert lines["source"] == ["ok IJR from simulated, last bar 2026-11-20 →  (0)"]
    assert lines["secrets"] == ["ok all can be read (2) →  (0)"]


@pytest.mark.fault("A12")
def test_a_damaged_ledger(found, tmp_path: Path) -> None:
    with open_ledger(tmp_path / "state", NOW):
        pass
    (tmp_path / "state" / FILE).write_bytes(b"no database at all" * 100)
    (line,) = found()["ledger"]
    assert line.startswith("FAIL") and "Put back a copy" in line and "(70)" in line


def test_a_ledger_with_a_wrong_page(found, tmp_path: Path) -> None:
    with open_ledger(tmp_path / "state", NOW) as ledger:
        assert ledger.database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with sqlite3.connect(tmp_path / "state" / FILE) as database:
        database.execute("PRAGMA user_version=99")
    (line,) = found()["ledger"]
    assert line.startswith("FAIL") and "newer version" in line


@pytest.mark.fault("F3")
def test_secrets_that_others_can_read_or_nobody_has(found, tmp_path: Path) -> None:
    (tmp_path / "hook").write_text("https://hooks.example.com/hunter2")
    (tmp_path / "hook").chmod(0o644)
    (line,) = found(owner=Owner(webhook=Secret(file=tmp_path / "hook")))["secrets"]
    assert line.startswith("FAIL owner.webhook: others can read") and "chmod 600" in line and "(78)" in line
    assert "hunter2" not in line
    (line,) = found(owner=Owner(webhook=Secret(env="REPORTER_NO_SUCH")))["secrets"]
    assert "the environment variable REPORTER_NO_SUCH is not set" in line
    missing = Secret(env="REPORTER_NO_SUCH")
    lines = found(owner=Owner(webhook=missing, ping=missing))["secrets"]
    assert [line.split(": ")[0] for line in lines] == ["FAIL owner.webhook", "FAIL owner.ping"]


def test_a_relay_that_is_away_and_nobody_to_tell(found) -> None:
    mail = MailSettings(sender="brief@example.com", relay=Relay(host="127.0.0.1", port=1, tls="off"))
    lines = found(mail=mail)
    assert lines["relay"][0].startswith("FAIL 127.0.0.1:1: ") and "(69)" in lines["relay"][0]
    assert lines["people"][-1].startswith("warn nobody is told when something fails → add `owner:`")
    lines = found(owner=Owner(addresses=("owner@example.com",)))
    assert "FAIL owner.addresses cannot be reached without `mail:`" in lines["people"][-1]


def test_who_gets_nothing_is_not_said_to_have_readers(found) -> None:
    mail = MailSettings(sender="brief@example.com", relay=Relay(host="127.0.0.1", port=1, tls="off"))
    owner = Owner(addresses=("owner@example.com",), ping=Secret(env="PATH"))
    bare = BRIEF.model_copy(update={"recipients": ()})
    assert found(mail=mail, owner=owner, briefs={"x": bare})["people"] == [
        "warn nobody gets x → add `recipients:` to it (0)"
    ]
    (line,) = found(mail=mail, owner=owner)["people"]
    assert line.startswith("ok every scheduled brief has readers (1)")


def set_up(state: Path, name: str) -> None:
    with open_ledger(state, NOW) as ledger:
        ledger.put(f"archive:{name}", "the-right-one")


def test_a_place_of_the_archive_that_takes_nothing(found, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    set_up(tmp_path / "state", "share")
    lines = found(archive=(ArchiveTarget(name="share", folder=tmp_path / "file" / "below"),))["archive"]
    assert lines[0].startswith("ok output") and lines[-1].startswith("FAIL")
    assert not list((tmp_path / "output").glob("doctor*"))


def test_every_place_is_tried_though_the_folder_of_editions_takes_nothing(found, tmp_path: Path) -> None:
    (tmp_path / "output").write_text("")
    (tmp_path / "share").mkdir()
    (tmp_path / "share" / MARKER).write_text("the-right-one")
    set_up(tmp_path / "state", "share")
    lines = found(archive=(ArchiveTarget(name="share", folder=tmp_path / "share"),))["archive"]
    assert lines[0].startswith("FAIL output: cannot write") and lines[1].startswith("ok share")


@pytest.mark.fault("E3")
def test_nothing_is_written_to_a_place_that_is_not_the_one_that_was_set_up(found, tmp_path: Path) -> None:
    empty, other, right = (tmp_path / name for name in ("empty", "other", "right"))
    for folder in (empty, other, right):
        folder.mkdir()
        set_up(tmp_path / "state", folder.name)
    (other / MARKER).write_text("another-one")
    (right / MARKER).write_text("the-right-one")
    targets = [ArchiveTarget(name=folder.name, folder=folder) for folder in (empty, other, right, tmp_path / "new")]
    lines = found(archive=tuple(targets))["archive"]
    assert "empty: " in lines[1] and "Is the share mounted?" in lines[1] and lines[1].endswith("(73)")
    assert "other: " in lines[2] and "its .brief-archive-id differs" in lines[2] and lines[2].endswith("(73)")
    assert lines[3].startswith("ok right: ")
    assert "run `reporter archive init new` once" in lines[4] and lines[4].endswith("(78)")
    assert not list(empty.iterdir()) and not (tmp_path / "new").exists()


def test_an_exchange_that_does_not_exist(found) -> None:
    (line,) = found(briefs={"x": BRIEF.model_copy(update={"calendar": "XNYZ"})})["calendar"]
    assert line.startswith("FAIL no exchange calendar 'XNYZ'")


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor, "CHECKS", {name: QUICK[name] for name in ("zones", "people", "relay")})
    text = "sources: {use: simulated}\nmail: {sender: a@example.com, relay: {host: 127.0.0.1, port: 1, tls: off}}\n"
    (tmp_path / "config.yaml").write_text(f"{text}briefs: {{small-caps: {{subject: IJR, benchmark: SPY}}}}\n")
    shown = CliRunner().invoke(reporter, ["doctor"])
    assert shown.exit_code == 69
    assert shown.output.splitlines()[0] == "ok    config     is right"
    assert all(line[:4] in ("ok  ", "warn", "FAIL") for line in shown.output.splitlines())
    told = CliRunner().invoke(reporter, ["doctor", "--json"])
    assert {one["check"] for one in json.loads(told.output)["checks"]} == {"config", "zones", "people", "relay"}
    assert CliRunner().invoke(reporter, ["doctor", "--send-test"]).exit_code == 2
    (tmp_path / "config.yaml").write_text("briefs: nothing\n")
    assert CliRunner().invoke(reporter, ["doctor"]).exit_code == 78


@pytest.mark.nightly
def test_pages_of_every_configured_brief(config: Config) -> None:
    (line,) = CHECKS["pages"](config, NOW)
    assert line.level == "ok" and line.text == "every brief can be written (5)"
