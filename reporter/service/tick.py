"""One look at everything: what has fallen due, what has ended, what can be worked on, who must hear of it.

A tick does nothing slow. Work is done by children; what a tick has decided is in the ledger before it acts on it.
"""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from reporter.config import Config
from reporter.errors import ReporterError, of_machine
from reporter.owner import Owner
from reporter.service import alerts, notify
from reporter.service.account import account
from reporter.service.calendars import Calendars
from reporter.service.housekeeping import keep_house
from reporter.service.ledger import Ledger
from reporter.service.log import log
from reporter.service.overview import write_metrics, write_status
from reporter.service.plan import plan, workable
from reporter.service.postman import Postman
from reporter.service.reload import Reloaded
from reporter.service.rows import Alert, stored
from reporter.service.systemd import notify_systemd
from reporter.service.verdicts import judge
from reporter.service.workers import Outcome, Workers
from reporter.sessions import Calendar

AT_ONCE = 4  # children
PING = timedelta(minutes=5)  # between two pings
AGAIN = timedelta(minutes=5)  # before a way to the owner that was closed is tried again
SPACE = 0.1  # of the disk must be free …
ENOUGH = 2_000_000_000  # … or so many bytes
BUG = "service:bug"  # key of the alert that the service has ended by itself
KINDS = (
    "bounced",
    "expired",
    "uncertain",
    "suspended",
    "conflict",
    "unarchived",
    "config",
    "disk",
    "calendar",
    "ledger",
)


