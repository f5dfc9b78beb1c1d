"""What was fetched is kept, and an edition is made of that and of nothing newer."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from reporter.config import Config
from reporter.delivery.archive import publish
from reporter.document.edition import Edition
from reporter.document.email import Mail
from reporter.service.housekeeping import keep_house
from reporter.service.ledger import open_ledger
from reporter.service.making import Order, gather, made_of
from reporter.service.rows import Event, Run
from reporter.voices import read_voices
from tests.delivery.smtp_server import SmtpServer
from tests.service.carry import READERS, Started
from tests.service.conftest import Configure

NOW = datetime(2024, 10, 17, tzinfo=UTC)
FOLDER = Path("output/small/2024/2024-10-16-r0")


def test_by_way_of_the_spool_the_bytes_are_the_same(config: Config, edition: Edition, tmp_path: Path) -> None:
    """The outside view: the edition of the straight line, without a spool between prices and pages."""
    settled = config.model_copy(update={"output": tmp_path})
    order = Order(
        config=settled,
        name="small-caps",
        brief=settled.briefs["small-caps"],
        session=date(2024, 10, 16),
        mail=Mail.NONE,
    )
    files = gather(order, NOW)
    assert sorted(files) == ["prices.csv", "settings.json", "voices.json"]
    made = made_of(files, order, NOW)
    assert dict(made.files) == dict(edition.files)
    assert replace(made, files={}) == replace(edition, files={})


def test_a_correction_reads_what_the_archive_has_now(config: Config, edition: Edition, tmp_path: Path) -> None:
    """The edition was out before the earlier one was there; made again it knows nothing of it, corrected it does."""
    order = Order(
        config=config.model_copy(update={"output": tmp_path}),
        name="small-caps",
        brief=config.briefs["small-caps"],
        session=edition.session,
    )
    publish(edition, tmp_path, NOW)
    week_before = edition.session - timedelta(days=7)
    told = json.loads(edition.files["facts.json"]) | {"as_of": week_before.isoformat()}
    late = replace(edition, session=week_before, files={**edition.files, "facts.json": json.dumps(told).encode()})
    publish(late, tmp_path, NOW)
    assert gather(order, NOW)["voices.json"] == edition.files["voices.json"]
    corrected = read_voices(gather(replace(order, anew=True), NOW)["voices.json"])
    assert corrected.memory.previous and corrected.memory.previous.as_of == week_before


def send(folder: Path, crash_at: str = "") -> int:
    return Started(folder, ["send", "small", "--as-of", "2024-10-16"], crash_at).end().returncode


@pytest.mark.fault("A2")
@pytest.mark.parametrize(
    ("point", "asked"), [("fetching", 1), ("snapshot", 1), ("fetched", 1), ("built", 1), ("spooled", 1)]
)
def test_after_a_death_nothing_newer_is_looked_at(point: str, asked: int, tmp_path: Path, configure: Configure) -> None:
    with SmtpServer() as server:
        configure(server)
        assert send(tmp_path, crash_at=point) == 137
        stored = sorted((tmp_path / "output" / ".state" / "spool").glob("*.material/settings.json"))
        wanted = json.loads(stored[0].read_bytes()) if stored else None
        assert bool(wanted) == (point != "fetching")
        assert send(tmp_path) == 0
    assert len((tmp_path / "asked").read_text().splitlines()) == asked
    made = json.loads((tmp_path / FOLDER / "facts.json").read_bytes())
    assert wanted in (None, made)
    with open_ledger(tmp_path / "output" / ".state", NOW) as ledger:
        (run,) = ledger.rows(Run)
        assert (run.state, run.data_sha, run.quality) == ("done", made["vintage"]["sha256"], "ok")
        moves = [event.what.removeprefix("run: ") for event in ledger.rows(Event) if event.what.startswith("run: ")]
    assert moves == [
        "due -> fetching", "fetching -> fetched", "fetched -> rendered", "rendered -> delivering", "delivering -> done",
    ]  # fmt: skip
    assert not list((tmp_path / "output" / ".state" / "spool").glob("*material*"))


@pytest.mark.fault("B5")
def test_prices_that_were_refused_are_not_kept(tmp_path: Path, configure: Configure) -> None:
    with SmtpServer() as server:
        configure(server)
        (tmp_path / "refuse").touch()
        assert send(tmp_path) == 65
        assert not list((tmp_path / "output" / ".state" / "spool").iterdir()) and not server.messages
        (tmp_path / "refuse").unlink()
        assert send(tmp_path) == 0
    assert len((tmp_path / "asked").read_text().splitlines()) == 2


def test_what_was_fetched_for_nothing_is_kept_for_a_while(tmp_path: Path, configure: Configure) -> None:
    with SmtpServer() as server:
        configure(server)
        send(tmp_path, crash_at="fetched")
    state = tmp_path / "output" / ".state"
    (material,) = (state / "spool").iterdir()
    with open_ledger(state, NOW) as ledger:
        run = ledger.rows(Run)[0]
        keep_house(ledger, run.updated_utc + timedelta(days=30))
        assert material.exists()  # it can still be made
        failed = ledger.move(run, "failed", run.updated_utc)
        assert failed
        keep_house(ledger, run.updated_utc + timedelta(days=13))
        assert material.exists()
        keep_house(ledger, run.updated_utc + timedelta(days=15))
        assert not material.exists() and ledger.one(Run, run_id=run.run_id) == failed


def test_material_that_was_changed_is_not_used(tmp_path: Path, configure: Configure) -> None:
    with SmtpServer() as server:
        configure(server)
        send(tmp_path, crash_at="fetched")
        (path,) = (tmp_path / "output" / ".state" / "spool").glob("*.material/settings.json")
        path.write_text(path.read_text().replace("0", "1"))
        assert send(tmp_path) == 70
        assert not server.messages


@pytest.mark.fault("C11")
def test_a_reader_of_a_language_that_was_not_made_begins_with_the_next_edition(
    tmp_path: Path, configure: Configure
) -> None:
    with SmtpServer() as server:
        configure(server)
        assert send(tmp_path, crash_at="rendered") == 137
        path = tmp_path / "config.yaml"
        text = path.read_text().replace(
            "[en], recipients: [", "[en, ru], recipients: [{address: vera@example.com, language: ru}, "
        )
        path.write_text(text)
        assert send(tmp_path) == 0
        assert sorted(one for message in server.messages for one in message.recipients) == sorted(READERS)


@pytest.mark.fault("E4")
def test_a_place_of_the_archive_that_hangs_does_not_hold_up_the_mail(tmp_path: Path, configure: Configure) -> None:
    """A pipe that nobody writes to: whoever reads the identity of the place waits for ever."""
    marker = tmp_path / "share" / ".brief-archive-id"
    with SmtpServer() as server:
        configure(server)
        path = tmp_path / "config.yaml"
        path.write_text(path.read_text().replace("folder: share,", "folder: share, deadline: 1.5,"))
        identity = marker.read_text()
        marker.unlink()
        os.mkfifo(marker)
        done = Started(tmp_path, ["send", "small", "--as-of", "2024-10-16"], "").end()
        assert done.returncode == 73
        assert "share: archiving to 'share' was ended: it needed more than 1.5 s" in done.stderr
        assert len(server.messages) == len(READERS)
        marker.unlink()
        marker.write_text(identity)
        assert send(tmp_path) == 0
        assert len(server.messages) == len(READERS)
    assert (tmp_path / "share/small/2024/2024-10-16-r0/manifest.json").exists()
