"""Where a number comes from, in one line a reader can check: measure, window, basis, both dates and closes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from markupsafe import Markup, escape

from reporter.document.claims import Speaker
from reporter.facts import Facts
from reporter.facts.backdrop import BACKDROP
from reporter.finding import day, price
from reporter.language import plain

SECTION = "origins"
NUMBER = re.compile(r'<data value="([^"]*)">')
Values = dict[str, Markup | str]


def origins(shown: Iterable[Markup], facts: Facts, speaker: Speaker) -> Mapping[str, Markup]:
    """One line for every fact among the numbers of these texts, by its path. Constants of the rules have none."""
    paths = dict.fromkeys(path for text in shown for path in NUMBER.findall(text))
    found = {path: origin(path, facts, speaker) for path in paths}
    return {path: text for path, text in found.items() if text is not None}


def origin(path: str, facts: Facts, speaker: Speaker) -> Markup | None:
    """In words of the language; its numbers are marked and in the speaker's account."""
    family, *rest = path.split(".")
    words: Mapping[str, str] = speaker.language.labels[SECTION]
    build = FAMILIES.get(family)
    if build is None:
        return None
    kind, values = build(family, rest, Told(facts, speaker))
    return escape(words[kind]).format(**values)


class Told:
    """Says dates and closes of one edition."""

    def __init__(self, facts: Facts, speaker: Speaker) -> None:
        self.facts, self.speaker = facts, speaker

    @property
    def pair(self) -> Values:
        return {"subject": self.facts.subject, "benchmark": self.facts.benchmark}

    @property
    def as_of(self) -> Values:
        return {"as_of": self.speaker.number(SECTION, "as_of", day(self.facts.as_of, "as_of"), "full")}

    def base(self, window: str, name: str = "day") -> Values:
        return {
            name: self.speaker.number(SECTION, "base", day(self.facts.returns.bases[window], f"bases.{window}"), "full")
        }

    def span(self, window: str) -> Values:
        labels = self.speaker.language.labels
        return {"span": labels["spans"].get(window) or labels["windows"][window]}

    def close(self, ticker: str, window: str) -> Markup:
        """An adjusted close: at the base of a window, or the last one."""
        value = self.facts.returns.closes[ticker][window]
        return self.speaker.number(SECTION, "close", price(value, f"closes.{ticker}.{window}"))


def ticker_at(rest: list[str], facts: Facts) -> str:
    """The fund at the head of a path; a ticker may hold dots itself (VOD.L)."""
    funds = {facts.subject, facts.benchmark, *facts.field, facts.headline_index}
    heads = (".".join(rest[:size]) for size in range(len(rest), 0, -1))
    return next((head for head in heads if head in funds), rest[0])


def return_of(family: str, rest: list[str], told: Told) -> tuple[str, Values]:
    ticker, window = ticker_at(rest, told.facts), rest[-1]
    values = {"ticker": ticker, **told.span(window), **told.base(window), **told.as_of}
    if family == "price_returns":
        return family, values
    return family, {**values, "now": told.close(ticker, "last"), "base": told.close(ticker, window)}


def gap_of(family: str, rest: list[str], told: Told) -> tuple[str, Values]:
    window, facts = rest[0], told.facts
    closes: Values = {
        "mine_base": told.close(facts.subject, window),
        "mine_now": told.close(facts.subject, "last"),
        "their_base": told.close(facts.benchmark, window),
        "their_now": told.close(facts.benchmark, "last"),
    }
    return family, {**told.pair, **told.span(window), **told.base(window), **told.as_of, **closes}


def earlier_gap(family: str, rest: list[str], told: Told) -> tuple[str, Values]:
    until, window = rest[0], rest[1]
    return family, {**told.pair, **told.base(window), **told.base(until, "until")}


def in_window(family: str, rest: list[str], told: Told) -> tuple[str, Values]:
    window = rest[0] if rest[0] in told.facts.returns.bases else "YTD"
    return family, {**told.pair, **told.span(window), **told.base(window), **told.as_of}


def of_fund(family: str, rest: list[str], told: Told) -> tuple[str, Values]:
    name = BACKDROP.get(rest[0], rest[0]) if family == "backdrop" else ticker_at(rest, told.facts)
    return family, {"ticker": name, **told.as_of}


def of_history(family: str, _rest: list[str], told: Told) -> tuple[str, Values]:
    facts = told.facts
    since = facts.precedents.since if family == "precedents" and facts.precedents else None
    if since is None and facts.relative_strength:
        since = facts.relative_strength.since
    path = "precedents.since" if family == "precedents" else "relative_strength.since"
    if since is None:
        return "other", told.as_of
    first = told.speaker.number(SECTION, "since", day(since, path), "full")
    return family, {**told.pair, "day": first, **told.as_of}


def of_edition(family: str, _rest: list[str], told: Told) -> tuple[str, Values]:
    return family, {**told.pair, **told.as_of}


#: First part of a path -> what tells where it comes from.
FAMILIES: Mapping[str, Callable[[str, list[str], Told], tuple[str, Values]]] = {
    "as_of": of_edition,
    "returns": return_of,
    "price_returns": return_of,
    "gap": gap_of,
    "gap_before": earlier_gap,
    "ytd_extreme": in_window,
    "rank": in_window,
    "technicals": of_fund,
    "backdrop": of_fund,
    "streak": of_fund,
    "relative_strength": of_history,
    "precedents": of_history,
    "reversion": of_edition,
    "years": of_edition,
    "verdict": of_edition,
    "memory": of_edition,
    "changes": of_edition,
}


def traced(text: Markup, known: Mapping[str, Markup]) -> Markup:
    """The text with a line of origin at each number, which a pointer, the keyboard and a finger can bring up."""

    def mark(found: re.Match[str]) -> str:
        if found[1] not in known:
            return found[0]
        return f'<data value="{found[1]}" data-origin="{escape(plain(known[found[1]]))}" tabindex="0">'

    return Markup(NUMBER.sub(mark, text))  # noqa: S704 - only attributes are added, and they are escaped


def listed(shown: Iterable[Markup], known: Mapping[str, Markup]) -> Iterator[tuple[Markup, Markup]]:
    """Each number as it was first said, with its line, in the order of the page."""
    said: dict[str, Markup] = {}
    for text in shown:
        for path, number in re.findall(r'<data value="([^"]*)">(.*?)</data>', text):
            said.setdefault(path, Markup('<data value="{}">{}</data>').format(path, Markup(number)))  # noqa: S704  from a page that was escaped
    yield from ((number, known[path]) for path, number in said.items() if path in known)
