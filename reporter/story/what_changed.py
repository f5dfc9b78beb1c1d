"""What changed since the last edition: the statuses and numbers of two editions, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from reporter.facts import Facts
from reporter.finding import Fund, Quantity, Unit, day, points
from reporter.story import lexicon
from reporter.voices.memory import Earlier


@dataclass(frozen=True, kw_only=True)
class Change:
    """One line. A status is named as in labels.yaml; a number carries its fact."""

    what: str  # verdict, criterion, profile, attempt, gap_ytd, rank_ytd, leader
    name: str = ""  # of the criterion
    before: Quantity | Fund | str | None = None
    now: Quantity | Fund | str | None = None


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Since an earlier edition. Without items it was a quiet time."""

    since: date
    items: tuple[Change, ...]


def what_changed(facts: Facts, previous: Earlier | None) -> Changes | None:
    """None without an earlier edition of the same subject and benchmark."""
    if previous is None:
        return None
    found = (*verdict(facts, previous), *chart(facts, previous), *year(facts, previous))
    items = tuple(
        Change(what=one.what, name=one.name, before=traced(one.before, n, "before"), now=traced(one.now, n, "now"))
        for n, one in enumerate(found)
    )
    return Changes(since=previous.as_of, items=items)


def traced(value: Quantity | Fund | str | None, n: int, side: str) -> Quantity | Fund | str | None:
    """A number with its place in facts.json."""
    if isinstance(value, Quantity):
        return Quantity(value.value, value.unit, f"changes.items.{n}.{side}")
    return value


def verdict(facts: Facts, previous: Earlier) -> Iterator[Change]:
    """The label, and each test that was met and is not, or the other way round."""
    if facts.verdict is None or previous.verdict is None:
        return
    if previous.verdict != facts.verdict.label:
        yield Change(what="verdict", before=previous.verdict, now=str(facts.verdict.label))
    for one in facts.verdict.criteria:
        before = previous.criteria.get(one.name)
        if before is not None and before != one.met:
            yield Change(what="criterion", name=one.name, before=answer(before), now=answer(one.met))


def answer(met: bool) -> str:
    return "met" if met else "not_met"


def chart(facts: Facts, previous: Earlier) -> Iterator[Change]:
    """The technical profile, and a new attempt at a turn."""
    found = facts.technicals.get(facts.subject)
    if found and previous.profile and previous.profile != found.status:
        yield Change(what="profile", before=previous.profile, now=str(found.status))
    attempts = facts.precedents.attempts if facts.precedents else ()
    if attempts and attempts[-1].day > previous.as_of:
        yield Change(what="attempt", now=day(attempts[-1].day, ""))


def year(facts: Facts, previous: Earlier) -> Iterator[Change]:
    """Numbers of the year to date, comparable only within one year."""
    ranking, gap = facts.returns.ranks.get("YTD"), facts.returns.gap.get("YTD")
    if previous.as_of.year != facts.as_of.year:
        return
    if gap is not None and previous.gap_ytd is not None and abs(gap - previous.gap_ytd) >= lexicon.MOVED:
        yield Change(what="gap_ytd", before=points(previous.gap_ytd, ""), now=points(gap, ""))
    if ranking is None or previous.rank_of != ranking.of or previous.rank_ytd is None:
        return
    place = ranking.place(facts.subject)
    if abs(place - previous.rank_ytd) >= lexicon.PLACES:
        yield Change(
            what="rank_ytd",
            before=Quantity(previous.rank_ytd, Unit.COUNT, ""),
            now=Quantity(place, Unit.COUNT, ""),
        )
    if previous.leader and previous.leader != ranking.order[0]:
        yield Change(what="leader", before=Fund(previous.leader), now=Fund(ranking.order[0]))
