"""The alarm clock: wakes the service again and again. The only user of APScheduler, which knows nothing but that.

Everything that must not be lost is in the ledger. A wake-up that is late, doubled or left out does no harm.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.executors.debug import DebugExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.blocking import BlockingScheduler


class Alarm:
    """Calls some functions, each every so many seconds, in the thread that called `run`, until a signal says stop."""

    def __init__(self, calls: Mapping[Callable[[], None], float], clock: Callable[[], datetime]) -> None:
        self.stopped_by: int | None = None
        self._clock = clock
        self._failure: BaseException | None = None
        self._over = threading.Event()
        self._seconds = {call.__name__: seconds for call, seconds in calls.items()}
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # what it has to say is said by us
        self._scheduler = BlockingScheduler(
            executors={"default": DebugExecutor()},  # in this thread: a connection to SQLite belongs to one
            jobstores={"default": MemoryJobStore()},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
            timezone="UTC",
        )
        self._scheduler.add_listener(self._fail, EVENT_JOB_ERROR)
        for call, seconds in calls.items():
            self._scheduler.add_job(call, "interval", seconds=seconds, id=call.__name__, next_run_time=clock())

    def run(self) -> None:
        """Until SIGTERM or SIGINT; the call that is under way is finished. What a call raises ends it too."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        watch = threading.Thread(target=self._watch)
        watch.start()
        self._scheduler.start()
        watch.join()
        if self._failure:
            raise self._failure

    def _fail(self, event: JobExecutionEvent) -> None:
        self._failure = event.exception
        self._over.set()

    def _stop(self, number: int, _: object) -> None:
        self.stopped_by = self.stopped_by or number
        self._over.set()

    def _watch(self) -> None:
        """Wake everything when the clock is put back: it would sleep until the old time comes again. And end it."""
        last = self._clock()
        while not self._over.wait(min(self._seconds.values())):
            now = self._clock()
            if now < last:
                for name, seconds in self._seconds.items():
                    self._scheduler.reschedule_job(name, trigger="interval", seconds=seconds, start_date=now)
            last = now
        self._scheduler.shutdown(wait=False)
