"""What an archive holds, read once: each year of a brief has a file with what the archive page wants to know.

The file follows from the editions and can be lost. An edition that it does not name yet is read; no other is.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import date, datetime
from html import unescape
from typing import Any

from reporter.delivery.archive import MANIFEST, Shelved, briefs, shelves, years
from reporter.delivery.shelf import WITHDRAWN
from reporter.delivery.target import Target
from reporter.document.archive_page import Entry, Said
from reporter.document.edition import file_name

CATALOGUE = "catalogue.json"
#: Of the file. Another number: it is made again.
SCHEMA = 1
#: Decimals are never searched for; words and whole numbers are.
DECIMAL, WORD = re.compile(r"\d+[.,]\d+"), re.compile(r"[^\W_]{2,}")
KINDS = ("html", "pdf", "svg")


def read_catalogue(
    target: Target, mark: str, now: datetime, *, rebuild: bool, progress: Callable[[str], None]
) -> tuple[Entry, ...]:
    """Every edition, the newest first; of each session the newest revision, unless one of them was withdrawn.

    Args:
        mark: Who writes, as for `Target.create`.
        rebuild: Read all editions again, also those that the catalogue names.
        progress: Is told each folder that is read.

    Raises:
        OutputError: the place is away or cannot be written.
    """
    found: dict[tuple[str, date], Entry] = {}
    withdrawn: set[tuple[str, date]] = set()
    for brief in briefs(target):
        for year in years(target, brief):
            path = f"{brief}/{year}/{CATALOGUE}"
            known = {} if rebuild else read_year(target, path)
            folders = shelves(target, brief, year)
            told = {}
            for shelved in folders:
                name = f"{shelved.session}-r{shelved.revision}"
                if name not in known:
                    progress(shelved.path)
                if (one := known.get(name) or look_into(target, shelved)) is not None:
                    told[name] = one
                    key = (brief, shelved.session)
                    if one.get("withdrawn"):
                        withdrawn.add(key)
                    else:
                        found[key] = entry(shelved, one)  # the newest revision comes last
            if told != known:
                content = {"schema": SCHEMA, "editions": told}
                target.replace(path, json.dumps(content, ensure_ascii=False, indent=0).encode(), mark, now)
    entries = (one for key, one in found.items() if key not in withdrawn)
    return tuple(sorted(entries, key=lambda one: (-one.session.toordinal(), one.brief)))


def read_year(target: Target, path: str) -> Mapping[str, dict[str, Any]]:
    """The catalogue of a year; nothing where it is lost, damaged or of another time."""
    with suppress(FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        content = json.loads(target.read(path))
        editions: dict[str, dict[str, Any]] = content["editions"]
        if content["schema"] == SCHEMA and all(complete(name, one) for name, one in editions.items()):
            return editions
    return {}


def complete(name: str, one: dict[str, Any]) -> bool:
    """Whether an entry has what an entry must have; somebody may have edited the file."""
    return bool(one.get("withdrawn")) or bool(entry(Shelved("x", date.fromisoformat(name[:10]), 0), one))


def entry(shelved: Shelved, one: Mapping[str, Any]) -> Entry:
    said = {code: Said(**{**spoken, "files": tuple(spoken["files"])}) for code, spoken in one["said"].items()}
    return Entry(
        brief=shelved.brief,
        session=shelved.session,
        revision=shelved.revision,
        verdict=one["verdict"],
        met=int(one["met"]),
        of=int(one["of"]),
        quality=one["quality"],
        source=one["source"],
        said=said,
        words=tuple(one["words"].split()),
    )


def look_into(target: Target, shelved: Shelved) -> dict[str, Any] | None:
    """What the catalogue keeps of an edition; None unless its manifest is valid and what is read of it is unchanged."""
    try:
        manifest = json.loads(target.read(f"{shelved.path}/{MANIFEST}"))
        key = (manifest["brief"], manifest["session"], manifest["revision"])
        if key != (shelved.brief, shelved.session.isoformat(), shelved.revision):
            return None
        if WITHDRAWN in target.names(shelved.path):
            return {"withdrawn": True}
        files = manifest["files"]
        facts = json.loads(unchanged(target, shelved, "facts.json", files))
        said, words = {}, set[str]()
        for code, title in manifest["title"].items():
            names = {kind: file_name(shelved.brief, shelved.session, code, kind) for kind in KINDS}
            there = tuple(kind for kind, name in names.items() if name in files)
            page = unchanged(target, shelved, names["html"], files).decode() if "html" in there else ""
            one = Said(title=title, standfirst=described(page), series=series(page) or shelved.brief, files=there)
            said[code] = asdict(one)
            words |= words_of(f"{title} {one.series} {text_of(page)}")
        verdict = facts.get("verdict", {})
        return {
            "verdict": manifest["verdict"],
            "met": verdict.get("met", 0),
            "of": verdict.get("of", 0),
            "quality": manifest["quality"],
            "source": facts["vintage"]["source"],
            "said": said,
            "words": " ".join(sorted(words)),
        }
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None


def unchanged(target: Target, shelved: Shelved, name: str, files: Mapping[str, Mapping[str, Any]]) -> bytes:
    """A file of an edition.

    Raises:
        ValueError: it is not the one that the manifest names.
    """
    content = target.read(f"{shelved.path}/{name}")
    if hashlib.sha256(content).hexdigest() != files[name]["sha256"]:
        raise ValueError(f"{shelved.path}/{name} has changed")
    return content


def described(page: str) -> str:
    """The standfirst, from the head of a page."""
    found = re.search(r'<meta name="description" content="([^"]*)"', page)
    return unescape(found[1]) if found else ""


def series(page: str) -> str:
    """The title of the brief, from the head of a page: `title — series, day`."""
    found = re.search(r"<title>.* — (.*), \d{4}-\d\d-\d\d</title>", page)
    return unescape(found[1]) if found else ""


def text_of(page: str) -> str:
    """The words of a page, without its charts."""
    main = page.partition("<main")[2].partition("</main>")[0]
    return unescape(re.sub(r"<svg.*?</svg>|<script.*?</script>|<[^>]*>", " ", main, flags=re.DOTALL))


def words_of(text: str) -> set[str]:
    """As the search of the page compares them: lower case, ё as е."""
    plain = unicodedata.normalize("NFC", text).lower().replace("ё", "е").replace("\u00ad", "")
    return set(WORD.findall(DECIMAL.sub(" ", plain)))
