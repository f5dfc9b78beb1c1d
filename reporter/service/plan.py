"""From moments to runs: what has fallen due since the last look is written into the ledger, each edition once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from reporter.config import Brief, Schedule
from reporter.crash import crash_point
from reporter.service.due import Due, due_between
from reporter.service.ledger import Ledger
from reporter.service.lookups import from_the_future, refused_for_now
from reporter.service.rows import Delivery, Run
from reporter.sessions import Calendar

LOOKED = "looked:"  # before the name of a brief in `meta`: until when its schedule has been followed
SINCE = "since:"  # likewise: from when on, and by which schedule
OPEN = ("due", "fetching", "fetched", "rendered", "delivering")
AHEAD = timedelta(days=45)  # in which the edition after one is looked for
TOLERANCE = timedelta(minutes=2)  # by which clocks are set without being called wrong
SELDOM = timedelta(hours=1)  # how often it is noted that there was nothing: what a look finds twice is there once
LONGEST_WAIT = timedelta(hours=1)  # before a run is tried again


@dataclass(frozen=True)
class Planned:
    """What a look at the schedules changed."""

    due: tuple[Run, ...] = ()
    missed: tuple[Run, ...] = ()


def plan(ledger: Ledger, briefs: Mapping[str, Brief], calendars: Mapping[str, Calendar], now: datetime) -> Planned:
    """Write a run for every edition that has fallen due since the last look.

    The newest one that is not too late is `due`, older ones are `missed`. A brief that is seen for the first time
    begins with the next moment: what was due before nobody has asked for. The key of a run is the session, so no clock
    that jumps can make an edition twice.

    Args:
        calendars: By the name of the brief; a brief whose calendar is not there is left for the next look.
    """
    due: list[Run] = []
    missed: list[Run] = []
    for name, brief in briefs.items():
        if brief.schedule and name in calendars:
            with ledger.transaction():
                _reopen(ledger, name, now)
                new = _look(ledger, name, brief.schedule, calendars[name], now)
                due += [run for run in new if run.state == "due"]
                missed += [run for run in new if run.state == "missed"]
                _lament(ledger, name, new, now)
            crash_point("due")
    _forget(ledger, [name for name, brief in briefs.items() if brief.schedule])
    return Planned(tuple(due), tuple(missed))


def _look(ledger: Ledger, name: str, schedule: Schedule, calendar: Calendar, now: datetime) -> list[Run]:
    known = ledger.get(LOOKED + name)
    looked = datetime.fromisoformat(known) if known else now
    if known and looked >= now:  # this second, or a clock that was put back: what follows has been looked at
        return []
    rule = f" {schedule.model_dump_json(exclude_none=True)}"
    if not (ledger.get(SINCE + name) or "").endswith(rule):
        ledger.put(SINCE + name, now.isoformat() + rule)
    new: list[Run] = []
    moments = due_between(schedule, calendar, looked, now)
    for one in moments:
        run = _run(name, one, schedule, calendar, now, newest=one is moments[-1])
        if ledger.add(run):
            stored = ledger.one(Run, brief=name, occurrence=run.occurrence)
            ledger.note(f"run: {run.state}", now, detail=run.reason or f"due {run.local_label}", of=stored)
            new += [stored] if stored else []
    if new or not known or now - looked > SELDOM:
        ledger.put(LOOKED + name, now.isoformat())
    return new


def _lament(ledger: Ledger, name: str, new: Sequence[Run], now: datetime) -> None:
    """One alert for all that were missed."""
    missed = [run.occurrence for run in new if run.state == "missed"]
    if missed:
        count = "an edition was" if len(missed) == 1 else f"{len(missed)} editions were"
        listed = ", ".join(missed[-5:]) if len(missed) <= 5 else f"{missed[0]} to {missed[-1]}"
        ledger.alert(f"missed:{name}", now, f"{name}: {count} missed while nothing ran: {listed}")


def _reopen(ledger: Ledger, name: str, now: datetime) -> None:
    """What a clock that was ahead has decided is decided again, as long as nothing was queued for anybody."""
    for run in from_the_future(ledger, now + TOLERANCE):
        decided = run.brief == name and run.kind == "scheduled" and run.state in ("refused", "failed", "missed")
        if decided and not ledger.rows(Delivery, run_id=run.run_id):
            ledger.move(run, "due", now, "the clock was put back", next_try_utc=None, attempt=0)


def workable(ledger: Ledger, calendars: Mapping[str, Calendar], now: datetime) -> list[Run]:
    """Runs that can be worked on now, oldest first. Those that have run out of time are closed on the way."""
    ready = []
    for run in sorted([*ledger.rows(Run, state=OPEN), *refused_for_now(ledger)], key=lambda run: run.run_id or 0):
        if run.kind != "scheduled" and (run.state != "delivering" or run.occurrence.startswith("adhoc:")):
            continue  # asked for by hand: only mail that waits is taken over
        calendar = calendars.get(run.brief)
        if run.state != "delivering" and run.deadline_utc <= now:
            _give_up(ledger, run, now)
        elif calendar and _over(calendar, date.fromisoformat(run.occurrence), now) and _its_turn(run, now):
            turn = ledger.move(run, "due", now, next_try_utc=None) if run.state == "refused" else run
            ready += [turn] if turn else []
    return ready


def _give_up(ledger: Ledger, run: Run, now: datetime) -> None:
    """Too late: refused for good, failed after attempts, or missed without any."""
    state = "refused" if run.state == "refused" else "failed" if run.attempt else "missed"
    why = f"out of time at {run.deadline_utc:%Y-%m-%d %H:%M} UTC" + (f"; {run.reason}" if run.reason else "")
    with ledger.transaction():
        if ledger.move(run, state, now, why, reason=why, next_try_utc=None):
            ledger.alert(f"{state}:{run.brief}", now, f"{run.brief} {run.occurrence} {state}: {why}")


def _over(calendar: Calendar, session: date, now: datetime) -> bool:
    """Whether a session's close has passed: it may not have, after a clock was put back."""
    known = calendar.between(session, session)
    return not len(known) or calendar.close(session) <= now


