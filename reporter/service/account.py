"""Once a week, the books: what the calendar says was due must be what the ledger says became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from reporter.config import Brief
from reporter.service.due import due_between
from reporter.service.ledger import Ledger
from reporter.service.plan import OPEN, SINCE
from reporter.service.rows import Run
from reporter.sessions import Calendar

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Account:
    """One week of all briefs."""

    week: str  # 2026-W10
    due: int
    became: Mapping[str, int]  # by state
    lost: tuple[str, ...]  # due by the calendar, unknown to the ledger

    @property
    def line(self) -> str:
        """`2026-W10: 7 due = 5 done + 2 missed`."""
        sum_ = " + ".join(f"{count} {state}" for state, count in sorted(self.became.items())) or "0"
        lost = f" + {len(self.lost)} LOST: {', '.join(self.lost)}" if self.lost else ""
        return f"{self.week}: {self.due} due = {sum_}{lost}"


def account(
    ledger: Ledger, briefs: Mapping[str, Brief], calendars: Mapping[str, Calendar], now: datetime
) -> Account | None:
    """The books of the week before this one, Monday to Monday in UTC; None where they have been told."""
    monday = datetime.combine(now.astimezone(UTC).date() - timedelta(days=now.astimezone(UTC).weekday()), time(), UTC)
    start = monday - WEEK
    week = f"{start:%G-W%V}"
    if (ledger.get("accounted") or "") >= week:
        return None
    became: Counter[str] = Counter()
    lost = []
    for name, calendar in calendars.items():
        schedule, since = briefs[name].schedule, ledger.get(SINCE + name)
        if schedule is None or since is None:
            continue
        begun = datetime.fromisoformat(since.split(" ")[0])
        for one in due_between(schedule, calendar, max(start, begun), monday):
            run = ledger.one(Run, brief=name, occurrence=one.session.isoformat())
            became[("in work" if run.state in OPEN else run.state) if run else "lost"] += 1
            lost += [] if run else [f"{name} {one.session}"]
    due = sum(became.values())
    del became["lost"]
    return Account(week, due, became, tuple(lost))
