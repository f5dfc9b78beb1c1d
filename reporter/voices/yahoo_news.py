"""Yahoo's news on a fund, in either of the two forms in which it gives them; neither is documented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from reporter.config import YahooSettings
from reporter.prices.asking import Trouble
from reporter.prices.yahoo import connect
from reporter.voices.headlines import YAHOO, Headline
from reporter.voices.hostile import safe_link, short_name, text


def read_yahoo_news(
    tickers: Sequence[str], settings: YahooSettings, timeout: float, budget: float
) -> tuple[list[Headline], dict[str, str]]:
    """Usable items on all tickers, or the reason why there are none. Seconds."""
    line = connect(settings.model_copy(update={"timeout": timeout, "budget": budget}), patient=False)
    found: list[Headline] = []
    with closing(line):
        try:
            for ticker in tickers:
                found += (one for raw in line.news(ticker) if (one := headline(raw, line.served_at)))
        except Trouble as trouble:
            return found, {YAHOO: str(trouble)}
    return found, {}


def headline(raw: object, fetched_at: datetime | None) -> Headline | None:
    """One item, or None where a title, an outlet or a date is missing."""
    if not isinstance(raw, Mapping):
        return None
    content = raw.get("content")
    title, outlet, link, published = nested(content) if isinstance(content, Mapping) else flat(raw)
    if not (title and outlet and published):
        return None
    return Headline(
        title=title,
        outlet=outlet,
        link=link,
        language="en",
        published=published,
        out_by=published,
        feed=YAHOO,
        fetched_at=fetched_at,
    ).sealed()


def nested(content: Mapping[str, Any]) -> tuple[str, str, str, datetime | None]:
    """`{"content": {"title", "pubDate", "provider": {"displayName"}, "canonicalUrl": {"url"}}}`."""
    links = (content.get(name) for name in ("canonicalUrl", "clickThroughUrl"))
    safe = (safe_link(link.get("url")) for link in links if isinstance(link, Mapping))
    provider = content.get("provider")
    outlet = short_name(provider.get("displayName")) if isinstance(provider, Mapping) else ""
    return text(content.get("title")), outlet, next(filter(None, safe), ""), moment(content.get("pubDate"))


def flat(raw: Mapping[str, Any]) -> tuple[str, str, str, datetime | None]:
    """`{"title", "publisher", "link", "providerPublishTime": seconds}`."""
    when = raw.get("providerPublishTime")
    return text(raw.get("title")), short_name(raw.get("publisher")), safe_link(raw.get("link")), moment(when)


def moment(when: object) -> datetime | None:
    """ISO 8601 with a zone, or seconds since 1970."""
    try:
        if isinstance(when, str):
            parsed = datetime.fromisoformat(when)
            return parsed.astimezone(UTC) if parsed.tzinfo else None
        return datetime.fromtimestamp(when, UTC) if type(when) in (int, float) else None  # type: ignore[arg-type]  # asked of its type just before
    except (ValueError, OverflowError, OSError):
        return None
