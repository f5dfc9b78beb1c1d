"""The table of faults in the documents is what the tests show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faults import FAULTS, listed

ROOT = Path(__file__).parents[1]
MARK = re.compile(r"(?:mark\.fault\()([^)]*)\)")


def marked() -> set[str]:
    """Faults that some test is marked with."""
    texts = (path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    return {fault for text in texts for call in MARK.findall(text) for fault in re.findall(r"[A-F]\d+", call)}


def test_the_table_is_current() -> None:
    """After a new mark: `make faults`."""
    shown = listed((ROOT / "docs" / "operations.md").read_text("utf-8"))
    assert marked() <= set(FAULTS)
    assert set(shown) <= marked()
    assert len(shown) >= 60
    for tests in shown.values():
        for path, name in re.findall(r"`([^`:]+\.py)::(?:\w+::)?(\w+)`", tests):
            assert f"def {name}(" in (ROOT / "tests" / path).read_text("utf-8"), f"{path}::{name} is gone"


@pytest.mark.fault("F5")
def test_every_package_is_pinned_with_its_hash() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text("utf-8").replace("\\\n", " ")
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        assert len(lines) > 40 and all("==" in line and "--hash=sha256:" in line for line in lines)
    assert "--require-hashes" in (ROOT / "scripts" / "setup.sh").read_text("utf-8")


@pytest.mark.fault("F4")
def test_nothing_is_read_that_could_run_code() -> None:
    risky = re.compile(
        r"^\s*(import|from) (pickle|marshal|shelve|dill|cloudpickle|yaml)\b|\beval\(|\bexec\(", re.MULTILINE
    )
    found = [path.name for path in (ROOT / "reporter").rglob("*.py") if risky.search(path.read_text("utf-8"))]
    assert found == []
