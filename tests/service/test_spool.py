"""What lies in the spool comes back as it was, or not at all."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reporter.document.edition import Edition
from reporter.document.email import MailBody
from reporter.errors import LedgerError
from reporter.prices.bars import Flaw
from reporter.prices.quality import Issue, Quality, Status
from reporter.service.ledger import open_ledger
from reporter.service.rows import Run
from reporter.service.spool import (
    Heads,
    artifacts,
    edition_folder,
    holds,
    read_edition,
    read_message,
    sha256_of,
    write_content,
    write_edition,
)

NOW = datetime(2024, 10, 16, 21, 0, tzinfo=UTC)
RUN = Run(
    brief="small-caps", occurrence="2024-10-16", kind="adhoc", local_label="", deadline_utc=NOW + timedelta(days=1),
    created_utc=NOW, updated_utc=NOW,
)  # fmt: skip


def test_an_edition_comes_back_as_it_was_and_a_changed_file_stops_everything(edition: Edition, tmp_path: Path) -> None:
    body = MailBody(subject="Тема", preheader="", text="a\n", html="<p>", images={"x@brief": b"\x89PNG\0"})
    quality = Quality(
        status=Status.DEGRADED, usable=("IJR",), issues=(Issue("SPY", Flaw.STALE, "old"),), remarks=("sorted",),
        silent={"feed": "away"}, reasons=("SPY is old",), way_out="wait",
    )  # fmt: skip
    assert all(getattr(quality, one.name) for one in fields(quality))  # a field that is new is not forgotten here
    whole = replace(edition, quality=quality, mails={"en": body, "ru": replace(body, subject="x")})
    with open_ledger(tmp_path, NOW) as ledger:
        ledger.add(RUN)
        run = ledger.one(Run)
        folder = tmp_path / edition_folder(run)
        write_edition(whole, folder)
        for row in artifacts(tmp_path, run):
            ledger.add(row)
        assert read_edition(ledger, run) == whole
        (folder / "facts.json").write_bytes(b"{}")
        with pytest.raises(LedgerError, match=r"facts\.json has changed since it was written"):
            read_edition(ledger, run)


def test_messages_share_a_file_and_a_changed_byte_stops_what_it_is_in(tmp_path: Path) -> None:
    folder = tmp_path / "spool/1-r0.mail"
    with open_ledger(tmp_path, NOW) as ledger:
        folder.mkdir()
        name = write_content(folder, b"Content-Type: text/plain\r\n\r\n#1.short\r\n")
        content = (folder / name).read_bytes()
        places = []
        for heads in ((b"To: ann\r\n", b"To: short ann\r\n", b"To: bea\n0 0 0\r\n"), (b"To: cyd\r\n",)):
            with Heads(folder) as file:
                places += [(head, *file.add(head, content, name)) for head in heads]
        for head, place, sha256 in places:
            assert read_message(ledger, f"spool/1-r0.mail/{place}", sha256) == head + content
        assert sha256_of(ledger, f"spool/1-r0.mail/{places[0][1]}.short") == places[1][2]
        before = (folder / "0.heads").read_bytes()
        (folder / "0.heads").write_bytes(before.replace(b"short ann", b"short eve"))
        assert read_message(ledger, f"spool/1-r0.mail/{places[0][1]}", places[0][2]) == places[0][0] + content
        for damage in (before.replace(b"ann", b"eve"), before.replace(b" 9\n", b" x\n", 1), b"", before[:40]):
            (folder / "0.heads").write_bytes(damage)
            with pytest.raises(LedgerError, match=r"0\.heads|1-r0\.mail"):
                read_message(ledger, f"spool/1-r0.mail/{places[0][1]}", places[0][2])
        (folder / "0.heads").unlink()
        with pytest.raises(LedgerError, match="nothing is sent of it"):
            read_message(ledger, f"spool/1-r0.mail/{places[0][1]}", places[0][2])


def test_a_folder_of_another_edition_is_known(edition: Edition, tmp_path: Path) -> None:
    """As after a copy of the ledger was put back, which gives its numbers again."""
    write_edition(edition, tmp_path / "1-r0")
    assert holds(tmp_path / "1-r0", edition) and not holds(tmp_path / "2-r0", edition)
    assert not holds(tmp_path / "1-r0", replace(edition, session=edition.session + timedelta(days=1)))
    assert not holds(tmp_path / "1-r0", replace(edition, brief="another"))
