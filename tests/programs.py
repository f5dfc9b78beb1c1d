"""Programs from outside that some tests need: real servers and a browser."""

from __future__ import annotations

import os
import shutil

import pytest


def needs(name: str) -> str:
    """Path of a program; the test is skipped where it is absent, and fails where the gate has promised it."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin")
    if path:
        return path
    text = f"'{name}' is not installed; `sh scripts/test-servers.sh` brings it on Debian and Ubuntu"
    if os.environ.get("REPORTER_TEST_SERVERS") == "required":
        pytest.fail(text)
    pytest.skip(text)
