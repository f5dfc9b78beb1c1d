"""Reads the YAML files of a language: labels and names. Data of the product or of a user's templates folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from reporter.cache import keep, read_cached
from reporter.errors import DocumentError

WordFile = Mapping[str, Any]


def read_words(path: Path) -> WordFile:
    """The mapping in a YAML file, read again when the file has changed.

    Raises:
        DocumentError: not readable, not YAML, or not a mapping.
    """
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read: {error.strerror}") from error


@cache
def _read(path: Path, _changed: int) -> WordFile:
    """Parsing costs a quarter of a second for the names of funds, so that the result is kept, by hash of the file."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        content = path.read_bytes()
        kept_as = f"words-{hashlib.sha256(content).hexdigest()[:24]}.json"
        if (kept := read_cached(kept_as)) is not None:
            with suppress(ValueError):
                return dict(json.loads(kept))
        words = YAML(typ="safe", pure=True).load(content.decode("utf-8"))
    except (UnicodeDecodeError, YAMLError) as error:
        raise DocumentError(f"{path}: cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(words, dict):
        raise DocumentError(f"{path}: must hold `key: value` lines")
    with suppress(TypeError):  # a date, say: no word, and nothing that JSON can keep
        keep(kept_as, json.dumps(words, ensure_ascii=False).encode())
    return words