def _its_turn(run: Run, now: datetime) -> bool:
    """Whether it need not wait; a wait that is longer than any is left from a clock that was ahead."""
    return run.next_try_utc is None or not now < run.next_try_utc <= now + LONGEST_WAIT


def _run(name: str, one: Due, schedule: Schedule, calendar: Calendar, now: datetime, newest: bool) -> Run:
    following = due_between(schedule, calendar, one.moment, one.moment + AHEAD)
    end = min([one.moment + schedule.window, *(later.moment for later in following[:1])])  # the calendar may end here
    label = moment_label(one.moment, schedule.zone)
    missed = not newest or end <= now
    return Run(
        brief=name,
        occurrence=one.session.isoformat(),
        kind="scheduled",
        local_label=label,
        state="missed" if missed else "due",
        reason=f"due {label}; nothing ran until {end:%Y-%m-%d %H:%M} UTC, when it was too late" if missed else None,
        deadline_utc=end,
        created_utc=now,
        updated_utc=now,
    )


def moment_label(moment: datetime, zone: str | None) -> str:
    """`Fri 2026-11-27 18:45 UTC`, or the time on the clock of a zone with its name."""
    return f"{moment.astimezone(ZoneInfo(zone or 'UTC')):%a %Y-%m-%d %H:%M} {zone or 'UTC'}"


def _forget(ledger: Ledger, scheduled: Iterable[str]) -> None:
    """A brief that has no schedule any more begins anew when it gets one."""
    kept = {mark + name for name in scheduled for mark in (LOOKED, SINCE)}
    for key in ledger.keys(LOOKED) + ledger.keys(SINCE):
        if key not in kept:
            ledger.put(key, None)
