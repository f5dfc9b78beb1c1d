"""Makes an edition again from what lies in its folder, and tells what the data of today would change in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from reporter import __version__
from reporter.config import Brief, Config
from reporter.document.edition import Edition
from reporter.document.email import Mail
from reporter.document.settings_json import Settings, read_settings, templates_sha256, vintage_of
from reporter.errors import DataError
from reporter.exchanges import brief_calendar
from reporter.facts import compute_facts
from reporter.pipeline import build_edition, gated_prices
from reporter.prices import Prices
from reporter.prices.table import prices_csv, read_prices
from reporter.sessions import Calendar
from reporter.voices import Voices, read_voices

NEEDED = ("settings.json", "prices.csv", "voices.json")


@dataclass(frozen=True)
class Past:
    """An edition that was made before: everything that it was made of."""

    config: Config  # with the looks of then
    settings: Settings
    brief: Brief
    calendar: Calendar
    prices: Prices
    voices: Voices


def read_past(files: Mapping[str, bytes], config: Config, now: datetime) -> Past:
    """What an edition was made of.

    Args:
        files: Of its folder, by name.
        config: Where templates and, for the data of today, sources are.
        now: For how far calendars have to be known; the edition does not depend on it.

    Raises:
        DataError: something is missing, or is not what this program writes.
    """
    for name in NEEDED:
        if name not in files:
            raise DataError(f"the edition has no {name}: it was made before replays were possible")
    settings = read_settings(files["settings.json"])
    brief = settings.asked
    looks = {name: getattr(settings, name) for name in ("paper", "brand", "formats", "calendars")}
    config = config.model_copy(update=looks)
    calendar = brief_calendar(config, brief, now)
    vintage = vintage_of(settings)
    prices = read_prices(
        files["prices.csv"],
        calendar,
        settings.as_of,
        source=vintage.source,
        fetched_at=datetime.fromisoformat(vintage.fetched_at) if vintage.fetched_at else None,
    )
    prices = replace(prices, currencies=settings.currencies)
    return Past(config, settings, brief, calendar, prices, read_voices(files["voices.json"]))


def made_again(past: Past, mail: Mail = Mail.NONE, progress: Callable[[str], None] = lambda _: None) -> Edition:
    """The same edition, where program and templates are the same."""
    quality = past.settings.quality.quality()
    facts = compute_facts(past.prices, past.settings.brief, past.brief, quality, past.calendar)
    edition = build_edition(
        past.config,
        past.brief,
        facts,
        past.voices,
        languages=past.settings.languages,
        mail=mail,
        progress=progress,
    )
    return replace(edition, files={**edition.files, "prices.csv": prices_csv(past.prices)})


def why_different(past: Past) -> str:
    """What has changed since, as far as it is known."""
    reasons = []
    if past.settings.reporter != __version__:
        reasons.append(f"it was made by reporter {past.settings.reporter}, this is {__version__}")
    if past.settings.templates != templates_sha256(past.config.templates):
        reasons.append("templates, words or fonts have changed")
    if past.settings.vintage["sha256"] != past.prices.sha256:
        reasons.append("the calendar of the exchange has changed")
    return "; ".join(reasons) or "program or libraries have changed"


def on_the_data_of_today(past: Past, files: Mapping[str, bytes]) -> Iterator[str]:
    """What would read differently if the same session were written about with the prices that the sources have now.

    Raises:
        DataError, UpstreamError: as for a new edition.
    """
    name, as_of = past.settings.brief, past.settings.as_of
    prices, quality = gated_prices(past.config, name, past.brief, past.calendar, as_of)
    yield from restated(past.prices, prices)
    facts = compute_facts(prices, name, past.brief, quality, past.calendar)
    bare = past.config.model_copy(update={"formats": ()})
    edition = build_edition(bare, past.brief, facts, past.voices, languages=past.settings.languages)
    then, now = (json.loads(one["facts.json"]) for one in (files, edition.files))
    if then["quality"]["status"] != now["quality"]["status"]:
        yield f"quality: {then['quality']['status']} then, {now['quality']['status']} now"
    yield from differently_said(then["claims"], now["claims"])


def restated(then: Prices, now: Prices) -> Iterator[str]:
    """Tickers whose total returns are others now."""
    for ticker in sorted({*then.close, *now.close}):
        if ticker not in now.close or ticker not in then.close:
            yield f"{ticker}: {'no prices now' if ticker not in now.close else 'no prices then'}"
            continue
        before, after = then.adjusted_close[ticker].dropna(), now.adjusted_close[ticker].dropna()
        common = before.index.intersection(after.index)
        moves = (before[common].pct_change() - after[common].pct_change()).abs()
        if count := int((moves > 1e-6).sum()):
            yield f"{ticker}: {count} of {len(common)} daily returns restated, by up to {moves.max():.3%}"


def differently_said(then: list[dict[str, object]], now: list[dict[str, object]]) -> Iterator[str]:
    """Numbers of the first language that are said otherwise, or only once, by section and fact.

    The points of a chart, which a page reads out at a pointer, are no sentences: `restated` tells of them.
    """

    def said(claims: list[dict[str, object]]) -> dict[tuple[str, str], list[str]]:
        found: dict[tuple[str, str], list[str]] = {}
        for claim in claims:
            texts, facts = claim["said"], claim["facts"]
            if isinstance(texts, dict) and isinstance(facts, list) and claim["section"] != "readouts":
                found.setdefault((str(claim["section"]), str(facts[0])), []).append(str(next(iter(texts.values()))))
        return found

    before, after = said(then), said(now)
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) != after.get(key):
            texts = (", ".join(dict.fromkeys(one.get(key, ["not said"]))) for one in (before, after))
            yield f"{key[0]}: {key[1]}: {' -> '.join(texts)}"
