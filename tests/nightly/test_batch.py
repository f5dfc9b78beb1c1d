"""A long batch of mixed briefs on two processes, killed at random and resumed."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.test_cli import ROOT

AS_OF = "2024-10-16"
#: Brief, other subjects of it.
MIXED = (
    ("small-caps", ""), ("bonds", ""), ("sectors", "XLE XLK XLF"), ("value-growth", ""), ("emerging-markets", ""),
)  # fmt: skip
#: MiB that a worker may have in use at its highest, and by which the second half of a batch may go beyond the first.
PEAK, GROWTH = 330, 25


def write_batch(path: Path, editions: int) -> int:
    """Five briefs for so many clients that there are at least `editions`: languages, paper and subjects take turns."""
    rows, asked, client = ["brief,subject,client,brand,languages,paper"], 0, 0
    while asked < editions:
        client += 1
        for brief, subjects in MIXED:
            language, paper = ("en", "ru", "en ru")[client % 3], ("A4", "Letter")[client % 2]
            rows.append(f"{brief},{subjects},client-{client},Client No. {client},{language},{paper}")
            asked += len(subjects.split()) or 1
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return asked


class Batch:
    """The command on two processes, with the memory of its workers."""

    def __init__(self, folder: Path, *more: str) -> None:
        line = [sys.executable, "-m", "reporter", "batch", "batch.csv", "--engine", "processes", "--workers", "2"]
        line += ["--source", "simulated", "--as-of", AS_OF, "--json", *more]
        self.process = subprocess.Popen(
            line, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        self.resident: list[tuple[float, float]] = []  # seconds since the start, MiB of the largest worker
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        started = time.monotonic()
        while self.process.poll() is None:
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
            try:
                sizes = [resident(int(pid)) for pid in children.read_text().split()]
            except OSError:
                break
            self.resident.append((time.monotonic() - started, max(sizes, default=0.0)))
            time.sleep(0.25)

    def end(self) -> dict[str, object]:
        out, err = self.process.communicate()
        assert self.process.returncode == 0, err[-2000:]
        return dict(json.loads(out))

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


def resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def shelved(folder: Path) -> Counter[str]:
    """How many revisions there are of each edition with a manifest."""
    return Counter(path.parents[2].name for path in (folder / "output").rglob("manifest.json"))


def prepare(folder: Path, editions: int, formats: Sequence[str]) -> int:
    text = (ROOT / "config.yaml").read_text("utf-8")
    text = re.sub(r"^formats: .*", f"formats: [{', '.join(formats)}]", text, flags=re.MULTILINE)
    (folder / "config.yaml").write_text(text, "utf-8")
    return write_batch(folder / "batch.csv", editions)


def run(folder: Path, editions: int, kills: int, seconds: tuple[float, float], formats: Sequence[str]) -> None:
    asked = prepare(folder, editions, formats)
    dice = random.Random(editions)
    for number in range(kills):
        before = len(shelved(folder))
        batch = Batch(folder, *(["--resume"] if number else []))
        while len(shelved(folder)) == before and batch.process.poll() is None:
            time.sleep(0.05)  # until it is at work
        time.sleep(dice.uniform(*seconds))
        if batch.process.poll() is None:
            batch.kill()
        else:
            batch.end()
    there = len(shelved(folder))
    told = Batch(folder, "--resume").end()
    assert (told["asked"], told["failed"]) == (asked, {})
    assert told["there_already"] == there
    assert told["made"] == asked - there
    editions_there = shelved(folder)
    assert len(editions_there) == asked
    assert set(editions_there.values()) == {1}, "each edition once"
    verified = subprocess.run(
        [sys.executable, "-m", "reporter", "archive", "verify"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert verified.returncode == 0, verified.stdout


def test_killed_and_resumed(tmp_path: Path) -> None:
    run(tmp_path, 12, kills=1, seconds=(0, 0.2), formats=("html",))


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_three_hundred_killed_at_random(tmp_path: Path) -> None:
    run(tmp_path, 300, kills=6, seconds=(0, 12), formats=("html",))


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_a_thousand_in_flat_memory(tmp_path: Path) -> None:
    """PDF and HTML; a worker is replaced after some hundreds of editions, whatever it has kept."""
    asked = prepare(tmp_path, 1_000, ("html", "pdf"))
    batch = Batch(tmp_path)
    told = batch.end()
    assert (told["made"], told["failed"]) == (asked, {})
    half = batch.resident[-1][0] / 2
    early, late = (max(size for at, size in batch.resident if (at > half) == second) for second in (False, True))
    assert late <= PEAK and late <= early + GROWTH, (early, late)
