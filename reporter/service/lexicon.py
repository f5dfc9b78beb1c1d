"""The words with a threshold in one edition: which rule each has, what it looked at, and whether it held."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from reporter.delivery.archive import shelves, sound_manifest
from reporter.delivery.target import local_target
from reporter.errors import UsageError


def edition_lexicon(output: Path, brief: str, session: date) -> list[dict[str, Any]]:
    """The `lexicon` of facts.json, from the newest sound revision of an edition.

    Raises:
        UsageError: the archive holds no such edition, or one that an older version made, without a lexicon.
    """
    target = local_target(output)
    for shelved in sorted(shelves(target, brief, session.year), reverse=True):
        if shelved.session == session and sound_manifest(target, shelved.path):
            found = json.loads(target.read(f"{shelved.path}/facts.json")).get("lexicon")
            if not found:
                raise UsageError(f"{shelved.path} was made before facts.json kept its lexicon; make it again")
            return list(found)
    held = ", ".join(str(one.session) for one in shelves(target, brief, session.year)[-3:])
    known = f" (of that year it holds {held})" if held else ""
    way_out = f"`reporter brief {brief} --as-of {session}` makes it"
    raise UsageError(f"no edition of {brief} about {session} in {target.place}{known}; {way_out}")


def lines(entries: list[dict[str, Any]]) -> list[str]:
    """For a person: what held, with its values; then what did not."""
    out: list[str] = []
    for title, mark, holds in (("Words that held", "●", True), ("Words that did not", "○", False)):
        out += ["", title]
        for one in entries:
            if one["holds"] is holds:
                out += [f"{mark} {heading(one)}", f"    {one['rule']}", *values(one)]
    return out[1:]


def heading(entry: dict[str, Any]) -> str:
    return f"{entry['word']['en']} / {entry['word']['ru']}"


def values(entry: dict[str, Any]) -> list[str]:
    facts: dict[str, str] = entry["facts"]
    return [f"    {', '.join(f'{path} = {value}' for path, value in facts.items())}"] if facts else []
