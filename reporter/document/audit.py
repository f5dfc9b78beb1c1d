"""Every number of a finished page is traced, or the page is none. pdf_oxide reads a PDF back.

A number of the HTML stands in a <data> element whose path and text are in the speaker's account; or in a label of a
chart or an alternative text, and then it is one that was said; or in words that are no claim: names of funds, labels
and terms of the language, what somebody else said. In the text of a finished PDF the marks are gone: there each number
is one that was said, or part of such words. Any other number is an orphan.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain

from reporter.config import Brand, Brief
from reporter.document.claims import Speaker, Spoken
from reporter.errors import DocumentError
from reporter.facts import Facts
from reporter.voices import Voices

NOT_SHOWN = re.compile(r"<(style|script|template)\b.*?</\1\s*>|<!--.*?-->|(?<=<path) d=\"[^\"]*\"", re.DOTALL)
NUMBER = re.compile(r'<data\b[^>]*\bvalue="([^"]*)"[^>]*>([^<]*)</data>')
CHART = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
SPOKEN_ALOUD = re.compile(r'\b(?:alt|aria-label|aria-description|title|data-origin|data-read)="([^"]*)"')
DESCRIPTION = re.compile(r'<meta name="(?:description|author)" content="([^"]*)"')
TAG = re.compile(r"<[^>]*>")
#: A figure with its sign and its per cent sign, spaces made plain.
FIGURE = re.compile(r"[+−-]?\d+(?:[.,]\d+)*(?: ?%)?")
#: What stands in the place of a number or a word that is accounted for.
MARK = "\ufffc"
AROUND = 40  # characters of context in a message


@dataclass(frozen=True, kw_only=True)
class Account:
    """What one language of an edition may print."""

    spoken: tuple[Spoken, ...]  # every number that was said, printed in a table or lettered on a chart
    verbatim: frozenset[str]  # texts that are printed as they are: names, labels, terms
    own: frozenset[str] = frozenset()  # the same, of this edition alone: voices, the brand

    @cached_property
    def marked(self) -> frozenset[tuple[str, str]]:
        return frozenset((one.fact, level(one.text)) for one in self.spoken if one.fact)

    @cached_property
    def figures(self) -> frozenset[str]:
        """Figures of all numbers; in a date or a word with a number each part is one."""
        return frozenset(figure for one in self.spoken if one.fact for figure in figures(level(one.text)))

    @cached_property
    def words(self) -> tuple[re.Pattern[str], ...]:
        """The verbatim texts that hold a digit, longest first, wherever a line ends in them; those of this edition
        alone before those that all editions of a language have, unless one is inside another.
        """
        own, shared = (
            frozenset(level(text) for text in texts if re.search(r"\d", text)) for texts in (self.own, self.verbatim)
        )
        if any(text in longer for text in own for longer in shared):
            return (any_of(own | shared),)
        return any_of(own), any_of(shared)

    def without_words(self, text: str) -> str:
        pieces = level(text).split(MARK)  # of which few have a digit, as all of the words have
        for words in self.words:
            pieces = [words.sub(MARK, piece) if re.search(r"\d", piece) else piece for piece in pieces]
        return MARK.join(pieces)


@lru_cache(maxsize=64)
def any_of(texts: frozenset[str]) -> re.Pattern[str]:
    """Longest first. Kept, since compiling it takes longer than reading a page with it."""
    return re.compile("|".join(map(loose, sorted(texts, key=lambda text: (-len(text), text)))) or "(?!)")


def open_account(speaker: Speaker, facts: Facts, voices: Voices, brief: Brief, brand: Brand) -> Account:
    """What the speaker said, and every text that the edition prints as it is."""
    language = speaker.language
    tickers = (facts.subject, facts.benchmark, *facts.field, *facts.quality.excluded, facts.headline_index)
    labels = leaves({name: group for name, group in language.labels.items() if name != "dates"})
    verbatim = chain(
        (label for label in labels if re.search(r"[^\d\s.,%+−-]", label)),
        leaves([language.name(ticker) for ticker in tickers if ticker]),
    )
    own = chain(
        leaves([dict(brief.title), brand.name, dict(brand.disclaimer), list(facts.quality.silent)]),
        leaves(voices.model_dump()),
        (facts.as_of.isoformat(), facts.vintage.sha256[:12]),
    )
    return Account(spoken=tuple(speaker.spoken), verbatim=pieces(verbatim), own=pieces(own))


def pieces(texts: Iterable[str]) -> frozenset[str]:
    """What stands around the placeholders of the texts."""
    return frozenset(piece for text in texts for piece in re.split(r"\{\w+\}", text))


def leaves(value: object) -> Iterator[str]:
    """All texts inside."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for one in value:
            yield from leaves(one)
    elif isinstance(value, str):
        yield value


