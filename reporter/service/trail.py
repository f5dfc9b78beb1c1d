"""The whole trail of one edition: when it was due, what it was made of, where it lies, who got it."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reporter.errors import UsageError, suggestion
from reporter.service.ledger import Ledger
from reporter.service.rows import Artifact, Delivery, Event, Publication, Row, Run, stored


def trail(ledger: Ledger, output: Path, brief: str, occurrence: str) -> dict[str, Any]:
    """Everything that ledger and archive know about an edition.

    Raises:
        UsageError: the ledger has no such edition.
    """
    run = ledger.one(Run, brief=brief, occurrence=occurrence)
    if run is None:
        known = [one.occurrence for one in ledger.rows(Run, brief=brief)]
        newest = f"; the newest are {', '.join(known[-3:])}" if known else f", nor any other {brief}"
        by_hand = "; what `reporter brief` has made is not in it: its manifest.json and `--lexicon` tell of that"
        raise UsageError(f"the ledger knows no {brief} {occurrence}{suggestion(occurrence, known)}{newest}{by_hand}")
    return {
        "run": _plain(run),
        "events": [_plain(event) for event in ledger.rows(Event, run_id=run.run_id)],
        "files": [_plain(artifact) for artifact in ledger.rows(Artifact, run_id=run.run_id)],
        "archive": [_plain(publication) for publication in ledger.rows(Publication, run_id=run.run_id)],
        "mail": [_plain(delivery) for delivery in ledger.rows(Delivery, run_id=run.run_id)],
        "made_of": _made_of(output, run),
    }


def _plain(row: Row) -> dict[str, Any]:
    return {name: stored(value) for name, value in asdict(row).items()}


def _made_of(output: Path, run: Run) -> dict[str, Any] | None:
    """Quality and vintage from the archived facts; None where the edition is not in the folder `output`."""
    folder = output / run.brief / run.occurrence[:4] / f"{run.occurrence}-r{run.revision}"
    with suppress(OSError, ValueError, KeyError):
        facts = json.loads((folder / "facts.json").read_bytes())
        return {"as_of": facts["as_of"], "quality": facts["quality"], "vintage": facts["vintage"]}
    return None


def lines(told: dict[str, Any]) -> list[str]:
    """The same for a person."""
    run = told["run"]
    out = [f"{run['brief']} {run['occurrence']}-r{run['revision']}: {run['state']}"]
    out += [f"  because  {run['reason']}"] if run["reason"] else []
    out += [f"  due      {run['local_label']}; it could go out until {_minute(run['deadline_utc'])} UTC"]
    if run["next_try_utc"]:
        attempt = "" if run["state"] == "delivering" else f", attempt {run['attempt'] + 1}"
        out += [f"  again    {_minute(run['next_try_utc'])} UTC{attempt}"]
    out += _data(told["made_of"])
    out += [_archive(one) for one in told["archive"]]
    out += [_mail(one) for one in told["mail"]]
    out += ["", "  what happened, UTC"]
    for event in told["events"]:
        about = next((one["recipient"] for one in told["mail"] if one["delivery_id"] == event["delivery_id"]), "")
        detail = " ".join(filter(None, (about, event["detail"])))
        out.append(f"  {event['at_utc'][:19].replace('T', ' ')}  {event['what']}" + (f"  ({detail})" if detail else ""))
    return out


def _data(made_of: dict[str, Any] | None) -> list[str]:
    if made_of is None:
        return []
    quality, vintage = made_of["quality"], made_of["vintage"]
    notes = quality.get("notes") or []
    fetched = f", fetched {vintage['fetched_at']}" if vintage.get("fetched_at") else ""
    return [
        f"  prices   {vintage['source']}{fetched}, vintage {vintage['sha256'][:16]}",
        f"  quality  {quality['status']}" + (f": {'; '.join(map(str, notes))}" if notes else ""),
    ]


def _archive(one: dict[str, Any]) -> str:
    where = f" {one['path']}" if one["path"] else ""
    again = f", next {_minute(one['next_try_utc'])} UTC" if one["state"] == "queued" else ""
    return f"  archive  {one['target']}: {one['state']}{where}{again}"


def _mail(one: dict[str, Any]) -> str:
    when = f" {_minute(one['accepted_utc'])} UTC" if one["accepted_utc"] else ""
    tries = one["attempts"]
    answer = f": {one['smtp_code'] or ''} {one['smtp_text']}".rstrip() if one["smtp_text"] else ""
    return f"  mail     {one['recipient']}: {one['state']}{when}, {tries} attempt{'s' * (tries != 1)}{answer}"


def _minute(text: str) -> str:
    return text[:16].replace("T", " ")
