"""What one page shows, in one language: every string is finished, so that templates only place it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from reporter.config import Brand, Brief
from reporter.document.changes import ChangeBox, change_box
from reporter.document.claims import Speaker
from reporter.document.figures import KeyFigure, Table, Tests, key_figures, return_table, verdict_tests
from reporter.facts import Facts
from reporter.finding import day
from reporter.language import Language, plain
from reporter.story import Story
from reporter.story.captions import Caption

#: Chart -> the section that it stands beside. Where that section is absent, the nearest one before it takes the chart.
HOMES = {
    "performance": "lede",
    "price": "technicals",
    "field": "field",
    "rotation": "field",
    "relative_strength": "reversion",
    "attempts": "precedents",
}


#: Heights on paper, roughly: of text a character, of a heading, of a chart with its words, of a table.
POINTS_A_CHARACTER, POINTS_A_SMALL_CHARACTER, POINTS_A_HEADING = 0.215, 0.125, 22.0
POINTS_A_FIGURE, POINTS_A_BOX = 152.0, 118.0


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A chart with its words."""

    name: str
    title: Markup
    subtitle: Markup
    alt: str
    svg: str


@dataclass(frozen=True, kw_only=True)
class Part:
    """A section of the text with the charts beside it."""

    name: str
    label: str
    paragraphs: tuple[Markup, ...]
    figures: tuple[Figure, ...]


@dataclass(frozen=True, kw_only=True)
class Link:
    """To a file in the same folder."""

    text: str
    file: str
    language: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """Everything on the page, in its order."""

    language: str
    brand: str
    series: str  # title of the brief
    as_of: Markup
    plain_as_of: str
    date: str  # ISO 8601, for machines
    simulated: str  # the warning; empty on real prices
    degraded: tuple[str, ...]  # what had to be left out
    title: Markup
    plain_title: str
    standfirst: Markup
    description: str
    key_figures: tuple[KeyFigure, ...]
    changes: ChangeBox | None  # since the last edition
    parts: tuple[Part, ...]
    table: Table | None
    tests: Tests | None
    method: tuple[tuple[Markup, ...], ...]  # two columns, at their end where the prices come from and the disclaimer
    provenance: Markup  # where the prices come from
    disclaimer: str
    labels: Mapping[str, str]  # the `document` group, and the names of sections
    page_of: tuple[str, ...]  # pieces around the numbers: before the page, between, after the count

    @property
    def charts(self) -> tuple[str, ...]:
        """Names of the charts that it shows."""
        return tuple(figure.name for part in self.parts for figure in part.figures)


def make_page(
    facts: Facts, story: Story, charts: Mapping[str, str], speaker: Speaker, *, brief: Brief, brand: Brand
) -> Page:
    """Say everything once, in the order of the page; the speaker keeps the account."""
    language = speaker.language
    words: Mapping[str, str] = language.labels["document"]
    sections: Mapping[str, str] = language.labels["sections"]
    title, standfirst = speaker.say(story.title), speaker.say(story.standfirst)
    figures = {
        name: figure(name, caption, charts[name], speaker) for name, caption in story.captions.items() if name in charts
    }
    placed = places(tuple(figures), tuple(section.name for section in story.sections))
    parts = tuple(
        Part(
            name=section.name,
            label=sections[section.name],
            paragraphs=tuple(
                Markup(" ").join(speaker.say(finding).html for finding in paragraph) for paragraph in section.paragraphs
            ),
            figures=tuple(figures[name] for name in placed.get(section.name, ())),
        )
        for section in story.sections
    )
    table, tests = return_table(facts, speaker), verdict_tests(facts, speaker)
    rules = [speaker.say(rule).html for rule in story.method]
    if facts.quality.silent:
        rules.append(fill(words["silent"], feeds=", ".join(facts.quality.silent)))
    disclaimer = brand.disclaimer.get(language.code) or words["disclaimer"]
    provenance = fill(
        words["provenance"],
        source=language.label("sources", facts.vintage.source),
        day=speaker.number("foot", "provenance", day(facts.as_of, "as_of"), "full"),
        hash=facts.vintage.sha256[:12],
    )
    return Page(
        language=language.code,
        brand=brand.name,
        series=language.title(brief.title, facts.subject),
        as_of=fill(words["as_of"], day=speaker.number("head", "as_of", day(facts.as_of, "as_of"), "weekday")),
        plain_as_of=language.spell(day(facts.as_of, "as_of"), "full"),
        date=facts.as_of.isoformat(),
        simulated=words["simulated"] if facts.vintage.source == "simulated" else "",
        degraded=tuple(left_out(facts, language)),
        title=title.html,
        plain_title=title.text,
        standfirst=standfirst.html,
        description=standfirst.text,
        key_figures=tuple(key_figures(facts, story.role, speaker)),
        changes=change_box(story.changes, story.role, speaker),
        parts=parts,
        table=table,
        tests=tests,
        method=split_method([*rules, provenance, escape(disclaimer)], parts, (table is not None) + (tests is not None)),
        provenance=provenance,
        disclaimer=disclaimer,
        labels={**words, **{f"section_{name}": label for name, label in sections.items()}},
        page_of=tuple(piece for part in words["page"].split("{page}") for piece in part.split("{pages}")),
    )


