"""RSS and Atom feeds: the only user of httpx and feedparser."""

from __future__ import annotations

import io
import re
import time
from calendar import timegm
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit
from xml.sax import SAXException

import feedparser
import httpx

from reporter import __version__
from reporter.config import FEED_ADDRESS, Feed
from reporter.prices.asking import moment_of
from reporter.voices.headlines import Headline
from reporter.voices.hostile import one_line, safe_link, short_name, text

#: A feed of news has a tenth of this; feedparser takes seconds for more, and longer where somebody means ill. Bytes.
LIMIT = 512 * 1024
HOPS = 3  # redirects that are followed
HEADERS = {"User-Agent": f"market-brief-reporter/{__version__}", "Accept-Encoding": "identity"}
#: A bare date is over everywhere on Earth so long after it has begun in Greenwich; a clock without a known zone has
#: reached its hour everywhere so much later.
DAY_IS_OVER, HOUR_HAS_COME = timedelta(hours=36), timedelta(hours=12)
#: Of feedparser itself, met with text that is made to trip it.
SLIPS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
    SAXException,
)
#: feedparser makes a day of a bare year or month, too.
WHOLE_DATE = re.compile(r"^\s*\d{4}-?\d\d-?\d\d|\b\d{1,2}[ -][A-Za-z]{3}")
CLOCK = re.compile(r"\d:\d\d")
ZONE = re.compile(r"(?:[+-]\d\d:?\d\d|\b(?:GMT|UTC?|[ECMP][SD]T)|\dZ)\s*$", re.IGNORECASE)


class FeedError(Exception):
    """A feed that cannot be used now, in a few plain words."""


def read_feeds(feeds: Sequence[Feed], timeout: float, budget: float) -> tuple[list[Headline], dict[str, str]]:
    """All usable items, and the feeds that could not be read, each with the reason.

    Args:
        timeout: Seconds that a server may keep silent.
        budget: Seconds for all; a feed that is not done by then is given up, at most `timeout` later.
    """
    deadline = time.monotonic() + budget
    found: list[Headline] = []
    silent: dict[str, str] = {}
    with httpx.Client(headers=HEADERS, follow_redirects=False) as client:
        for feed in feeds:
            try:
                content, fetched_at = read_feed(feed.url, client, timeout, deadline)
                found += items(feed, content, fetched_at)
            except FeedError as error:
                silent[feed.name] = str(error)
    return found, silent


def read_feed(url: str, client: httpx.Client, timeout: float, deadline: float) -> tuple[bytes, datetime | None]:
    """The bytes of a feed, and when its server says that it gave them."""
    if url.startswith("file:"):
        return read_file(url), None
    for _ in range(HOPS + 1):
        left = deadline - time.monotonic()
        if left <= 0:
            raise FeedError("no time left of headlines.budget")
        try:
            with client.stream("GET", url, timeout=min(timeout, left)) as response:
                if not response.has_redirect_location:
                    return body(response, deadline), served_at(response)
                url = urljoin(url, response.headers["Location"])
        except httpx.TimeoutException as error:
            raise FeedError("no answer in time") from error
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise FeedError(f"cannot be reached ({one_line(str(error)) or type(error).__name__})") from error
        if not re.match(FEED_ADDRESS, url) or url.startswith("file:"):
            raise FeedError("sends us to an address that is not https")
    raise FeedError("sends us from one address to another")


def read_file(url: str) -> bytes:
    try:
        with open(unquote(urlsplit(url).path), "rb") as file:  # noqa: PTH123  # the path as the address spells it
            content = file.read(LIMIT + 1)
    except (OSError, ValueError) as error:
        raise FeedError(f"cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return within_limit(content)


def body(response: httpx.Response, deadline: float) -> bytes:
    """What a server sends, as long as it is a plain answer of ordinary size that comes in time."""
    if response.status_code != 200:
        raise FeedError(f"HTTP {response.status_code}")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise FeedError("packed, though plain text was asked for")
    content = b""
    for chunk in response.iter_raw():
        content += chunk
        if len(content) > LIMIT:
            break
        if time.monotonic() > deadline:
            raise FeedError("no time left of headlines.budget")
    return within_limit(content)


def within_limit(content: bytes) -> bytes:
    if len(content) > LIMIT:
        raise FeedError(f"larger than {LIMIT // 1024} kB")
    return content


def served_at(response: httpx.Response) -> datetime | None:
    """By the clock of the server."""
    return moment_of(response.headers.get("Date"))


def items(feed: Feed, content: bytes, fetched_at: datetime | None) -> Iterator[Headline]:
    """Items with a title and a date.

    Raises:
        FeedError: it is no feed. One that is broken somewhere is taken as far as it goes.
    """
    try:
        parsed = feedparser.parse(io.BytesIO(content), resolve_relative_uris=False)
    except SLIPS as error:
        raise FeedError(f"cannot be read ({type(error).__name__})") from error
    if not parsed.get("version"):
        raise FeedError("no RSS or Atom: " + ("a web page" if b"<html" in content[:2000].lower() else "something else"))
    own = feed.outlet or short_name(parsed.feed.get("title")) or feed.name
    for entry in parsed.entries:
        moments = dates(entry)
        title, outlet = title_and_outlet(entry, own)
        if moments and title:
            yield Headline(
                title=title,
                outlet=outlet,
                link=safe_link(entry.get("link")),
                language=feed.language,
                published=moments[0],
                out_by=moments[1],
                feed=feed.name,
                fetched_at=fetched_at,
            ).sealed()


def title_and_outlet(entry: Mapping[str, Any], own: str) -> tuple[str, str]:
    """Of an item that a collector took from elsewhere: `Title - Outlet`, with the outlet beside it, is taken apart."""
    title, source = text(entry.get("title")), entry.get("source")
    origin = short_name(source.get("title")) if isinstance(source, Mapping) else ""
    return (title.removesuffix(f" - {origin}"), origin) if origin else (title, own)


def dates(entry: dict[str, Any]) -> tuple[datetime, datetime] | None:
    """When an item was published, and by when its wording was out for certain; None without a date.

    The wording is that of the last change: an item that was changed after the close may have said something else.
    """
    known = [found for name in ("published", "updated") if (found := moment(entry, name))]
    return (known[0][0], max(late for _, late in known)) if known else None


def moment(entry: dict[str, Any], name: str) -> tuple[datetime, datetime] | None:
    """A date as it is written, and the latest moment that it can mean."""
    # Not the dictionary's own way to look up, which gives the one date for the other.
    raw, parsed = dict.get(entry, name), dict.get(entry, f"{name}_parsed")
    if not raw or not parsed or not WHOLE_DATE.search(str(raw)):
        return None
    try:
        written = datetime.fromtimestamp(timegm(parsed), UTC)
        late = timedelta() if ZONE.search(str(raw)) else HOUR_HAS_COME
        return written, written + (late if CLOCK.search(str(raw)) else DAY_IS_OVER)
    except (ValueError, OverflowError, OSError):
        return None
