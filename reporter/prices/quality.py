"""The gate: may these prices be printed? What is wrong is named, never repaired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from reporter.prices import Prices
from reporter.prices.bars import Array, Flaw, Problem, is_level, listed, move
from reporter.prices.checks import FEWEST, SPLITS, standing_problem

#: Log moves of one session. Alone and further than JUMP is too far for a fund, 28 % up or 22 % down; from SPIKE on it
#: is too far when the next session takes it back. APART, BACK: from the median of the field. RETURNED: may stay. None
#: of the forty funds that were tried went so far in twenty years.
JUMP, APART = 0.25, 0.2
SPIKE, BACK, RETURNED = 0.15, 0.15, 0.25


class Status(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"  # a fund beside the pair is left out; the edition names it
    REFUSED = "refused"  # the pair itself cannot be trusted; there is no edition


@dataclass(frozen=True)
class Issue:
    """One fund that is left out, and why. `text` is for whoever runs the program."""

    ticker: str
    flaw: Flaw
    text: str


@dataclass(frozen=True, kw_only=True)
class Quality:
    """The decision of the gate."""

    status: Status
    usable: tuple[str, ...]
    issues: tuple[Issue, ...] = ()
    remarks: tuple[str, ...] = ()  # what the source noted: sorted dates, bars on days without a session
    silent: Mapping[str, str] = field(default_factory=dict)  # feed of headlines that could not be read -> why
    reasons: tuple[str, ...] = ()  # of a refusal
    way_out: str = ""  # what to do about it

    @property
    def excluded(self) -> tuple[str, ...]:
        return tuple(issue.ticker for issue in self.issues)

    @property
    def missing(self) -> tuple[str, ...]:
        return self._with(Flaw.MISSING)

    @property
    def stale(self) -> tuple[str, ...]:
        return self._with(Flaw.STALE)

    @property
    def notes(self) -> tuple[str, ...]:
        """One clear line each, issues first."""
        silent = (f"{feed}: {why}" for feed, why in self.silent.items())
        return (*(issue.text for issue in self.issues), *self.remarks, *silent)

    def _with(self, flaw: Flaw) -> tuple[str, ...]:
        return tuple(issue.ticker for issue in self.issues if issue.flaw is flaw)


def judge(
    prices: Prices,
    pair: Sequence[str],
    others: Sequence[str],
    accept: Mapping[str, Sequence[date]] = MappingProxyType({}),
    min_coverage: float = 0.0,
) -> Quality:
    """Look at every fund at the last session of the prices.

    Args:
        prices: What the source gave, already cut at the as-of.
        pair: Subject and benchmark; an issue with one of them is a refusal.
        others: The field and the headline index; an issue degrades the edition.
        accept: Ticker -> days on which it really moved as it seems.
        min_coverage: Share of the others that must be usable; with fewer there is no edition.
    """
    funds = (*pair, *others)
    levels = [ticker for ticker in map(str, prices.close) if is_level(ticker) and ticker not in funds]
    issues = [issue for ticker in funds if (issue := flaw_of(prices, ticker)) is not None]
    issues += [issue for ticker in levels if (issue := level_flaw(prices, ticker)) is not None]
    jumps = jump_problems(prices, [ticker for ticker in funds if ticker in prices.close], accept)
    known = {issue.ticker for issue in issues}
    issues += [Issue(one, found.flaw, found.text) for one, found in jumps.items() if one not in known]
    bad = {issue.ticker for issue in issues}
    of_pair = [issue for issue in issues if issue.ticker in pair]
    reasons, out = tuple(issue.text for issue in of_pair), way_out(prices, pair, of_pair) if of_pair else ""
    lost = [issue.text for issue in issues if issue.ticker in others]
    if not of_pair and len(others) - len(lost) < min_coverage * len(others):
        reasons = (f"{len(lost)} of {len(others)} funds beside the pair cannot be used: {listed(lost)}",)
        out = f"try again when the source has them, name other funds, or lower `min_coverage` (now {min_coverage:g})"
    return Quality(
        status=Status.REFUSED if reasons else Status.DEGRADED if issues else Status.OK,
        usable=tuple(ticker for ticker in funds if ticker not in bad),
        issues=tuple(issues),
        remarks=prices.notes,
        reasons=reasons,
        way_out=out,
    )


def flaw_of(prices: Prices, ticker: str) -> Issue | None:
    """The first reason not to use a fund, or None."""
    problem = prices.problems.get(ticker)
    if problem is None and ticker not in prices.close:
        problem = Problem(Flaw.MISSING, f"{ticker}: the source has no prices")
    if problem is None:
        close, sessions = prices.close[ticker].to_numpy(), prices.sessions.to_numpy("datetime64[D]")
        trading = prices.trading.get(ticker)
        if trading is not None and trading[-1]:
            close, sessions = close[trading], sessions[trading]
        problem = standing_problem(ticker, close, sessions)
    return Issue(ticker, problem.flaw, problem.text) if problem else None


def level_flaw(prices: Prices, ticker: str) -> Issue | None:
    """Why a series of the backdrop cannot be used. One that is missing or late is left out without a word, as ever."""
    problem = prices.problems.get(ticker)
    told = problem is not None and problem.flaw not in (Flaw.MISSING, Flaw.UNAVAILABLE, Flaw.STALE, Flaw.SHORT)
    return Issue(ticker, problem.flaw, problem.text) if problem and told else None


def jump_problems(prices: Prices, funds: Sequence[str], accept: Mapping[str, Sequence[date]]) -> dict[str, Problem]:
    """Funds that moved alone while the field stood still, as a wrong price does.

    A fall of the whole market is none: what counts is the distance from the median move of all funds on that session.
    """
    funds = [ticker for ticker in funds if not is_level(ticker)]
    if not funds:
        return {}
    found = {}
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        moves = {ticker: np.log(move(prices.close[ticker].to_numpy("float64"))) for ticker in funds}
    for ticker, own in moves.items():
        rows = np.flatnonzero(np.abs(own) > SPIKE)
        others = [moves[other][rows] for other in funds if other != ticker]
        alone = np.abs(own[rows] - middle(others, len(rows)))
        following = np.append(own[1:], np.nan)[rows]
        far = (np.abs(own[rows]) > JUMP) & (alone > APART)
        back = (alone > BACK) & (np.abs(own[rows] + following) < RETURNED * np.abs(own[rows]))
        days = prices.sessions[rows[far | back]].date
        odd = [(day, float(np.exp(own[row]))) for day, row in zip(days, rows[far | back], strict=True)]
        odd = [one for one in odd if one[0] not in accept.get(ticker, ())]
        if odd:
            day, factor = odd[0]
            like = np.isclose(max(factor, 1 / factor), SPLITS, rtol=0.01).any()
            what = "as after a split that was left out" if like else "while the other funds did not"
            text = f"{ticker}: moved by {factor - 1:+.0%} on {day}, {what}"
            found[ticker] = Problem(Flaw.SPLIT if like else Flaw.JUMP, text)
    return found


def middle(moves: Sequence[Array], count: int) -> Array:
    """The median of several funds' moves; 0 where there is none."""
    if not moves or not count:
        return np.zeros(count)
    table = np.array(moves)
    empty = np.isnan(table).all(axis=0)
    table[:, empty] = 0.0
    return np.asarray(np.nanmedian(table, axis=0), "float64")


def way_out(prices: Prices, pair: Sequence[str], issues: Sequence[Issue]) -> str:
    """What the user can do: speak about an earlier session where both have one, else look at the source."""
    if any(issue.flaw in (Flaw.JUMP, Flaw.SPLIT) for issue in issues):
        return "compare with another source; if the move is real, list its day under `accept` of the brief"
    if any(issue.flaw is Flaw.UNREADABLE for issue in issues):
        return "mend the file; nothing was written"
    if any(issue.flaw is Flaw.SHORT for issue in issues):
        return "wait until it has traded for a month, or name an older fund"
    if all(ticker in prices.close for ticker in pair):
        both = prices.close[list(pair)].notna().all(axis=1).to_numpy()
        if both.sum() >= FEWEST and not both[-1]:
            return f"add newer prices, or use --as-of {prices.sessions[np.flatnonzero(both)[-1]].date()}"
    if all(issue.flaw is Flaw.UNAVAILABLE for issue in issues):
        return "nothing was written"  # what to do stands in the source's own words
    return "check the ticker and the source; nothing was written"
