"""The archive: one folder an edition, its manifest last, and never changed afterwards.

A folder without a valid manifest is no edition, whatever else is in it. A manifest names the one before it in its brief
and that one's SHA-256, so that an edition that was changed or taken away is missed.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reporter import __version__
from reporter.crash import crash_point
from reporter.delivery.target import MARKER, Target, local_target, sha256_of
from reporter.errors import MISSHAPEN, OutputError
from reporter.yaml_file import NOT_TEXT

if TYPE_CHECKING:
    from reporter.document.edition import Edition

MANIFEST = "manifest.json"
#: A file of this name in the folder of an edition says that the edition is not to be used any more.
WITHDRAWN = "WITHDRAWN"
SCHEMA = 1
FOLDER = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})-r([0-9]{1,6})")
BRIEF = re.compile(r"[a-z0-9][a-z0-9\-]{0,40}")
LONGEST = 2000  # characters of a title or a standfirst; what is longer is none
YEAR = re.compile(r"[0-9]{4}")
#: Of a file of an edition: nothing that leads out of its folder.
FILE = re.compile(r"[\w\-][\w.\-]*")


@dataclass(frozen=True, kw_only=True)
class Sender:
    """On whose behalf an edition is archived; `reporter brief` has none."""

    instance: str
    occurrence: str
    revision: int = 0  # the number wanted; the next one that is free is taken
    marker: str | None = None  # what the identity file of the target must hold; None: it is not looked at
    reason: str | None = None  # of a correction


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an edition is."""

    path: str  # of its folder, below the root of the target
    revision: int
    manifest_sha256: str


@dataclass(frozen=True, order=True)
class Shelved:
    """An edition that the archive holds, in the order of its key."""

    brief: str
    session: date
    revision: int

    @property
    def path(self) -> str:
        return f"{self.brief}/{self.session.year}/{self.session}-r{self.revision}"


def publish(edition: Edition, root: Path, now: datetime, target: Target | None = None) -> tuple[Path, ...]:
    """Write an edition below a folder and give the paths of its files, the manifest last.

    Args:
        target: That folder, where many editions go there: it links the tables of prices that they have in common.

    Raises:
        OutputError: it cannot be written; nothing is left behind that a reader could take for an edition.
    """
    try:
        place = store(edition, target or local_target(root), now)
    except OutputError as error:
        raise OutputError(f"{error}; name another folder with --output") from error
    return tuple(root / place.path / name for name in (*edition.files, MANIFEST))


def store(edition: Edition, target: Target, now: datetime, sender: Sender | None = None) -> Place:
    """Write an edition to a target, and find it there if it is there already.

    The folder is `<brief>/<year>/<session>-r<revision>`. An edition with the same files as the newest revision is not
    written again; one that was begun and not finished is finished; one with other files becomes the next revision.

    Raises:
        OutputError: it cannot be written, or the target is not the one that it should be.
    """
    hashes = {name: sha256_of(content) for name, content in edition.files.items()}
    if sender:
        check_marker(target, sender.marker)
    number = sender.revision if sender else 0
    while True:
        newest = max(
            (one for one in shelves(target, edition.brief, edition.session.year) if one.session == edition.session),
            default=None,
        )
        if newest and (place := _found(target, newest, hashes)):
            return place  # also where another process of ours was quicker
        number = max(newest.revision, number) if newest else number
        try:
            return _write(edition, target, Shelved(edition.brief, edition.session, number), hashes, now, sender)
        except FileExistsError:
            number += 1  # somebody else's file has the name: it stays


def _found(target: Target, shelved: Shelved, hashes: Mapping[str, str]) -> Place | None:
    """Where an edition is that has these files and no others."""
    found = sound_manifest(target, shelved.path)
    if found is None or {name: entry["sha256"] for name, entry in found[1]["files"].items()} != hashes:
        return None
    sha256 = hashlib.sha256(found[0]).hexdigest()
    return Place(path=shelved.path, revision=shelved.revision, manifest_sha256=sha256)


def _write(
    edition: Edition, target: Target, shelved: Shelved, hashes: Mapping[str, str], now: datetime, sender: Sender | None
) -> Place:
    if MANIFEST in target.names(shelved.path):
        raise FileExistsError(shelved.path)
    mark = hashlib.sha256(sender.instance.encode()).hexdigest()[:8] if sender else user_mark()
    target.sweep(shelved.path, mark, now)
    marker = sender.marker if sender else None
    for name, content in edition.files.items():
        _put(target, f"{shelved.path}/{name}", content, mark, now, marker)
    crash_point("archive-files")
    content = manifest(edition, shelved.revision, hashes, previous(target, shelved), now, sender)
    _put(target, f"{shelved.path}/{MANIFEST}", content, mark, now, marker)
    crash_point("archive-manifest")
    return Place(path=shelved.path, revision=shelved.revision, manifest_sha256=hashlib.sha256(content).hexdigest())


def _put(target: Target, path: str, content: bytes, mark: str, now: datetime, marker: str | None) -> None:
    """Create a file while the place is the one that it should be; what came to another one meanwhile goes again."""
    check_marker(target, marker)
    made = target.create(path, content, mark, now)
    try:
        check_marker(target, marker)
    except OutputError:
        if made:
            with suppress(OutputError):
                target.take_back(path)
        raise


