"""Keeps what is slow to make and can always be made again: exchange calendars, parsed words, templates."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_dir


def cache_folder() -> Path | None:
    """The user's cache folder for this program; None where it cannot be written, and then nothing is kept."""
    folder = Path(user_cache_dir("market-brief"))
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder if os.access(folder, os.W_OK | os.X_OK) else None


def read_cached(name: str) -> bytes | None:
    """The content of a kept file, None where there is none."""
    folder = cache_folder()
    if folder is None:
        return None
    with suppress(OSError):
        return (folder / name).read_bytes()
    return None


def keep(name: str, content: bytes) -> None:
    """Whole or not at all; a failure costs the next run some time and no more."""
    folder = cache_folder()
    if folder is None:
        return
    with suppress(OSError):
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".tmp", delete=False) as file:
            file.write(content)
        os.replace(file.name, folder / name)
