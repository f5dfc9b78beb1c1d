"""Every attempt at a turn: when it was, and how far the subject was ahead or behind when its time was up.

The outcome is told by shape and fill as well: a filled triangle up succeeded, an open one down failed, a ring is open.
"""

from __future__ import annotations

from collections.abc import Sequence

from reporter.charts.extents import Box, width
from reporter.charts.labels import Spot, label_days, label_mark, label_values, ticks_in, years
from reporter.charts.style import GREY, INK, PAPER, SUBJECT, Canvas, Size, new_canvas, numbers, round_ticks
from reporter.facts import Facts
from reporter.facts.precedents import Attempt
from reporter.finding import day
from reporter.language import Language

FEWEST = 2  # a chart of one attempt tells nothing
#: Outcome -> marker, colour of its edge, filled.
MARKS = {"succeeded": ("^", INK, True), "failed": ("v", GREY, False), "open": ("o", SUBJECT, False)}
ROOM = 0.2  # share of the span above and below, for the dates


def ready(facts: Facts) -> bool:
    return facts.precedents is not None and len(facts.precedents.attempts) >= FEWEST


def outcome(attempt: Attempt) -> str:
    return "open" if not attempt.known else "succeeded" if attempt.succeeded else "failed"


def draw(facts: Facts, language: Language, size: Size) -> Canvas:
    assert facts.precedents is not None  # noqa: S101 - for the type checker; `ready` was asked before
    attempts = facts.precedents.attempts
    values = [attempt.relative_return * 100 for attempt in attempts]
    low, high = min(0.0, *values), max(0.0, *values)
    room = (high - low) * ROOM or 1.0
    ticks = [(tick, language.axis(tick)) for tick in round_ticks(low - room / 2, high + room / 2)]
    first, last = facts.precedents.since, facts.as_of
    start, end = numbers([first, last]).tolist()
    left = 6.0 + max(width(text, size.small) for _, text in ticks)
    canvas = new_canvas(size, left, 8.0, (start, end), (low - room, high + room))
    canvas.level(0.0, color=GREY, linewidth=0.6)
    stems(canvas, attempts)
    for name, (marker, colour, filled) in MARKS.items():
        mine = [attempt for attempt in attempts if outcome(attempt) == name]
        canvas.line(
            numbers([attempt.day for attempt in mine]), [attempt.relative_return * 100 for attempt in mine],
            linestyle="none", marker=marker, markersize=5, color=colour, markeredgewidth=0.9,
            markerfacecolor=colour if filled else PAPER,
        )  # fmt: skip
    label_values(canvas, ticks)
    label_days(canvas, years(first, last, language, ticks_in(size)))
    label_dates(canvas, attempts, language)
    return canvas


def stems(canvas: Canvas, attempts: Sequence[Attempt]) -> None:
    """From zero to each mark, all in one path."""
    xs, ys = [], []
    for attempt, x in zip(attempts, numbers([attempt.day for attempt in attempts]).tolist(), strict=True):
        xs += [x, x, float("nan")]
        ys += [0.0, attempt.relative_return * 100, float("nan")]
    canvas.line(xs, ys, color=GREY, linewidth=0.6)


def label_dates(canvas: Canvas, attempts: Sequence[Attempt], language: Language) -> None:
    """The newest first, then the farthest, each beyond the end of its stem; a date without room is left out."""
    places = [
        (canvas.x(float(numbers([one.day])[0])), canvas.y(one.relative_return * 100), one.relative_return > 0)
        for one in attempts
    ]
    zero = canvas.y(0)
    marks = [Box(x - 2.8, min(y, zero) - 3, x + 2.8, max(y, zero) + 3) for x, y, _ in places]
    taken = [canvas.margin, *marks]
    order = sorted(range(len(attempts)), key=lambda n: -abs(attempts[n].relative_return))
    for number in sorted(order, key=lambda n: n != len(attempts) - 1):
        (x, y, up), attempt = places[number], attempts[number]
        beyond = 8 if up else -8
        spots = [Spot(0, beyond, "center"), Spot(-3, beyond, "right"), Spot(3, beyond, "left")]
        if number == len(attempts) - 1:  # the one that readers wait for: on the other side of zero, or farther off
            other = zero - y - beyond
            spots += [
                Spot(right, up, "right")
                for right in (5, canvas.size.wide - 1.5 - x)
                for up in (other, 2 * beyond, other - beyond)
            ]
        text = language.spell(day(attempt.day, f"precedents.attempts.{number}.day"), "short")
        label_mark(canvas, x, y, text, taken, colour=INK, spots=spots)
