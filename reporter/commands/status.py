"""`reporter status`: how things stand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from reporter.commands.options import config_option
from reporter.garbage import left_lying
from reporter.request import configuration

FOLLOWING = 5  # editions to come of each brief


@click.command(short_help="What was made, what is next, what waits.")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@left_lying()
def status(config_path: Path | None, as_json: bool) -> None:
    """Last editions, the next five of each brief, mail that waits, and what needs a person."""
    from reporter.service.calendars import Calendars
    from reporter.service.ledger import open_ledger
    from reporter.service.overview import overview

    now = datetime.now(UTC)
    config = configuration(config_path, False)
    calendars, causes = Calendars().of(config, now)
    with open_ledger(config.state, now) as ledger:
        told = overview(ledger, config, calendars, now, FOLLOWING)
    told["alerts"] += [{"key": key, "since": told["at"], "count": 1, "text": text} for key, text in causes.items()]
    click.echo(json.dumps(told, indent=2) if as_json else "\n".join(_lines(told)))


def _lines(told: dict[str, Any]) -> list[str]:
    seen = f"looked last at {told['tick'][:19].replace('T', ' ')} UTC" if told["tick"] else "has not run yet"
    lines = [f"The scheduler {seen}."]
    for name, brief in told["briefs"].items():
        lines += ["", name]
        done, newest = brief["last_done"], brief["newest"]
        lines.append(f"  last  {done['session']}, out {_minute(done['at'])} UTC" if done else "  last  none yet")
        if newest and newest["state"] != "done":
            again = f"; again {_minute(newest['again'])} UTC" if newest["again"] else ""
            reason = f": {newest['reason']}" if newest["reason"] else ""
            lines.append(f"  now   {newest['session']} {newest['state']}{reason}{again}")
        for number, one in enumerate(brief.get("next", [])):
            mark = "next" if number == 0 else ""
            lines.append(f"  {mark:4}  {one['local']:26}  {_minute(one['utc'])} UTC   about {one['session']}")
        if "next" not in brief:
            lines.append("  next  when somebody asks: it has no schedule")
    if told["outbox"]:
        lines += ["", "mail  " + ", ".join(f"{count} {state}" for state, count in told["outbox"].items())]
    lines += ["", *(f"! {alert['text'] or alert['key']}" for alert in told["alerts"])] if told["alerts"] else []
    return lines


def _minute(text: str) -> str:
    return text[:16].replace("T", " ")
