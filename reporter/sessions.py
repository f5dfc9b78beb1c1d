"""When an exchange was open: the only user of exchange_calendars."""

from __future__ import annotations

import calendar as months
import hashlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reporter.cache import keep, read_cached
from reporter.errors import UsageError, suggestion

Days = NDArray[np.datetime64]

FIRST = date(2000, 1, 1)
#: How far the table looks ahead, and how much of that must be left. A verdict on an attempt of today falls due 126
#: sessions from now; with this rest it is always inside, so that the age of the table never changes an edition.
AHEAD, REST = timedelta(days=400), timedelta(days=300)
#: Calendar months back to the base of a window; 1W and YTD have rules of their own.
MONTHS = {"1M": 1, "3M": 3, "6M": 6, "1Y": 12, "3Y": 36, "5Y": 60}
LONG_WEEKEND = np.timedelta64(4, "D")
TABLE = np.dtype([("session", "M8[D]"), ("close", "M8[s]"), ("early", "?"), ("sudden", "?")])


@dataclass(frozen=True, eq=False)
class Calendar:
    """The sessions of one exchange, ascending, from 2000 (or the first that is known) to its horizon."""

    name: str
    sessions: Days  # datetime64[D]
    closes: Days  # datetime64[s], UTC; as long as `sessions`
    early: NDArray[np.bool_]  # whether the session closed before its usual hour; as long as `sessions`
    #: Whether its early close, or a closure just before it, follows from no rule and so may not have been known long
    #: before; as long as `sessions`, or empty: none.
    sudden: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, "?"))
    home: Calendar | None = None  # all sessions of the exchange, where these are only those shared with others
    own: Mapping[str, Calendar] = field(default_factory=dict)  # ticker -> its exchange, where that is another one

    @property
    def horizon(self) -> date:
        """The last session that is known."""
        return _day(self.sessions[-1])

    def last_completed(self, now: datetime) -> date:
        """The newest session whose close has passed at `now` (with a time zone).

        Raises:
            UsageError: `now` is before the first close, or past the horizon.
        """
        instant = np.datetime64(now.astimezone(UTC).replace(tzinfo=None), "s")
        row = int(np.searchsorted(self.closes, instant, side="right")) - 1
        if row < 0:
            raise UsageError(f"{self.name}: no session is over at {now:%Y-%m-%d}; the first is {self.sessions[0]}")
        if row == len(self.sessions) - 1 and instant > self.closes[row] + LONG_WEEKEND:
            raise UsageError(f"{self.name}: sessions are known to {self.horizon} only; update exchange-calendars")
        return _day(self.sessions[row])

    def on_or_before(self, day: date) -> date:
        """The last session on or before a day.

        Raises:
            UsageError: the day is before the first session.
        """
        row = self._row(day)
        if row < 0:
            raise UsageError(f"{self.name}: {day} is before the first session that is known, {self.sessions[0]}")
        return _day(self.sessions[row])

    def after(self, session: date, n: int) -> date | None:
        """The n-th session after a session (n = 1: the next one); None beyond the horizon."""
        row = self._row(session) + n
        return _day(self.sessions[row]) if row < len(self.sessions) else None

    def between(self, first: date, last: date) -> Days:
        """Sessions from `first` to `last`, both included. Unit: datetime64[D], ascending."""
        start = int(np.searchsorted(self.sessions, np.datetime64(first, "D")))
        return self.sessions[start : self._row(last) + 1]

    def until(self, last: date) -> Days:
        """All sessions up to `last`, which is included."""
        return self.sessions[: self._row(last) + 1]

    def has(self, days: Days) -> NDArray[np.bool_]:
        """Which of these days are sessions."""
        rows = np.minimum(np.searchsorted(self.sessions, days), len(self.sessions) - 1)
        return np.asarray(self.sessions[rows] == days)

    def close(self, session: date) -> datetime:
        """The moment of a session's close, in UTC."""
        moment: datetime = self.closes[self._known(session)].astype(datetime)
        return moment.replace(tzinfo=UTC)

    def is_early_close(self, session: date) -> bool:
        """Whether a session closed before its usual hour."""
        return bool(self.early[self._known(session)])

    def is_sudden(self, session: date) -> bool:
        """Whether its early close, or a closure just before it, may not have been known long before."""
        return bool(self.sudden.size and self.sudden[self._known(session)])

    def base(self, as_of: date, window: str) -> date:
        """The session whose close a window's return starts from: the last on or before the base day.

        The base day is `as_of` less seven days (1W), less calendar months clipped to the end of the month (1M 3M 6M
        1Y 3Y 5Y), or 31 December of the year before (YTD). Where it is before the first session that is known, the
        day itself is returned: no price can be there.
        """
        if window == "1W":
            day = as_of - timedelta(days=7)
        elif window == "YTD":
            day = date(as_of.year - 1, 12, 31)
        else:
            day = months_before(as_of, MONTHS[window])
        row = self._row(day)
        return _day(self.sessions[row]) if row >= 0 else day

    def week_ends(self, as_of: date) -> Days:
        """The last session of each week that is completed at `as_of`, ascending. Weeks begin on Monday.

        A week is completed when no session of it is left: also on a Thursday before Good Friday.
        """
        weeks = (self.sessions.astype("int64") + 3) // 7  # day 0, 1 January 1970, was a Thursday
        ends: Days = self.sessions[np.append(weeks[1:] != weeks[:-1], False)]
        return ends[: np.searchsorted(ends, np.datetime64(as_of, "D"), side="right")]

    def newest(self, other: Calendar, session: date) -> date:
        """The last session of another exchange that has closed by the close of a session of this one.

        Raises:
            UsageError: none has.
        """
        row = int(np.searchsorted(other.closes, self.closes[self._known(session)], side="right")) - 1
        if row < 0:
            raise UsageError(f"{other.name}: {session} is before the first session that is known, {other.sessions[0]}")
        return _day(other.sessions[row])

    def changed(self, closures: Sequence[date], sessions: Sequence[date]) -> Calendar:
        """The calendar without some sessions, and with others, which close at the hour of the session before them."""
        kept = ~np.isin(self.sessions, np.array(closures, "M8[D]"))
        table = np.zeros(int(kept.sum()), TABLE)
        table["session"], table["close"], table["early"] = self.sessions[kept], self.closes[kept], self.early[kept]
        table["sudden"] = self.sudden[kept] if self.sudden.size else False
        new = np.zeros(len(set(sessions)), TABLE)
        new["session"] = sorted(set(sessions))
        new = new[~np.isin(new["session"], table["session"]) & (new["session"] > self.sessions[0])]
        before = np.searchsorted(self.sessions, new["session"]) - 1
        new["close"] = self.closes[before] + (new["session"] - self.sessions[before]).astype("m8[s]")
        table = np.sort(np.concatenate([table, new]), order="session")
        return _calendar(self.name, table)

    def seen(self, other: Calendar, sessions: Days) -> Days:
        """The session of another exchange whose close is the newest one at the close of each of `sessions`.

        Without look-ahead: in Tokyo's evening, New York has closed on the day before. NaT where the other exchange has
        not closed since the session before: nothing is told twice.

        Args:
            other: The other exchange.
            sessions: Of this one, ascending.
        """
        rows = np.searchsorted(self.sessions, sessions)
        newest = np.searchsorted(other.closes, self.closes[rows], side="right") - 1
        before = np.searchsorted(other.closes, self.closes[np.maximum(rows - 1, 0)], side="right") - 1
        seen: Days = other.sessions[newest].copy()
        seen[(newest < 0) | ((newest == before) & (rows > 0))] = np.datetime64("NaT")
        return seen

    def _row(self, day: date) -> int:
        """Row of the last session on or before a day; -1 before the first."""
        return int(np.searchsorted(self.sessions, np.datetime64(day, "D"), side="right")) - 1

    def _known(self, session: date) -> int:
        row = self._row(session)
        if row < 0 or self.sessions[row] != np.datetime64(session, "D"):
            raise ValueError(f"{session} is no session of {self.name}")
        return row


