"""The page and the feed of an archive: static files that work by double click, from a share, without a server."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
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

    @property
    def folder(self) -> str:
        """Below the root of the archive."""
        return f"{self.brief}/{self.session.year}/{self.session}-r{self.revision}"

    def file(self, code: str, kind: str) -> str:
        """Below the root of the archive."""
        return f"{self.folder}/{self.brief}-{self.session}-{code}.{kind}"


@dataclass
class Contents:
    """What the page itself holds: how many editions there are of which brief and year, and the newest of all."""

    titles: dict[str, dict[str, str]] = field(default_factory=dict)  # of briefs, by language
    years: dict[str, dict[int, int]] = field(default_factory=dict)  # editions of a brief by year
    newest: tuple[Entry, ...] = ()  # the newest first

    def enter(self, brief: str, year: int, entries: Sequence[Entry]) -> None:
        """All editions of a brief in a year, the newest first, in place of what was known of that year."""
        of_brief = self.years.setdefault(brief, {})
        titles = {code: said.series for entry in reversed(entries) for code, said in entry.said.items()}
        before = self.titles.get(brief, {})
        self.titles[brief] = {**before, **titles} if year >= max(of_brief, default=0) else {**titles, **before}
        of_brief[year] = len(entries)
        others = (one for one in self.newest if (one.brief, one.session.year) != (brief, year))
        found = sorted((*others, *entries[:NEWEST]), key=lambda one: (-one.session.toordinal(), one.brief))
        self.newest = tuple(found[:NEWEST])

    @property
    def editions(self) -> int:
        return sum(sum(of.values()) for of in self.years.values())

    @property
    def languages(self) -> list[str]:
        """Codes, sorted."""
        return sorted({code for titles in self.titles.values() for code in titles})


def render_archive(
    contents: Contents, brand: Brand, codes: Sequence[str], templates: Path | None = None
) -> Mapping[str, bytes]:
    """index.html and feed.xml.

    Args:
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
        "newest": [listed(entry, first) for entry in contents.newest],
    }
    page = filled(
        made,
        "archive.html.j2",
        data=as_json(page_data(contents, languages)),
        script=Markup(script),  # noqa: S704  a file of the templates, not a text
        script_hash=b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        fonts=FONTS_GO_HERE,
        **values,
    )
    updated = max((entry.session for entry in contents.newest), default=date(1970, 1, 1))
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


def page_data(contents: Contents, languages: Mapping[str, Language]) -> dict[str, object]:
    """What the script begins with; the rest is in the files of the volumes."""
    briefs = sorted(brief for brief, years in contents.years.items() if any(years.values()))
    newest = [
        [entry.brief, f"{entry.session}-r{entry.revision}", {**asdict(entry), "session": entry.session.isoformat()}]
        for entry in contents.newest
    ]
    return {
        "languages": {code: words_of(language, len(briefs), contents.editions) for code, language in languages.items()},
        "briefs": [
            [
                brief,
                {code: contents.titles[brief].get(code, brief) for code in languages},
                {str(year): count for year, count in sorted(contents.years[brief].items()) if count},
            ]
            for brief in briefs
        ],
        "newest": newest,
    }


def words_of(language: Language, briefs: int, editions: int) -> dict[str, object]:
    """Labels of a language, its days and months with {d} and {y} in them, and the line that says how much there is."""
    labels = language.labels["archive"]
    days = [date(2024, month, 16) for month in range(1, 13)]
    return {
        "own_name": language.labels["document"]["own_name"],
        "labels": dict(labels),
        "days": [language.spell(day(one, ""), "full").replace("16", "{d}").replace("2024", "{y}") for one in days],
        "months": [language.spell(day(one, ""), "heading").replace("2024", "{y}") for one in days],
        "counts": {str(n): language.numerals.plural(n, labels["found"]) for n in range(101)},
        "summary": labels["summary"].format(
            editions=language.spell(count(editions, "")),
            editions_word=language.numerals.plural(editions, labels["found"]),
            briefs=language.spell(count(briefs, "")),
            briefs_word=language.numerals.plural(briefs, labels["of_briefs"]),
        ),
    }


def as_json(data: object) -> Markup:
    """JSON that can stand in a script element: nothing in it can end one."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))  # noqa: S704  nothing in it ends a script element
