"""The page and the feed of an archive: static files that work by double click, from a share, without a server."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from markupsafe import Markup

from reporter.colour import NIGHT, lightened
from reporter.config import Brand
from reporter.document.html import FONTS_GO_HERE, environment, filled, with_fonts
from reporter.finding import count, day
from reporter.language import Language

#: Editions that the feed tells, and that a browser without JavaScript gets.
NEWEST = 60


@dataclass(frozen=True, kw_only=True)
class Said:
    """An edition in one language."""

    title: str
    standfirst: str
    series: str  # title of the brief
    files: tuple[str, ...]  # of html, pdf, svg (the thumbnail): those that there are


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What the archive page knows of an edition."""

    brief: str
    session: date
    revision: int
    verdict: str  # empty where the history is too short
    met: int
    of: int  # 0 where there is no verdict
    quality: str
    source: str  # of the prices
    said: Mapping[str, Said]  # by language
    words: tuple[str, ...]  # of all languages, sorted

    @property
    def folder(self) -> str:
        """Below the root of the archive."""
        return f"{self.brief}/{self.session.year}/{self.session}-r{self.revision}"

    def file(self, code: str, kind: str) -> str:
        """Below the root of the archive."""
        return f"{self.folder}/{self.brief}-{self.session}-{code}.{kind}"


def render_archive(
    entries: Sequence[Entry], brand: Brand, codes: Sequence[str], templates: Path | None = None
) -> Mapping[str, bytes]:
    """index.html and feed.xml.

    Args:
        entries: The newest first, of each session one.
        codes: Languages of the page; the first is shown at first, and is the feed's.

    Raises:
        DocumentError: a template of the user's is wrong.
    """
    made = environment(templates)
    languages = {code: Language(code, templates) for code in codes}
    first = languages[codes[0]]
    script = filled(made, "archive.js").strip()
    values = {
        "brand": brand.name,
        "id": permanent(brand.name),
        "accent": brand.accent,
        "night": lightened(brand.accent, NIGHT),
        "language": first.code,
        "labels": first.labels["archive"],
        "languages": {code: language.labels["document"]["own_name"] for code, language in languages.items()},
        "newest": [listed(entry, first) for entry in entries[:NEWEST]],
    }
    page = filled(
        made,
        "archive.html.j2",
        data=as_json(page_data(entries, languages)),
        script=Markup(script),  # noqa: S704  a file of the templates, not a text
        script_hash=b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        fonts=FONTS_GO_HERE,
        **values,
    )
    updated = max((entry.session for entry in entries), default=date(1970, 1, 1))
    return {
        "index.html": with_fonts(page).encode(),
        "feed.xml": filled(made, "feed.xml.j2", updated=updated.isoformat(), **values).encode(),
    }


def listed(entry: Entry, language: Language) -> Mapping[str, object]:
    """For a list of links: in the language of the page, else in the first that the edition has."""
    code = language.code if language.code in entry.said else next(iter(entry.said))
    said = entry.said[code]
    links = {one: entry.file(one, first_of(spoken.files)) for one, spoken in entry.said.items()}
    return {
        "id": permanent(f"{entry.brief}/{entry.session}-r{entry.revision}"),
        "date": entry.session.isoformat(),
        "day": language.spell(day(entry.session, ""), "full"),
        "language": code,
        "title": said.title,
        "standfirst": said.standfirst,
        "series": said.series,
        "brief": entry.brief,
        "link": links[code],
        "others": [(other, link) for other, link in links.items() if other != code],
    }


def permanent(name: str) -> str:
    """An identity for the feed that stays when the archive moves."""
    return uuid5(NAMESPACE_URL, f"market-brief/{name}").urn


def first_of(files: Sequence[str]) -> str:
    return next((kind for kind in ("html", "pdf") if kind in files), "html")


def page_data(entries: Sequence[Entry], languages: Mapping[str, Language]) -> dict[str, object]:
    """Everything that the script needs, with each text once: titles and standfirsts come back again and again."""
    texts: dict[str, int] = {}
    briefs = sorted({entry.brief for entry in entries})

    def number(text: str) -> int:
        return texts.setdefault(text, len(texts))

    def title_of(brief: str, code: str) -> str:
        named = (entry.said[code].series for entry in entries if entry.brief == brief and code in entry.said)
        return next(named, brief)

    vocabulary, postings = inverted([entry.words for entry in entries])
    days = {entry.session for entry in entries}
    editions = [
        [
            briefs.index(entry.brief),
            entry.session.isoformat(),
            entry.revision,
            entry.verdict,
            entry.met,
            entry.of,
            int(entry.quality != "ok") + 2 * (entry.source == "simulated"),
            {code: [number(one.title), number(one.standfirst), "".join(kind[0] for kind in one.files)]
             for code, one in entry.said.items()},
        ]
        for entry in entries
    ]  # fmt: skip
    return {
        "languages": {
            code: words_of(language, days, len(briefs), len(entries)) for code, language in languages.items()
        },
        "briefs": [[brief, {code: title_of(brief, code) for code in languages}] for brief in briefs],
        "editions": editions,
        "texts": list(texts),
        "vocabulary": " ".join(vocabulary),
        "postings": b64encode(postings).decode(),
    }


def words_of(language: Language, days: Iterable[date], briefs: int, editions: int) -> dict[str, object]:
    """Labels, days and months of a language, and the line that says how much there is."""
    labels = language.labels["archive"]
    return {
        "own_name": language.labels["document"]["own_name"],
        "labels": dict(labels),
        "days": {one.isoformat(): language.spell(day(one, ""), "full") for one in sorted(days)},
        "months": {f"{one:%Y-%m}": language.spell(day(one, ""), "heading") for one in sorted(days)},
        "counts": {str(n): language.plural(n, labels["found"]) for n in range(101)},
        "summary": labels["summary"].format(
            editions=language.spell(count(editions, "")),
            editions_word=language.plural(editions, labels["found"]),
            briefs=language.spell(count(briefs, "")),
            briefs_word=language.plural(briefs, labels["of_briefs"]),
        ),
    }


def inverted(documents: Sequence[Sequence[str]]) -> tuple[list[str], bytes]:
    """Which documents hold which word: the words in order, and for each its documents.

    For each word: how many numbers follow, doubled, plus one where they name the documents *without* it, which for a
    frequent word is shorter; then the differences between the numbers. All in bytes of seven bits, the low ones first.
    """
    places: dict[str, list[int]] = {}
    for number, words in enumerate(documents):
        for word in words:
            places.setdefault(word, []).append(number)
    postings = bytearray()
    for word in sorted(places):
        found, without = places[word], len(places[word]) * 2 > len(documents)
        if without:
            having = set(found)
            found = [number for number in range(len(documents)) if number not in having]
        postings += sevens(len(found) * 2 + without)
        last = 0
        for number in found:
            postings += sevens(number - last)
            last = number
    return sorted(places), bytes(postings)


def sevens(number: int) -> bytes:
    """A number in bytes of seven bits, the low ones first; the eighth says that more follow."""
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    return bytes((*made, number))


def as_json(data: object) -> Markup:
    """JSON that can stand in a script element: nothing in it can end one."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))  # noqa: S704
