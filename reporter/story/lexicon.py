"""Words are functions: each threshold stands here once, by name, with its reason.

Gaps are fractions. A threshold for one month is scaled to a window of m months by the square root of m, as the
spread of returns is.
"""

from __future__ import annotations

from enum import StrEnum
from math import floor, sqrt

LEVEL = 0.0025  # "neck and neck" over a month: less than anybody would notice in a statement
MODEST, CLEAR = 0.01, 0.05  # up to here modestly, then clearly, over it sharply; a month
NEARLY = 0.003  # "nearly 4 %": 3.7 to 3.99
MOVED = 0.005  # a named gap narrowed or widened by at least half a point
NOTICED = 0.001  # less than this it did not move; between the two it moved "slightly"
WEEK_MOVE = 0.01  # a week in which the fund rose or fell
RALLY = 0.025  # a week that may be called a rally
STREAK = 3  # closes in a row that are worth a word
EXTREME_MONTH = 0.20  # a month that is news by itself
FAR = 0.02  # the widest gap of the year is worth a mention when today's is this much smaller
LOW_LEVEL, HIGH_LEVEL = 0.10, 0.90  # relative strength in its lowest or highest tenth
HARDLY = 0.005  # a share of days that would be printed as 0 % is said in words
NEAR_USUAL = 0.01  # a twelve-month gap is usual within a point of the median year
NARROWLY = 0.005  # a criterion met "only just"
SHORT_RECORD = 20  # fewer cases than this are called few
SAME_ODDS = 0.1  # a success rate this near to the base rate adds little to it
OVERBOUGHT, OVERSOLD = 70.0, 30.0  # RSI(14), Wilder
FRESH_CROSS = 21  # sessions during which a cross is news
DEEP = 0.10  # a drawdown worth a sentence
LATE_LEAD = 0.02  # a twelve-month gap smaller than the year-to-date one by this much wants its reason
RANK_JUMP = 3  # places by which the week differs from the year
PLACES = 2  # places in the field, from one edition to the next, that are worth a line
RATE_MOVED = 0.1  # percentage points by which a rate must have moved over a span to be called up or down
VIX_HIGH, VIX_MOVED = 25.0, 5.0  # a VIX worth a word: at this level, or moved by this much in a month
VIX_STILL = 1.0  # a move of less is none
POOR, GOOD = 0.3, 0.7  # share of calendar years ahead of the benchmark
HALF = 0.5  # below this ratio "less than half of" is said of two gains
MONTHS = {"1W": 7 / 30.4, "1M": 1.0, "3M": 3.0, "6M": 6.0, "1Y": 12.0, "3Y": 36.0, "5Y": 60.0}


class Standing(StrEnum):
    LEADS = "leads"
    LEVEL = "level"
    LAGS = "lags"


class Month(StrEnum):
    IMPROVING = "improving"
    FLAT = "flat"
    WORSENING = "worsening"


class Degree(StrEnum):
    LEVEL = "level"
    MODESTLY = "modestly"
    CLEARLY = "clearly"
    SHARPLY = "sharply"


class Moved(StrEnum):
    """How a named gap changed: toward zero it narrowed, away from zero it widened."""

    NARROWED = "narrowed"
    SLIGHTLY_NARROWED = "slightly_narrowed"
    UNCHANGED = "unchanged"
    SLIGHTLY_WIDENED = "slightly_widened"
    WIDENED = "widened"
    CROSSED = "crossed"  # it changed sides


def standing(gap: float, months: float) -> Standing:
    if abs(gap) <= LEVEL * sqrt(months):
        return Standing.LEVEL
    return Standing.LEADS if gap > 0 else Standing.LAGS


def month(gap: float) -> Month:
    """Of the one-month gap."""
    if abs(gap) <= LEVEL:
        return Month.FLAT
    return Month.IMPROVING if gap > 0 else Month.WORSENING


def week(move: float) -> str:
    """Of the fund's own week: "up", "flat", "down"."""
    return "up" if move >= WEEK_MOVE else "down" if move <= -WEEK_MOVE else "flat"


def degree(gap: float, months: float) -> Degree:
    size = abs(gap) / sqrt(months)
    if size <= LEVEL:
        return Degree.LEVEL
    return Degree.MODESTLY if size <= MODEST else Degree.CLEARLY if size <= CLEAR else Degree.SHARPLY


def moved(before: float, now: float) -> Moved:
    """Of one named gap."""
    if before * now < 0 and abs(now - before) >= NOTICED:
        return Moved.CROSSED
    step = abs(now) - abs(before)
    if abs(step) < NOTICED:
        return Moved.UNCHANGED
    if abs(step) < MOVED:
        return Moved.SLIGHTLY_WIDENED if step > 0 else Moved.SLIGHTLY_NARROWED
    return Moved.WIDENED if step > 0 else Moved.NARROWED


def nearly(value: float) -> int | None:
    """The whole per cent that `value` (a positive fraction) is just short of, or None."""
    following = floor(value * 100) + 1
    return following if value > 0 and following - value * 100 <= NEARLY * 100 else None