def level(text: str) -> str:
    """Without what typography and the place in a sentence change: kinds of spaces and dashes, capitals."""
    return re.sub(r"[\s\u00a0\u202f]+", " ", text.replace("\u2010", "-").replace("\u2011", "-")).strip().lower()


def loose(text: str) -> str:
    """A pattern for a text that may be broken and hyphenated anywhere, and that no longer number goes on."""
    before = r"(?<![\d.,])" if text[:1].isdigit() else ""  # a chart's labels may be read without a space: F426F309
    return rf"{before}{'[- ]{0,3}'.join(re.escape(letter) for letter in text if letter not in ' -')}(?![.,]?\d)"


def figures(text: str) -> Iterator[str]:
    """As they are compared: a minus is a minus, no space before the per cent sign."""
    for found in FIGURE.findall(text):
        yield found.replace(" ", "")


def audit_html(content: str, account: Account, file: str, readouts: Collection[str] = ()) -> None:
    """Pass a page whose numbers are all traced.

    Args:
        readouts: Texts of the charts' read-outs. They vouch for themselves, whole, and for no number elsewhere.

    Raises:
        DocumentError: it has an orphan.
    """
    shown = NOT_SHOWN.sub(" ", content)
    for text in (*TITLE.findall(shown), *SPOKEN_ALOUD.findall(shown), *DESCRIPTION.findall(shown)):
        if (aloud := html.unescape(text)) not in readouts:
            refuse(unsaid(aloud, account), "a text for screen readers", file)
    for text in lettering(shown):
        refuse(unsaid(html.unescape(text), account), "a chart", file)
    marked = {(html.unescape(path), html.unescape(text)) for path, text in NUMBER.findall(shown)}
    for path, text in sorted(marked):
        if (path, level(text)) not in account.marked:
            refuse([(text, f"{path}: {text}")], "a marked number", file)
    rest = TAG.sub("\n", CHART.sub(" ", NUMBER.sub(MARK, TITLE.sub("", shown))))
    refuse(unmarked(html.unescape(rest), account), "the text", file)


def audit_substance(content: str, title: str, file: str) -> None:
    """Pass a page that has its headline and a number: a template that has lost its inside makes none.

    Raises:
        DocumentError: it lacks one of them.
    """
    shown = TITLE.sub("", NOT_SHOWN.sub(" ", content))
    text = level(html.unescape(TAG.sub(" ", CHART.sub(" ", shown))).replace("\u00ad", ""))
    if not re.search(loose(level(title)), text):
        raise DocumentError(f"{file}: the page lacks its headline '{title}'; is its template whole?")
    if not NUMBER.search(shown):
        raise DocumentError(f"{file}: the page has no number at all; is its template whole?")


def audit_mail_substance(text: str, content: str, file: str) -> None:
    """Pass a mail both of whose parts have something to read.

    Raises:
        DocumentError: one is empty.
    """
    shown = html.unescape(TAG.sub(" ", TITLE.sub("", NOT_SHOWN.sub(" ", content))))
    for part, words in (("text", text), ("HTML", shown)):
        if not level(words):
            raise DocumentError(f"{file}: its {part} is empty; is its template whole?")


