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
from reporter.service.spool import artifacts, edition_folder, read_edition, write_edition

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
