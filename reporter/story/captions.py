"""What a chart says: a title that is its finding, a subtitle with measure and span, an alt text with the key number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reporter.facts import precedents
from reporter.finding import Finding, Fund, Quantity, Unit, Value, count, day, ordinal, percent, points, price
from reporter.story import lexicon
from reporter.story.situation import Situation, months

SECTION = "captions"
FEWEST_ATTEMPTS = 2  # a chart of one attempt tells nothing


@dataclass(frozen=True, kw_only=True)
class Caption:
    """Three findings of one chart."""

    title: Finding
    subtitle: Finding
    alt: Finding


def captions(s: Situation) -> Mapping[str, Caption]:
    """By the name of the chart; a chart whose facts are absent has none."""
    found = {
        "performance": performance(s),
        "price": price_chart(s),
        "field": field(s),
        "rotation": rotation(s),
        "relative_strength": relative_strength(s),
        "attempts": attempts(s),
    }
    return {name: caption for name, caption in found.items() if caption is not None}


def caption(s: Situation, name: str, kind: str, **values: Value) -> Caption:
    """Title by kind, subtitle and alt text by chart, all from the same values."""
    return Caption(
        title=s.finding(SECTION, f"{name}_{kind}", **values),
        subtitle=s.finding(SECTION, f"{name}_subtitle", **values),
        alt=s.finding(SECTION, f"{name}_alt", **values),
    )


def base(s: Situation) -> Quantity:
    return day(s.facts.returns.bases["YTD"], "bases.YTD")


def performance(s: Situation) -> Caption | None:
    if not s.has("YTD"):
        return None
    gap = s.facts.returns.gap["YTD"]
    return caption(
        s,
        "performance",
        str(lexicon.standing(gap, months(s.facts, "YTD"))),
        base=base(s),
        gap=points(gap, "gap.YTD"),
        mine=s.ret(s.facts.subject, "YTD"),
        theirs=s.ret(s.facts.benchmark, "YTD"),
    )


def price_chart(s: Situation) -> Caption | None:
    facts = s.facts.technicals.get(s.facts.subject)
    if facts is None:
        return None
    above = facts.close > facts.sma50, facts.close > facts.sma200
    kind = "above" if all(above) else "between" if any(above) else "below"
    path = f"technicals.{s.facts.subject}."
    return caption(
        s,
        "price",
        kind,
        high=facts.high_52w_close,
        close=price(facts.close, path + "close"),
        sma50=price(facts.sma50, path + "sma50"),
        sma200=price(facts.sma200, path + "sma200"),
    )


def field(s: Situation) -> Caption | None:
    ranking = s.facts.returns.ranks.get("YTD")
    if ranking is None or not s.facts.field:
        return None
    subject = s.facts.subject
    return caption(
        s,
        "field",
        "rank",
        place=ordinal(ranking.place(subject), f"rank.YTD.{subject}"),
        of=count(ranking.of, "rank.YTD.of"),
        base=base(s),
        mine=s.ret(subject, "YTD"),
        leader=Fund(ranking.order[0]),
        leader_return=s.ret(ranking.order[0], "YTD"),
        field_kind=s.field_kind,
    )


def rotation(s: Situation) -> Caption | None:
    place = s.facts.rotation.get(s.facts.subject)
    if place is None:
        return None
    path = f"rotation.{s.facts.subject}."
    return caption(
        s,
        "rotation",
        str(place.quadrant),
        week=day(place.week_ended, path + "week_ended"),
        ratio=Quantity(place.rs_ratio, Unit.LEVEL, path + "rs_ratio"),
        momentum=Quantity(place.rs_momentum, Unit.LEVEL, path + "rs_momentum"),
        weeks=count(len(place.tail), "method"),
        alone=len(s.facts.rotation) == 1,
    )


def relative_strength(s: Situation) -> Caption | None:
    facts, lines = s.facts.relative_strength, s.facts.lines.relative_strength
    if facts is None or lines is None:
        return None
    return caption(
        s,
        "relative_strength",
        "above" if facts.above_average else "below",
        distance=percent(facts.from_average, "relative_strength.from_average"),
        start=day(lines[0].days[0], "relative_strength.chart_start"),
    )


def attempts(s: Situation) -> Caption | None:
    """How many of the known attempts succeeded; of two attempts one is known, since the next waits for its outcome."""
    found = s.facts.precedents
    if found is None or len(found.attempts) < FEWEST_ATTEMPTS:
        return None
    return caption(
        s,
        "attempts",
        "known",
        succeeded=count(found.succeeded, "precedents.succeeded"),
        of=count(len(found.known), "precedents.n"),
        first=day(found.attempts[0].day, "precedents.attempts.0.day"),
        horizon=count(precedents.HORIZON, "method"),
        open=found.open is not None,
    )
