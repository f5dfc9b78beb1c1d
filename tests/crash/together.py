"""Three services on one ledger at the same time, without the lock that keeps a second one out.

python -m tests.crash.together STATE PORT LOG DAYS      prints one JSON object: what was counted
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reporter.sessions import load_calendar
from tests.crash.rig import APART, START, configuration, count, said, serve, turn, unfinished


def main(state: Path, port: int, log: Path, days: int) -> dict[str, object]:
    """Two editions a session, each of which all three want to make."""
    config = configuration(state, port, log, "hold")
    calendar = load_calendar("XNYS", datetime(2026, 11, 25, tzinfo=UTC))
    serve(config, calendar, lambda: START, "hold")
    for day in range(days):
        start, done = START + timedelta(days=day, hours=11), False
        while not done:
            if start > START + timedelta(days=day + 1):
                return count(config, log) | {"gave up": unfinished(config), **said(log)}
            offset = start - datetime.now(UTC)
            children: list[int] = []
            for _ in range(3):
                child = os.fork()
                if child == 0:
                    turn(config, calendar, lambda offset=offset: datetime.now(UTC) + offset, "hold", log)
                children.append(child)
            done = 0 in [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
            start += APART
    return count(config, log) | said(log)


if __name__ == "__main__":
    found = main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
    sys.stdout.write(f"{json.dumps(found)}\n")
