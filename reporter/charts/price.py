"""Close of the subject with its two averages, and the last cross where it falls inside the year."""

from __future__ import annotations

from reporter.charts.performance import months
from reporter.charts.style import (
    GREY,
    INK,
    SMALL,
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
from reporter.finding import price
from reporter.language import Language

HEIGHT = 104.0


def draw(facts: Facts, language: Language) -> str | None:
    """None where the subject has no technical facts."""
    lines, status = facts.lines.price, facts.technicals.get(facts.subject)
    if lines is None or status is None:
        return None
    close, fast, slow = lines
    figure, axes = new_chart(HEIGHT, left=24.0, right=60.0)
    draw_line(axes, slow, color=GREY, linewidth=1.2)
    draw_line(axes, fast, color=GREY, linewidth=0.9, linestyle=(0, (3, 1.6)))
    draw_line(axes, close, color=SUBJECT, linewidth=1.3)
    time_axis(axes, close.days[0], close.days[-1], months(close.days[0], close.days[-1], language))
    value_axis(axes, [(tick, language.axis(tick)) for tick in round_ticks(*axes.get_ylim())])
    axes.spines["bottom"].set_visible(True)
    cross = status.cross
    if cross is not None and cross.day in fast.days:
        x, y = float(numbers([cross.day])[0]), fast.values[fast.days.index(cross.day)]
        axes.plot(
            [x], [y], marker="o", markersize=4, color=INK, markerfacecolor="none", markeredgewidth=0.8, clip_on=False
        )
        text = language.label("charts", "golden_cross" if cross.golden else "death_cross")
        low, high = axes.get_xlim()
        near_left = (x - low) < (high - low) / 3
        axes.annotate(
            text, (x, y), (2 if near_left else 4, -13), textcoords="offset points",
            fontsize=SMALL, color=INK, ha="left" if near_left else "center",
        )  # fmt: skip
    labels = (
        ("close", status.close, SUBJECT, True),
        ("sma50", status.sma50, GREY, False),
        ("sma200", status.sma200, GREY, False),
    )
    end_labels(
        axes,
        [
            (value, f"{language.spell(price(value, ''))} {language.label('charts', name)}", colour, bold)
            for name, value, colour, bold in labels
        ],
        HEIGHT - 20,
    )
    return to_svg(figure, "price")
