"""The recent move, and the long record beside it."""

from __future__ import annotations

from reporter.finding import PRINTED, Finding, Fund, Tone, count, day
from reporter.story import lexicon
from reporter.story.lexicon import Standing
from reporter.story.situation import Situation

SECTION = "lede"
FULL_WEEK = 5  # sessions


def paragraphs(s: Situation) -> list[list[Finding]]:
    return [[*week(s), *hopes(s), *record(s), *unchanged(s)]]


def week(s: Situation) -> list[Finding]:
    """The week of both funds, introduced here; a streak of closes, of the headline index where there is one."""
    returns, subject, index = s.facts.returns, s.facts.subject, s.facts.headline_index
    if not s.has("1W") or s.window == "1W":  # then the evidence is the week
        return []
    move, theirs, streak, sessions = (
        returns.total[subject]["1W"],
        returns.total[s.facts.benchmark]["1W"],
        returns.streak[index or subject],
        s.facts.week.sessions,
    )
    long = s.week != "flat" and abs(streak) >= lexicon.STREAK and (streak > 0) == (move > 0)
    return [
        s.finding(
            SECTION,
            f"fund_{s.week}",
            {"up": Tone.FOR, "flat": Tone.NEUTRAL, "down": Tone.AGAINST}[s.week],
            week=s.ret(subject, "1W"),
            theirs=s.ret(s.facts.benchmark, "1W"),
            still=abs(theirs) < PRINTED,
            as_of=day(s.facts.as_of, "as_of"),
            streak=count(abs(streak), f"streak.{index or subject}") if long else None,
            index=Fund(index) if index and long else None,
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
    """In how many of the past calendar years the subject beat the benchmark; who the two are, where no week tells."""
    years = s.facts.returns.years
    if not years:
        return [] if week(s) else [s.finding(SECTION, "yardstick")]
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
            turn=s.standing is Standing.LAGS and s.week == "up",
            week=s.week,
        )
    ]


def unchanged(s: Situation) -> list[Finding]:
    """Of a quiet time: since when nothing has changed."""
    if not s.quiet or s.changes is None:
        return []
    return [s.finding(SECTION, "unchanged", day=day(s.changes.since, "changes.since"))]
