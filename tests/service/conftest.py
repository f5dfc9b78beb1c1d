"""What the tests of the service share."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reporter.sessions import Calendar, load_calendar
from tests.delivery.smtp_server import SmtpServer
from tests.service.carry import READERS, Started

Configure = Callable[..., None]


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


@pytest.fixture
def configure(tmp_path: Path) -> Configure:
    """A configuration with one brief, three readers, a share, and a relay."""

    def write(server: SmtpServer, mail: str = "", **relay: Any) -> None:
        told = {"host": "127.0.0.1", "port": server.port, "tls": "off", "step_timeout": 1, "deadline": 3}
        told |= {"final_timeout": 1, **relay}
        (tmp_path / "share").mkdir(exist_ok=True)
        (tmp_path / "config.yaml").write_text(
            "sources: {use: simulated}\n"
            "archive: [{name: share, folder: share, link: 'https://files.example.com/briefs'}]\n"
            "mail:\n  sender: Brief <brief@example.com>\n"
            f"  relay: {{{', '.join(f'{name}: {value}' for name, value in told.items())}}}\n{mail}"
            f"briefs:\n  small: {{subject: IJR, benchmark: SPY, languages: [en], recipients: [{', '.join(READERS)}]}}\n"
        )
        assert Started(tmp_path, ["archive", "init"], "").end().returncode == 0

    return write
