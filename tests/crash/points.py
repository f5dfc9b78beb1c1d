"""Dies at each named point between two commits, and again on the way back, then goes on; deterministic.

python -m tests.crash.points FOLDER PORT LOG      prints one JSON object: what was counted, by point
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reporter.crash import POINTS
from reporter.sessions import load_calendar
from tests.crash.rig import APART, START, configuration, count, serve


def main(folder: Path, port: int, log: Path, ways: int, points: Sequence[str]) -> dict[str, dict[str, object]]:
    """Each point in some ways, each with a ledger of its own."""
    calendar = load_calendar("XNYS", datetime(2026, 11, 25, tzinfo=UTC))
    found = {}
    for point in points:
        for crashes in ([point, point], [f"{point}:2"], [point, "spooled", "queued", "dot"])[:ways]:
            name = "+".join(crashes)
            state = folder / name.replace(":", "-") / "state"
            config = configuration(state, port, log, "reconcile")
            serve(config, calendar, lambda: START, "reconcile")
            before = log.stat().st_size if log.exists() else 0
            start = START + timedelta(hours=11)
            died: list[int] = []
            for crash in [*crashes, "", "", "", ""]:
                died.append(_once(config, calendar, start, crash))
                if died[-1] == 0:
                    break
                time.sleep(0.2)  # real time for the relay to write its log; the product gives it a minute
                start += APART
            found[name] = count(config, log, before) | {"died": died}
    return found


def _once(config: object, calendar: object, start: datetime, crash: str) -> int:
    offset = start - datetime.now(UTC)
    child = os.fork()
    if child == 0:
        os.environ["BRIEF_CRASH_AT"] = crash
        done = serve(config, calendar, lambda: datetime.now(UTC) + offset, "reconcile")  # type: ignore[arg-type]
        os._exit(0 if done else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    folder, port, log, ways, *points = sys.argv[1:]
    found = main(Path(folder), int(port), Path(log), int(ways), points or POINTS)
    sys.stdout.write(f"{json.dumps(found)}\n")
