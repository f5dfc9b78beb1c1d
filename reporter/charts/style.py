"""One visual language for every chart: thin SVG, direct labels, one axis line, no legend, no grid.

The look that matplotlib can be told in a file stands in templates/brief.mplstyle.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

import numpy as np
from matplotlib import font_manager, rc_context, rc_params_from_file
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from reporter.facts.series import Line
from reporter.language import BUNDLED

SUBJECT, INK, GREY, PALE = "#0b5fa5", "#1b2430", "#6b7480", "#d5d9e0"
#: By the names that the page gives them; in dark mode it has others.
INKS = {"subject": SUBJECT, "ink": INK, "grey": GREY, "pale": PALE}
WIDTH = 240.0  # points: a column of the page
LABEL, SMALL = 7.0, 6.4  # points
LEFT, RIGHT = 20.0, 54.0  # points kept for the labels of the value axis and of the line ends
#: A line has at most this many points: one for half a point of width.
MOST_POINTS = 2 * int(WIDTH)


@cache
def look() -> dict[str, Any]:
    """rcParams of the bundled style, with the bundled fonts registered."""
    for path in sorted((BUNDLED / "fonts").glob("Inter-*.ttf")):
        font_manager.fontManager.addfont(path)
    style = rc_params_from_file(BUNDLED / "brief.mplstyle", use_default_template=False)
    return {str(name): value for name, value in style.items()}


def new_chart(height: float, left: float = LEFT, right: float = RIGHT, bottom: float = 14.0) -> tuple[Figure, Axes]:
    """An empty chart of WIDTH × `height` points with fixed margins: nothing is measured to lay it out."""
    figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=72)
    FigureCanvasSVG(figure)
    return figure, figure.add_axes(
        (left / WIDTH, bottom / height, 1 - (left + right) / WIDTH, 1 - (bottom + 6) / height)
    )


def to_svg(figure: Figure, name: str) -> str:
    """SVG for inlining: text as text, coordinates with one decimal, no declarations, no ids of another chart."""
    buffer = io.StringIO()
    with rc_context({"svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return thin(buffer.getvalue(), name)


#: What a browser and WeasyPrint do not need. In this order.
THINNER = (
    (re.compile(r"^.*?(?=<svg)", re.DOTALL), ""),
    (re.compile(r"<metadata>.*?</metadata>", re.DOTALL), ""),
    (re.compile(r"<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL), ""),
    (re.compile(r"<!--.*?-->", re.DOTALL), ""),
    (re.compile(r'<g id="[^"]*">'), "<g>"),
    (re.compile(r' transform="rotate\(-0 [^"]*"'), ""),
    (re.compile(r'<g id="[^"]*"/>'), ""),
    (re.compile(r'<path d="[^"]*" style="fill: none"/>'), ""),
    (re.compile(r"; stroke-linejoin: miter"), ""),
    (re.compile(r"; stroke-linecap: (?:butt|square)"), ""),
    (re.compile(r"\n+\s*"), "\n"),
    (re.compile(r"<g>\s*</g>"), ""),
    (re.compile(r"<g>\s*</g>"), ""),
    (re.compile(r'<svg [^>]*viewBox="([^"]*)"[^>]*>'), r'<svg xmlns="http://www.w3.org/2000/svg" viewBox="\1">'),
)  # fmt: skip
#: Where a tenth of a point is enough; what stands in a text is not touched.
COORDINATES = re.compile(r' (?:d|x|y|transform)="[^"]*"')
BEYOND_TENTHS = re.compile(r"(?<=\d\.\d)\d+")


def thin(svg: str, name: str) -> str:
    """The same drawing in fewer bytes and nodes, with ids that are unique on a page."""
    for pattern, replacement in THINNER:
        svg = pattern.sub(replacement, svg)
    svg = COORDINATES.sub(lambda found: BEYOND_TENTHS.sub("", found[0]), svg)
    svg = re.sub(r'id="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'xlink:href="#([^"]+)"', rf'href="#{name}-\1"', svg)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg).strip()


def numbers(days: Sequence[date]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Days as days since 1970, which is how matplotlib counts."""
    return np.array(days, dtype="datetime64[D]").astype("float64")


def draw_line(axes: Axes, line: Line, scale: float = 1.0, **looks: object) -> None:
    """One path, decimated, never clipped. The last point is always kept."""
    step = max(1, -(-len(line.values) // MOST_POINTS))
    kept = sorted({*range(0, len(line.values), step), len(line.values) - 1})
    x, y = numbers(line.days)[kept], np.array(line.values)[kept] * scale
    axes.plot(x, y, clip_on=False, **looks)  # type: ignore[arg-type]


def time_axis(axes: Axes, first: date, last: date, ticks: Sequence[tuple[date, str]]) -> None:
    """Horizontal axis from `first` to `last` with the given labels."""
    low, high = numbers((first, last))
    axes.set_xlim(float(low), float(max(high, low + 1)))
    axes.set_xticks(numbers([day for day, _ in ticks]).tolist(), [text for _, text in ticks])


def value_axis(axes: Axes, ticks: Sequence[tuple[float, str]]) -> None:
    """A few values at the left, without a line."""
    axes.set_yticks([value for value, _ in ticks], [text for _, text in ticks])


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


def end_labels(axes: Axes, labels: Sequence[tuple[float, str, str, bool]], height: float) -> None:
    """Labels at the right of line ends: (value, text, colour, bold), pushed apart so that none touches another."""
    low, high = axes.get_ylim()
    apart = 9.0 / height * (high - low)
    order = sorted(labels, key=lambda label: label[0])
    places = [label[0] for label in order]
    for _ in range(len(places)):
        for lower in range(len(places) - 1):
            overlap = apart - (places[lower + 1] - places[lower])
            if overlap > 1e-12:
                places[lower] -= overlap / 2
                places[lower + 1] += overlap / 2
    right = axes.get_xlim()[1]
    shift = 4 / (WIDTH - LEFT - RIGHT) * (right - axes.get_xlim()[0])
    for place, (_, text, colour, bold) in zip(places, order, strict=True):
        axes.text(
            right + shift, place, text, color=colour, fontsize=LABEL, va="center_baseline",
            fontweight=600 if bold else 400, clip_on=False,
        )  # fmt: skip
