"""One visual language for every chart: few inks, direct labels, one axis line, no legend, no grid.

Colours are named by their place in the cycle, so that one drawing serves any accent, page and mail.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple, TypeVar

import numpy as np
from cycler import cycler
from matplotlib import rcParams, rcParamsDefault
from matplotlib.artist import Artist
from matplotlib.lines import Line2D

from reporter.charts.extents import Box

#: The subject's colour where the brand has none of its own.
ACCENT = "#0b5fa5"
SUBJECT, INK, GREY, PALE, PAPER = "C0", "C1", "C2", "C3", "C4"
#: By the names that the page gives them; in dark mode it has others. The subject's is the accent.
NEUTRALS = {"ink": "#1b2430", "grey": "#5b6470", "pale": "#d5d9e0", "paper": "#ffffff"}
WIDTH = 240.0  # points: a column of the page
PHONE = 180.0  # points: the width of a phone, 320 pixels and more: letters of LABEL points are 11 there, or larger
MAIL = 200.0  # points: the width of a mail, whose letters cannot grow on a phone: 11 pixels there on a screen of 360
LABEL, SMALL = 7.0, 6.4  # points
BOTTOM, TOP = 14.0, 7.0  # points below and above the plot: labels of the axis, half a label
DASHED = (0, (3, 1.6))
EPOCH = date(1970, 1, 1).toordinal()
Values = Sequence[float] | np.ndarray[Any, Any]
Number = TypeVar("Number", float, np.ndarray[Any, Any])


def inks(accent: str) -> dict[str, str]:
    """Colour by name."""
    return {"subject": accent, **NEUTRALS}


@cache
def look(accent: str) -> dict[str, Any]:
    """rcParams of every drawing, with the inks as the cycle of colours.

    What a matplotlibrc has changed, in the current folder say, is as matplotlib has it by itself.
    """
    # A backend draws on a screen, and to ask for it imports pyplot.
    changed = {str(name): own for name, own in rcParamsDefault.items() if name != "backend" and rcParams[name] != own}
    return changed | {
        "axes.prop_cycle": cycler(color=list(inks(accent).values())),
        "lines.solid_capstyle": "round",
        "lines.solid_joinstyle": "round",
        "path.simplify_threshold": 0.3,  # points
        "svg.hashsalt": "",  # ids of marks are the same each time
    }


class Size(NamedTuple):
    """Of a drawing, in points. A page may show it larger: how large its letters are there is a matter of `wide`."""

    wide: float
    high: float

    @property
    def small(self) -> float:
        """Letters of axes and marks. A narrow drawing has one size of letters, that of labels."""
        return SMALL if self.wide >= WIDTH else LABEL


class Frame(NamedTuple):
    """Where the plot stands in its drawing, and what it spans: enough to find a value again without the drawing.

    Values stand at the same share of the plot in every drawing of a chart.
    """

    size: Size
    plot: Box  # points
    across: tuple[float, float]  # what the horizontal axis spans: days since 1970, or values
    up: tuple[float, float]

    @property
    def inset(self) -> tuple[float, float, float, float]:
        """Of the plot from the edges of the drawing: top, right, bottom, left, in per cent of its height or width."""
        wide, high, plot = self.size.wide, self.size.high, self.plot
        return (
            100 - plot.high / high * 100, 100 - plot.right / wide * 100, plot.low / high * 100, plot.left / wide * 100,
        )  # fmt: skip

    def along(self, value: float) -> float:
        """From the left of the plot, in per cent of its width."""
        low, high = self.across
        return (value - low) / (high - low) * 100

    def down(self, value: float) -> float:
        """From the top of the plot, in per cent of its height."""
        low, high = self.up
        return (high - value) / (high - low) * 100


class Lettering(NamedTuple):
    """A text on a drawing: `align` says what of it stands at x, its middle line is at y, in points."""

    x: float
    y: float
    text: str
    size: float  # points
    bold: bool
    colour: str
    align: str


class Canvas(NamedTuple):
    """What is drawn, in points from the lower left corner, undermost first, and where its plot stands.

    Artists of matplotlib's without a figure or axes of its, which take more time to import and to draw than all else
    and of which nothing would be seen.
    """

    size: Size
    plot: Box
    across: tuple[float, float]
    up: tuple[float, float]
    artists: list[Artist]
    letters: list[Lettering]

    def text(
        self, x: float, y: float, text: str, *, color: str, size: float = LABEL, bold: bool = False, ha: str = "left"
    ) -> None:
        """On top of everything else."""
        self.letters.append(Lettering(x, y, text, size, bold, color, ha))

    def stroke(self, xs: Values, ys: Values, **looks: Any) -> None:
        """A line, or marks, through points of the drawing."""
        self.artists.append(Line2D(xs, ys, **looks))

    def line(self, xs: Values, ys: Values, **looks: Any) -> None:
        """The same through values of the axes."""
        self.stroke(self.x(np.asarray(xs)), self.y(np.asarray(ys)), **looks)

    def dots(self, xs: Values, ys: Values, wide: float, colour: str) -> None:
        """Dots `wide` points across, at values of the axes: strokes with round ends that go next to nowhere, all of
        them one node of the SVG, where each of matplotlib's markers is two.
        """
        x, y = self.x(np.asarray(xs)), self.y(np.asarray(ys))
        ends = np.column_stack([x - 0.05, x + 0.05, np.full_like(x, np.nan)])
        # Unsnapped: on the grid of a PNG both ends of a stroke may be one, and then nothing is drawn.
        self.stroke(ends.ravel(), np.repeat(y, 3), color=colour, linewidth=wide, snap=False)

    def level(self, value: float, **looks: Any) -> None:
        """A line across the plot."""
        self.stroke((self.plot.left, self.plot.right), (self.y(value),) * 2, **looks)

    def upright(self, value: float, **looks: Any) -> None:
        """A line from the foot of the plot to its top."""
        self.stroke((self.x(value),) * 2, (self.plot.low, self.plot.high), **looks)

    @property
    def margin(self) -> Box:
        """What stands left of the plot: values of the axis, and nothing else."""
        return Box(0, 0, self.plot.left - 2, self.size.high)

    @property
    def frame(self) -> Frame:
        return Frame(self.size, self.plot, self.across, self.up)

    def x(self, value: Number) -> Number:
        """Points of a value, or of several, on the horizontal axis."""
        low, high = self.across
        return self.plot.left + (value - low) / (high - low) * (self.plot.right - self.plot.left)

    def y(self, value: Number) -> Number:
        """Points of a value, or of several, on the vertical axis."""
        low, high = self.up
        return self.plot.low + (value - low) / (high - low) * (self.plot.high - self.plot.low)


def new_canvas(
    size: Size, left: float, right: float, across: tuple[float, float], up: tuple[float, float],
    bottom: float = BOTTOM, top: float = TOP,
) -> Canvas:  # fmt: skip
    """Empty, with margins in points, and what its axes span."""
    return Canvas(size, Box(left, bottom, size.wide - right, size.high - top), across, up, [], [])


def numbers(days: Sequence[date]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Days as days since 1970, which is how matplotlib counts."""
    return np.array([day.toordinal() - EPOCH for day in days], "float64")


def round_ticks(low: float, high: float, most: int = 4) -> list[float]:
    """Round values inside low..high, at most `most`."""
    span = high - low
    if span <= 0:
        return [low]
    step = 10 ** np.floor(np.log10(span))
    for factor in (0.1, 0.2, 0.25, 0.5, 1, 2, 5):
        ticks = np.arange(np.ceil(low / (step * factor)), np.floor(high / (step * factor)) + 1) * step * factor
        if len(ticks) <= most:
            return [float(tick) for tick in ticks]
    return [low, high]
