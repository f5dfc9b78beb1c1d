"""kill -9 at random moments, over the real ledger, plan, spool, archive, outbox and SMTP; a relay counts the mails.

The two usual ways of doing it must fail here, or the rig sees nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.delivery.test_targets import small_disk
from tests.programs import needs

Found = dict[str, Any]
Relay = tuple[Path, str, Path]  # a folder, the port of a relay, and its log


@pytest.fixture
def relay() -> Iterator[tuple[Path, str, Path]]:
    """A folder, the port of a relay, and its log."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        log = Path(folder) / "relay.log"
        command = [sys.executable, "-m", "tests.crash.sink", str(log), "1"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sink:
            try:
                assert sink.stdout
                yield Path(folder), sink.stdout.readline().strip(), log
            finally:
                sink.kill()


def asked(seconds: float, *command: str, under: Sequence[str] = ()) -> Any:
    """What a program of the rig prints."""
    program = [*under, sys.executable, "-m", *command]
    try:
        done = subprocess.run(program, capture_output=True, text=True, timeout=seconds + 120, check=False)
    except subprocess.TimeoutExpired as over:
        pytest.fail(f"no end after {over.timeout} s; it said:\n{(over.stderr or b'').decode(errors='replace')}")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def rig(relay: tuple[Path, str, Path]) -> Callable[..., Found]:
    folder, port, log = relay

    def run(policy: str, kills: int, seconds: float, *how: str) -> Found:
        place = [f"{folder}/state", port, str(log), policy]
        return asked(seconds, "tests.crash.rig", *place, str(kills), "7", str(seconds), *how)

    return run


SIZES = [
    pytest.param(60, 15.0, id="short"),
    pytest.param(1000, 900.0, id="long", marks=[pytest.mark.nightly, pytest.mark.timeout(1200)]),
]


def sound(found: Found) -> None:
    assert "gave up" not in found and not found.get("bugs"), found
    assert found["ledger"] == "ok" and found["partial editions"] == 0
    assert found["editions"] == found["done"] > 2
    assert found["said accepted, was not"] == found["other prices"] == 0


@pytest.mark.fault("A1")
@pytest.mark.parametrize(("kills", "seconds"), SIZES)
def test_with_a_witness_nothing_is_lost_and_nothing_comes_twice(
    rig: Callable[..., Found], kills: int, seconds: float
) -> None:
    found = rig("reconcile", kills, seconds)
    sound(found)
    assert (found["lost"], found["duplicates"]) == (0, 0)
    assert found["uncertain"] <= 1 + kills // 200  # said to the owner: the relay's log was too short to be sure


@pytest.mark.fault("A1")
@pytest.mark.parametrize(("kills", "seconds"), SIZES)
def test_without_one_what_is_in_doubt_is_said(rig: Callable[..., Found], kills: int, seconds: float) -> None:
    found = rig("hold", kills, seconds)
    sound(found)
    assert (found["lost in silence"], found["duplicates"]) == (0, 0)


@pytest.mark.fault("A3")
@pytest.mark.parametrize("times", [8, pytest.param(200, marks=[pytest.mark.nightly, pytest.mark.timeout(600)])])
def test_asked_to_stop_it_leaves_nothing_in_doubt(rig: Callable[..., Found], times: int) -> None:
    """Between dot and answer it waits for the answer: without a witness, and yet nobody need be asked."""
    found = rig("hold", times, 10.0 + 2 * times, "SIGTERM")
    sound(found)
    assert (found["lost"], found["duplicates"], found["uncertain"]) == (0, 0, 0)
    assert set(found["codes"]) <= {"-15", "143", "0"}


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_sending_again_loses_nothing_and_repeats_only_the_same_message(rig: Callable[..., Found]) -> None:
    found = rig("resend", 300, 400.0)
    sound(found)
    assert found["lost"] == 0 and found["duplicates"] == found["accepted"] - found["wanted"]


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("policy", "fault"), [("mark-after", "too many"), ("mark-before", "too few")])
def test_the_usual_ways_fail(rig: Callable[..., Found], policy: str, fault: str) -> None:
    assert rig(policy, 200, 300.0)[fault] > 0


