"""Yahoo through yfinance: the only module that imports it, and the only one that knows how Yahoo fails."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
import pandas as pd
import yfinance
from curl_cffi.requests import Response, Session
from curl_cffi.requests.exceptions import RequestException, Timeout
from yfinance import cache
from yfinance.data import YfData
from yfinance.exceptions import YFException, YFRateLimitError
from yfinance.utils import is_isin

from reporter.config import YahooSettings
from reporter.prices.asking import Blocked, Deadline, Refused, Trouble, moment_of, retry_after
from reporter.prices.bars import TITLES, Bars, Flaw, is_level, listed, make_bars

warnings.filterwarnings("ignore", module=r"yfinance\b")  # after the import, which sets a filter of its own
logging.getLogger("yfinance").setLevel(logging.CRITICAL)  # everything that it would log is raised as well
yfinance.config.debug.hide_exceptions = False

#: Cookies are a courtesy to Yahoo, the charts come without them: no long wait for those. Seconds.
COOKIE_PATIENCE = 5.0
CHART, NEWS = "/v8/finance/chart/", "/xhr/ncp"
NEWS_COUNT = 50
#: Far ahead: up to now, yfinance would answer out of its memory, and a mirror of a later day would be cut.
END = "2099-12-31"
FIRST = date(2000, 1, 1)
RATE_LIMITED = "rate limited (HTTP 429): too many requests from this address"


class _ZoneKnown:
    """In the place of yfinance's cache of time zones: saves a request a ticker and a database on disk.

    The zone is used for the start and the end of the request only; the bars come with their own.
    """

    def lookup(self, _: str) -> str:
        return "America/New_York"

    def store(self, *_: object) -> None:
        return


class _Line(Session[Response]):  # type: ignore[misc]  # a class without types
    """The connection: a base URL in the place of Yahoo's hosts, spacing, a deadline, and failures in clear words."""

    def __init__(self, settings: YahooSettings, patient: bool) -> None:
        super().__init__(impersonate="chrome")
        self.settings = settings
        self.patient = patient
        self.host = settings.base_url or "Yahoo"
        self.deadline = Deadline(settings.budget, settings.spacing)
        self.answered = False
        self.courteous = True  # False once cookies could not be had: nobody waits for them a second time
        self.served_at: datetime | None = None
        self.since: date | None = None  # of the question that is being asked
        self.result: dict[str, Any] = {}  # what the newest answer holds: about its ticker, days, columns

    def left(self) -> float:
        return self.deadline.left()

    def bars(self, ticker: str, since: date | None) -> tuple[Bars, str, tuple[str, ...]]:
        """As `asking.Line` says."""
        if is_isin(ticker):  # yfinance would search for its ticker, and keep the answer on disk
            raise Refused(Flaw.MISSING, "is an ISIN; Yahoo goes by tickers")
        self.since, self.result = since, {}
        try:
            table = yfinance.Ticker(ticker, session=self).history(
                start=str(since or FIRST), end=END, interval="1d", auto_adjust=False, actions=True, keepna=True,
                timeout=self.settings.timeout,
            )  # fmt: skip
            notes = _order(self.result)
            bars = _as_bars(table, "adjclose" in self.result["indicators"])
        except YFRateLimitError as error:
            raise Blocked(RATE_LIMITED) from error
        except (YFException, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            if since and self.result and not self.result.get("timestamp"):
                return make_bars([], {}), "", ()  # it knows the ticker, and nothing was traded in that span
            # The answer had the form of prices (`_check`), and nothing could be made of it.
            raise Trouble(f"an answer that cannot be read ({type(error).__name__}: {_one_line(error)})") from error
        if not len(bars):
            raise Trouble("an answer without prices")
        return bars, "" if is_level(ticker) else str(self.result["meta"].get("currency") or ""), notes

    def news(self, ticker: str) -> Sequence[object]:
        """Yahoo's news on a ticker as they came, in one of its two forms.

        Raises:
            Trouble: there are none to be had.
        """
        try:
            found = yfinance.Ticker(ticker, session=self).get_news(count=NEWS_COUNT)
        except YFRateLimitError as error:
            raise Blocked(RATE_LIMITED) from error
        except (YFException, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise Trouble(f"an answer that cannot be read ({type(error).__name__}: {_one_line(error)})") from error
        return found if isinstance(found, list) else []

    def request(self, method: Any, url: str, *args: Any, **kwargs: Any) -> Response:
        chart, asked = CHART in url, CHART in url or NEWS in url
        if not (asked or self.courteous):
            raise Trouble("no cookies")
        if self.settings.base_url:  # whatever that mirror says, no other host is asked
            url = self.settings.base_url.rstrip("/") + url.partition(urlsplit(url).netloc)[2]
            kwargs["allow_redirects"] = False
        patience = self.deadline.patience(self.settings.timeout, self.settings.timeout if asked else COOKIE_PATIENCE)
        kwargs["timeout"] = patience
        try:
            response = super().request(method, url, *args, **kwargs)
        except RequestException as error:
            self.courteous = self.courteous and asked
            if isinstance(error, Timeout):
                raise Trouble(f"no answer within {patience:.3g} s") from error
            raise (Trouble if self.answered else Blocked)(f"cannot connect ({_reason(error)})") from error
        finally:
            self.deadline.asked()
        self.answered = True
        self.served_at = moment_of(response.headers.get("Date")) or self.served_at
        if chart:
            self._check(response, unquote(urlsplit(url).path.partition(CHART)[2]))
        return response

    def _check(self, response: Response, ticker: str) -> None:
        """Sorts the answers about prices: only one that holds some goes on to yfinance."""
        status = response.status_code
        if status == 429:
            raise Blocked(RATE_LIMITED, wait=retry_after(response.headers.get("Retry-After")))
        if status >= 500:
            raise Trouble(f"the server has an error (HTTP {status})")
        if status >= 400 and status not in (400, 404):
            raise Trouble(f"the request was turned down (HTTP {status})")
        if status // 100 == 3 or response.text.lstrip()[:1] == "<":
            raise Trouble("a web page came instead of prices (an outage, or a page that asks for consent)")
        try:
            chart = response.json()["chart"]
            error, result = chart.get("error") or {}, chart.get("result")
        except (ValueError, KeyError, TypeError, AttributeError) as broken:
            raise Trouble("an answer that was cut off, or is not in Yahoo's form") from broken
        if status == 404 and error.get("code") == "Not Found":
            raise Refused(Flaw.MISSING, f"Yahoo does not know it ({error.get('description', 'not found')})")
        if status != 200:
            raise Trouble(f"the request was turned down (HTTP {status})")
        if not result or not (result[0].get("timestamp") or (self.since and result[0].get("meta"))):
            raise Trouble(f"an answer without prices ({error.get('description') or 'and without a reason'})")
        self.result = result[0]
        symbol = str((self.result.get("meta") or {}).get("symbol", ticker))
        if symbol.upper() != ticker.upper():
            raise Refused(Flaw.SYMBOL, f"Yahoo answered about '{symbol[:20]}' instead")


def connect(settings: YahooSettings, *, patient: bool = True) -> _Line:
    """A fresh connection: nothing that an earlier one was told is remembered."""
    line = _Line(settings, patient)
    type(YfData)._instances.pop(YfData, None)  # noqa: SLF001  # its crumb and memory belong to an earlier connection
    YfData(session=line)
    cache._TzCacheManager._tz_cache = _ZoneKnown()  # noqa: SLF001  yfinance has no other way to set it
    cache._CookieCacheManager._Cookie_cache = cache._CookieCacheDummy()  # noqa: SLF001  yfinance has no other way to set it
    return line


def _as_bars(table: pd.DataFrame, has_adjusted: bool) -> Bars:
    """The table as bars; a capital gain is paid out as a dividend is."""
    days = pd.DatetimeIndex(table.index).tz_localize(None).normalize().to_numpy("M8[D]")
    columns = {name: table[TITLES[name]].to_numpy("float64") for name in ("close", "high", "low", "volume")}
    # Without adjusted closes in the answer, yfinance has put the closes there.
    adjusted = table["Adj Close"].to_numpy("float64") if has_adjusted else np.full(len(days), np.nan)
    paid = table["Dividends"].to_numpy("float64")
    if "Capital Gains" in table:
        paid = paid + table["Capital Gains"].to_numpy("float64")
    split = table["Stock Splits"].to_numpy("float64")
    return make_bars(
        days, {**columns, "adjusted_close": adjusted, "dividend": paid, "split": np.where(split, split, 1.0)}
    )


def _order(result: Mapping[str, Any]) -> tuple[str, ...]:
    """Notes on the order of days. yfinance sorts without a word, and of two bars for one day drops one.

    Only the last day may be there twice: Yahoo adds the live price of a session to its bar.

    Raises:
        Refused: two bars for one day.
    """
    stamps = pd.to_datetime(np.array(result["timestamp"], "int64"), unit="s", utc=True)
    days = stamps.tz_convert(result["meta"]["exchangeTimezoneName"]).tz_localize(None).to_numpy("M8[D]")
    ordered = np.sort(days)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if len(twice[twice < ordered[-1]]):
        raise Refused(Flaw.DUPLICATE, f"Yahoo has two bars for one day: {listed(twice)}")
    return () if (days[1:] >= days[:-1]).all() else ("dates were not in order and have been sorted",)


def _reason(error: Exception) -> str:
    """curl's words without its advertisement."""
    return re.sub(r"^.*?curl: \(\d+\) |\.? See https.*$", "", _one_line(error))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:160]
