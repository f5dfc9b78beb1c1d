"""The gate: may these prices be printed? What is wrong is named, never repaired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

import numpy as np

from reporter.prices import Prices

#: Fewest closes that a fund needs: a month of sessions, the shortest window that a brief argues with.
FEWEST = 22
#: Sessions looked back on for gaps, and the share of them that must have a close.
RECENT, COVERAGE = 252, 0.95


class Status(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"  # a fund beside the pair is left out; the edition names it
    REFUSED = "refused"  # the pair itself cannot be trusted; there is no edition


class Flaw(StrEnum):
    """Why a fund cannot be used; the words for readers stand in labels.yaml under `flaws`."""

    MISSING = "missing"
    STALE = "stale"
    SHORT = "short"
    GAPS = "gaps"


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


def judge(prices: Prices, pair: Sequence[str], others: Sequence[str], as_of: date) -> Quality:
    """Look at every fund at the as-of session.

    Args:
        prices: What the source gave, already cut at `as_of`.
        pair: Subject and benchmark; an issue with one of them is a refusal.
        others: The field and the headline index; an issue degrades the edition.
    """
    issues = [issue for ticker in (*pair, *others) if (issue := flaw_of(prices, ticker, as_of)) is not None]
    bad = {issue.ticker for issue in issues}
    refused = any(ticker in bad for ticker in pair)
    return Quality(
        status=Status.REFUSED if refused else Status.DEGRADED if issues else Status.OK,
        usable=tuple(ticker for ticker in (*pair, *others) if ticker not in bad),
        issues=tuple(issues),
        remarks=prices.notes,
        way_out=way_out(prices, pair) if refused else "",
    )


def flaw_of(prices: Prices, ticker: str, as_of: date) -> Issue | None:
    """The first reason not to use a fund, or None."""
    if ticker not in prices.close:
        return Issue(ticker, Flaw.MISSING, prices.problems.get(ticker, f"{ticker}: the source has no prices"))
    there = prices.close[ticker].notna().to_numpy()
    rows = np.flatnonzero(there)
    newest = prices.sessions[rows[-1]].date()
    if newest < as_of:
        return Issue(ticker, Flaw.STALE, f"{ticker}: the newest close is of {newest}, the brief speaks about {as_of}")
    if len(rows) < FEWEST:
        return Issue(ticker, Flaw.SHORT, f"{ticker}: has {len(rows)} closes up to {as_of}; a brief needs {FEWEST}")
    recent = there[max(rows[0], len(there) - RECENT) :]
    if recent.mean() < COVERAGE:
        absent = int(len(recent) - recent.sum())
        return Issue(ticker, Flaw.GAPS, f"{ticker}: {absent} of the last {len(recent)} sessions have no close")
    return None


def way_out(prices: Prices, pair: Sequence[str]) -> str:
    """What the user can do: speak about an earlier session where both have one, else look at the source."""
    if all(ticker in prices.close for ticker in pair):
        both = prices.close[list(pair)].notna().all(axis=1).to_numpy()
        if both.sum() >= FEWEST and not both[-1]:
            return f"add newer prices, or use --as-of {prices.sessions[np.flatnonzero(both)[-1]].date()}"
    return "check the ticker and the source; nothing was written"