def manifest(
    edition: Edition,
    revision: int,
    hashes: Mapping[str, str],
    before: Mapping[str, str] | None,
    now: datetime,
    sender: Sender | None,
) -> bytes:
    """What is in the folder; a folder without a manifest that fits is no edition."""
    sent = (
        {
            "instance": sender.instance,
            "occurrence": sender.occurrence,
            "created": now.astimezone(UTC).isoformat(timespec="seconds"),
            **({"reason": sender.reason} if sender.reason else {}),
        }
        if sender
        else {}
    )
    content = {
        "schema": SCHEMA,
        "brief": edition.brief,
        "session": edition.session.isoformat(),
        "revision": revision,
        **sent,
        "reporter": __version__,
        "title": dict(edition.headline),
        "verdict": edition.verdict,
        "quality": str(edition.quality.status),
        "vintage": edition.vintage,
        "previous": before,
        "files": {name: {"sha256": hashes[name], "bytes": len(content)} for name, content in edition.files.items()},
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def previous(target: Target, shelved: Shelved) -> Mapping[str, str] | None:
    """The nearest edition before this one and the SHA-256 of its manifest: a link of the chain."""
    for year in reversed(years(target, shelved.brief)):
        if year > shelved.session.year:
            continue
        for earlier in reversed([one for one in shelves(target, shelved.brief, year) if one < shelved]):
            try:
                content = target.read(f"{earlier.path}/{MANIFEST}")
            except FileNotFoundError:
                continue
            return {"edition": f"{earlier.session}-r{earlier.revision}", "sha256": hashlib.sha256(content).hexdigest()}
    return None


def briefs(target: Target) -> list[str]:
    return [name for name in target.names("") if BRIEF.fullmatch(name) and years(target, name)]


def years(target: Target, brief: str) -> list[int]:
    return [int(name) for name in target.names(brief) if YEAR.fullmatch(name)]


def shelves(target: Target, brief: str, year: int) -> list[Shelved]:
    """Folders of editions of a year in their order, also of those that are damaged: their numbers are taken."""
    found = []
    for match in filter(None, map(FOLDER.fullmatch, target.names(f"{brief}/{year}"))):
        with suppress(ValueError):  # no day has such a name
            found.append(Shelved(brief, date.fromisoformat(match[1]), int(match[2])))
    return sorted(found)


def editions(target: Target, brief: str | None = None) -> Iterator[Shelved]:
    """All folders of editions, by brief, the oldest first."""
    for name in [brief] if brief else briefs(target):
        for year in years(target, name):
            yield from shelves(target, name, year)


def sound_manifest(target: Target, path: str) -> tuple[bytes, dict[str, Any]] | None:
    """A manifest and its content; None unless all that it lists is there and right."""
    try:
        content = target.read(f"{path}/{MANIFEST}")
        found: dict[str, Any] = json.loads(content)
        sound = all(target.sha256(f"{path}/{name}") == entry["sha256"] for name, entry in files_of(found).items())
    except (FileNotFoundError, *MISSHAPEN):
        return None
    return (content, found) if sound else None


def files_of(manifest: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """What a manifest says of each file: `bytes` and `sha256`. Somebody else may have written it.

    Raises:
        One of MISSHAPEN: it is none, or names a file elsewhere.
    """
    files: Mapping[str, Mapping[str, Any]] = manifest["files"]
    if elsewhere := [name for name in files if not FILE.fullmatch(name)]:
        raise ValueError(f"{elsewhere[0]} is no file of an edition")
    return files


def check_texts(*texts: object) -> None:
    """Titles and other texts of an edition, before they come onto a page. Somebody else may have written them.

    Raises:
        ValueError: one is no text, too long for one, or has characters that no text has.
    """
    for text in texts:
        if not isinstance(text, str) or len(text) > LONGEST or NOT_TEXT.search(text):
            raise ValueError("is no text of an edition")


def sent_before(target: Target, brief: str, session: date) -> bool:
    """Whether some ledger has sent an edition about a session: then its manifest says which."""
    for shelved in shelves(target, brief, session.year):
        if shelved.session == session and (found := sound_manifest(target, shelved.path)) and "instance" in found[1]:
            return True
    return False


def check_marker(target: Target, wanted: str | None) -> None:
    """Whether this is the place that was set up, and not an empty folder where a share should be mounted.

    Raises:
        OutputError: it is not.
    """
    if wanted is None:
        return
    try:
        found = target.read(MARKER).decode(errors="replace").strip()
    except FileNotFoundError:
        raise OutputError(
            f"{target.place} is not the archive that was set up: its {MARKER} is missing. Is the share mounted?"
        ) from None
    if found != wanted:
        raise OutputError(f"{target.place} is another archive than the one that was set up: its {MARKER} differs")


def user_mark() -> str:
    """Marks the temporary files of a user on a machine who has no ledger."""
    return hashlib.sha256(f"{socket.gethostname()}/{getpass.getuser()}".encode()).hexdigest()[:8]
