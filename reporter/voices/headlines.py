"""Headlines: what others wrote about the subject, word for word, with their source."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from reporter.setting import WEB_ADDRESS, LanguageCode, Setting

#: Letters of Latin and Cyrillic script with the punctuation of both: what our fonts have, and what a program that
#: extracts the text of a PDF gives back as it was (accents without a letter, and `É»` and its like, are not). A title
#: with anything else, a picture say, is left out, since what is printed is word for word or absent.
PRINTABLE = re.compile(
    r"(?!.*(?<!\.)\.\.(?!\.))"  # two dots, of which a page would make one
    "(?!.*[\u00c0-\u00ff][\u00a1-\u00bf])"
    "[ -\\]_a-}\u00a0-\u00a7\u00a9-\u00ac\u00ae\u00b0-\u00b3\u00b5-\u00b7\u00b9-\u012b\u012e-\u0131\u0134-\u0148"
    "\u014a-\u0165\u0168-\u017f\u0400-\u045f\u0490\u0491\u2010\u2012-\u2015\u2018-\u201a\u201c-\u201e\u2020-\u2022\u2026\u2030"
    "\u2032\u2033\u2039\u203a\u20ac\u20bd\u2116\u2122\u2212]+"
)
#: The feed that Yahoo's news are.
YAHOO = "Yahoo Finance"
#: A shorter title says nothing, a longer one is none. Characters.
SHORTEST, LONGEST = 8, 200


#: In UTC, however it was given.
Moment = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(UTC))]


class Headline(Setting):
    """One title as it was published."""

    title: str
    outlet: str
    link: Annotated[str, Field(pattern=rf"^$|{WEB_ADDRESS}")] = ""  # https, or empty
    language: LanguageCode
    published: Moment  # UTC
    out_by: Moment  # UTC; the moment by which this wording was out for certain: the last change, the end of a bare date
    feed: str  # where it came from, as a reader may be told
    fetched_at: Moment | None = None  # UTC, by the clock of the server that had it first; None where it has no clock
    sha256: str = ""  # of title, outlet, link and both moments

    def sealed(self) -> Headline:
        """With its hash."""
        parts = (self.title, self.outlet, self.link, self.published.isoformat(), self.out_by.isoformat())
        return self.model_copy(update={"sha256": hashlib.sha256("\n".join(parts).encode()).hexdigest()})


def on_subject(headlines: Iterable[Headline], keywords: Mapping[str, Sequence[str]]) -> list[Headline]:
    """Those with a keyword in their language that can be printed as they are."""
    patterns = {code: pattern(words) for code, words in keywords.items() if words}
    return [
        one
        for one in headlines
        if one.language in patterns
        and SHORTEST <= len(one.title) <= LONGEST
        and PRINTABLE.fullmatch(one.title + one.outlet)
        and patterns[one.language].search(folded(one.title))
    ]


def in_time(headlines: Iterable[Headline], close: datetime, days: int) -> list[Headline]:
    """Those that were out by the close for certain, and not more than some days before it."""
    first = close - timedelta(days=days)
    return [one for one in headlines if first <= one.published and max(one.published, one.out_by) <= close]


def pattern(keywords: Sequence[str]) -> re.Pattern[str]:
    """Finds any of the keywords as whole words; a hyphen is as good as a space, and a star stands for any ending."""
    phrases = (
        r"[\s\-\u2010-\u2015]+".join(
            re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "")
            for word in re.split("[ -]", folded(phrase))
        )
        for phrase in keywords
    )
    return re.compile(rf"(?<!\w)(?:{'|'.join(phrases)})(?!\w)")


def folded(text: str) -> str:
    """For comparison: small letters, е for ё."""
    return text.casefold().replace("ё", "е")


def chosen(headlines: Iterable[Headline], most: int) -> tuple[Headline, ...]:
    """At most so many of each language, newest first: one of each outlet, then more where there are few outlets.

    Of the same title, or two with one link, the first published counts.
    """
    seen: set[tuple[str, str]] = set()
    once: list[Headline] = []
    for one in sorted(headlines, key=lambda one: (one.published, one.out_by, one.outlet, one.title)):
        marks = {("title", re.sub(r"\W+", "", folded(one.title))), ("link", one.link)} - {("link", "")}
        if not marks & seen:
            once.insert(0, one)
        seen |= marks
    picked: list[Headline] = []
    for code in dict.fromkeys(one.language for one in once):
        ours = [one for one in once if one.language == code]
        outlets = [one.outlet for one in ours]
        again = [outlet in outlets[:n] for n, outlet in enumerate(outlets)]
        ranked = sorted(zip(again, ours, strict=True), key=lambda pair: pair[0])  # stable: newest first on both sides
        picked += [one for _, one in ranked[:most]]
    return tuple(one for one in once if one in picked)
