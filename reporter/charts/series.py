"""Lines over time: the frame that three charts share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from reporter.charts.extents import Box, width
from reporter.charts.labels import End, label_days, label_ends, label_values, room_for
from reporter.charts.style import DASHED, GREY, Canvas, Size, new_canvas, numbers, round_ticks
from reporter.facts.series import Line
from reporter.language import Language

#: Points that a line has for a point of width, at most.
DENSE = 2
ROOM = 0.05  # share of the span kept free above and below the lines


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """A line with the label at its end; `scale` turns its values into those of the axis."""

    line: Line
    label: str
    colour: str
    weight: float  # points
    bold: bool = False
    dashed: bool = False
    scale: float = 1.0

    @cached_property
    def values(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array(self.line.values) * self.scale


def draw_series(
    size: Size, strokes: Sequence[Stroke], ticks: Sequence[tuple[date, str]], language: Language, *, zero: bool
) -> Canvas:
    """The lines, first one undermost, with their labels, a few values and the given ticks.

    Args:
        zero: Whether a line at zero takes the place of the axis line at the foot.
    """
    low = min(float(stroke.values.min()) for stroke in strokes)
    high = max(float(stroke.values.max()) for stroke in strokes)
    low, high = (min(low, 0.0), max(high, 0.0)) if zero else (low, high)
    room = (high - low) * ROOM or abs(high) * ROOM or 1.0
    values = [(tick, language.axis(tick)) for tick in round_ticks(low - room, high + room)]
    ends = [
        End(float(stroke.values[-1]), stroke.label, stroke.colour, stroke.bold) for stroke in strokes if stroke.label
    ]
    left = 6.0 + max((width(text, size.small) for _, text in values), default=0.0)
    days = [day for stroke in strokes for day in (stroke.line.days[0], stroke.line.days[-1])]
    first, last = numbers([min(days), max(days)]).tolist()
    up = low - room, high + room
    canvas = new_canvas(size, left, room_for(ends), (first, max(last, first + 1)), up)
    canvas.level(0.0 if zero else up[0], color=GREY, linewidth=0.6)
    for stroke in strokes:
        draw_line(canvas, stroke)
    label_values(canvas, values)
    label_days(canvas, ticks)
    label_ends(canvas, ends)
    return canvas


def draw_line(canvas: Canvas, stroke: Stroke) -> None:
    """One path, decimated. The last point is always kept."""
    count = len(stroke.line.values)
    kept = sorted({*range(0, count, max(1, -(-count // int(DENSE * canvas.size.wide)))), count - 1})
    canvas.line(
        numbers([stroke.line.days[n] for n in kept]), stroke.values[kept], color=stroke.colour, linewidth=stroke.weight,
        linestyle=DASHED if stroke.dashed else "-",
    )  # fmt: skip


def obstacles(canvas: Canvas, strokes: Sequence[Stroke]) -> list[Box]:
    """What a label inside the plot must not touch: labels left and right of it, and the lines at every few points."""
    found = [canvas.margin, Box(canvas.plot.right + 2, 0, canvas.size.wide, canvas.size.high)]
    for stroke in strokes:
        step = max(1, len(stroke.line.days) // 120)
        xs, ys = numbers(stroke.line.days[::step]), stroke.values[::step]
        for x, y in zip(xs.tolist(), ys.tolist(), strict=True):
            at, up = canvas.x(x), canvas.y(y)
            found.append(Box(at - 1.2, up - 1.2, at + 1.2, up + 1.2))
    return found
