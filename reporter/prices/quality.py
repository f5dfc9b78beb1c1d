"""The gate: may these prices be printed? What is wrong is named, never repaired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from reporter.prices import Prices
from reporter.prices.bars import Flaw, Problem
from reporter.prices.checks import FEWEST, standing_problem


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
    way_out: str = ""  # what to do about a refusal

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


def judge(prices: Prices, pair: Sequence[str], others: Sequence[str]) -> Quality:
    """Look at every fund at the last session of the prices.

    Args:
        prices: What the source gave, already cut at the as-of.
        pair: Subject and benchmark; an issue with one of them is a refusal.
        others: The field and the headline index; an issue degrades the edition.
    """
    issues = [issue for ticker in (*pair, *others) if (issue := flaw_of(prices, ticker)) is not None]
    bad = {issue.ticker for issue in issues}
    refused = any(ticker in bad for ticker in pair)
    return Quality(
        status=Status.REFUSED if refused else Status.DEGRADED if issues else Status.OK,
        usable=tuple(ticker for ticker in (*pair, *others) if ticker not in bad),
        issues=tuple(issues),
        remarks=prices.notes,
        way_out=way_out(prices, pair) if refused else "",
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


def way_out(prices: Prices, pair: Sequence[str]) -> str:
    """What the user can do: speak about an earlier session where both have one, else look at the source."""
    if all(ticker in prices.close for ticker in pair):
        both = prices.close[list(pair)].notna().all(axis=1).to_numpy()
        if both.sum() >= FEWEST and not both[-1]:
            return f"add newer prices, or use --as-of {prices.sessions[np.flatnonzero(both)[-1]].date()}"
    return "check the ticker and the source; nothing was written"
