"""Rates and volatility, worded as measured."""

from __future__ import annotations

from reporter.facts.backdrop import Level
from reporter.finding import Finding, Quantity, Unit
from reporter.story.situation import Situation

SECTION = "backdrop"
#: Percentage points by which a rate must have moved over the named span to be called up or down.
MOVED = 0.1


def paragraphs(s: Situation) -> list[list[Finding]]:
    levels = s.facts.backdrop
    if "bill_rate" not in levels or "ten_year" not in levels:
        return []
    short, long = side(levels["bill_rate"].change_3m), side(levels["ten_year"].change_1m)
    if short is None or long is None:
        return []
    values: dict[str, Quantity | str | None] = {
        "short": short,
        "long": long,
        "bill": Quantity(levels["bill_rate"].level, Unit.RATE, "backdrop.bill_rate.level"),
        "bill_change": change(levels["bill_rate"].change_3m, "backdrop.bill_rate.change_3m"),
        "ten_year": Quantity(levels["ten_year"].level, Unit.RATE, "backdrop.ten_year.level"),
        "ten_year_change": change(levels["ten_year"].change_1m, "backdrop.ten_year.change_1m"),
        "vix": vix(levels.get("vix")),
    }
    return [[s.finding(SECTION, "rates", **values)]]


def side(moved: float | None) -> str | None:
    if moved is None:
        return None
    return "up" if moved >= MOVED else "down" if moved <= -MOVED else "flat"


def change(moved: float | None, fact: str) -> Quantity | None:
    return None if moved is None else Quantity(moved, Unit.RATE_POINTS, fact)


def vix(level: Level | None) -> Quantity | None:
    return None if level is None else Quantity(level.level, Unit.LEVEL, "backdrop.vix.level")
