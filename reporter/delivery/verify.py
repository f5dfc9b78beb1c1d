"""Whether an archive still is what was put into it, and what is old enough to go."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from reporter.delivery.archive import MANIFEST, WITHDRAWN, Shelved, editions, files_of, user_mark
from reporter.delivery.target import Target
from reporter.errors import MISSHAPEN

#: Of a brief: editions up to this session were taken away on purpose, so nobody misses them.
PRUNED = "pruned.json"


def verify(target: Target, brief: str | None = None, since: date = date.min) -> Iterator[tuple[Shelved, list[str]]]:
    """Every edition that has a manifest, and what is wrong with it: files, and the chain to the edition before it.

    A folder without a manifest is no edition: it was begun, and never finished.

    Raises:
        OutputError: the place is away.
    """
    digests: dict[tuple[str, str], str] = {}  # of manifests, by brief and name of the folder
    for shelved in editions(target, brief):
        if MANIFEST not in (names := target.names(shelved.path)):
            continue
        content = target.read(f"{shelved.path}/{MANIFEST}")
        digests[shelved.brief, folder(shelved)] = hashlib.sha256(content).hexdigest()
        if shelved.session >= since:
            yield shelved, [*_files(target, shelved, content, names), *_chain(target, shelved, content, digests)]


def folder(shelved: Shelved) -> str:
    return f"{shelved.session}-r{shelved.revision}"


def _files(target: Target, shelved: Shelved, content: bytes, names: list[str]) -> Iterator[str]:
    try:
        manifest: dict[str, Any] = json.loads(content)
        known = f"{manifest['session']}-r{manifest['revision']}"
        listed = {str(name): str(entry["sha256"]) for name, entry in files_of(manifest).items()}
    except MISSHAPEN:
        yield f"{MANIFEST}: is torn or was changed"
        return
    if known != folder(shelved) or manifest["brief"] != shelved.brief:
        yield f"{MANIFEST}: is that of {manifest['brief']} {known}"
    for name, sha256 in listed.items():
        if name not in names:
            yield f"{name}: is missing"
        elif hashlib.sha256(target.read(f"{shelved.path}/{name}")).hexdigest() != sha256:
            yield f"{name}: other bytes than were archived"
    for name in names:
        if name not in listed and name not in (MANIFEST, WITHDRAWN) and not name.startswith("."):
            yield f"{name}: nobody archived it"


def _chain(target: Target, shelved: Shelved, content: bytes, digests: dict[tuple[str, str], str]) -> Iterator[str]:
    try:
        before = json.loads(content)["previous"]
        name, sha256 = (str(before["edition"]), str(before["sha256"])) if before else ("", "")
    except MISSHAPEN:
        return  # of a manifest that was found wanting, or that is older than the chain
    if not name:
        return
    found = digests.get((shelved.brief, name))
    if found is None and name[:10] > pruned_through(target, shelved.brief):
        yield f"the edition before it, {name}, is missing"
    elif found is not None and found != sha256:
        yield f"the manifest of the edition before it, {name}, was changed"


def pruned_through(target: Target, brief: str) -> str:
    """The last session, as text, up to which editions were taken away; empty where none were."""
    try:
        return str(json.loads(target.read(f"{brief}/{PRUNED}"))["through"])
    except (FileNotFoundError, *MISSHAPEN):
        return ""


def prune(target: Target, before: date, now: datetime) -> Iterator[Shelved]:
    """Take away editions about sessions before a day, the oldest first; of each its manifest first.

    Raises:
        OutputError: the place is away or does not let go.
    """
    for shelved in list(editions(target)):
        if shelved.session >= before:
            continue
        names = target.names(shelved.path)
        content = json.dumps({"through": max(shelved.session.isoformat(), pruned_through(target, shelved.brief))})
        target.replace(f"{shelved.brief}/{PRUNED}", content.encode(), user_mark(), now)
        for name in sorted(names, key=lambda name: name != MANIFEST):
            target.remove(f"{shelved.path}/{name}")
        target.remove_folder(shelved.path)
        yield shelved
