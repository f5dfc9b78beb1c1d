"""How things stand: one object for the terminal, for `status.json`, and for a collector of metrics."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from reporter.config import Brief, Config, Schedule
from reporter.service.due import due_between
from reporter.service.ledger import Ledger
from reporter.service.lookups import newest_runs, oldest_waiting, tally
from reporter.service.rows import Alert, Delivery, Run, stored
from reporter.sessions import Calendar

STATUS = "status.json"
REACH = timedelta(days=200)  # in which five editions of a monthly brief lie
SOON = timedelta(days=45)


def overview(
    ledger: Ledger, config: Config, calendars: Mapping[str, Calendar], now: datetime, following: int
) -> dict[str, Any]:
    """Everything that somebody who looks after the service asks for.

    Args:
        following: How many editions to come are listed for each brief.
    """
    counts = tally(ledger, Delivery)
    waiting = oldest_waiting(ledger)
    return {
        "schema": 1,
        "at": stored(now),
        "tick": ledger.get("tick"),
        "ledger": ledger.instance,
        "briefs": {
            name: _brief(ledger, name, brief, calendars.get(name), now, following)
            for name, brief in config.briefs.items()
        },
        "outbox": {state: count for state, count in sorted(counts.items()) if count},
        "oldest_waiting": stored(waiting) if waiting else None,
        "alerts": [
            {"key": alert.key, "since": stored(alert.first_utc), "count": alert.count, "text": alert.text}
            for alert in ledger.rows(Alert)
            if alert.cleared_utc is None
        ],
    }


def _brief(
    ledger: Ledger, name: str, brief: Brief, calendar: Calendar | None, now: datetime, following: int
) -> dict[str, Any]:
    runs = newest_runs(ledger, name)
    done = next((run for run in runs if run.state == "done"), None)
    newest = runs[0] if runs else None
    told: dict[str, Any] = {
        "last_done": {"session": done.occurrence, "at": stored(done.updated_utc)} if done else None,
        "newest": {
            "session": newest.occurrence,
            "state": newest.state,
            "reason": newest.reason,
            "again": stored(newest.next_try_utc) if newest.next_try_utc else None,
        }
        if newest
        else None,
    }
    if brief.schedule and calendar:
        until = now + (REACH if following > 1 else SOON)
        due = due_between(brief.schedule, calendar, now, until)[:following]
        told["next"] = [
            {"session": str(one.session), "utc": stored(one.moment), "local": local(one.moment, brief.schedule)}
            for one in due
        ]
    return told


def local(moment: datetime, schedule: Schedule) -> str:
    """On the clock of the schedule, or of this machine: `Fri 2026-11-27 18:45 GMT`; a change of the clocks shows."""
    shown = moment.astimezone(ZoneInfo(schedule.zone) if schedule.zone else None)
    return f"{shown:%a %Y-%m-%d %H:%M %Z}"


def write_status(ledger: Ledger, config: Config, calendars: Mapping[str, Calendar], now: datetime) -> None:
    """`status.json` in the state folder, replaced whole."""
    told = overview(ledger, config, calendars, now, following=1)
    _replace(ledger.state / STATUS, json.dumps(told, indent=1) + "\n")


def write_metrics(ledger: Ledger, path: Path, names: list[str]) -> None:
    """For the text-file collector of Prometheus."""
    lines = ["# TYPE brief_last_success_timestamp_seconds gauge"]
    for name in names:
        done = next((run for run in newest_runs(ledger, name) if run.state == "done"), None)
        if done:
            lines.append(f'brief_last_success_timestamp_seconds{{brief="{name}"}} {done.updated_utc.timestamp():.0f}')
    outbox = tally(ledger, Delivery)
    lines.append("# TYPE brief_outbox gauge")
    states = ("queued", "sending", "dot", "accepted", "bounced", "expired", "uncertain", "cancelled")
    lines += [f'brief_outbox{{state="{state}"}} {outbox[state]}' for state in states]
    lines += ["# TYPE brief_missed_total counter", f"brief_missed_total {tally(ledger, Run)['missed']}"]
    lines += ["# TYPE brief_uncertain_total gauge", f"brief_uncertain_total {outbox['uncertain']}"]
    unsolved = [alert for alert in ledger.rows(Alert) if alert.cleared_utc is None]
    lines += ["# TYPE brief_alerts gauge", f"brief_alerts {len(unsolved)}"]
    _replace(path, "\n".join(lines) + "\n")


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)
