"""Three services on one ledger at the same time, with or without the lock that keeps a second one out.

python -m tests.crash.together STATE PORT LOG DAYS HOW      prints one JSON object: what was counted

HOW is `locked` or `unlocked`.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reporter.errors import LockedError
from reporter.service.lock import exclusive
from reporter.sessions import load_calendar
from tests.crash.rig import APART, START, configuration, count, said, serve, turn, unfinished


def main(state: Path, port: int, log: Path, days: int, how: str) -> dict[str, object]:
    """Two editions a session, each of which all three want to make."""
    codes: Counter[int] = Counter()
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
                    lock = (
                        exclusive(state / "scheduler.lock", start, what="the scheduler")
                        if how == "locked"
                        else nullcontext()
                    )
                    try:
                        with lock:  # until it ends, as with the command
                            turn(config, calendar, lambda offset=offset: datetime.now(UTC) + offset, "hold", log)
                    except LockedError as error:
                        os._exit(error.exit_code)
                children.append(child)
            ended = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
            codes.update(ended)
            done = 0 in ended
            start += APART
    return count(config, log) | said(log) | {"codes": codes}


if __name__ == "__main__":
    place, relay, seen, number, way = sys.argv[1:]
    found = main(Path(place), int(relay), Path(seen), int(number), way)
    sys.stdout.write(f"{json.dumps(found)}\n")
