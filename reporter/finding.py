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
    RATE_POINTS = "rate_points"  # a difference of two rates
    PRICE = "price"  # two decimals
    INDEX = "index"  # no decimals: RSI
    LEVEL = "level"  # one decimal: VIX, RS-Ratio
    RATIO = "ratio"  # two decimals: correlation, z
    COUNT = "count"
    ORDINAL = "ordinal"
    DAY = "day"
    YEAR = "year"


@dataclass(frozen=True)
class Quantity:
    """One fact with its unit. `fact` is its path in facts.json, so that whoever prints it can be traced."""

    value: float | int | date
    unit: Unit
    fact: str

    @property
    def up(self) -> bool:
        """Over zero. Templates ask for the side, never for the number."""
        return not isinstance(self.value, date) and self.value > 0


@dataclass(frozen=True)
class Fund:
    """A fund to be named: the language knows its names."""

    ticker: str


Value = Quantity | Fund | str | bool | None | tuple["Value", ...] | Mapping[str, "Value"]


@dataclass(frozen=True)
class Finding:
    """`kind` names the macro that says it, in templates/languages/<code>/<section>.j2."""

    section: str
    kind: str
    values: Mapping[str, Value]


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
