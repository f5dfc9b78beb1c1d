"""What the tests of the service share."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reporter.sessions import Calendar, load_calendar


@pytest.fixture(scope="session")
def far() -> Calendar:
    """New York, known to the end of 2027."""
    return load_calendar("XNYS", datetime(2026, 11, 25, tzinfo=UTC))


@pytest.fixture
def state() -> Iterator[Path]:
    """A state folder in memory where the machine has one: a commit need not wait for a disk here."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder) / "state"
