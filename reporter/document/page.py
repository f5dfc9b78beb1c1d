"""What one page shows, in one language: every string is finished, so that templates only place it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

from reporter.config import Brand, Brief
from reporter.document.changes import ChangeBox, change_box
from reporter.document.claims import Speaker
from reporter.document.exhibits import Figure, figure, places
from reporter.document.figures import KeyFigure, Table, Tests, key_figures, return_table, verdict_tests
from reporter.document.logo import Logo, read_logo
from reporter.document.origins import listed, origins
from reporter.exchanges import HUNDREDTHS
from reporter.facts import Facts
from reporter.finding import day
from reporter.language import Language
from reporter.story import Story

#: Marks of the key figures on paper, in their order.
MARKS = "¹²³⁴⁵⁶"
#: Funds of one currency that are named where there are more of them.
SHOWN = 6
#: Funds left out that have a line each; more are listed by what is wrong with them.
NAMED = 12


@dataclass(frozen=True, kw_only=True)
class Part:
    """A section of the text with the charts beside it."""

    name: str
    label: str  # its heading; empty where it goes on under the one before, and for the lede
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
    logo: Logo | None  # in place of the name
    accent: str  # the subject's colour, #rrggbb
    series: str  # title of the brief
    as_of: Markup
    plain_as_of: str
    date: str  # ISO 8601, for machines
    simulated: str  # the warning; empty on real prices
    degraded: tuple[str, ...]  # what had to be left out
    currencies: str  # which fund is in which, and what that means; empty where all are in one
    title: Markup
    plain_title: str
    standfirst: Markup
    description: str
    key_figures: tuple[KeyFigure, ...]
    changes: ChangeBox | None  # since the last edition
    parts: tuple[Part, ...]
    table: Table | None
    tests: Tests | None
    ahead: Markup  # what the calendar holds for the coming week; empty where it is an ordinary one
    method: tuple[Markup, ...]  # rules, and at their end where the prices come from and the disclaimer
    provenance: Markup  # where the prices come from
    disclaimer: str
    origins: Mapping[str, Markup]  # of every number in the article and the strip, by the path of its fact
    origins_title: str
    listed: tuple[tuple[Markup, Markup], ...]  # the same as a list: the number as it was said, and its line
    labels: Mapping[str, str]  # the `document` group, and the names of sections
    page_of: tuple[str, ...]  # pieces around the numbers: before the page, between, after the count

    @property
    def charts(self) -> tuple[str, ...]:
        """Names of the charts that it shows."""
        return tuple(figure.name for part in self.parts for figure in part.figures)

    @property
    def marks(self) -> str:
        return MARKS

    @property
    def footnotes(self) -> tuple[Markup, ...]:
        """Where the figures of the strip come from, by the marks that they have on paper."""
        marked = zip(MARKS, self.key_figures, strict=False)
        return tuple(
            Markup("{} {}.").format(mark, self.origins[one.fact]) for mark, one in marked if one.fact in self.origins
        )

    @property
    def method_on_paper(self) -> tuple[Markup, ...]:
        """The note with what a screen shows at each number; the disclaimer stays last."""
        return (*self.method[:-2], *self.footnotes, *self.method[-2:])

    def figure(self, name: str) -> Figure:
        """The figure of a chart."""
        return next(figure for part in self.parts for figure in part.figures if figure.name == name)


def make_page(
    facts: Facts, story: Story, charts: Collection[str], speaker: Speaker, *, brief: Brief, brand: Brand
) -> Page:
    """Say everything once, in the order of the page; the speaker keeps the account.

    Args:
        charts: Names of those that will be drawn.
    """
    language = speaker.language
    words: Mapping[str, str] = language.labels["document"]
    sections: Mapping[str, str] = language.labels["sections"]
    title, standfirst = speaker.say(story.title), speaker.say(story.standfirst)
    as_of = day(facts.as_of, "as_of")
    source = fill(
        words["source"],
        source=language.label("sources", facts.vintage.source),
        day=speaker.number("foot", "source", as_of, "full"),
    )
    figures = {
        name: figure(name, caption, source, speaker) for name, caption in story.captions.items() if name in charts
    }
    placed = places(tuple(figures), tuple(section.name for section in story.sections))
    parts = tuple(
        Part(
            name=section.name,
            label=sections[section.heading] if section.heading else "",
            paragraphs=tuple(
                Markup(" ").join(speaker.say(finding).html for finding in paragraph) for paragraph in section.paragraphs
            ),
            figures=tuple(figures[name] for name in placed.get(section.name, ())),
        )
        for section in story.sections
    )
    ahead = speaker.say(story.ahead).html if story.ahead else Markup("")
    rules = [speaker.say(rule).html for rule in story.method]
    if facts.quality.silent:
        rules.append(fill(words["silent"], feeds=", ".join(facts.quality.silent)))
    disclaimer = brand.disclaimer.get(language.code) or words["disclaimer"]
    provenance = fill(
        words["provenance"],
        source=language.label("sources", facts.vintage.source),
        day=speaker.number("foot", "provenance", as_of, "full"),
        hash=facts.vintage.sha256[:12],
    )
    strip = tuple(key_figures(facts, story.role, speaker))
    said = (title.html, standfirst.html, *(one for part in parts for one in part.paragraphs))
    shown = (*said, *(one for figure in strip for one in (figure.value, figure.note)))
    known = origins(shown, facts, speaker)
    return Page(
        language=language.code,
        brand=brand.name,
        logo=read_logo(brand.logo),
        accent=brand.accent,
        series=language.title(brief.title, facts.subject),
        as_of=fill(words["as_of"], day=speaker.number("head", "as_of", as_of, "weekday")),
        plain_as_of=language.spell(as_of, "full"),
        date=facts.as_of.isoformat(),
        simulated=words["simulated"] if facts.vintage.source == "simulated" else "",
        degraded=tuple(left_out(facts, language)),
        currencies=fill(words["currencies_differ"], funds=funds) if (funds := by_currency(facts, language)) else "",
        title=title.html,
        plain_title=title.text,
        standfirst=standfirst.html,
        description=standfirst.text,
        key_figures=strip,
        changes=change_box(story.changes, story.role, speaker),
        parts=parts,
        table=return_table(facts, speaker),
        tests=verdict_tests(facts, speaker),
        ahead=ahead,
        method=(*rules, provenance, escape(disclaimer)),
        provenance=provenance,
        disclaimer=disclaimer,
        origins=known,
        origins_title=language.label("origins", "title"),
        listed=tuple(listed(shown, known)),
        labels={**words, **{f"section_{name}": label for name, label in sections.items()}},
        page_of=tuple(piece for part in words["page"].split("{page}") for piece in part.split("{pages}")),
    )


def left_out(facts: Facts, language: Language) -> Iterator[str]:
    """One line a fund that did not pass the gate; of a big field, one a reason with its tickers."""
    issues = facts.quality.issues
    if len(issues) <= NAMED:
        for issue in issues:
            reason = language.label("flaws", str(issue.flaw))
            yield f"{language.name(issue.ticker)['label']} ({issue.ticker}): {reason}"
        return
    for flaw in dict.fromkeys(issue.flaw for issue in issues):
        tickers = ", ".join(issue.ticker for issue in issues if issue.flaw is flaw)
        yield f"{language.label('flaws', str(flaw))}: {tickers}"


def by_currency(facts: Facts, language: Language) -> str:
    """`USD: SPY, MTUM; EUR: EXSA.DE`, the subject's first; empty where all are known to be in one, or none is known."""
    funds = dict.fromkeys((facts.subject, facts.benchmark, *facts.field))
    known = {ticker: facts.currencies.get(ticker, "") for ticker in funds}
    groups: dict[str, list[str]] = {}
    for ticker, currency in known.items():
        groups.setdefault(HUNDREDTHS.get(currency, currency), []).append(ticker)
    if len(groups) < 2:
        return ""
    unknown, others = (language.label("document", f"currency_{name}") for name in ("unknown", "others"))
    told = []
    for currency, members in groups.items():
        told.append(f"{currency or unknown}: {', '.join(members[:SHOWN])}{others if len(members) > SHOWN else ''}")
    return "; ".join(told)


def fill(template: str, **values: str) -> Markup:
    """A label with its places filled; values that are not markup are escaped."""
    return escape(template).format(**values)
