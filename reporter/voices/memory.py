"""What we said before, and what came of it. Rules are frozen, and printed in the method note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from reporter.config import Ticker
from reporter.prices import Prices
from reporter.setting import LanguageCode, Setting

Label = Literal["none", "thin", "building", "convincing"]
#: Labels that leaned to the subject; the others doubted it.
HOPES = ("building", "convincing")
#: Sessions. A call of less than a month is no call yet; one of more than a year is forgotten.
CALL_FROM, CALL_TO = 21, 252
#: Editions after which a call may be cited again, as long as there is another one.
REST = 3
#: Sessions after which the outcome of a verdict is known: half a year, as with attempts at a turn.
HORIZON = 126
#: Fewest verdicts with a known outcome that make a scorecard.
FEWEST = 8


class Earlier(Setting):
    """What an archived edition said, as far as a later one wants to know."""

    brief: str = ""
    as_of: date
    subject: Ticker
    benchmark: Ticker
    title: dict[LanguageCode, str]
    verdict: Label | None = None  # None where the history was too short
    criteria: dict[str, bool] = Field(default={})  # met or not, by name
    profile: str | None = None  # the subject's technical status
    gap_ytd: float | None = None  # fraction
    rank_ytd: int | None = None
    rank_of: int | None = None
    leader: Ticker | None = None  # of the field, this year
    attempt: date | None = None  # the newest attempt at a turn
    call: date | None = None  # as-of of the edition that it cited itself


class Call(Setting):
    """An earlier edition with the total return of both funds since its as-of, from the prices of today."""

    as_of: date
    title: dict[LanguageCode, str]
    verdict: Label
    subject_return: float  # fraction
    benchmark_return: float
    relative_return: float  # (1 + subject) / (1 + benchmark) - 1


class Scorecard(Setting):
    """Verdicts whose half-year is over. Borne out: the subject was ahead after hope, and was not after doubt."""

    n: int
    borne_out: int
    hopes: int  # evidence was building or convincing
    hopes_borne_out: int
    doubts: int  # evidence was none or thin
    doubts_borne_out: int
    since: date  # as-of of the first one
    base_rate: float  # share of all half-years of the record after which the subject was ahead
    base_days: int


class Memory(Setting):
    previous: Earlier | None = None  # the edition before this one
    call: Call | None = None  # the most telling earlier one, and what came of it
    scorecard: Scorecard | None = None


#: What an edition was made of, as far as its memory depends on it: vintage of the prices, subject, benchmark.
Material = tuple[str, str, str]


@dataclass(frozen=True)
class Shelf:
    """What an archive holds of a brief, for an edition about one session."""

    earlier: Sequence[Earlier] = ()  # editions about sessions before it, in any order
    made: Mapping[Material, Memory] = field(default_factory=dict)  # what it remembered when it was made before


EMPTY = Shelf()


def remember(shelf: Shelf, subject: str, benchmark: str, prices: Prices) -> Memory:
    """What earlier editions are worth at the last session of `prices`, whose every value is of one vintage.

    An edition that was made before of the same prices remembers what it did then: of what has come to the archive in
    the meantime, a correction of an earlier edition say, it could know nothing.

    Args:
        shelf: Editions about other funds, or not about an earlier session, are left out.
    """
    if (before := shelf.made.get((prices.sha256, subject, benchmark))) is not None:
        return before
    as_of = prices.sessions[-1].date()
    same = sorted(
        (one for one in shelf.earlier if (one.subject, one.benchmark) == (subject, benchmark) and one.as_of < as_of),
        key=lambda one: one.as_of,
    )
    if not same:
        return Memory()
    pair = Levels(prices, subject, benchmark)
    return Memory(previous=same[-1], call=telling_call(same, pair), scorecard=scorecard(same, pair))


class Levels:
    """Total-return levels of the pair by session; NaN where one is absent."""

    def __init__(self, prices: Prices, subject: str, benchmark: str) -> None:
        self.days: NDArray[np.datetime64] = prices.sessions.to_numpy("datetime64[D]")
        self.subject = prices.adjusted_close[subject].to_numpy("float64")
        self.benchmark = prices.adjusted_close[benchmark].to_numpy("float64")
        self.ratio = self.subject / self.benchmark

    def row(self, day: date) -> int | None:
        """Row of a session at which both funds have a level."""
        row = int(np.searchsorted(self.days, np.datetime64(day, "D")))
        there = row < len(self.days) and self.days[row] == np.datetime64(day, "D") and np.isfinite(self.ratio[row])
        return row if there else None


def telling_call(earlier: Sequence[Earlier], pair: Levels) -> Call | None:
    """Of the editions that are a month to a year old the one since which the funds have moved furthest apart.

    Whether it was right has no say. One that was cited in the last few editions rests, unless there is no other.
    """
    last = len(pair.days) - 1
    resting = {one.call for one in earlier[-REST:]}
    calls = [
        (one, row)
        for one in earlier
        if one.verdict and (row := pair.row(one.as_of)) is not None and CALL_FROM <= last - row <= CALL_TO
    ]
    fresh = [(one, row) for one, row in calls if one.as_of not in resting]
    found = [call(one, row, pair) for one, row in fresh or calls]
    return max(found, key=lambda one: (abs(one.relative_return), one.as_of), default=None)


def call(one: Earlier, row: int, pair: Levels) -> Call:
    assert one.verdict is not None  # noqa: S101  # a candidate has one
    return Call(
        as_of=one.as_of,
        title=one.title,
        verdict=one.verdict,
        subject_return=float(pair.subject[-1] / pair.subject[row] - 1),
        benchmark_return=float(pair.benchmark[-1] / pair.benchmark[row] - 1),
        relative_return=float(pair.ratio[-1] / pair.ratio[row] - 1),
    )


def scorecard(earlier: Sequence[Earlier], pair: Levels) -> Scorecard | None:
    """Over the 126 sessions that followed: was the subject ahead of the benchmark? None with fewer than eight."""
    ahead = pair.ratio[HORIZON:] > pair.ratio[:-HORIZON]
    known = np.isfinite(pair.ratio[HORIZON:]) & np.isfinite(pair.ratio[:-HORIZON])
    judged = [
        (one, one.verdict in HOPES, bool(ahead[row]))
        for one in earlier
        if one.verdict and (row := pair.row(one.as_of)) is not None and row < len(known) and known[row]
    ]
    if len(judged) < FEWEST:
        return None
    hopes = [won for _, hope, won in judged if hope]
    doubts = [not won for _, hope, won in judged if not hope]
    return Scorecard(
        n=len(judged),
        borne_out=sum(hopes) + sum(doubts),
        hopes=len(hopes),
        hopes_borne_out=sum(hopes),
        doubts=len(doubts),
        doubts_borne_out=sum(doubts),
        since=judged[0][0].as_of,
        base_rate=float(ahead[known].mean()),
        base_days=int(known.sum()),
    )
