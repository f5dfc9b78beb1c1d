"""Reads the YAML files of a language: labels and names. Data of the product or of a user's templates folder."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

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
def _read(path: Path, changed: int) -> WordFile:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        words = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
    except (UnicodeDecodeError, YAMLError) as error:
        raise DocumentError(f"{path}: cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(words, dict):
        raise DocumentError(f"{path}: must hold `key: value` lines")
    return words
