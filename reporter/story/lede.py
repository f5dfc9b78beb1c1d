"""The recent move, and the long record against it."""

from __future__ import annotations

from reporter.finding import Finding, Fund, count
from reporter.story import lexicon
from reporter.story.lexicon import Standing
from reporter.story.situation import Situation

SECTION = "lede"


def paragraphs(s: Situation) -> list[list[Finding]]:
    return [[*week(s), *hopes(s), *record(s)]]


def week(s: Situation) -> list[Finding]:
    """The week of the headline index, else of the subject; its streak of closes."""
    returns, ticker = s.facts.returns, s.facts.headline_index or s.facts.subject
    if "1W" not in returns.total[ticker] or s.window == "1W":  # then the evidence is the week
        return []
    move, streak = returns.total[ticker]["1W"], returns.streak[ticker]
    direction = "up" if move >= lexicon.WEEK_MOVE else "down" if move <= -lexicon.WEEK_MOVE else "flat"
    long = abs(streak) >= lexicon.STREAK and (streak > 0) == (move > 0)
    return [
        s.finding(
            SECTION,
            ("index_" if s.facts.headline_index else "fund_") + direction,
            index=Fund(ticker),
            week=s.ret(ticker, "1W"),
            streak=count(abs(streak), f"streak.{ticker}") if long else None,
        )
    ]


def hopes(s: Situation) -> list[Finding]:
    """The mood, only where it is measured: a laggard up on the week, a leader down on it."""
    if s.standing is Standing.LAGS and s.week == "up":
        return [s.finding(SECTION, "hopes_stir")]
    if s.standing is Standing.LEADS and s.week == "down":
        return [s.finding(SECTION, "doubts_stir")]
    return []


def record(s: Situation) -> list[Finding]:
    """In how many of the past calendar years the subject beat the benchmark; introduces both funds in any case."""
    years = s.facts.returns.years
    if not years:
        return [s.finding(SECTION, "yardstick")]
    won = sum(year.subject > year.benchmark for year in years)
    share = won / len(years)
    kind = "record_poor" if share <= 0.3 else "record_good" if share >= 0.7 else "record_even"
    return [
        s.finding(
            SECTION,
            kind,
            won=count(won, "years.won"),
            of=count(len(years), "years.of"),
            never=won == 0,
            turn=s.standing is Standing.LAGS and s.week == "up",
        )
    ]
