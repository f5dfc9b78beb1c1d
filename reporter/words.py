"""Where templates are, and the YAML files of a language among them: labels and names. The product's or the user's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from reporter.cache import keep, read_cached
from reporter.errors import DocumentError

BUNDLED = next(
    folder
    for folder in (Path(__file__).parent / "templates", Path(__file__).parent.parent / "templates")
    if folder.is_dir()
)
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


def template_folders(templates: Path | None) -> tuple[Path, ...]:
    """Where templates are looked for: the user's folder first, file by file."""
    return (templates, BUNDLED) if templates else (BUNDLED,)


def language_codes(templates: Path | None = None) -> tuple[str, ...]:
    """Every language that has a folder."""
    folders = [folder / "languages" for folder in template_folders(templates)]
    return tuple(
        sorted({path.name for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_dir()})
    )


def known_tickers(templates: Path | None = None) -> frozenset[str]:
    """Tickers that have a name in every language."""
    folders = template_folders(templates)
    return frozenset.intersection(
        *(frozenset(word_file(code, "names.yaml", folders)) for code in language_codes(templates))
    )


def word_file(code: str, name: str, folders: Sequence[Path]) -> WordFile:
    """That file of a language, out of the first folder that has it."""
    paths = [path for folder in folders if (path := folder / "languages" / code / name).is_file()]
    return read_words(paths[0])
