"""Total return of subject and benchmark since the last close of the year before."""

from __future__ import annotations

from reporter.charts.labels import months, ticks_in
from reporter.charts.series import Stroke, draw_series
from reporter.charts.style import INK, SUBJECT, Canvas, Size
from reporter.facts import Facts
from reporter.finding import percent
from reporter.language import Language


def ready(facts: Facts) -> bool:
    """Not where the year has no base, or is one session old."""
    lines, total = facts.lines.performance, facts.returns.total
    return bool(lines) and all("YTD" in total[ticker] and len(lines[ticker].days) > 1 for ticker in lines)


def draw(facts: Facts, language: Language, size: Size) -> Canvas:
    lines, total = facts.lines.performance, facts.returns.total
    strokes = [
        Stroke(
            line=lines[ticker],
            label=f"{ticker} {language.spell(percent(total[ticker]['YTD'], f'returns.{ticker}.YTD'))}",
            colour=colour,
            weight=weight,
            bold=True,
            scale=100,
        )
        for ticker, colour, weight in ((facts.benchmark, INK, 1.0), (facts.subject, SUBJECT, 1.5))
    ]
    days = lines[facts.subject].days
    return draw_series(size, strokes, months(days[0], days[-1], language, ticks_in(size)), language, zero=True)
