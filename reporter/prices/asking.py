"""Asking a source over the network: politely, within a budget of time, and never taking trouble for an answer."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

from reporter.prices.bars import Bars, Fetched, Flaw, Problem

#: Seconds to wait before another round with those tickers that failed in passing; as many as the budget has room for.
PAUSES = (2.0, 10.0, 45.0, 120.0)
WAY_OUT = "try again later, or use prices of your own with --source files"


class Trouble(OSError):  # noqa: N818  # yfinance lets an OSError through
    """Something that may pass: an answer that is no answer, or none."""


class Blocked(Trouble):
    """Trouble for every ticker alike: asking the next one makes it worse. `wait`: as the server asked for, seconds."""

    def __init__(self, text: str, wait: float = 0.0) -> None:
        super().__init__(text)
        self.wait = wait


class Refused(Exception):  # noqa: N818  an answer, and no fault of the program
    """This ticker has no prices there, today or later."""

    def __init__(self, flaw: Flaw, text: str) -> None:
        super().__init__(text)
        self.flaw = flaw


class Line(Protocol):
    """A connection to a source, with the budget of one update."""

    host: str  # as a user knows it
    patient: bool  # whether it is worth coming back after a pause

    @property
    def answered(self) -> bool:
        """Whether anything has ever come back."""
        ...

    @property
    def served_at(self) -> datetime | None:
        """The newest answer's moment, by the clock of the server."""
        ...

    def left(self) -> float:
        """Seconds of the budget that are left."""
        ...

    def bars(self, ticker: str, since: date | None) -> tuple[Bars, str, tuple[str, ...]]:
        """Bars from a day on (None: all there are), their currency if it is known, and notes.

        Raises:
            Trouble, Blocked, Refused
        """
        ...

    def close(self) -> None: ...


class Deadline:
    """Spacing between requests and a budget for all of them. Seconds."""

    def __init__(self, budget: float, spacing: float) -> None:
        self.ends = time.monotonic() + budget
        self.budget, self.spacing = budget, spacing
        self.next_at = 0.0

    def left(self) -> float:
        return self.ends - time.monotonic()

    def patience(self, *limits: float) -> float:
        """Waits until the next request may go out, and tells how long it may take.

        Raises:
            Blocked: no time is left.
        """
        time.sleep(max(0.0, min(self.next_at - time.monotonic(), self.left())))
        seconds = min(self.left(), *limits)
        if seconds <= 0:
            raise Blocked(f"no time left of the budget of {self.budget:g} s")
        return seconds

    def asked(self) -> None:
        self.next_at = time.monotonic() + self.spacing


@dataclass
class _Pull:
    """What has come in so far."""

    line: Line
    wanted: Mapping[str, date | None]
    bars: dict[str, Bars] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    currencies: dict[str, str] = field(default_factory=dict)
    trouble: dict[str, Trouble] = field(default_factory=dict)  # ticker -> why it failed last, in passing

    def round(self, waiting: Sequence[str]) -> list[str]:
        """Asks for each ticker once; gives back those to ask again, the ones that have just failed last.

        Stops at what would fail for all: at a block, and at the second trouble in a row.
        """
        failed: list[str] = []
        in_a_row = 0
        for position, ticker in enumerate(waiting):
            try:
                self.ask(ticker)
                in_a_row = 0
            except Refused as refused:
                self.problems[ticker] = Problem(refused.flaw, f"{ticker}: {refused}")
                in_a_row = 0
            except Trouble as failure:
                self.trouble[ticker] = failure
                failed.append(ticker)
                in_a_row += 1
                if isinstance(failure, Blocked) or in_a_row == 2:
                    return [*waiting[position + 1 :], *failed]
        return failed

    def ask(self, ticker: str) -> None:
        self.bars[ticker], currency, remarks = self.line.bars(ticker, self.wanted[ticker])
        self.notes += [f"{ticker}: {remark}" for remark in remarks]
        if currency:
            self.currencies[ticker] = currency


def pull(line: Line, wanted: Mapping[str, date | None]) -> Fetched:
    """Bars of each ticker from its day on, one request a ticker; failures that may pass are asked again.

    Nobody there, or no time left, is a problem of each ticker: `UNAVAILABLE`.
    """
    found = _Pull(line, wanted)
    waiting = list(wanted)
    for tries, pause in enumerate((0.0, *(PAUSES if line.patient else ()))):
        if tries > 1 and not line.answered:
            break  # neither before nor after a pause did anything come back: nobody is there
        last = found.trouble.get(waiting[-1]) if waiting else None
        wait = max(pause, last.wait if isinstance(last, Blocked) else 0.0)
        if not waiting or line.left() <= wait:
            break
        time.sleep(wait)
        waiting = found.round(waiting)
    for ticker in waiting:
        nothing = "not asked, since the others failed" if found.trouble else "no time left of the budget"
        why = found.trouble.get(ticker) or nothing
        found.problems[ticker] = Problem(Flaw.UNAVAILABLE, f"{ticker}: {line.host}: {why}; {WAY_OUT}")
    return Fetched(
        bars=found.bars,
        problems=found.problems,
        notes=tuple(found.notes),
        moments=dict.fromkeys(found.bars, line.served_at) if line.served_at else {},
        currencies=found.currencies,
    )


def moment_of(header: str | None) -> datetime | None:
    """The moment that a server writes into an answer; without a zone it is in UTC, as RFC 5322 has it. None: none."""
    if not header:
        return None
    try:
        moment = parsedate_to_datetime(header)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def retry_after(header: str | None) -> float:
    """Seconds that a server asks to wait, 0 where it names none. A date in the place of seconds is not honoured."""
    return float(header) if header and header.isdigit() else 0.0
