"""Labels that touch nothing: at the ends of lines, along the axes, beside marks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from reporter.charts.extents import BOLD, REGULAR, Box, text_box, width
from reporter.charts.style import GREY, INK, LABEL, Canvas, Size, numbers
from reporter.language import Language

APART = 8.8  # points between the middles of two labels at line ends
TICK = 40.0  # points of a drawing's width for each day that is named below its axis
GAP = 4.0  # points between a line's end and its label
FAR = 5.0  # a label moved farther than this from its line is led back to it by a thin stroke


class End(NamedTuple):
    """What stands at the right of a line: its last value in the units of the axis, and the words."""

    value: float
    text: str
    colour: str
    bold: bool


def room_for(ends: Iterable[End]) -> float:
    """Points that the labels need at the right."""
    return GAP + 1 + max((width(end.text, LABEL, BOLD if end.bold else REGULAR) for end in ends), default=0.0)


def spread(wanted: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """Places nearest to the `wanted` ones (ascending) that are `apart` or more from each other, inside low..high.

    Pools neighbours that would touch into a block around their mean, which is the least-squares answer
    (isotonic regression on places less their distance in the row).
    """
    blocks: list[tuple[float, int]] = []  # mean of wanted places less the offset in the row, members
    for number, place in enumerate(wanted):
        mean, members = place - number * apart, 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean, members = (before * count + mean * members) / (count + members), count + members
        blocks.append((mean, members))
    flat = [mean for mean, members in blocks for _ in range(members)]
    top = high - (len(flat) - 1) * apart
    return [min(max(mean, low), max(top, low)) + number * apart for number, mean in enumerate(flat)]


def label_ends(canvas: Canvas, ends: Sequence[End]) -> None:
    """Each as near to its line as the others allow."""
    order = sorted(ends, key=lambda end: end.value)
    wanted = [canvas.y(end.value) for end in order]
    places = spread(wanted, APART, LABEL / 2, canvas.size.high - LABEL / 2)
    right = canvas.plot.right
    for end, at, place in zip(order, wanted, places, strict=True):
        if abs(place - at) > FAR:
            canvas.stroke((right + 0.8, right + GAP - 0.8), (at, place), color=GREY, linewidth=0.5)
        canvas.text(right + GAP, place, end.text, color=end.colour, bold=end.bold)


def label_values(canvas: Canvas, ticks: Sequence[tuple[float, str]]) -> None:
    """A few values at the left of the vertical axis, without a line."""
    for value, text in ticks:
        canvas.text(canvas.plot.left - GAP, canvas.y(value), text, size=canvas.size.small, color=GREY, ha="right")


def label_days(canvas: Canvas, ticks: Sequence[tuple[date, str]]) -> None:
    """Below the horizontal axis; what would leave the chart is moved in, what would touch another is left out."""
    free = 0.0
    for day, text in ticks:
        half = width(text, canvas.size.small) / 2
        x = min(max(canvas.x(float(numbers([day])[0])), half), canvas.size.wide - half)
        if x - half >= free:
            canvas.text(x, canvas.plot.low - 8, text, size=canvas.size.small, color=GREY, ha="center")
            free = x + half + 5


def ticks_in(size: Size) -> int:
    """How many days are named below the axis, at most."""
    return int(size.wide / TICK)


def months(first: date, last: date, language: Language, most: int) -> list[tuple[date, str]]:
    """Firsts of months, evenly: every one, every second, every third …, with the year in January."""
    found = [
        date(year, month, 1)
        for year in range(first.year, last.year + 1)
        for month in range(1, 13)
        if first <= date(year, month, 1) <= last
    ]
    step = next((step for step in (1, 2, 3, 4, 6) if len(found) <= most * step), 12)
    kept = [day for day in found if (day.month - 1) % step == 0]
    return [(day, language.tick(day, "year" if day.month == 1 else "month")) for day in kept]


def years(first: date, last: date, language: Language, most: int) -> list[tuple[date, str]]:
    """Firsts of January, evenly, the last one always among them."""
    found = range(first.year + (first > date(first.year, 1, 1)), last.year + 1)
    step = -(-len(found) // most) if found else 1
    return [
        (day, language.tick(day, "year"))
        for day in (date(year, 1, 1) for year in found if (last.year - year) % step == 0)
    ]


class Spot(NamedTuple):
    """A place that a label may take: offset in points, and what of the label stands there."""

    right: float
    up: float
    align: str


#: Around a mark, tried in this order.
AROUND = (
    Spot(5, 0, "left"), Spot(-5, 0, "right"), Spot(0, 8, "center"), Spot(0, -8, "center"),
    Spot(4, 7, "left"), Spot(-4, 7, "right"), Spot(4, -7, "left"), Spot(-4, -7, "right"),
    Spot(9, 10, "left"), Spot(-9, 10, "right"), Spot(9, -10, "left"), Spot(-9, -10, "right"),
    Spot(0, 16, "center"), Spot(0, -16, "center"),
)  # fmt: skip


def label_mark(
    canvas: Canvas, x: float, y: float, text: str, taken: list[Box], *, colour: str = INK, bold: bool = False,
    size: float | None = None, spots: Sequence[Spot] = AROUND,
) -> bool:  # fmt: skip
    """Greedy: at the first spot where it touches nothing `taken`, which it then joins; without one it is left out."""
    size = size or canvas.size.small
    inside = Box(1, canvas.plot.low - 2, canvas.size.wide - 1, canvas.size.high)
    for spot in spots:
        box = text_box(x + spot.right, y + spot.up, text, size, BOLD if bold else REGULAR, align=spot.align)
        if box.within(inside) and box.free_of(taken):
            taken.append(box)
            canvas.text(x + spot.right, y + spot.up, text, size=size, color=colour, bold=bold, ha=spot.align)
            return True
    return False
