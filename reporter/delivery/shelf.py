"""Reads what earlier editions of a brief said, from the archive."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from reporter.cache import keep, read_cached
from reporter.delivery.archive import FOLDER, MANIFEST, WITHDRAWN, YEAR, check_texts, files_of
from reporter.document.settings_json import read_settings, vintage_of
from reporter.errors import MISSHAPEN, DataError
from reporter.voices import read_voices
from reporter.voices.memory import Earlier, Material, Memory, Shelf

#: As many sessions are looked back on: ten years of a weekly brief, two of a daily one.
MOST = 520
#: No facts.json and no manifest of ours is larger. Bytes.
LIMIT = 4_000_000
KNOWN = TypeAdapter(dict[str, Earlier])


def read_shelf(root: Path, brief: str, session: date) -> Shelf:
    """What an edition of a brief about a session may know: earlier editions, newest first, of each session the newest
    revision; and what it remembered itself, where it was made before.

    An edition counts if its manifest is about this brief, session and revision, all its files are there in their
    size, and facts.json, which is all that is read of it, has the hash that the manifest tells. Any other is passed
    over, as is one that was withdrawn: with all its revisions, since what was taken back must not come back older.
    """
    found: list[Earlier] = []
    asked = f"{root.absolute()}/{brief}?{sorted(Earlier.model_fields)}"
    kept_as = f"shelf-{hashlib.sha256(asked.encode('utf-8', 'surrogateescape')).hexdigest()[:24]}.json"
    digests = Digests.load(kept_as)
    withdrawn: set[date] = set()
    for about, folders in sessions(root / brief, session):
        if any((folder / WITHDRAWN).exists() for folder in folders):
            withdrawn.add(about)
        else:
            editions = (read_edition(folder, brief, about, digests) for folder in folders)
            found += [one for one in editions if one][:1]
        if len(found) == MOST:
            break
    digests.save(kept_as)
    before = remembered(root / brief, brief, session)
    return Shelf(tuple(found), {of: memory for of, memory in before if not withdrawn & cited(memory)})


class Digests:
    """What facts.json files said, by their hash: parsing ten years of them takes half a second."""

    def __init__(self, known: dict[str, Earlier]) -> None:
        self.known, self.new = known, False

    @classmethod
    def load(cls, name: str) -> Digests:
        with suppress(ValidationError):
            return cls(KNOWN.validate_json(read_cached(name) or b"{}"))
        return cls({})

    def add(self, digest: str, said: Earlier) -> Earlier:
        self.known[digest], self.new = said, True
        return said

    def save(self, name: str) -> None:
        if self.new:
            keep(name, KNOWN.dump_json(self.known))


def sessions(shelf: Path, before: date) -> Iterator[tuple[date, list[Path]]]:
    """Each session before a day, newest first, with the folders of its revisions, newest first."""
    for year in sorted((path for path in listed(shelf) if YEAR.fullmatch(path.name)), reverse=True):
        for session, folders in sorted(revisions(year).items(), reverse=True):
            if session < before:
                yield session, folders[::-1]


def revisions(year: Path) -> dict[date, list[Path]]:
    """The folders of each session's editions, oldest first."""
    found: dict[date, dict[int, Path]] = {}
    for path in listed(year):
        match = FOLDER.fullmatch(path.name)
        if match and (session := day(match[1])):
            found.setdefault(session, {})[int(match[2])] = path
    return {session: [folder for _, folder in sorted(numbered.items())] for session, numbered in found.items()}


def listed(folder: Path) -> list[Path]:
    """What is in a folder; nothing where it cannot be read."""
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def cited(memory: Memory) -> set[date]:
    return {one.as_of for one in (memory.previous, memory.call) if one}


def remembered(shelf: Path, brief: str, session: date) -> Iterator[tuple[Material, Memory]]:
    """What the revisions of an edition remembered, the newest last; what is damaged or withdrawn tells nothing."""
    for folder in revisions(shelf / str(session.year)).get(session, []):
        if (folder / WITHDRAWN).exists():
            continue
        with suppress(OSError, DataError, *MISSHAPEN):
            files = files_of(json.loads(bounded(folder / MANIFEST)))
            made, voices = (bounded(folder / name) for name in ("settings.json", "voices.json"))
            hashes = [hashlib.sha256(content).hexdigest() for content in (made, voices)]
            settings = read_settings(made)
            about = settings.brief, settings.as_of, [files[name]["sha256"] for name in ("settings.json", "voices.json")]
            if about == (brief, session, hashes):
                asked = settings.asked
                yield (vintage_of(settings).sha256, asked.subject, asked.benchmark), read_voices(voices).memory


def read_edition(folder: Path, brief: str, session: date, digests: Digests) -> Earlier | None:
    """What an edition said; None unless its manifest is valid."""
    try:
        manifest = json.loads(bounded(folder / MANIFEST))
        files = files_of(manifest)
        known = f"{manifest['session']}-r{manifest['revision']}" == folder.name and manifest["brief"] == brief
        if not known or any((folder / name).stat().st_size != entry["bytes"] for name, entry in files.items()):
            return None
        content = bounded(folder / "facts.json")
        digest = hashlib.sha256(content).hexdigest()
        if digest != files["facts.json"]["sha256"]:
            return None
        check_texts(*manifest["title"].values())
        said = digests.known.get(digest) or digests.add(digest, earlier(json.loads(content)))
        return said if (said.brief, said.as_of, said.title) == (brief, session, manifest["title"]) else None
    except (OSError, *MISSHAPEN):
        return None


def bounded(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(LIMIT + 1)
    if len(content) > LIMIT:
        raise ValueError(f"{path} is larger than {LIMIT} bytes")
    return content


def earlier(facts: Mapping[str, Any]) -> Earlier:
    """What a later edition wants to know of a facts.json; families that it does not have are absent."""
    verdict, rank = facts.get("verdict", {}), facts["rank"].get("YTD", {})
    funds = {fund: place for fund, place in rank.items() if fund not in ("of", "dispersion")}
    attempts = facts.get("precedents", {}).get("dates", [])
    said = {
        "brief": facts["brief"],
        "as_of": facts["as_of"],
        "subject": facts["subject"],
        "benchmark": facts["benchmark"],
        "title": facts["title"],
        "verdict": verdict.get("label"),
        "criteria": {name: one["met"] for name, one in verdict.get("criteria", {}).items()},
        "profile": facts.get("technicals", {}).get(facts["subject"], {}).get("status"),
        "gap_ytd": facts["gap"].get("YTD"),
        "rank_ytd": funds.get(facts["subject"]),
        "rank_of": rank.get("of"),
        "leader": min(funds, key=lambda fund: int(funds[fund]), default=None),
        "attempt": attempts[-1] if attempts else None,
        "call": facts.get("memory", {}).get("call", {}).get("as_of"),
    }
    return Earlier.model_validate_json(json.dumps(said))
