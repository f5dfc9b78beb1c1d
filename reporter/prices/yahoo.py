"""Yahoo through yfinance: the only module that imports it, and the only one that knows how Yahoo fails."""

from __future__ import annotations

import logging
import re
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import pandas as pd
import yfinance
from curl_cffi.requests import Response, Session
from curl_cffi.requests.exceptions import RequestException, Timeout
from yfinance import cache
from yfinance.data import YfData
from yfinance.exceptions import YFException, YFRateLimitError
from yfinance.utils import is_isin

from reporter.config import SETTLED, YahooSettings
from reporter.errors import UpstreamError
from reporter.prices.bars import TITLES, Fetched, first_fault, is_level, total_return
from reporter.sessions import Calendar

warnings.filterwarnings("ignore", module=r"yfinance\b")  # after the import, which sets a filter of its own
logging.getLogger("yfinance").setLevel(logging.CRITICAL)  # everything that it would log is raised as well
yfinance.config.debug.hide_exceptions = False

#: Seconds to wait before another round with those tickers that failed in passing; as many as the budget has room for.
PAUSES = (2.0, 10.0, 45.0, 120.0)
#: Cookies are a courtesy to Yahoo, the charts come without them: no long wait for those. Seconds.
COOKIE_PATIENCE = 5.0
CHART = "/v8/finance/chart/"
#: Far ahead: up to now, yfinance would answer out of its memory, and a mirror of a later day would be cut.
END = "2099-12-31"
WAY_OUT = "try again later, or use prices of your own with --source files"


class _Trouble(OSError):  # noqa: N818
    """Something that may pass: an answer that is no answer, or none. yfinance lets an OSError through."""


class _Blocked(_Trouble):
    """Trouble for every ticker alike: asking the next one makes it worse."""


class _Refused(Exception):  # noqa: N818
    """This ticker has no prices at Yahoo, today or later."""


class _ZoneKnown:
    """In the place of yfinance's cache of time zones: saves a request a ticker and a database on disk.

    The zone is used for the start and the end of the request only; the bars come with their own.
    """

    def lookup(self, _: str) -> str:
        return "America/New_York"

    def store(self, *_: object) -> None:
        return


class _Line(Session[Response]):  # type: ignore[misc]
    """The connection: a base URL in the place of Yahoo's hosts, spacing, a deadline, and failures in clear words."""

    def __init__(self, settings: YahooSettings) -> None:
        super().__init__(impersonate="chrome")
        self.settings = settings
        self.deadline = time.monotonic() + settings.budget
        self.next_at = 0.0
        self.answered = False  # whether anything has ever come back
        self.courteous = True  # False once cookies could not be had: nobody waits for them a second time
        self.served_at: datetime | None = None  # by the clock of the server
        self.meta: dict[str, Any] = {}  # what the newest answer said about its ticker
        self.indicators: dict[str, Any] = {}  # and its columns

    def left(self) -> float:
        """Seconds of the budget that are left."""
        return self.deadline - time.monotonic()

    def request(self, method: Any, url: str, *args: Any, **kwargs: Any) -> Response:
        chart = CHART in url
        if not (chart or self.courteous):
            raise _Trouble("no cookies")
        if self.settings.base_url:  # whatever that mirror says, no other host is asked
            url = self.settings.base_url.rstrip("/") + url.partition(urlsplit(url).netloc)[2]
            kwargs["allow_redirects"] = False
        time.sleep(max(0.0, min(self.next_at - time.monotonic(), self.left())))
        patience = min(self.settings.timeout, self.left(), self.settings.timeout if chart else COOKIE_PATIENCE)
        if patience <= 0:
            raise _Blocked(f"no time left of the {self.settings.budget:g} s that sources.yahoo.budget allows")
        kwargs["timeout"] = patience
        try:
            response = super().request(method, url, *args, **kwargs)
        except RequestException as error:
            self.courteous = self.courteous and chart
            if isinstance(error, Timeout):
                raise _Trouble(f"no answer within {patience:.3g} s") from error
            raise (_Trouble if self.answered else _Blocked)(f"cannot connect ({_reason(error)})") from error
        finally:
            self.next_at = time.monotonic() + self.settings.spacing
        self.answered = True
        if chart:
            self._check(response, unquote(urlsplit(url).path.partition(CHART)[2]))
        return response

    def _check(self, response: Response, ticker: str) -> None:
        """Sorts the answers about prices: only one that holds some goes on to yfinance."""
        sent = response.headers.get("Date")
        self.served_at = parsedate_to_datetime(sent) if sent else self.served_at
        status = response.status_code
        if status == 429:
            raise _Blocked("rate limited (HTTP 429): too many requests from this address")
        if status >= 500:
            raise _Trouble(f"the server has an error (HTTP {status})")
        if status >= 400 and status != 404:
            raise _Trouble(f"the request was turned down (HTTP {status})")
        if status // 100 == 3 or response.text.lstrip()[:1] == "<":
            raise _Trouble("a web page came instead of prices (an outage, or a page that asks for consent)")
        try:
            chart = response.json()["chart"]
            error, result = chart.get("error") or {}, chart.get("result")
        except (ValueError, KeyError, TypeError, AttributeError) as broken:
            raise _Trouble("an answer that was cut off, or is not in Yahoo's form") from broken
        if status == 404 and error.get("code") == "Not Found":
            raise _Refused(f"Yahoo does not know it ({error.get('description', 'not found')})")
        if not result or not result[0].get("timestamp"):
            raise _Trouble(f"an answer without prices ({error.get('description') or 'and without a reason'})")
        self.meta, self.indicators = result[0].get("meta") or {}, result[0].get("indicators") or {}
        if (symbol := str(self.meta.get("symbol", ticker))).upper() != ticker.upper():
            raise _Refused(f"Yahoo answered about '{symbol[:20]}' instead")


