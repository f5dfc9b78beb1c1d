"""What we said before, and what came of it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from reporter.config import Ticker
from reporter.setting import LanguageCode, Setting

Label = Literal["none", "thin", "building", "convincing"]


class Earlier(Setting):
    """What an archived edition said, as far as a later one wants to know. Paths are those of its facts.json."""

    as_of: date
    subject: Ticker
    benchmark: Ticker
    title: dict[LanguageCode, str]
    verdict: Label | None = None  # None where the history was too short
    criteria: dict[str, bool] = Field(default={})  # met or not, by name
    profile: str | None = None  # technicals.<subject>.status
    gap_ytd: float | None = None  # fraction
    gap_1m: float | None = None
    rank_ytd: int | None = None
    rank_of: int | None = None
    leader: Ticker | None = None  # of the field, this year
    attempt: date | None = None  # the newest attempt at a turn


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
    base_rate: float  # share of all half-years of the record in which the subject beat the benchmark
    base_days: int
