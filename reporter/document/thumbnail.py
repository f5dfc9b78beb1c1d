"""The first page in small, as SVG: its words where they stand on paper, its first charts beside them.

Nobody reads the small type of a thumbnail, so that lines are broken without hyphens and the last chart is cut off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from reporter.charts.extents import REGULAR, SERIF, SERIF_BOLD, SERIF_ITALIC, width
from reporter.charts.style import WIDTH
from reporter.document.html import environment, filled
from reporter.document.page import Page
from reporter.language import plain

#: Points of an A4 sheet, 595 × 842: its margins, where the text and the figures stand.
LEFT, TOP, RIGHT, FOOT = 45, 37, 550, 802
TEXT_WIDE, FIGURES_LEFT, FIGURES_WIDE = 265, 325, 225
MOST_CHARTS = 3
#: A picture has only the fonts of the reader's machine, some of them a tenth wider than ours.
WIDER = 1.1


@dataclass(frozen=True)
class Line:
    """One line of type; `look` is a class of the template."""

    x: float
    y: float
    look: str
    text: str


@dataclass(frozen=True)
class Chart:
    """A drawing at its place, `high` points of its own scale."""

    y: float
    height: float
    high: float
    svg: Markup


def render_thumbnail(page: Page, charts: Mapping[str, str], templates: Path | None = None) -> bytes:
    """The first page, UTF-8.

    Args:
        charts: SVG by name.

    Raises:
        DocumentError: a template of the user's is wrong.
    """
    head, y = head_lines(page)
    strip = strip_lines(page, y)
    y += 62 if strip else 18
    drawn, captions = figures(page, charts, y)
    values = {"head": [*head, *text_lines(page, y)], "strip": strip, "captions": captions, "charts": drawn, "top": y}
    return filled(environment(templates), "thumbnail.svg.j2", page=page, **values).encode()


def head_lines(page: Page) -> tuple[list[Line], float]:
    """Masthead, notices, title, standfirst; and where they end."""
    lines = [Line(LEFT, 54, "brand", page.brand), Line(RIGHT, 54, "issue", f"{page.series} · {plain(page.as_of)}")]
    y = 62.0
    if page.simulated or page.degraded:
        lines.append(Line(LEFT + 8, y + 12, "notice", page.simulated or page.labels["degraded"]))
        y += 16
    for text, look, size, font, wide, apart, before in (
        (page.plain_title, "title", 23.2, SERIF_BOLD, 480, 27.0, 8),
        (plain(page.standfirst), "standfirst", 12.1, SERIF_ITALIC, 460, 16.0, 0),
    ):
        y += before
        for line in broken(text, size, font, wide):
            y += apart
            lines.append(Line(LEFT, y, look, line))
    return lines, y


def strip_lines(page: Page, y: float) -> list[Line]:
    """The key figures, side by side."""
    lines = []
    for number, one in enumerate(page.key_figures):
        x = LEFT + number * (RIGHT - LEFT) / len(page.key_figures)
        lines += [
            Line(x, y + 25, "note", one.label),
            Line(x, y + 39, "value subject" if one.subject else "value", plain(one.value)),
            Line(x, y + 49, "note", plain(one.note)),
        ]
    return lines


def text_lines(page: Page, y: float) -> Iterator[Line]:
    """The article, as far as the page goes."""
    for part in page.parts:
        if part.name != "lede":
            y += 18
            yield Line(LEFT, y, "heading", part.label)
        for paragraph in part.paragraphs:
            for line in broken(plain(paragraph), 9.3, SERIF, TEXT_WIDE):
                y += 12.8
                if y > FOOT:
                    return
                yield Line(LEFT, y, "text", line)
            y += 4


def figures(page: Page, charts: Mapping[str, str], y: float) -> tuple[list[Chart], list[Line]]:
    """Charts with their titles, from `y` downward."""
    drawn, captions = [], []
    for figure in [figure for part in page.parts for figure in part.figures if figure.name in charts][:MOST_CHARTS]:
        size = re.search(r'viewBox="0 0 [\d.]+ ([\d.]+)"', charts[figure.name])
        high = float(size[1]) if size else WIDTH / 2
        tall = high * FIGURES_WIDE / WIDTH
        captions.append(Line(FIGURES_LEFT, y + 11, "caption", broken(plain(figure.title), 8, REGULAR, FIGURES_WIDE)[0]))
        drawn.append(Chart(y + 24, tall, high, Markup(charts[figure.name])))  # noqa: S704  a drawing of ours
        y += 24 + tall + 14
    return drawn, captions


def broken(text: str, size: float, font: str, wide: float) -> list[str]:
    """Lines of at most `wide` points."""
    lines: list[str] = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width(longer, size, font) * WIDER > wide:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