@dataclass
class _Pull:
    """What has come in so far."""

    bars: dict[str, pd.DataFrame] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    currencies: dict[str, str] = field(default_factory=dict)
    trouble: dict[str, str] = field(default_factory=dict)  # ticker -> why it failed last, in passing


def fetch(
    tickers: Sequence[str],
    calendar: Calendar,
    as_of: date,
    settings: YahooSettings,
) -> Fetched:
    """Bars from 2000 to the as-of session, one request a ticker; failures that may pass are asked again.

    Raises:
        UpstreamError: nothing can be reached, or every ticker failed in a way that may pass.
    """
    line = _Line(settings)
    type(YfData)._instances.pop(YfData, None)  # noqa: SLF001  # its crumb and memory belong to an earlier connection
    YfData(session=line)
    cache._TzCacheManager._tz_cache = _ZoneKnown()  # noqa: SLF001
    cache._CookieCacheManager._Cookie_cache = cache._CookieCacheDummy()  # noqa: SLF001
    pull = _Pull()
    waiting = list(tickers)
    for tries, pause in enumerate((0.0, *PAUSES)):
        if tries > 1 and not line.answered:
            break  # neither before nor after a pause did anything come back: nobody is there
        if not waiting or line.left() <= pause:
            break
        time.sleep(pause)
        waiting = _round(waiting, line, calendar, as_of, pull)
    if waiting and not pull.bars and not pull.problems:
        host = settings.base_url or "Yahoo"
        raise UpstreamError(f"{host}: {pull.trouble.get(waiting[-1], 'no time left')}; {WAY_OUT}")
    for ticker in waiting:
        pull.problems[ticker] = f"{ticker}: {pull.trouble.get(ticker, 'not asked, since the others failed')}; {WAY_OUT}"
    if len(set(pull.currencies.values())) > 1:
        pull.notes.append("prices in different currencies: " + ", ".join(map(" ".join, pull.currencies.items())))
    return Fetched(bars=pull.bars, problems=pull.problems, notes=tuple(pull.notes), fetched_at=line.served_at)


def _round(waiting: Sequence[str], line: _Line, calendar: Calendar, as_of: date, pull: _Pull) -> list[str]:
    """Asks for each ticker once; gives back those to ask again, the ones that have just failed last.

    Stops at what would fail for all: at a block, and at the second trouble in a row.
    """
    failed: list[str] = []
    in_a_row = 0
    for position, ticker in enumerate(waiting):
        try:
            pull.bars[ticker] = _bars(ticker, line, calendar, as_of, pull)
            in_a_row = 0
        except _Refused as refused:
            pull.problems[ticker] = f"{ticker}: {refused}"
            in_a_row = 0
        except _Trouble as trouble:
            pull.trouble[ticker] = str(trouble)
            failed.append(ticker)
            in_a_row += 1
            if isinstance(trouble, _Blocked) or in_a_row == 2:
                return [*waiting[position + 1 :], *failed]
    return failed


def _bars(ticker: str, line: _Line, calendar: Calendar, as_of: date, pull: _Pull) -> pd.DataFrame:
    """The bars of one ticker, checked; what is noteworthy is added to the pull."""
    if is_isin(ticker):  # yfinance would search for its ticker, and keep the answer on disk
        raise _Refused("is an ISIN; Yahoo goes by tickers")
    stock = yfinance.Ticker(ticker, session=line)
    try:
        table = stock.history(
            start="2000-01-01", end=END, interval="1d", auto_adjust=False, actions=True, keepna=True,
            timeout=line.settings.timeout,
        )  # fmt: skip
    except YFRateLimitError as error:
        raise _Blocked("rate limited (HTTP 429): too many requests from this address") from error
    except (YFException, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # The answer had the form of prices (`_check`), and yfinance could make nothing of it.
        raise _Trouble(f"an answer that cannot be read ({type(error).__name__}: {_one_line(error)})") from error
    if table.empty:
        raise _Trouble("an answer without prices")
    if (currency := line.meta.get("currency")) and not is_level(ticker):
        pull.currencies[ticker] = str(currency)
    table.index = pd.DatetimeIndex(table.index.tz_localize(None).normalize())
    table = _final(table.loc[: pd.Timestamp(as_of)], ticker, line, calendar, pull)
    bars = pd.DataFrame({name: table[title].astype("float64") for name, title in TITLES.items()})
    if "adjclose" not in line.indicators and not is_level(ticker):  # then yfinance has put the closes there
        bars["adjusted_close"] = total_return(bars["close"].to_numpy(), table["Dividends"].to_numpy("float64"))
    if fault := first_fault(bars, ticker):
        day = bars.index[fault.row].date()
        raise _Refused(f"Yahoo has a bar on {day} that cannot be true: {fault.text}")
    return bars


def _final(bars: pd.DataFrame, ticker: str, line: _Line, calendar: Calendar, pull: _Pull) -> pd.DataFrame:
    """Without a last bar whose session was not over, with some minutes for the auction, when it was served."""
    if bars.empty:
        return bars
    day = bars.index[-1].date()
    served = line.served_at or datetime.now(UTC)
    if day != calendar.on_or_before(day) or served >= calendar.close(day) + SETTLED:
        return bars
    pull.notes.append(f"{ticker}: the bar of {day} is left out: the session was not over when it was served")
    return bars.iloc[:-1]


def _reason(error: Exception) -> str:
    """curl's words without its advertisement."""
    return re.sub(r"^.*?curl: \(\d+\) |\.? See https.*$", "", _one_line(error))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:160]
