"""The archive: one folder an edition, written whole or not at all, and never changed afterwards."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from reporter import __version__
from reporter.document.edition import Edition
from reporter.errors import OutputError

MANIFEST = "manifest.json"
SCHEMA = 1


def publish(edition: Edition, root: Path) -> tuple[Path, ...]:
    """Write an edition below `root` and give the paths of its files, the manifest last.

    The folder is `<root>/<brief>/<year>/<session>-r<revision>`. An edition with the same bytes as the newest revision
    is there already and is not written again; one with other bytes becomes the next revision.

    Raises:
        OutputError: it cannot be written; nothing is left behind that a reader could take for an edition.
    """
    shelf = root / edition.brief / str(edition.session.year)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in edition.files.items()}
    try:
        shelf.mkdir(parents=True, exist_ok=True)
        revisions = known_revisions(shelf, edition)
        if revisions and hashes_of(revisions[max(revisions)]) == hashes:
            return paths(revisions[max(revisions)], edition)
        return write(edition, shelf, max(revisions, default=-1) + 1, hashes)
    except OSError as error:
        where = error.filename or shelf
        raise OutputError(
            f"cannot write the edition to '{root}': {error.strerror} ({where}); name another folder with --output"
        ) from error


def known_revisions(shelf: Path, edition: Edition) -> Mapping[int, Path]:
    """Number -> folder, also of revisions that are damaged: their numbers are taken."""
    pattern = re.compile(rf"{edition.session}-r(\d+)")
    return {int(found[1]): path for path in shelf.iterdir() if (found := pattern.fullmatch(path.name))}


def hashes_of(folder: Path) -> Mapping[str, str] | None:
    """Name -> SHA-256 of the files as they are now; None unless all that the manifest lists are there and right."""
    try:
        listed = json.loads((folder / MANIFEST).read_bytes())["files"]
        found = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in listed}
        return found if found == {name: entry["sha256"] for name, entry in listed.items()} else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write(edition: Edition, shelf: Path, revision: int, hashes: Mapping[str, str]) -> tuple[Path, ...]:
    """Into a temporary folder on the same shelf, then renamed: a reader sees nothing or all of it."""
    temporary = Path(tempfile.mkdtemp(prefix=f".{edition.session}-", dir=shelf))
    try:
        for name, content in (*edition.files.items(), (MANIFEST, manifest(edition, revision, hashes))):
            write_durably(temporary / name, content)
        temporary.chmod(0o755)
        while True:
            folder = shelf / f"{edition.session}-r{revision}"
            if not folder.exists():
                break
            revision += 1
        temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return paths(folder, edition)


def write_durably(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def manifest(edition: Edition, revision: int, hashes: Mapping[str, str]) -> bytes:
    """What is in the folder; a folder without a manifest that fits is no edition."""
    content = {
        "schema": SCHEMA,
        "brief": edition.brief,
        "session": edition.session.isoformat(),
        "revision": revision,
        "reporter": __version__,
        "title": dict(edition.headline),
        "verdict": edition.verdict,
        "quality": str(edition.quality.status),
        "vintage": edition.vintage,
        "files": {name: {"sha256": hashes[name], "bytes": len(content)} for name, content in edition.files.items()},
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def paths(folder: Path, edition: Edition) -> tuple[Path, ...]:
    return (*(folder / name for name in edition.files), folder / MANIFEST)
