"""Relative strength over the years with its average, and every attempt at a turn marked by its outcome.

The outcome is told by shape and fill: a filled triangle up succeeded, an open one down failed, a ring is open.
"""

from __future__ import annotations

from reporter.charts.style import (
    GREY,
    INK,
    SUBJECT,
    draw_line,
    end_labels,
    new_chart,
    numbers,
    round_ticks,
    time_axis,
    to_svg,
    value_axis,
)  # fmt: skip
from reporter.facts import Facts
from reporter.finding import Quantity, Unit
from reporter.language import Language

HEIGHT = 110.0
MARKS = {"succeeded": ("^", INK), "failed": ("v", "none"), "open": ("o", "none")}


def draw(facts: Facts, language: Language) -> str | None:
    """None where there is not enough common history."""
    if facts.lines.relative_strength is None or facts.relative_strength is None:
        return None
    ratio, average = facts.lines.relative_strength
    if len(ratio.days) < 2:
        return None
    figure, axes = new_chart(HEIGHT)
    if average.days:
        draw_line(axes, average, color=GREY, linewidth=1.0, linestyle=(0, (3, 1.6)))
    draw_line(axes, ratio, color=SUBJECT, linewidth=1.2)
    first, last = ratio.days[0], ratio.days[-1]
    step = 1 if last.year - first.year <= 4 else 2
    years = [year for year in range(first.year + 1, last.year + 1) if (last.year - year) % step == 0]
    time_axis(
        axes,
        first,
        last,
        [(day, language.tick(day, "year")) for day in (first.replace(year=y, month=1, day=1) for y in years)],
    )
    value_axis(axes, [(tick, language.axis(tick)) for tick in round_ticks(*axes.get_ylim())])
    axes.spines["bottom"].set_visible(True)
    places = dict(zip(ratio.days, ratio.values, strict=True))
    for attempt in facts.precedents.attempts if facts.precedents else ():
        outcome = "open" if not attempt.known else "succeeded" if attempt.succeeded else "failed"
        marker, fill = MARKS[outcome]
        if attempt.day in places:
            axes.plot(
                numbers([attempt.day]), [places[attempt.day]], marker=marker, markersize=4.6, color=INK,
                markerfacecolor=fill, markeredgewidth=0.9, clip_on=False,
            )  # fmt: skip
    level = Quantity(ratio.values[-1], Unit.LEVEL, "")
    labels = [(ratio.values[-1], language.spell(level), SUBJECT, True)]
    if average.days:
        labels.append((average.values[-1], language.label("charts", "average"), GREY, False))
    end_labels(axes, labels, HEIGHT - 20)
    return to_svg(figure, "relative_strength")
