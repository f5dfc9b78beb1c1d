"""Fetched and judged, and kept; then built of what is kept, and kept: two commits, each in a process with limits."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from reporter.crash import crash_point
from reporter.errors import LedgerError, UpstreamError
from reporter.limits import Limits, run_limited
from reporter.service import making, spool
from reporter.service.ledger import Ledger
from reporter.service.making import Order
from reporter.service.outbox import Clock
from reporter.service.rows import Publication, Run
from reporter.service.stages.run import again, material_folder
from reporter.setting import duration

MAKING = ("due", "fetching", "fetched")  # states in which an edition is not there yet
CPU, MEMORY = 120, 2_000_000_000  # seconds and bytes for either step


def make(ledger: Ledger, run: Run, order: Order, targets: Sequence[str], clock: Clock) -> Run:
    """What is left of fetching and building.

    Args:
        targets: Names of the places where the edition is to be archived.

    Raises:
        DataError: the gate refuses the prices.
        UpstreamError: the source is away.
        ReporterError: whatever else a child says; or it went beyond its limits.
    """
    made = ledger.state / spool.edition_folder(run)
    if run.state == "due" and made.exists():  # of a turn that was given up, or of a ledger in whose place a copy is
        shutil.rmtree(made)
    if not made.exists():
        if run.state != "fetched":
            run = fetch(ledger, run, order, clock)
        _build(ledger, run, order, clock)
    return spooled(ledger, run, targets, clock)


def fetch(ledger: Ledger, run: Run, order: Order, clock: Clock) -> Run:
    """Prices and voices into the spool, with what the gate says; from here on no newer ones are looked at.

    Raises:
        DataError, UpstreamError: as `make`.
    """
    final = ledger.state / material_folder(run)
    if run.state == "due":
        if final.exists():  # of a turn that was given up: this one begins anew
            shutil.rmtree(final)
        run = ledger.move(run, "fetching", clock()) or again(ledger, run)
        crash_point("fetching")
    if not final.exists():
        temporary = final.with_name(f".{final.name}.tmp")
        limits = _limits(order.config.limits.fetch)
        what = f"fetching of {run.brief} {run.occurrence}"
        asked = replace(order, anew=run.revision > 0)
        run_limited(_gather, asked, temporary, clock(), limits=limits, what=what, error=UpstreamError)
        spool.rename(temporary, final)
    crash_point("snapshot")
    about = json.loads((final / "settings.json").read_bytes())
    vintage, quality = about["vintage"], about["quality"]["status"]
    detail = f"{vintage['source']}, vintage {vintage['sha256'][:16]}; gate: {quality}"
    moved = ledger.move(run, "fetched", clock(), detail, data_sha=vintage["sha256"], quality=quality)
    crash_point("fetched")
    return moved or again(ledger, run)


def _build(ledger: Ledger, run: Run, order: Order, clock: Clock) -> None:
    final = ledger.state / spool.edition_folder(run)
    temporary = final.with_name(f".{final.name}.tmp")
    limits = _limits(order.config.limits.build)
    material = ledger.state / material_folder(run)
    what = f"{run.brief} {run.occurrence}"
    run_limited(_make, material, run.data_sha or "", order, temporary, clock(), limits=limits, what=what)
    crash_point("built")
    spool.rename(temporary, final)


def spooled(ledger: Ledger, run: Run, targets: Sequence[str], clock: Clock) -> Run:
    """Enter what lies in the spool for a run into the ledger: from here on nothing of it is made again."""
    crash_point("spooled")
    now = clock()
    with ledger.transaction():
        files = spool.artifacts(ledger.state, run)
        for artifact in files:
            ledger.add(artifact)
        for target in targets:
            ledger.add(
                Publication(
                    run_id=run.run_id or 0, revision=run.revision, target=target, path="", next_try_utc=now, sha256=""
                )
            )
        edition = spool.read_edition(ledger, run)
        moved = ledger.move(run, "rendered", now, f"{len(files)} files", quality=str(edition.quality.status))
    crash_point("rendered")
    shutil.rmtree(ledger.state / material_folder(run), ignore_errors=True)  # the edition has it
    return moved or again(ledger, run)


def _limits(longest: str) -> Limits:
    return Limits(cpu=CPU, memory=MEMORY, wall=duration(longest).total_seconds())


def _gather(order: Order, folder: Path, now: datetime) -> None:
    files = making.gather(order, now)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    for name, content in files.items():
        spool.write(folder / name, content)
    spool.sync(folder)


def _make(material: Path, vintage: str, order: Order, folder: Path, now: datetime) -> None:
    try:
        files = {path.name: path.read_bytes() for path in material.iterdir()}
    except OSError as error:
        raise LedgerError(f"{material} cannot be read: {error.strerror}; nothing is made of it") from error
    edition = making.made_of(files, order, now)
    if edition.vintage != vintage:
        raise LedgerError(f"{material} has changed since it was written; nothing is made of it")
    spool.write_edition(edition, folder)
