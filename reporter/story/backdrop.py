"""Rates and volatility, worded as measured: what moved and by how much, and nothing about what a market expects."""

from __future__ import annotations

from reporter.facts.backdrop import Level
from reporter.finding import Finding, Quantity, Unit
from reporter.story import lexicon
from reporter.story.situation import Situation

SECTION = "backdrop"


def paragraphs(s: Situation) -> list[list[Finding]]:
    return [] if s.quiet else [[*rates(s), *vix(s)]]


def rates(s: Situation) -> list[Finding]:
    """The short rate and the ten-year yield, both over the month that the text measures by."""
    levels = s.facts.backdrop
    if "bill_rate" not in levels or "ten_year" not in levels:
        return []
    bill, ten_year = levels["bill_rate"], levels["ten_year"]
    if bill.change_1m is None or ten_year.change_1m is None:
        return []
    short, long = side(bill.change_1m), side(ten_year.change_1m)
    kind = (
        "rates_flat" if short == long == "flat" else f"rates_{short}" if short == long else "rates_split"
        if "flat" not in (short, long) else "rates_half"
    )  # fmt: skip
    return [
        s.finding(
            SECTION,
            kind,
            short=short,
            long=long,
            bill=Quantity(bill.level, Unit.RATE, "backdrop.bill_rate.level"),
            bill_change=Quantity(bill.change_1m, Unit.BASIS_POINTS, "backdrop.bill_rate.change_1m"),
            ten_year=Quantity(ten_year.level, Unit.RATE, "backdrop.ten_year.level"),
            ten_year_change=Quantity(ten_year.change_1m, Unit.BASIS_POINTS, "backdrop.ten_year.change_1m"),
        )
    ]


def side(moved: float) -> str:
    return "up" if moved >= lexicon.RATE_MOVED else "down" if moved <= -lexicon.RATE_MOVED else "flat"


def vix(s: Situation) -> list[Finding]:
    """Only where it is high or has moved."""
    level = s.facts.backdrop.get("vix")
    if level is None or not (level.level >= lexicon.VIX_HIGH or moved(level)):
        return []
    return [
        s.finding(
            SECTION,
            vix_kind(level.change_1m),
            vix=Quantity(level.level, Unit.LEVEL, "backdrop.vix.level"),
            before=Quantity(level.level_1m, Unit.LEVEL, "backdrop.vix.level_1m")
            if level.level_1m is not None
            else None,
        )
    ]


def vix_kind(change: float | None) -> str:
    """By the month; without one, or after a calm one, it is only high."""
    if change is None or abs(change) < lexicon.VIX_STILL:
        return "vix_high"
    return "vix_up" if change > 0 else "vix_down"


def moved(level: Level) -> bool:
    return level.change_1m is not None and abs(level.change_1m) >= lexicon.VIX_MOVED
