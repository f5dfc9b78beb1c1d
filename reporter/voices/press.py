"""The headlines of an edition: asked for, kept, chosen. A brief without feeds imports nothing for it."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from datetime import date, datetime, timedelta
from urllib.parse import unquote, urlsplit

from reporter.config import Brief, Config, Feed
from reporter.voices.headlines import YAHOO, Headline, chosen, in_time, on_subject


def gather_headlines(
    config: Config, name: str, brief: Brief, session: date, close: datetime
) -> tuple[tuple[Headline, ...], dict[str, str]]:
    """What was written on the subject by the close of the session, and the feeds that could not be read, with reasons.

    Nothing that a feed does raises an error or takes longer than its budget. What was chosen once from feeds that all
    answered is chosen again, without asking them.
    """
    settings = config.headlines
    feeds = tuple(feed for feed in settings.feeds if brief.keywords.get(feed.language))
    yahoo = settings.yahoo and bool(brief.keywords.get("en"))
    if not feeds and not yahoo:
        return (), {}
    from reporter.voices.clippings import Clippings

    clippings, key = Clippings(config.state), settings_key(config, brief, feeds)
    if (kept := clippings.chosen(name, session, key)) is not None:
        return kept, {}

    found, silent = ask(config, brief, feeds, yahoo)
    ours = on_subject(found, brief.keywords)
    clippings.add(ours)
    names = {feed.name for feed in feeds} | ({YAHOO} if yahoo else set())
    earlier = clippings.seen(close - timedelta(days=settings.days), close)
    ours += [one for one in on_subject(earlier, brief.keywords) if one.feed in names]
    picked = chosen(in_time(ours, close, settings.days), settings.most)
    if not silent:
        clippings.keep(name, session, key, picked)
    return picked, silent


def ask(config: Config, brief: Brief, feeds: tuple[Feed, ...], yahoo: bool) -> tuple[list[Headline], dict[str, str]]:
    """All items of all sources, and those that could not be read, within the budget."""
    settings, begun = config.headlines, time.monotonic()
    found: list[Headline] = []
    silent: dict[str, str] = {}
    if feeds:
        from reporter.voices.feeds import read_feeds

        found, silent = read_feeds(feeds, settings.timeout, settings.budget)
    left = settings.budget - (time.monotonic() - begun)
    if yahoo and left > 0:
        from reporter.voices.yahoo_news import read_yahoo_news

        tickers = dict.fromkeys((brief.subject, brief.headline_index or brief.subject))
        more, trouble = read_yahoo_news(tuple(tickers), config.sources.yahoo, settings.timeout, left)
        return found + more, silent | trouble
    return found, silent | ({YAHOO: "no time left of headlines.budget"} if yahoo else {})


def settings_key(config: Config, brief: Brief, feeds: tuple[Feed, ...]) -> str:
    """A hash of everything but the feeds' content that a choice depends on; a file counts with its size and time."""
    settings = config.headlines
    parts = [repr((settings.days, settings.most, settings.yahoo, sorted(brief.keywords.items())))]
    for feed in feeds:
        parts.append(repr((feed.url, feed.language, feed.outlet)))
        if feed.url.startswith("file:"):
            with suppress(OSError, ValueError):
                stat = os.stat(unquote(urlsplit(feed.url).path))  # noqa: PTH116  # the path as the address spells it
                parts.append(repr((stat.st_size, stat.st_mtime_ns)))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