class Tick:
    """`look` and `children`, again and again; what they remember between calls does not matter."""

    def __init__(self, settings: Reloaded, ledger: Ledger, workers: Workers, clock: Callable[[], datetime]) -> None:
        self.settings, self.ledger, self.workers, self.clock = settings, ledger, workers, clock
        self.codes: dict[int, int] = {}  # how the last child of each run ended
        self.postman = Postman()
        self._calendars = Calendars()
        self._quiet_until: datetime | None = None  # after a way to the owner was closed
        self._pinged: datetime | None = None

    def look(self) -> None:
        """Look at everything."""
        now = self.clock()
        if self.settings.look():
            self.workers.limits = self.settings.config.limits
        if self._guarded(self._everything, now):
            notify_systemd(f"WATCHDOG=1\nSTATUS=tick {now:%Y-%m-%d %H:%M:%S} UTC")

    def children(self) -> None:
        """Look at the children, where there are any."""
        if self.busy:
            self._guarded(self._children, self.clock())

    @property
    def busy(self) -> bool:
        """Whether a child is at work."""
        return bool(self.workers.alive) or self.postman.away

    def last_words(self, error: BaseException) -> None:
        """The service ends by a fault of its own: the owner hears of it, folded like any cause, until it runs again."""
        now, text = self.clock(), f"the service has ended: {type(error).__name__}: {error}; this is a bug"
        log("ended by a bug", level="error", text=text)
        with suppress(ReporterError, OSError):
            self.ledger.alert(BUG, now, text)
            self._tell(self.settings.config, now)

    def _guarded(self, step: Callable[[datetime], None], now: datetime) -> bool:
        try:
            step(now)
        except (ReporterError, OSError) as error:  # a full disk, a damaged file: said, and looked at again
            text = str(of_machine(error) or error)
            log("tick failed", level="error", text=text)
            self._say_without_ledger(text, now)
            return False
        return True

    def _children(self, now: datetime) -> None:
        for outcome in self.workers.ended(self.ledger):
            self._ended(outcome, now)
        self.postman.look(self.ledger, now)
        calendars, _ = self._calendars.of(self.settings.config, now)
        self._start(calendars, now)

    def _everything(self, now: datetime) -> None:
        config, ledger = self.settings.config, self.ledger
        calendars, causes = self._calendars.of(config, now)
        planned = plan(ledger, config.briefs, calendars, now)
        for run in (*planned.due, *planned.missed):
            log(run.state, brief=run.brief, session=run.occurrence, was_due=run.local_label)
        self._children(now)
        self.postman.send_if_due(ledger, config, now)
        keep_house(ledger, now)
        causes |= self._causes() | alerts.of_editions(ledger)
        alerts.review(ledger, causes, KINDS, now)
        self._tell(config, now)
        self._account(config, calendars, now)
        ledger.put("tick", stored(now))
        write_status(ledger, config, calendars, now)
        if config.owner.metrics:
            write_metrics(ledger, config.owner.metrics, list(config.briefs))
        alerts.clear(ledger, [BUG], now)
        self._ping(config.owner, now)

    def _ended(self, outcome: Outcome, now: datetime) -> None:
        run = judge(self.ledger, outcome, now)
        self.codes[outcome.run.run_id or 0] = outcome.code if outcome.code >= 0 else 70
        log(
            "ended" if outcome.code == 0 else "ended with a failure",
            level="info" if outcome.code == 0 else "warning",
            brief=outcome.run.brief,
            session=outcome.run.occurrence,
            state=run.state if run else None,
            code=outcome.code,
            text=(run.reason if run else None) or outcome.said,
            again=run.next_try_utc.isoformat() if run and run.next_try_utc else None,
        )

    def _start(self, calendars: Mapping[str, Calendar], now: datetime) -> None:
        """A child for each brief that has something to do, the edition that is oldest first."""
        for run in workable(self.ledger, calendars, now):
            if run.brief in self.workers.alive or len(self.workers.alive) >= AT_ONCE:
                continue
            log("begun", brief=run.brief, session=run.occurrence, state=run.state, attempt=run.attempt + 1)
            self.workers.start(run, self.settings.config)

    def _causes(self) -> dict[str, str]:
        causes = {"config:file": self.settings.problem} if self.settings.problem else {}
        disk = shutil.disk_usage(self.ledger.state)
        if disk.free < min(SPACE * disk.total, ENOUGH):
            causes["disk:state"] = f"less than a tenth of the disk of '{self.ledger.state}' is free; make room"
        return causes

    def _tell(self, config: Config, now: datetime) -> None:
        if self._quiet_until and now < self._quiet_until <= now + AGAIN:
            return
        letter = alerts.letter(self.ledger, now, socket.gethostname())
        if letter is None:
            return
        if notify.tell(config.owner, config.mail, letter.subject, letter.body, now):
            alerts.told(self.ledger, letter, now)
            self._quiet_until = None
        else:
            self._quiet_until = now + AGAIN

    def _account(self, config: Config, calendars: Mapping[str, Calendar], now: datetime) -> None:
        """Once a week; the first week, of which nothing is known, is left out."""
        books = account(self.ledger, config.briefs, calendars, now)
        if books is None or self._quiet_until:
            return
        log("week", text=books.line)
        text = f"{books.line}\n\nEvery edition that the calendar says was due is one of these.\n"
        if not books.due or notify.tell(config.owner, config.mail, f"[reporter] week {books.line}", text, now):
            self.ledger.put("accounted", books.week)

    def _say_without_ledger(self, text: str, now: datetime) -> None:
        """The ledger cannot remember that this was said: once an hour it is."""
        if self._quiet_until is None or not now < self._quiet_until <= now + alerts.FOLD:
            config = self.settings.config
            notify.tell(config.owner, config.mail, f"[reporter] {text[:120]}", text + "\n", now)
            self._quiet_until = now + alerts.FOLD

    def _ping(self, owner: Owner, now: datetime) -> None:
        """All is well: a way to the owner is open, and nothing waits to be told."""
        waiting = [alert for alert in self.ledger.rows(Alert) if not alert.told]
        if owner.ping is None or (self._quiet_until and waiting):
            return
        if self._pinged is None or not self._pinged <= now < self._pinged + PING:
            self._pinged = now
            notify.ping(owner)
