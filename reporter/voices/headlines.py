"""Headlines: what others wrote about the subject, word for word, with their source."""

from __future__ import annotations

from datetime import datetime

from reporter.setting import LanguageCode, Setting


class Headline(Setting):
    """One title as it was published."""

    title: str
    outlet: str
    link: str = ""  # https, or empty
    language: LanguageCode
    published: datetime  # UTC; the moment by which it was out for certain, see `reporter.voices.feeds`
    feed: str  # where it came from
    fetched_at: datetime  # UTC; when it was seen first
    sha256: str  # of what was published: title, link, moment
