"""What an archive holds, read once: a volume, which is a year of a brief, has a file with what the archive page shows.

The file follows from the editions and can be lost. An edition that it does not name yet is read; no other is. It is
JSON inside a call, since a page that was opened by double click may load a script and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import date, datetime
from html import unescape
from typing import Any

from reporter.delivery.archive import MANIFEST, WITHDRAWN, Shelved, check_texts, files_of, shelves
from reporter.delivery.postings import documents, inverted
from reporter.delivery.target import Target
from reporter.document.archive_page import Entry, Said
from reporter.document.edition import file_name
from reporter.errors import MISSHAPEN
from reporter.setting import LANGUAGE_CODE

CATALOGUE = "catalogue.js"
CALL, END = b"archive(", b")\n"
#: Of the file. Another number: it is made again.
SCHEMA = 2
#: Decimals are never searched for; words and whole numbers are.
DECIMAL, WORD = re.compile(r"\d+[.,]\d+"), re.compile(r"[^\W_]{2,}")
KINDS = ("html", "pdf", "svg")


def read_volume(
    target: Target, brief: str, year: int, mark: str, now: datetime, *, rebuild: bool, progress: Callable[[str], None]
) -> tuple[Entry, ...]:
    """The editions of a brief in a year, the newest first; of each session the newest revision, unless one of them was
    withdrawn. Its file is written where it does not say so yet.

    Args:
        mark: Who writes, as for `Target.create`.
        rebuild: Read all editions again, also those that the file names.
        progress: Is told each folder that is read.

    Raises:
        OutputError: the place is away or cannot be written.
    """
    path = f"{brief}/{year}/{CATALOGUE}"
    known = {} if rebuild else load(target, path)
    told = {}
    for shelved in shelves(target, brief, year):
        name = f"{shelved.session}-r{shelved.revision}"
        if name not in known:
            progress(shelved.path)
        if (one := known.get(name) or look_into(target, shelved)) is not None:
            told[name] = one
    withdrawn = {name[:10] for name, one in told.items() if one.get("withdrawn")}
    newest = {name[:10]: name for name in told if name[:10] not in withdrawn}  # the newest revision comes last
    shown = sorted(newest.values(), reverse=True)
    if rebuild or told != known:
        target.replace(path, written(brief, year, told, shown), mark, now)
    return tuple(entry(brief, name, told[name]) for name in shown)


def written(brief: str, year: int, told: Mapping[str, Mapping[str, Any]], shown: list[str]) -> bytes:
    """The file: editions by the name of their folder, those that are shown, and the words of all in their order."""
    vocabulary, postings = inverted([one.get("words", "").split() for one in told.values()])
    content = {
        "schema": SCHEMA,
        "brief": brief,
        "year": year,
        "shown": shown,
        "editions": {name: {key: one[key] for key in one if key != "words"} for name, one in told.items()},
        "vocabulary": " ".join(vocabulary),
        "postings": b64encode(postings).decode(),
    }
    return CALL + json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + END


def load(target: Target, path: str) -> Mapping[str, dict[str, Any]]:
    """What the file of a volume says of each edition; nothing where it is lost, damaged or of another time."""
    with suppress(FileNotFoundError, *MISSHAPEN):
        content = json.loads(target.read(path).removeprefix(CALL).removesuffix(END))
        if content["schema"] != SCHEMA:
            return {}
        editions: dict[str, dict[str, Any]] = content["editions"]
        spoken = documents(content["vocabulary"].split(), b64decode(content["postings"]), len(editions))
        for (name, one), words in zip(editions.items(), spoken, strict=True):
            if not one.get("withdrawn"):
                entry("", name, one)  # somebody may have edited the file
                one["words"] = " ".join(words)
        return editions
    return {}


def entry(brief: str, name: str, one: Mapping[str, Any]) -> Entry:
    """
    Raises:
        One of MISSHAPEN: something is missing or of another kind.
    """
    said = {code: Said(**{**spoken, "files": tuple(spoken["files"])}) for code, spoken in one["said"].items()}
    check_texts(one["verdict"], one["quality"], one["source"])
    for spoken in said.values():
        check_texts(spoken.title, spoken.standfirst, spoken.series)
    if not said or not all(re.fullmatch(LANGUAGE_CODE, code) for code in said):
        raise ValueError("is in no language")
    session, _, revision = name.rpartition("-r")
    return Entry(
        brief=brief,
        session=date.fromisoformat(session),
        revision=int(revision),
        verdict=one["verdict"],
        met=int(one["met"]),
        of=int(one["of"]),
        quality=one["quality"],
        source=one["source"],
        said=said,
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
        files = files_of(manifest)
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
        known = {
            "verdict": manifest["verdict"],
            "met": verdict.get("met", 0),
            "of": verdict.get("of", 0),
            "quality": manifest["quality"],
            "source": facts["vintage"]["source"],
            "said": said,
            "words": " ".join(sorted(words)),
        }
        entry(shelved.brief, f"{shelved.session}-r{shelved.revision}", known)
        return known  # noqa: TRY300  what it may fail at stands before it
    except (FileNotFoundError, *MISSHAPEN):
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