#: Those between the archive and the relay's answer, where it matters most; the long form takes all.
HARD = ("fetched", "rendered", "archive-manifest", "queued", "body", "dot", "after-dot", "accepted")


@pytest.mark.fault("A2")
@pytest.mark.parametrize(
    ("ways", "points"), [(1, HARD), pytest.param(3, (), marks=[pytest.mark.nightly, pytest.mark.timeout(1500)])]
)
def test_at_named_points_and_on_the_way_back(relay: Relay, ways: int, points: tuple[str, ...]) -> None:
    folder, port, log = relay
    found = asked(1300, "tests.crash.points", str(folder), port, str(log), str(ways), *points)
    passed = set()
    for name, counted in found.items():
        assert counted["editions"] == counted["done"] == 2, name
        assert (counted["lost"], counted["duplicates"], counted["uncertain"]) == (0, 0, 0), name
        assert (counted["wanted"], counted["accepted"], counted["partial editions"]) == (12, 12, 0), name
        if 137 in counted["died"]:
            passed.add(name.split("+")[0].split(":")[0])
    ours = {point for point in points if not point.startswith("archive")}  # there it is a child that dies
    assert passed >= ours and len(passed) >= (len(ours) or 18), passed


@pytest.mark.fault("A4")
@pytest.mark.parametrize("how", ["unlocked", "locked"])
@pytest.mark.parametrize("days", [4, pytest.param(370, marks=[pytest.mark.nightly, pytest.mark.timeout(1500)])])
def test_three_at_once_send_everything_once(relay: Relay, days: int, how: str) -> None:
    folder, port, log = relay
    found = asked(
        1300, "tests.crash.together", str(folder / "state"), port, str(log), str(days), *([how] if how else [])
    )
    sound(found)
    assert (found["lost"], found["duplicates"], found["uncertain"]) == (0, 0, 0)
    assert found["accepted"] == found["wanted"] == 6 * found["editions"]
    assert found["editions"] >= days * 500 // 370
    assert ("75" in found["codes"]) == (how == "locked")


@pytest.mark.fault("A11", "A14", "D1")
@pytest.mark.parametrize("runs", [8, pytest.param(1000, marks=[pytest.mark.nightly, pytest.mark.timeout(2000)])])
def test_calls_that_fail_now_and_then(relay: Relay, runs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads, writes, fsync, rename, open, connect, send and recv, by libfiu."""
    folder, port, log = relay
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    under = [needs("fiu-run"), "-x", "-f", ""]
    found = asked(1800, "tests.crash.troubles", "io", str(folder), port, str(log), str(runs), under=under)
    assert found["ledger"] == "ok" and found["partial editions"] == found["other prices"] == 0
    assert found["editions"] == found["done"] + found["given up and told"]  # after four attempts that all failed
    assert found["said accepted, was not"] == 0
    assert (found["lost in silence"], found["duplicates"]) == (0, 0)
    assert found.get("hung", 0) == 0
    assert runs < 100 or found.get("came to grief", 0) > runs / 10, "nothing failed: nothing was tried"


@pytest.mark.fault("A11")
@pytest.mark.parametrize(
    "pages",
    [(3, 320), pytest.param(tuple(range(0, 400, 8)), marks=[pytest.mark.nightly, pytest.mark.timeout(1200)])],
)
def test_a_disk_that_is_full_at_any_point(relay: Relay, pages: tuple[int, ...]) -> None:
    folder, port, log = relay
    with small_disk(folder / "state", "4m"):
        found = asked(1000, "tests.crash.troubles", "full", str(folder), port, str(log), *map(str, pages))
    assert found["ledgers that are whole"] == len(pages) and found["came to grief"] > 0.8 * len(pages)
    assert found["editions"] == found["done"] == 2 * len(pages)
    assert found["wanted"] == found["accepted"] == 12 * len(pages)
    assert (found["lost"], found["duplicates"], found["uncertain"], found["partial editions"]) == (0, 0, 0, 0)
