"""Picks the sections, orders them and connects each with the one before: by contrast, by agreement, or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from reporter.facts import Facts
from reporter.finding import Finding, Quantity, Tone, Unit, Value
from reporter.story import (
    ahead,
    backdrop,
    bottom_line,
    evidence,
    field,
    headline,
    headlines,
    lede,
    lexicon_trail,
    memory,
    method,
    precedents,
    quote,
    reversion,
    technicals,
)
from reporter.story.captions import Caption, captions
from reporter.story.contradictions import refuse_contradictions
from reporter.story.lexicon_trail import Reading
from reporter.story.situation import Situation, assess
from reporter.story.what_changed import Changes
from reporter.voices import Voices

#: Evidence first when it is fresh.
FACTS_FIRST = (
    "lede",
    "headlines",
    "quote",
    "memory",
    "evidence",
    "turn",
    "technicals",
    "field",
    "reversion",
    "backdrop",
    "precedents",
    "bottom_line",
)
#: The doubt of the precedents right after the numbers when there is excitement to doubt.
DOUBT_EARLY = (
    "lede",
    "headlines",
    "quote",
    "memory",
    "evidence",
    "turn",
    "precedents",
    "technicals",
    "field",
    "reversion",
    "backdrop",
    "bottom_line",
)
#: Sections with a heading of their own. The rest is one argument, and headings would cut it into a list.
HEADED = ("bottom_line",)
#: Neighbours that share a paragraph where one of them has a single finding to say.
SHARED = (("evidence", "turn"), ("field", "reversion"), ("technicals", "field"))
#: More numbers than this do not go into a shared paragraph.
MOST_TOGETHER = 8
#: Numbers in a text at most, days and years aside; the rest belongs to the table and the charts.
MOST_NUMBERS = 33
#: Kinds of finding that a full text can do without, by how they begin, the least telling first.
DISPENSABLE = (
    "no_breakout",
    "rates_flat",
    "rates_half",
    "consolidation",
    "death_cross",
    "golden_cross",
    "week_",
    "below_peak",
    "last_",
    "vix_",
    "split_",
    "usual_",
)


#: Kind -> the number that it can do without, and the units in which two numbers look alike.
SPARED = {"record_total_only": "below"}
ALIKE = (Unit.PERCENT, Unit.POINTS)


@dataclass(frozen=True, kw_only=True)
class Section:
    """A named part of the text. Paragraphs are never empty."""

    name: str
    paragraphs: tuple[tuple[Finding, ...], ...]
    heading: str = ""  # what stands over it; empty where it goes on


@dataclass(frozen=True, kw_only=True)
class Story:
    """What an edition says, without words; one story for every language."""

    title: Finding
    standfirst: Finding
    sections: tuple[Section, ...]
    captions: Mapping[str, Caption]  # by chart
    changes: Changes | None  # since the last edition, for the box beside the text
    window: str | None  # the one that "the year" means; None without any history
    role: str  # what the verdict judges: a `turn` of a laggard, or the `lead` of a leader
    ahead: Finding | None  # what the calendar holds for the coming week
    method: tuple[Finding, ...]
    lexicon: tuple[Reading, ...]  # every word with a threshold, and whether it held

    @property
    def findings(self) -> Iterator[Finding]:
        """Everything that is said, in its order."""
        yield from (self.title, self.standfirst)
        yield from (finding for section in self.sections for paragraph in section.paragraphs for finding in paragraph)
        for caption in self.captions.values():
            yield from (caption.title, caption.subtitle, caption.alt)
        yield from (self.ahead,) if self.ahead else ()
        yield from self.method


def write_story(facts: Facts, voices: Voices, *, field_kind: str, implication: bool) -> Story:
    """The whole document plan. A section without findings is absent.

    Raises:
        DocumentError: the outline contradicts itself or the facts; a mistake of this program.
    """
    s = assess(facts, voices, field_kind=field_kind, implication=implication)
    parts = {
        "lede": lede.paragraphs(s),
        "headlines": headlines.paragraphs(s),
        "memory": memory.paragraphs(s),
        "evidence": evidence.year_paragraphs(s),
        "turn": evidence.month_paragraphs(s),
        "technicals": technicals.paragraphs(s),
        "field": field.paragraphs(s),
        "reversion": reversion.paragraphs(s),
        "precedents": precedents.paragraphs(s),
        "backdrop": backdrop.paragraphs(s),
        "quote": quote.paragraphs(s),
        "bottom_line": bottom_line.paragraphs(s),
    }
    sections = headed(joined(connected(told_apart(rationed(ordered(s, parts))))))
    backed = any(
        one.section == "backdrop" for section in sections for paragraph in section.paragraphs for one in paragraph
    )
    story = Story(
        title=headline.title(s),
        standfirst=headline.standfirst(s),
        sections=sections,
        captions=captions(s),
        changes=s.changes,
        window=s.window,
        role=s.role,
        ahead=ahead.dates(s),
        method=tuple(rule for rule in method.rules(s) if rule.kind != "backdrop" or backed),
        lexicon=tuple(lexicon_trail.readings(s)),
    )
    refuse_contradictions(story.findings, facts, s.window)
    return story


def ordered(s: Situation, parts: Mapping[str, Sequence[Sequence[Finding]]]) -> tuple[Section, ...]:
    """The sections that have something to say."""
    sections = (
        Section(name=name, paragraphs=tuple(tuple(paragraph) for paragraph in parts[name] if paragraph))
        for name in (DOUBT_EARLY if s.excited else FACTS_FIRST)
    )
    return tuple(section for section in sections if section.paragraphs)


def rationed(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Without the dispensable findings, the least telling first, until no more than MOST_NUMBERS are left."""
    for kind in DISPENSABLE:
        if (
            sum(numbers(one) for section in sections for paragraph in section.paragraphs for one in paragraph)
            <= MOST_NUMBERS
        ):
            break
        sections = tuple(without(section, kind) for section in sections)
    return tuple(section for section in sections if section.paragraphs)