@dataclass(frozen=True)
class Listing:
    """Where a ticker trades, and the last session of that exchange that may be told of."""

    calendar: Calendar
    last: date


def months_before(day: date, count: int) -> date:
    """The same day of the month `count` months earlier, or that month's last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - count, 12)
    return date(year, month + 1, min(day.day, months.monthrange(year, month + 1)[1]))


def load_calendar(name: str, now: datetime) -> Calendar:
    """The calendar of an exchange, known to at least 300 days after `now` where the exchange has published so much.

    Importing exchange_calendars and building a calendar costs most of a second, so the table is kept in the user's
    cache folder, one file a calendar and version of the library. Without a usable cache it is built anew.

    Args:
        name: As exchange_calendars names it: XNYS, XLON, NYSE.
        now: The present, with a time zone.

    Raises:
        UsageError: there is no such calendar.
    """
    kept_as = f"{name.replace('/', '-')}-{version('exchange_calendars')}-{TABLE.itemsize}.sessions"
    table = _read(kept_as, now)
    if table is None:
        table = _build(name, now.date())
        _keep(kept_as, table, now.date())
    return _calendar(name, table)


def _calendar(name: str, table: NDArray[Any]) -> Calendar:
    sessions, closes, early, sudden = (table[column].copy() for column in TABLE.names or ())
    return Calendar(name, sessions, closes, early, sudden)


def _read(name: str, now: datetime) -> NDArray[Any] | None:
    """The kept table; None where there is none, or it is damaged, or it ends too early to be used."""
    content = read_cached(name) or b""
    digest, built, rows = content[:32], content[32:40], content[40:]
    if hashlib.sha256(built + rows).digest() != digest:
        return None
    table: NDArray[Any] = np.frombuffer(rows, TABLE)
    today = np.datetime64(now.date(), "D")
    last = table["session"][-1]
    # A table of today that is short stays, as long as it knows today: the exchange has published no more.
    stays = last >= today and np.frombuffer(built, "M8[D]")[0] >= today
    return table if stays or last >= np.datetime64((now + REST).date(), "D") else None


def _keep(name: str, table: NDArray[Any], today: date) -> None:
    content = np.array([today], "M8[D]").tobytes() + table.tobytes()
    keep(name, hashlib.sha256(content).digest() + content)


def _build(name: str, today: date) -> NDArray[Any]:
    import exchange_calendars

    known = exchange_calendars.get_calendar_names()
    if name not in known:
        raise UsageError(f"no exchange calendar '{name}'{suggestion(name, known)}; XNYS is New York, XLON London")
    # Some exchanges are known from a later year, or to the end of this one: ask for less until the library agrees.
    for span in ({"start": str(FIRST), "end": str(today + AHEAD)}, {"start": str(FIRST)}, {}):
        try:
            with warnings.catch_warnings():  # the library is not yet quiet under pandas 3
                warnings.simplefilter("ignore")
                built = exchange_calendars.get_calendar(name, **span)
        except (ValueError, NotImplementedError):
            continue
        table = np.zeros(len(built.sessions), TABLE)
        table["session"] = built.sessions.to_numpy().astype("M8[D]")
        table["close"] = built.closes.dt.tz_localize(None).to_numpy().astype("M8[s]")
        table["early"] = built.sessions.isin(built.early_closes)
        table["sudden"] = _sudden(built, table["session"])
        return table
    raise UsageError(f"exchange_calendars {exchange_calendars.__version__} cannot make the calendar '{name}'")


def _sudden(built: Any, sessions: Days) -> NDArray[np.bool_]:
    """Which of the sessions close early by no rule, or follow on a closure by none, as days of mourning."""
    early = [str(day)[:10] for _, days in built.special_closes_adhoc for day in days]  # of several types
    closed = np.array([str(day)[:10] for day in built.adhoc_holidays], "M8[D]")
    sudden = np.isin(sessions, np.array(early, "M8[D]"))
    following = np.searchsorted(sessions, closed)
    sudden[following[(following > 0) & (following < len(sessions))]] = True
    return sudden


def _day(value: np.datetime64) -> date:
    day: date = value.astype(date)
    return day
