"""Whether the bars of one fund can be trusted by themselves: new enough, long enough, without holes, rightly split."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from reporter.prices.bars import Array, Bars, Flaw, Problem, is_level, listed, move
from reporter.sessions import Calendar, Days

#: Fewest closes that a fund needs: a month of sessions, the shortest window that a brief argues with.
FEWEST = 22
#: Sessions looked back on for gaps, and the share of them that must have a close.
RECENT, COVERAGE = 252, 0.95
#: Splits that are in use. A move within one per cent of such a ratio, or of its inverse, looks like one.
SPLITS = (2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 25.0, 50.0)
#: The volume of the as-of against the median of the sessions before it: under a quarter, and under a third of the
#: lowest that this fund has known in a year, the session cannot have been over. A half day is no such day.
MEDIAN, THIN, THINNER = 20, 0.25, 3.0

#: How far the moves of a session may differ between two sources: they close at different trades.
TOLERANCE = 0.005


def standing_problem(ticker: str, close: Array, sessions: Days) -> Problem | None:
    """The first reason not to use a fund, or None.

    Args:
        ticker: For the text.
        close: NaN where a bar is absent. Shape: sessions.
        sessions: Of its exchange; the last one is the as-of.
    """
    as_of = sessions[-1]
    rows = np.flatnonzero(~np.isnan(close))
    if len(rows) == 0:
        return Problem(Flaw.MISSING, f"{ticker}: no close on or before {as_of}")
    newest = sessions[rows[-1]]
    if newest < as_of:
        text = f"{ticker}: the newest close is of {newest}, the brief speaks about {as_of}"
        long_ago = len(close) - 1 - rows[-1] >= FEWEST
        return Problem(Flaw.STALE, f"{text} (does it still trade?)" if long_ago else text)
    if len(rows) < FEWEST:
        return Problem(Flaw.SHORT, f"{ticker}: has {len(rows)} closes up to {as_of}; a brief needs {FEWEST}")
    recent = ~np.isnan(close[max(rows[0], len(close) - RECENT) :])
    if recent.mean() < COVERAGE:
        absent = int(len(recent) - recent.sum())
        return Problem(Flaw.GAPS, f"{ticker}: {absent} of the last {len(recent)} sessions have no close")
    return None


def partial_problem(bars: Bars, ticker: str, calendar: Calendar) -> Problem | None:
    """Whether so little was traded at the last bar that its session cannot have been over."""
    day = bars["session"][-1].astype(date)
    share = None if is_level(ticker) or calendar.is_early_close(day) else thin(bars["volume"])
    if share is None:
        return None
    text = f"{ticker}: volume on {day} is {share:.0%} of the usual: the session may not have been over"
    return Problem(Flaw.VOLUME, text)


def thin(volume: Array) -> float | None:
    """Share of the last volume in the median before it where that is suspicious; None where it is not."""
    recent = volume[~np.isnan(volume)][-RECENT:]
    if len(recent) < 4 * MEDIAN:
        return None
    medians = np.median(np.lib.stride_tricks.sliding_window_view(recent[:-1], MEDIAN), axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = recent[MEDIAN:] / medians
    lowest = np.nanmin(shares[:-1])
    return float(shares[-1]) if shares[-1] < THIN and shares[-1] * THINNER < lowest else None


def split_problem(bars: Bars, ticker: str) -> Problem | None:
    """Whether a listed split is missing in the closes, or was done twice.

    Closes are adjusted for splits, so that nothing moves on the day of one. A move by the ratio of the split tells that
    it was left out (2:1, and the close halves) or done twice (2:1, and the close doubles).
    """
    if is_level(ticker):
        return None
    moves = move(bars["close"])
    for row in np.flatnonzero(bars["split"] != 1):
        ratio, moved = float(bars["split"][row]), float(moves[row])
        if abs(np.log(ratio)) < np.log(1.2) or not np.isfinite(moved):
            continue
        for factor, what in ((1 / ratio, "is missing in the closes"), (ratio, "was done twice in the closes")):
            if abs(np.log(moved / factor)) < 0.4 * abs(np.log(ratio)):
                return Problem(Flaw.SPLIT, f"{ticker}: the split of {ratio:g} on {bars['session'][row]} {what}")
    return None


def split_like(close: Array) -> NDArray[np.int64]:
    """Rows on which the close moved by the ratio of a split, as a vendor's forgotten adjustment looks."""
    moves = move(close)
    far = np.flatnonzero((moves < 1 / 1.9) | (moves > 1.9))
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = np.exp(np.abs(np.log(moves[far])))
    like: NDArray[np.int64] = far[np.isclose(factor[:, None], np.array(SPLITS), rtol=0.01).any(axis=1)]
    return like


def split_suspects(bars: Bars) -> str:
    """Those days, for a note; empty where there is none."""
    return listed(bars["session"][split_like(bars["close"])])


def agreement(name: str, bars: Bars, other_name: str, other: Bars) -> str:
    """Whether two sources tell of the same moves on the sessions of late that both have."""
    days, rows, places = np.intersect1d(bars["session"], other["session"], return_indices=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = np.abs(np.log(move(bars["close"][rows]) / move(other["close"][places])))[-RECENT:]
    wrong = np.flatnonzero(apart > TOLERANCE)
    if len(wrong) == 0:
        return f"{name} and {other_name} agree within {TOLERANCE:.1%} on the last {len(apart)} sessions"
    told = listed(days[-len(apart) :][wrong])
    return (
        f"{name} and {other_name} differ by more than {TOLERANCE:.1%} on {len(wrong)} of the last {len(apart)}: {told}"
    )
