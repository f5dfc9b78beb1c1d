"""Rotation map: RS-Ratio across, RS-Momentum up, both around 100, with the subject's tail of the past weeks."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from reporter.charts.extents import Box, text_box, width
from reporter.charts.labels import label_mark, label_values
from reporter.charts.style import GREY, LABEL, SUBJECT, Canvas, Size, new_canvas, round_ticks
from reporter.facts import Facts
from reporter.language import Language

MOST = 24  # funds; of a larger field the ones farthest from the centre, and the subject


def ready(facts: Facts) -> bool:
    """Not where the subject is not on the map."""
    return facts.subject in facts.rotation


def draw(facts: Facts, language: Language, size: Size) -> Canvas:
    _, *others = shown(facts)
    points = [*facts.rotation[facts.subject].tail, *(facts.rotation[ticker].tail[-1] for ticker in others)]
    reach_x = max(abs(x - 100) for x, _ in points) * 1.12 or 1.0
    reach_y = max(abs(y - 100) for _, y in points) * 1.2 or 1.0
    ticks = [(tick, language.axis(tick)) for tick in round_ticks(100 - reach_y, 100 + reach_y)]
    left = 8.0 + max(width(text, size.small) for _, text in ticks)
    canvas = new_canvas(size, left, 2.0, (100 - reach_x, 100 + reach_x), (100 - reach_y, 100 + reach_y))
    canvas.level(100.0, color=GREY, linewidth=0.6)
    canvas.upright(100.0, color=GREY, linewidth=0.6)
    taken = [canvas.margin, *label_axes(canvas, ticks, language), *label_quadrants(canvas, language)]
    draw_places(canvas, facts, others)
    path = [(canvas.x(x), canvas.y(y)) for x, y in facts.rotation[facts.subject].tail]
    taken += [
        Box(x - 1.5, y - 1.5, x + 1.5, y + 1.5)
        for a, b in pairwise(path)
        for x, y in ((a[0] + (b[0] - a[0]) * t / 8, a[1] + (b[1] - a[1]) * t / 8) for t in range(9))
    ]
    heads = {ticker: facts.rotation[ticker].tail[-1] for ticker in (facts.subject, *others)}
    places = {ticker: (canvas.x(x), canvas.y(y)) for ticker, (x, y) in heads.items()}
    taken += [Box(x - 2.4, y - 2.4, x + 2.4, y + 2.4) for x, y in places.values()]
    cross_x, cross_y, plot = canvas.x(100), canvas.y(100), canvas.plot
    lines = [
        Box(plot.left, cross_y - 0.4, plot.right, cross_y + 0.4),
        Box(cross_x - 0.4, plot.low, cross_x + 0.4, plot.high),
    ]
    for ticker, (x, y) in places.items():
        mine = ticker == facts.subject
        looks: dict[str, Any] = {"colour": SUBJECT, "bold": True, "size": LABEL} if mine else {}
        clear = [*taken, *lines]
        if label_mark(canvas, x, y, ticker, clear, **looks):
            taken.append(clear[-1])
        else:  # rather on a line than not at all
            label_mark(canvas, x, y, ticker, taken, **looks)
    return canvas


def draw_places(canvas: Canvas, facts: Facts, others: list[str]) -> None:
    """Where each fund is, and the way that the subject came."""
    heads = [facts.rotation[ticker].tail[-1] for ticker in others]
    xs, ys = [x for x, _ in heads], [y for _, y in heads]
    canvas.dots(xs, ys, 3.2, GREY)
    mine = facts.rotation[facts.subject].tail
    canvas.line([x for x, _ in mine], [y for _, y in mine], color=SUBJECT, linewidth=1.3)
    canvas.dots([mine[-1][0]], [mine[-1][1]], 4.4, SUBJECT)


def label_axes(canvas: Canvas, ticks: list[tuple[float, str]], language: Language) -> list[Box]:
    """Values along both; returns the room that those at the foot take."""
    label_values(canvas, ticks)
    boxes = []
    for tick in round_ticks(*canvas.across):
        x, y, text = canvas.x(tick), canvas.plot.low - 8, language.axis(tick)
        canvas.text(x, y, text, size=canvas.size.small, color=GREY, ha="center")
        boxes.append(text_box(x, y, text, canvas.size.small, align="center"))
    return boxes


def label_quadrants(canvas: Canvas, language: Language) -> list[Box]:
    """Their names in the corners; returns the room that they take."""
    boxes = []
    for name, (right, up) in {"leading": (1, 1), "weakening": (1, 0), "lagging": (0, 0), "improving": (0, 1)}.items():
        text = language.label("quadrants", name)
        x = canvas.plot.right if right else canvas.plot.left + 2
        y = canvas.plot.high - 3 if up else canvas.plot.low + 4
        align = "right" if right else "left"
        canvas.text(x, y, text, size=canvas.size.small, color=GREY, ha=align)
        boxes.append(text_box(x, y, text, canvas.size.small, align=align))
    return boxes


def shown(facts: Facts) -> tuple[str, ...]:
    """The subject, and the others from the outside in."""
    others = sorted((t for t in facts.rotation if t != facts.subject), key=lambda t: -distance(facts, t))
    return facts.subject, *others[:MOST]


def distance(facts: Facts, ticker: str) -> float:
    """From the centre, for choosing what to show."""
    place = facts.rotation[ticker]
    return abs(place.rs_ratio - 100) + abs(place.rs_momentum - 100)
