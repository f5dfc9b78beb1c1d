"""Named points at which a test lets the program die as `kill -9` would, to see that the next start goes on from there.

Every point stands between two commits. `BRIEF_CRASH_AT=dot` dies the first time it is passed, `dot:3` the third time.
"""

from __future__ import annotations

import os
from collections import Counter

#: In the order in which an edition meets them.
POINTS = (
    "due",  # the run is in the ledger
    "fetching",  # it has begun
    "snapshot",  # prices and voices lie in the spool
    "fetched",  # and the ledger knows
    "built",  # the edition lies in the spool under a temporary name
    "spooled",  # and under its own
    "rendered",  # and the ledger knows
    "publishing",  # a target is being written
    "archive-temp",  # a file lies on the target under a temporary name
    "archive-file",  # and under its own
    "archive-files",  # all but the manifest
    "archive-manifest",  # and the manifest
    "published",  # and the ledger knows
    "mailed-to-spool",  # the messages lie in the spool
    "queued",  # and the ledger knows
    "sending",  # a recipient's turn has begun
    "body",  # the relay has the whole message but for the final dot
    "dot",  # the ledger knows that the dot comes next
    "after-dot",  # the relay has accepted, the ledger does not know
    "accepted",  # it knows
    "delivered",  # all recipients are done
    "done",  # and the run
)
_passed: Counter[str] = Counter()


def crash_point(name: str) -> None:
    """Die here if the environment says so; otherwise nothing."""
    wanted, _, time = os.environ.get("BRIEF_CRASH_AT", "").partition(":")
    if wanted == name:
        _passed[name] += 1
        if _passed[name] == int(time or 1):
            os._exit(137)
