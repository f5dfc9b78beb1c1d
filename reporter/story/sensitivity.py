"""Whether the headline depends on how one counts: price instead of total return, 21 sessions, the headline index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reporter.facts.returns import MONTH_SESSIONS
from reporter.finding import Finding, Fund, Quantity, count, percent
from reporter.story import lexicon
from reporter.story.lexicon import Month, Standing
from reporter.story.situation import Situation, months

SECTION = "sensitivity"
#: Tests that ask for a lead -> its window.
WINDOWS = {"gap_1m": "1M", "gap_3m": "3M", "gap_ytd": "YTD"}
#: The month in the words of a standing.
AS_STANDING = {Month.IMPROVING: Standing.LEADS, Month.FLAT: Standing.LEVEL, Month.WORSENING: Standing.LAGS}


@dataclass(frozen=True)
class Undone:
    """A test that asks for a lead, met as we count and not otherwise."""

    test: str
    way: str  # `sessions` or `price`
    window: str
    mine: float  # the returns by that way
    theirs: float


def flips(s: Situation) -> list[Finding]:
    """The most telling other way to count that would turn the conclusion; none: an empty list."""
    found = sorted(alternatives(s), key=lambda one: (-one[0], one[1].kind))
    return [finding for difference, finding in found[:1] if difference >= lexicon.MOVED]


def told_early(s: Situation) -> list[Finding]:
    """The same, but for what the bottom line says of a test that is met."""
    test = undone(s)
    said = test and (test.way, test.window)
    return [flip for flip in flips(s) if (flip.kind, flip.values["window"]) != said]


def alternatives(s: Situation) -> Iterator[tuple[float, Finding]]:
    """Every other way that gives another name to the year or the month, with how far it moves the gap."""
    facts, returns = s.facts, s.facts.returns
    subject, benchmark, index = facts.subject, facts.benchmark, facts.headline_index
    price, total = ("price_returns", returns.price), ("returns", returns.total)
    for window in dict.fromkeys((s.window, "1M")):
        if window is None or not s.has(window):
            continue
        yield from compare(s, "price", window, subject, benchmark, *price)
        if index:
            yield from compare(s, "index", window, index, benchmark, *total)
    month = returns.month_sessions
    if s.has("1M") and subject in month and benchmark in month:
        sessions = {ticker: {"1M": value} for ticker, value in month.items()}
        yield from compare(s, "sessions", "1M", subject, benchmark, "returns_21_sessions", sessions)


def compare(
    s: Situation,
    way: str,
    window: str,
    ticker: str,
    benchmark: str,
    path: str,
    returns: Mapping[str, Mapping[str, float]],
) -> Iterator[tuple[float, Finding]]:
    """One other way against ours, for one window."""
    if window not in returns.get(ticker, {}) or window not in returns.get(benchmark, {}):
        return
    mine, theirs, gap = returns[ticker][window], returns[benchmark][window], s.facts.returns.gap[window]
    ours, other = named(s, gap, window), named(s, mine - theirs, window)
    if ours is other:
        return
    suffix = "" if path == "returns_21_sessions" else f".{window}"
    yield (
        abs(mine - theirs - gap),
        s.finding(
            SECTION,
            way,
            window=window,
            ours=str(ours),
            other=str(other),
            fund=Fund(ticker),
            mine=percent(mine, f"{path}.{ticker}{suffix}"),
            theirs=None if way == "index" else percent(theirs, f"{path}.{benchmark}{suffix}"),  # said already
            sessions=count(MONTH_SESSIONS, "method") if way == "sessions" else None,
        ),
    )


def undone(s: Situation) -> Undone | None:
    """The met test nearest to failing that another way to count would fail."""
    facts, returns = s.facts, s.facts.returns
    months: Mapping[str, Mapping[str, float]] = {ticker: {"1M": one} for ticker, one in returns.month_sessions.items()}
    leads = [one for one in facts.verdict.met if one.name in WINDOWS] if facts.verdict else []
    for lead in sorted(leads, key=lambda one: one.distance):
        window = WINDOWS[lead.name]
        for way, found in (("sessions", months), ("price", returns.price)):
            mine, theirs = (found.get(ticker, {}).get(window) for ticker in (facts.subject, facts.benchmark))
            if mine is not None and theirs is not None and mine <= theirs:
                return Undone(lead.name, way, window, mine, theirs)
    return None


def named(s: Situation, gap: float, window: str) -> Standing:
    """The name of a gap, as the headline would use it."""
    return AS_STANDING[lexicon.month(gap)] if window == "1M" else lexicon.standing(gap, months(s.facts, window))


def robust(s: Situation) -> list[Finding]:
    """For the method note, where no other way of counting turns the conclusion."""
    if s.standing is None or s.month is None or flips(s):
        return []
    index = s.facts.headline_index
    return [s.finding(SECTION, "robust", sessions=sessions(), index=Fund(index) if index else None)]


def sessions() -> Quantity:
    return count(MONTH_SESSIONS, "method")
