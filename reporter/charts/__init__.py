"""Draws facts. Nothing is computed and nothing is said here: numbers come from facts, words from the language."""

from __future__ import annotations

import os

from reporter.cache import cache_folder

# Where matplotlib keeps its list of fonts: a home that is missing or read-only costs a search and a warning each time.
os.environ.setdefault("MPLCONFIGDIR", str(cache_folder() or ""))

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

from reporter.errors import DocumentError

try:
    from matplotlib import rc_context
except UnicodeDecodeError as error:  # it reads a matplotlibrc before anybody can tell it not to
    raise DocumentError("matplotlib cannot read its file 'matplotlibrc', in this folder say: it is no UTF-8") from error

from reporter.charts import attempts, field, performance, price, relative_strength, rotation
from reporter.charts.output import to_png, to_svg
from reporter.charts.style import ACCENT, MAIL, WIDTH, Canvas, Frame, Size, look
from reporter.facts import Facts
from reporter.language import Language

#: Pixels of a picture's width: twice the 480 that a column of mail has.
MAIL_PIXELS = 960


class Chart(NamedTuple):
    """What draws a chart, and the heights that it can have. `ready` tells whether its facts are there."""

    ready: Callable[[Facts], bool]
    draw: Callable[[Facts, Language, Size], Canvas]
    heights: Callable[[Facts], tuple[float, float, float]]  # points: least, natural, most


class Drawing(NamedTuple):
    """A chart for a page."""

    svg: str
    frame: Frame


def fixed(least: float, natural: float, most: float) -> Callable[[Facts], tuple[float, float, float]]:
    return lambda _: (least, natural, most)


def by_rows(facts: Facts) -> tuple[float, float, float]:
    """The field's chart has a row a fund."""
    rows, around = field.rows(facts), field.TOP + 2
    return rows * 9.6 + around, rows * 10.6 + around, rows * 13.0 + around


#: In the order of the page. The names stand in the page, the labels and the story.
CHARTS = {
    "performance": Chart(performance.ready, performance.draw, fixed(84, 106, 150)),
    "price": Chart(price.ready, price.draw, fixed(84, 104, 150)),
    "field": Chart(field.ready, field.draw, by_rows),
    "rotation": Chart(rotation.ready, rotation.draw, fixed(112, 136, 175)),
    "relative_strength": Chart(relative_strength.ready, relative_strength.draw, fixed(80, 100, 140)),
    "attempts": Chart(attempts.ready, attempts.draw, fixed(76, 92, 120)),
}


def chart_heights(facts: Facts) -> Mapping[str, tuple[float, float, float]]:
    """Least, natural and greatest height in points of every chart whose facts are there, at WIDTH points of width."""
    return {name: chart.heights(facts) for name, chart in CHARTS.items() if chart.ready(facts)}


def draw_charts(
    facts: Facts,
    language: Language,
    accent: str = ACCENT,
    heights: Mapping[str, float] | None = None,
    names: Collection[str] = tuple(CHARTS),
    wide: float = WIDTH,
) -> Mapping[str, Drawing]:
    """By name, in the order of the page.

    Args:
        accent: The subject's colour, #rrggbb.
        heights: In points; a chart that is not named has its natural one.
        names: Of the charts that are wanted; one whose facts are absent is absent.
        wide: Points of each drawing's width, WIDTH or PHONE. Both can stand on one page.
    """
    ids = "" if wide == WIDTH else f"-{wide:.0f}"
    drawn = _drawn(facts, language, accent, heights or {}, names, wide)
    return {name: Drawing(to_svg(canvas, f"{name}{ids}"), canvas.frame) for name, canvas in drawn}


def draw_pictures(
    facts: Facts, language: Language, names: Collection[str], accent: str = ACCENT
) -> Mapping[str, bytes]:
    """The same charts as PNG on white, drawn MAIL points wide, for readers that show no SVG.

    Args:
        names: Of the charts that are wanted; one whose facts are absent is absent.
    """
    drawn = _drawn(facts, language, accent, {}, names, MAIL)
    return {name: to_png(canvas, MAIL_PIXELS) for name, canvas in drawn}


def _drawn(
    facts: Facts, language: Language, accent: str, heights: Mapping[str, float], names: Collection[str], wide: float
) -> Iterator[tuple[str, Canvas]]:
    with rc_context(look(accent)):  # type: ignore[arg-type]  # matplotlib names its settings one by one
        for name, chart in CHARTS.items():
            if name in names and chart.ready(facts):
                yield name, chart.draw(facts, language, Size(wide, heights.get(name) or chart.heights(facts)[1]))
