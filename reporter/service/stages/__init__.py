"""One edition from nothing to everybody's mailbox, in steps that can each be taken again.

    due, fetching ──gate──▶ fetched ──build──▶ rendered ──archive, queue──▶ delivering ──mail──▶ done

Each step begins from what the one before has stored, commits, and only then goes on; a process that dies anywhere is
followed by one that does the rest. Only the holder of `alone` may take steps.
"""

from reporter.service.stages.archive import (
    archive,
    held_back,
    marker,
    sent_from,
)
from reporter.service.stages.mail import held_readers, queue, written
from reporter.service.stages.make import MAKING, make, spooled
from reporter.service.stages.run import CLOSED, alone, begin, finish, reopen, revise

__all__ = [
    "CLOSED",
    "MAKING",
    "alone",
    "archive",
    "begin",
    "finish",
    "held_back",
    "held_readers",
    "make",
    "marker",
    "queue",
    "reopen",
    "revise",
    "sent_from",
    "spooled",
    "written",
]
