"""What others wrote, verbatim, each title with its outlet, day and link."""

from __future__ import annotations

from reporter.finding import Finding, Value, day
from reporter.story.situation import Situation

SECTION = "headlines"


def paragraphs(s: Situation) -> list[list[Finding]]:
    """One finding for all languages: a page takes the titles in its own, and without one those in another."""
    if not s.voices.headlines:
        return []
    titles: tuple[Value, ...] = tuple(
        {
            "language": one.language,
            "title": one.title,
            "outlet": one.outlet,
            "link": one.link,
            "day": day(one.published.date(), f"voices.headlines.{n}.published"),
        }
        for n, one in enumerate(s.voices.headlines)
    )
    return [[s.finding(SECTION, "press", titles=titles)]]
