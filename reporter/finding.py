"""A finding: something worth a sentence now. It has a kind and values, and no words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Unit(StrEnum):
    """What a number means, which is all that a language needs to know to write it."""

    PERCENT = "percent"  # a fraction; said as 10.9%
    SHARE = "share"  # a fraction of cases or days; said as 53%
    THRESHOLD = "threshold"  # a fraction with as few decimals as it has; for the method note
    POINTS = "points"  # a difference of two fractions; said as 12.8, the word for points beside it
    RATE = "rate"  # per cent as quoted; said as 4.5%
    BASIS_POINTS = "basis_points"  # a difference of two rates in per cent; said as 41
    PRICE = "price"  # two decimals
    INDEX = "index"  # no decimals: RSI
    LEVEL = "level"  # one decimal: VIX, RS-Ratio
    RATIO = "ratio"  # two decimals: correlation, z
    COUNT = "count"
    ORDINAL = "ordinal"
    DAY = "day"
    YEAR = "year"


#: Half of the last digit of a return, a gap or a distance: what is smaller prints as 0.0.
PRINTED = 0.0005


@dataclass(frozen=True)
class Quantity:
    """One fact with its unit. `fact` is its path in facts.json, so that whoever prints it can be traced."""

    value: float | int | date
    unit: Unit
    fact: str

    @property
    def up(self) -> bool:
        """Over zero, or a return or gap that prints as 0.0. Templates ask for the side, never for the number."""
        least = -PRINTED if self.unit in (Unit.PERCENT, Unit.POINTS) else 0
        return not isinstance(self.value, date) and self.value > least


@dataclass(frozen=True)
class Fund:
    """A fund to be named: the language knows its names."""

    ticker: str


Value = Quantity | Fund | str | bool | None | tuple["Value", ...] | Mapping[str, "Value"]


class Tone(StrEnum):
    """Whom a finding helps: those who believe in the subject, or those who doubt it."""

    FOR = "for"
    AGAINST = "against"
    NEUTRAL = "neutral"


@dataclass(frozen=True)
class Finding:
    """`kind` names the macro that says it, in templates/languages/<code>/<section>.j2."""

    section: str
    kind: str
    values: Mapping[str, Value]
    tone: Tone = Tone.NEUTRAL
    longest: int | None = None  # characters that its wording may have; a longer one gives way to the next


def percent(value: float, fact: str) -> Quantity:
    return Quantity(value, Unit.PERCENT, fact)


def share(value: float, fact: str) -> Quantity:
    return Quantity(value, Unit.SHARE, fact)


def points(value: float, fact: str) -> Quantity:
    return Quantity(value, Unit.POINTS, fact)


def price(value: float, fact: str) -> Quantity:
    return Quantity(value, Unit.PRICE, fact)


def count(value: int, fact: str) -> Quantity:
    return Quantity(value, Unit.COUNT, fact)


def ordinal(value: int, fact: str) -> Quantity:
    return Quantity(value, Unit.ORDINAL, fact)


def day(value: date, fact: str) -> Quantity:
    return Quantity(value, Unit.DAY, fact)
