"""One visual language for every chart: few inks, direct labels, one axis line, no legend, no grid.

The look that matplotlib can be told in a file stands in templates/brief.mplstyle. Colours are named by their place in
the cycle, so that one drawing serves any accent, page and mail.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from cycler import cycler
from matplotlib import font_manager, rc_params_from_file
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reporter.charts.extents import Box
from reporter.language import BUNDLED

#: The subject's colour where the brand has none of its own.
ACCENT = "#0b5fa5"
SUBJECT, INK, GREY, PALE, PAPER = "C0", "C1", "C2", "C3", "C4"
#: By the names that the page gives them; in dark mode it has others. The subject's is the accent.
NEUTRALS = {"ink": "#1b2430", "grey": "#5b6470", "pale": "#d5d9e0", "paper": "#ffffff"}
WIDTH = 240.0  # points: a column of the page
LABEL, SMALL = 7.0, 6.4  # points
BOTTOM, TOP = 14.0, 7.0  # points below and above the plot: labels of the axis, half a label
DASHED = (0, (3, 1.6))


def inks(accent: str) -> dict[str, str]:
    """Colour by name."""
    return {"subject": accent, **NEUTRALS}


@cache
def look(accent: str) -> dict[str, Any]:
    """rcParams of the bundled style, with the bundled fonts registered and the inks as the cycle of colours."""
    for path in sorted((BUNDLED / "fonts").glob("Inter-*.ttf")):
        font_manager.fontManager.addfont(path)
    style = rc_params_from_file(BUNDLED / "brief.mplstyle", use_default_template=False)
    cycle = cycler(color=list(inks(accent).values()))
    return {str(name): value for name, value in style.items()} | {"axes.prop_cycle": cycle}


class Frame(NamedTuple):
    """Where the plot stands in its drawing, and what it spans: enough to find a value again without the drawing."""

    plot: Box  # points
    height: float  # of the drawing, points; it is WIDTH wide
    across: tuple[float, float]  # what the horizontal axis spans: days since 1970, or values
    up: tuple[float, float]

    @property
    def left(self) -> float:
        """Of the plot, in per cent of the drawing's width."""
        return self.plot.left / WIDTH * 100

    @property
    def right(self) -> float:
        return self.plot.right / WIDTH * 100

    def x(self, value: float) -> float:
        """From the left of the drawing, in per cent of its width."""
        low, high = self.across
        return self.left + (value - low) / (high - low) * (self.right - self.left)

    def y(self, value: float) -> float:
        """From the top of the drawing, in per cent of its height."""
        low, high = self.up
        points = self.plot.low + (value - low) / (high - low) * (self.plot.high - self.plot.low)
        return 100 - points / self.height * 100


class Canvas(NamedTuple):
    """A figure of WIDTH × `height` points, its axes, and where they stand: nothing is measured to lay it out."""

    figure: Figure
    axes: Axes
    plot: Box
    height: float

    def text(self, x: float, y: float, text: str, *, size: float = LABEL, bold: bool = False, **looks: Any) -> None:
        """At points from the lower left corner; the middle line of the text at `y`."""
        self.figure.text(
            x / WIDTH, y / self.height, text, fontsize=size, fontweight=600 if bold else 400,
            va="center_baseline", **looks,
        )  # fmt: skip

    @property
    def margin(self) -> Box:
        """What stands left of the plot: values of the axis, and nothing else."""
        return Box(0, 0, self.plot.left - 2, self.height)

    @property
    def frame(self) -> Frame:
        return Frame(self.plot, self.height, self.axes.get_xlim(), self.axes.get_ylim())

    def x(self, value: float) -> float:
        """Points of a value on the horizontal axis."""
        low, high = self.axes.get_xlim()
        return self.plot.left + (value - low) / (high - low) * (self.plot.right - self.plot.left)

    def y(self, value: float) -> float:
        """Points of a value on the vertical axis."""
        low, high = self.axes.get_ylim()
        return self.plot.low + (value - low) / (high - low) * (self.plot.high - self.plot.low)


def new_canvas(height: float, left: float, right: float, bottom: float = BOTTOM, top: float = TOP) -> Canvas:
    """Empty, with margins in points."""
    figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=72)
    plot = Box(left, bottom, WIDTH - right, height - top)
    axes = figure.add_axes((left / WIDTH, bottom / height, (plot.right - left) / WIDTH, (plot.high - bottom) / height))
    axes.set_xticks([])
    axes.set_yticks([])
    return Canvas(figure, axes, plot, height)


def numbers(days: Sequence[date]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Days as days since 1970, which is how matplotlib counts."""
    return np.array(days, dtype="datetime64[D]").astype("float64")


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