def figure(name: str, caption: Caption, svg: str, speaker: Speaker) -> Figure:
    return Figure(
        name=name,
        title=speaker.say(caption.title).html,
        subtitle=speaker.say(caption.subtitle).html,
        alt=speaker.say(caption.alt).text,
        svg=svg,
    )


def places(charts: Sequence[str], sections: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """Section -> its charts. A homeless chart goes where its home would have been: to the section before."""
    order = list(dict.fromkeys((*sections, *HOMES.values())))
    found: dict[str, list[str]] = {}
    for name in charts:
        home = HOMES[name]
        if home not in sections:
            earlier = [section for section in sections if PLAN.index(section) < PLAN.index(home)]
            home = earlier[-1] if earlier else sections[0]
        found.setdefault(home, []).append(name)
    return {section: found[section] for section in order if section in found}


#: The order of the article; an absent section keeps its place in it.
PLAN = (
    "lede",
    "headlines",
    "memory",
    "evidence",
    "turn",
    "technicals",
    "field",
    "reversion",
    "precedents",
    "backdrop",
    "quote",
    "bottom_line",
)


def split_method(
    paragraphs: Sequence[Markup], parts: Sequence[Part], boxes: int
) -> tuple[tuple[Markup, ...], tuple[Markup, ...]]:
    """What follows the text, and what follows the figures, so that both columns of a sheet end at about one height.

    A rough estimate in points is enough. CSS columns would balance, and cost WeasyPrint a second.
    """
    texts = [len(plain(paragraph)) for part in parts for paragraph in part.paragraphs]
    text = sum(texts) * POINTS_A_CHARACTER + len(parts) * POINTS_A_HEADING
    beside = sum(len(part.figures) for part in parts) * POINTS_A_FIGURE + boxes * POINTS_A_BOX
    small = [len(plain(paragraph)) * POINTS_A_SMALL_CHARACTER for paragraph in paragraphs]
    cuts = range(1, len(small) + 1)
    cut = min(cuts, key=lambda n: abs(text + sum(small[:n]) - beside - sum(small[n:])))
    return tuple(paragraphs[:cut]), tuple(paragraphs[cut:])


def left_out(facts: Facts, language: Language) -> Iterator[str]:
    """One line a fund that did not pass the gate."""
    for issue in facts.quality.issues:
        reason = language.label("flaws", str(issue.flaw))
        yield f"{language.name(issue.ticker)['label']} ({issue.ticker}): {reason}"


def fill(template: str, **values: str) -> Markup:
    """A label with its places filled; values that are not markup are escaped."""
    return escape(template).format(**values)
