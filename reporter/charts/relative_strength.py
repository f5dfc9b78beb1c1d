"""Relative strength over the years with its average."""

from __future__ import annotations

from reporter.charts.labels import ticks_in, years
from reporter.charts.series import Stroke, draw_series
from reporter.charts.style import GREY, SUBJECT, Canvas, Size
from reporter.facts import Facts
from reporter.finding import Quantity, Unit
from reporter.language import Language


def ready(facts: Facts) -> bool:
    """Not where there is too little common history."""
    lines = facts.lines.relative_strength
    return lines is not None and facts.relative_strength is not None and len(lines[0].days) > 1


def draw(facts: Facts, language: Language, size: Size) -> Canvas:
    assert facts.lines.relative_strength is not None  # noqa: S101 - for the type checker; `ready` was asked before
    ratio, average = facts.lines.relative_strength
    level = language.spell(Quantity(ratio.values[-1], Unit.LEVEL, "relative_strength.chart_end"))
    strokes = [Stroke(line=ratio, label=level, colour=SUBJECT, weight=1.2, bold=True)]
    if average.days:
        label = language.label("charts", "average")
        strokes.insert(0, Stroke(line=average, label=label, colour=GREY, weight=1.0, dashed=True))
    return draw_series(
        size, strokes, years(ratio.days[0], ratio.days[-1], language, ticks_in(size)), language, zero=False
    )
