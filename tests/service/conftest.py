"""What the tests of the service share."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reporter.sessions import Calendar, load_calendar


@pytest.fixture(scope="session")
def far() -> Calendar:
    """New York, known to the end of 2027."""
    return load_calendar("XNYS", datetime(2026, 11, 25, tzinfo=UTC))
