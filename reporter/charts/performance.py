"""Total return of subject and benchmark since the last close of the year before."""

from __future__ import annotations

from datetime import date

from reporter.charts.style import (
    GREY,
    INK,
    SUBJECT,
    draw_line,
    end_labels,
    new_chart,
    round_ticks,
    time_axis,
    to_svg,
    value_axis,
)  # fmt: skip
from reporter.facts import Facts
from reporter.finding import percent
from reporter.language import Language

HEIGHT = 108.0


def draw(facts: Facts, language: Language) -> str | None:
    """None where the year has no base, or is one session old."""
    lines = facts.lines.performance
    total = facts.returns.total
    if not all("YTD" in total[ticker] and len(lines[ticker].days) > 1 for ticker in lines) or not lines:
        return None
    figure, axes = new_chart(HEIGHT)
    for ticker, colour, width in ((facts.benchmark, INK, 1.0), (facts.subject, SUBJECT, 1.5)):
        draw_line(axes, lines[ticker], 100, color=colour, linewidth=width)
    first, last = lines[facts.subject].days[0], facts.as_of
    axes.axhline(0, color=GREY, linewidth=0.6, clip_on=False)
    time_axis(axes, first, last, months(first, last, language))
    value_axis(axes, [(tick, language.axis(tick)) for tick in round_ticks(*axes.get_ylim())])
    end_labels(
        axes,
        [
            (total[ticker]["YTD"] * 100, f"{ticker} {language.spell(percent(total[ticker]['YTD'], ''))}", colour, True)
            for ticker, colour in ((facts.benchmark, INK), (facts.subject, SUBJECT))
        ],
        HEIGHT - 20,
    )
    return to_svg(figure, "performance")


def months(first: date, last: date, language: Language) -> list[tuple[date, str]]:
    """The first of a month, as many as fit: every one, every second or every third."""
    found = []
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month):
        if date(year, month, 1) >= first:
            found.append(date(year, month, 1))
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    step = 1 if len(found) <= 5 else 2 if len(found) <= 7 else 3
    kept = [day for day in found if (day.month - 1) % step == 0]
    return [(day, language.tick(day, "year" if day.month == 1 else "month")) for day in kept]
