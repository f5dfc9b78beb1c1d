"""Picks the sections and orders them: lede, voices, evidence, turn, technicals, field, reversion, precedents, end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reporter.facts import Facts
from reporter.finding import Finding
from reporter.story import (
    backdrop,
    bottom_line,
    evidence,
    field,
    headline,
    headlines,
    lede,
    memory,
    method,
    precedents,
    quote,
    reversion,
    technicals,
)
from reporter.story.captions import Caption, captions
from reporter.story.contradictions import refuse_contradictions
from reporter.story.situation import assess
from reporter.story.what_changed import Changes
from reporter.voices import Voices


@dataclass(frozen=True, kw_only=True)
class Section:
    """A named part of the text. Paragraphs are never empty."""

    name: str
    paragraphs: tuple[tuple[Finding, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Story:
    """What an edition says, without words; one story for every language."""

    title: Finding
    standfirst: Finding
    sections: tuple[Section, ...]
    captions: Mapping[str, Caption]  # by chart
    changes: Changes | None  # since the last edition, for the box beside the text
    role: str  # what the verdict judges: a `turn` of a laggard, or the `lead` of a leader
    method: tuple[Finding, ...]

    @property
    def findings(self) -> Iterator[Finding]:
        """Everything that is said, in its order."""
        yield from (self.title, self.standfirst)
        yield from (finding for section in self.sections for paragraph in section.paragraphs for finding in paragraph)
        for caption in self.captions.values():
            yield from (caption.title, caption.subtitle, caption.alt)
        yield from self.method


def write_story(facts: Facts, voices: Voices, *, field_kind: str, implication: bool) -> Story:
    """The whole document plan. A section without findings is absent.

    Raises:
        DocumentError: the outline contradicts itself or the facts; a mistake of this program.
    """
    s = assess(facts, voices, field_kind=field_kind, implication=implication)
    parts = (
        ("lede", lede.paragraphs(s)),
        ("headlines", headlines.paragraphs(s)),
        ("memory", memory.paragraphs(s)),
        ("evidence", evidence.year_paragraphs(s)),
        ("turn", evidence.month_paragraphs(s)),
        ("technicals", technicals.paragraphs(s)),
        ("field", field.paragraphs(s)),
        ("reversion", reversion.paragraphs(s)),
        ("precedents", precedents.paragraphs(s)),
        ("backdrop", backdrop.paragraphs(s)),
        ("quote", quote.paragraphs(s)),
        ("bottom_line", bottom_line.paragraphs(s)),
    )
    sections = (
        Section(name=name, paragraphs=tuple(tuple(paragraph) for paragraph in paragraphs if paragraph))
        for name, paragraphs in parts
    )
    story = Story(
        title=headline.title(s),
        standfirst=headline.standfirst(s),
        sections=tuple(section for section in sections if section.paragraphs),
        captions=captions(s),
        changes=s.changes,
        role=bottom_line.role(s),
        method=tuple(method.rules(s)),
    )
    refuse_contradictions(story.findings, facts)
    return story
