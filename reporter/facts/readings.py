"""Readings: what the lines of the charts stood at on a few days, so that a reader can be told, and can check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from reporter.facts.series import Line

#: Letters that the ISO dates of a period share.
MONTH, YEAR = len("2024-10"), len("2024")
#: Days before the last reading within which another one would tell nothing new.
NEAR = {MONTH: 10, YEAR: 120}


@dataclass(frozen=True)
class Reading:
    """One day of a chart. A line that has no value there has no key."""

    day: date
    values: Mapping[str, float]  # by line, in the unit of the line


def compute_readings(
    performance: Mapping[str, Line], price: tuple[Line, Line, Line] | None, strength: tuple[Line, Line] | None
) -> Mapping[str, tuple[Reading, ...]]:
    """By chart: months of the performance and of the price, years of relative strength."""
    read = {}
    if performance:
        read["performance"] = read_lines(performance, MONTH)
    if price:
        read["price"] = read_lines(dict(zip(("close", "sma50", "sma200"), price, strict=True)), MONTH)
    if strength:
        read["relative_strength"] = read_lines(dict(zip(("ratio", "average"), strength, strict=True)), YEAR)
    return read


def read_lines(lines: Mapping[str, Line], period: int) -> tuple[Reading, ...]:
    """The lines at the last session of each period after their first day, and at their last one.

    Args:
        lines: By name; the first one says which days there are.
        period: MONTH or YEAR.
    """
    days = next(iter(lines.values())).days
    ends = [day for day, following in pairwise(days) if day.isoformat()[:period] != following.isoformat()[:period]]
    kept = [day for day in ends if day > days[0] and (days[-1] - day).days > NEAR[period]]
    known = {name: dict(zip(line.days, line.values, strict=True)) for name, line in lines.items()}
    return tuple(
        Reading(day, {name: values[day] for name, values in known.items() if day in values})
        for day in (*kept, days[-1])
    )
