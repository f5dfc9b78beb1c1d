"""Close of the subject with its two averages, and the last cross where it falls inside the year."""

from __future__ import annotations

from reporter.charts.labels import Spot, label_mark, months, ticks_in
from reporter.charts.series import Stroke, draw_series, obstacles
from reporter.charts.style import GREY, INK, SUBJECT, Canvas, Size, numbers
from reporter.facts import Facts
from reporter.finding import price
from reporter.language import Language

#: Where the words of the cross may stand: below it or above, nearest first.
SPOTS = tuple(
    Spot(right, up, align)
    for up in (-9, 10, -14, 15, -20, 22, -27, 30)
    for right, align in ((0, "center"), (3, "left"), (-3, "right"))
)


def ready(facts: Facts) -> bool:
    """Not where the subject has no technical facts."""
    return facts.lines.price is not None and facts.subject in facts.technicals


def draw(facts: Facts, language: Language, size: Size) -> Canvas:
    assert facts.lines.price is not None  # noqa: S101 - for the type checker; `ready` was asked before
    close, fast, slow = facts.lines.price
    status = facts.technicals[facts.subject]

    def label(name: str, value: float) -> str:
        return f"{language.spell(price(value, f'technicals.{facts.subject}.{name}'))} {language.label('charts', name)}"

    strokes = [
        Stroke(line=slow, label=label("sma200", status.sma200), colour=GREY, weight=0.8),
        Stroke(line=fast, label=label("sma50", status.sma50), colour=GREY, weight=0.9, dashed=True),
        Stroke(line=close, label=label("close", status.close), colour=SUBJECT, weight=1.5, bold=True),
    ]
    canvas = draw_series(
        size, strokes, months(close.days[0], close.days[-1], language, ticks_in(size)), language, zero=False
    )
    cross = status.cross
    if cross is not None and cross.day in fast.days:
        x, y = float(numbers([cross.day])[0]), fast.values[fast.days.index(cross.day)]
        canvas.line([x], [y], marker="o", markersize=4, color=INK, markerfacecolor="none", markeredgewidth=0.8)
        text = language.label("charts", "golden_cross" if cross.golden else "death_cross")
        label_mark(canvas, canvas.x(x), canvas.y(y), text, obstacles(canvas, strokes), spots=SPOTS)
    return canvas