def numbers(finding: Finding) -> int:
    """Numbers that a finding brings at most, days, years and constants aside."""
    return sum(map(counted, finding.values.values()))


def counted(value: Value) -> int:
    if isinstance(value, Mapping):
        return sum(map(counted, value.values()))
    return isinstance(value, Quantity) and value.unit not in (Unit.DAY, Unit.YEAR) and value.fact != "method"


def without(section: Section, kind: str) -> Section:
    paragraphs = (tuple(one for one in paragraph if not one.kind.startswith(kind)) for paragraph in section.paragraphs)
    return replace(section, paragraphs=tuple(paragraph for paragraph in paragraphs if paragraph))


def told_apart(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """A number that can be spared goes where another fact of the text prints as the same one."""
    shown = Counter(
        printed(value)
        for section in sections
        for paragraph in section.paragraphs
        for one in paragraph
        for value in one.values.values()
        if isinstance(value, Quantity) and value.unit in ALIKE
    )

    def told(finding: Finding) -> Finding:
        name = SPARED.get(finding.kind, "")
        value = finding.values.get(name)
        if not isinstance(value, Quantity) or shown[printed(value)] < 2:
            return finding
        return replace(finding, values={**finding.values, name: None})

    return tuple(
        replace(section, paragraphs=tuple(tuple(told(one) for one in paragraph) for paragraph in section.paragraphs))
        for section in sections
    )


def printed(value: Quantity) -> float:
    """A fraction as prose has it, without its sign."""
    return 0.0 if isinstance(value.value, date) else round(abs(value.value) * 100, 1)


def connected(sections: Sequence[Section]) -> tuple[Section, ...]:
    """The first finding of each section learns how it stands to what was said last (`relation`), and whether it is the
    first of its side (`first`). The wording makes a "but" or an "also" of it; without a neighbour there is neither."""
    said: list[Tone] = []
    done = []
    for section in sections:
        opening = section.paragraphs[0][0]
        sided = [one.tone for paragraph in section.paragraphs for one in paragraph if one.tone is not Tone.NEUTRAL]
        values = {**opening.values, "relation": relation(said, opening.tone), "first": opening.tone not in said}
        paragraphs = ((replace(opening, values=values), *section.paragraphs[0][1:]), *section.paragraphs[1:])
        done.append(replace(section, paragraphs=paragraphs))
        said += sided
    return tuple(done)


def joined(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Nothing of a single finding is a paragraph by itself where a neighbour can take it."""
    for pair in SHARED:
        both = [section for section in sections if section.name in pair]
        lone = len(both) == 2 and any(sum(map(len, section.paragraphs)) == 1 for section in both)
        if lone and sum(map(numbers, (*both[0].paragraphs[-1], *both[1].paragraphs[0]))) <= MOST_TOGETHER:
            first, second = both
            one = replace(first, paragraphs=(*first.paragraphs[:-1], first.paragraphs[-1] + second.paragraphs[0]))
            one = replace(one, paragraphs=(*one.paragraphs, *second.paragraphs[1:]))
            sections = tuple(one if section is first else section for section in sections if section is not second)
    return sections


def headed(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    return tuple(replace(one, heading=one.name if one.name in HEADED else "") for one in sections)


def relation(said: Sequence[Tone], tone: Tone) -> str:
    """`contrast`, `same`, or `none` where either side is neutral."""
    if not said or tone is Tone.NEUTRAL:
        return "none"
    return "same" if said[-1] is tone else "contrast"
