"""The recent move, and the long record against it."""

from __future__ import annotations

from reporter.finding import Finding, Fund, Tone, count, day
from reporter.story import lexicon
from reporter.story.lexicon import Standing
from reporter.story.situation import Situation

SECTION = "lede"
FULL_WEEK = 5  # sessions


def paragraphs(s: Situation) -> list[list[Finding]]:
    return [[*week(s), *hopes(s), *record(s), *measure(s), *unchanged(s)]]


def week(s: Situation) -> list[Finding]:
    """The week of the headline index, else of the subject; its streak of closes, and a week that was short."""
    returns, ticker = s.facts.returns, s.facts.headline_index or s.facts.subject
    if "1W" not in returns.total[ticker] or s.window == "1W":  # then the evidence is the week
        return []
    move, streak, sessions = returns.total[ticker]["1W"], returns.streak[ticker], s.facts.week.sessions
    direction = lexicon.week(move)
    long = direction != "flat" and abs(streak) >= lexicon.STREAK and (streak > 0) == (move > 0)
    return [
        s.finding(
            SECTION,
            ("index_" if s.facts.headline_index else "fund_") + direction,
            {"up": Tone.FOR, "flat": Tone.NEUTRAL, "down": Tone.AGAINST}[direction],
            index=Fund(ticker),
            week=s.ret(ticker, "1W"),
            as_of=day(s.facts.as_of, "as_of"),
            streak=count(abs(streak), f"streak.{ticker}") if long else None,
            short_week=count(sessions, "week.sessions") if sessions < FULL_WEEK else None,
        )
    ]


def hopes(s: Situation) -> list[Finding]:
    """The mood, only where it is measured: a laggard up on the week, a leader down on it."""
    if s.standing is Standing.LAGS and s.week == "up":
        return [s.finding(SECTION, "hopes_stir", Tone.FOR)]
    if s.standing is Standing.LEADS and s.week == "down":
        return [s.finding(SECTION, "doubts_stir", Tone.AGAINST)]
    return []


def record(s: Situation) -> list[Finding]:
    """In how many of the past calendar years the subject beat the benchmark; introduces both funds in any case."""
    years = s.facts.returns.years
    if not years:
        return [s.finding(SECTION, "yardstick")]
    won = sum(year.subject > year.benchmark for year in years)
    share = won / len(years)
    kind = "record_poor" if share <= lexicon.POOR else "record_good" if share >= lexicon.GOOD else "record_even"
    return [
        s.finding(
            SECTION,
            kind,
            {"record_poor": Tone.AGAINST, "record_good": Tone.FOR, "record_even": Tone.NEUTRAL}[kind],
            won=count(won, "years.won"),
            of=count(len(years), "years.of"),
            never=won == 0,
            always=won == len(years),
            index=Fund(s.facts.headline_index) if s.facts.headline_index else None,
            turn=s.standing is Standing.LAGS and s.week == "up",
            week=s.week,
        )
    ]


def measure(s: Situation) -> list[Finding]:
    """What the verdict goes by, named before the evidence; a quiet edition is known to its readers."""
    if s.quiet or s.facts.verdict is None:
        return []
    return [s.finding(SECTION, f"measure_{s.role}", of=count(s.facts.verdict.of, "verdict.of"))]


def unchanged(s: Situation) -> list[Finding]:
    """Of a quiet time: since when nothing has changed."""
    if not s.quiet or s.changes is None:
        return []
    return [s.finding(SECTION, "unchanged", day=day(s.changes.since, "changes.since"))]