def audit_pdf(content: bytes, account: Account, file: str, page_of: tuple[str, ...]) -> None:
    """Pass a PDF whose numbers are all traced, as a reader's program extracts its text.

    Args:
        page_of: The pieces around the two numbers of "1 of 2".

    Raises:
        DocumentError: it has an orphan.
    """
    from pdf_oxide import PdfDocument

    document = PdfDocument.from_bytes(content)

    def runs(page: int) -> str:
        return joined((run.text, *run.bbox) for run in document.extract_spans(page))

    def words(page: int) -> str:
        return " ".join(word.text for word in document.extract_words(page))

    count = document.page_count()
    read = [runs(number) for number in range(count)]
    if not any(map(FIGURE.search, read)):
        raise DocumentError(f"{file}: nothing can be read in it; is its template whole?")
    for number, text in enumerate(read):
        counter = level(f"{page_of[0]}{number + 1}{page_of[1]}{count}{page_of[2]}")
        # The runs take a third of the time of the others, which are read only where the one before has an orphan.
        others = (read_again(number) for read_again in (document.extract_text, words))
        readings = (level(reading).replace(counter, MARK, 1) for reading in chain((text,), others))
        refuse(unsaid_in_all(readings, account), f"page {number + 1}", file)


def joined(runs: Iterable[tuple[str, float, float, float, float]]) -> str:
    """Runs of letters with where they stand (left, below, width, height), a space between those that do not touch."""
    text, end = "", (0.0, 0.0)
    for run, left, below, width, _ in runs:
        text += run if (round(left, 1), round(below, 1)) == end else f" {run}"
        end = round(left + width, 1), round(below, 1)
    return text


def audit_unmarked_html(content: str, account: Account, file: str) -> None:
    """Pass HTML without marks, as that of a mail, whose numbers are all traced.

    Raises:
        DocumentError: it has an orphan.
    """
    shown = NOT_SHOWN.sub(" ", content)
    loud = SPOKEN_ALOUD.findall(shown)
    refuse(unsaid(html.unescape("\n".join((*loud, TAG.sub("\n", shown)))), account), "the text", file)


def audit_text(text: str, account: Account, file: str) -> None:
    """Pass a text without marks, as that of a mail, whose numbers are all traced.

    Raises:
        DocumentError: it has an orphan.
    """
    refuse(unsaid(text, account), "the text", file)


def lettering(shown: str) -> Iterator[str]:
    """Texts inside the charts."""
    for chart in CHART.findall(shown):
        yield from (text for text in TAG.sub("\n", chart).split("\n") if text.strip())


def unsaid(text: str, account: Account) -> Iterator[tuple[str, str]]:
    """Figures that nobody said, with what stands around them."""
    plain = account.without_words(text)
    for found in FIGURE.finditer(plain):
        figure = found[0].replace(" ", "")
        if figure not in account.figures and figure.lstrip("-") not in account.figures:
            yield found[0], plain[max(0, found.start() - AROUND) : found.end() + AROUND]


def unsaid_in_all(readings: Iterable[str], account: Account) -> list[tuple[str, str]]:
    """Figures of the last reading that nobody said, or none where one reading is clean by itself or by the others.

    Runs go across the columns, and tear a name that goes on in the next line; the text of a page may put the labels of
    two charts together, "−6.4" and "100"; its list of words keeps them apart, and tears others. Each reading has every
    figure of the page: an orphan of one is none where another has the same figure, whole, and knows it.
    """
    tried: list[tuple[set[str], list[tuple[str, str]]]] = []
    for reading in readings:
        tried.append((set(FIGURE.findall(reading)), list(unsaid(reading, account))))
        known = {figure for seen, found in tried for figure in seen - {orphan for orphan, _ in found}}
        if any(all(orphan in known for orphan, _ in found) for _, found in tried):
            return []
    return tried[-1][1] if tried else []


def unmarked(text: str, account: Account) -> Iterator[tuple[str, str]]:
    """Digits outside all marks and all words that may have some."""
    plain = account.without_words(text)
    for found in FIGURE.finditer(plain):
        yield found[0], plain[max(0, found.start() - AROUND) : found.end() + AROUND]


def refuse(orphans: Iterable[tuple[str, str]], place: str, file: str) -> None:
    for figure, around in orphans:
        raise DocumentError(
            f"{file}: {place} has a number that no fact stands behind: '{figure.strip()}' in '…{around.strip()}…'; "
            "say it through a finding, or, if it is part of a term, add the term to `terms` in labels.yaml"
        )
