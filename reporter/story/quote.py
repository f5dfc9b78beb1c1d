"""One authority, verbatim, from the vault."""

from __future__ import annotations

from reporter.finding import Finding, day
from reporter.story.situation import Situation

SECTION = "quote"


def paragraphs(s: Situation) -> list[list[Finding]]:
    quote = s.voices.quote
    if quote is None:
        return []
    return [
        [
            s.finding(
                SECTION,
                "quote",
                text=quote.text,
                language=quote.language,
                translations=tuple({"language": code, "text": text} for code, text in quote.translations.items()),
                attributions=tuple({"language": code, "text": text} for code, text in quote.attributions.items()),
                speaker=quote.speaker,
                title=quote.title,
                firm=quote.firm,
                link=quote.link,
                day=day(quote.said, "voices.quote.said"),
            )
        ]
    ]
