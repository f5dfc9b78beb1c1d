"""Rotation map: RS-Ratio across, RS-Momentum up, both around 100, with the tail of the past weeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from matplotlib.axes import Axes

from reporter.charts.style import (
    GREY,
    INK,
    LABEL,
    PALE,
    SMALL,
    SUBJECT,
    WIDTH,
    new_chart,
    round_ticks,
    to_svg,
    value_axis,
)
from reporter.facts import Facts
from reporter.language import Language

Point = tuple[float, float]
HEIGHT = 138.0
MARGIN = 18.0
#: Where a label may stand around its dot: (right, up) in points, tried in this order.
OFFSETS = ((5, 0), (-5, 0), (0, 7), (0, -7), (4, 6), (-4, 6), (4, -6), (-4, -6))
MOST = 24  # funds; of a larger field the ones farthest from the centre, and the subject


def draw(facts: Facts, language: Language) -> str | None:
    """None where the subject is not on the map."""
    if facts.subject not in facts.rotation:
        return None
    figure, axes = new_chart(HEIGHT, left=24.0, right=MARGIN)
    others = sorted((t for t in facts.rotation if t != facts.subject), key=lambda t: -distance(facts, t))[:MOST]
    tickers = (*sorted(others), facts.subject)
    points = [point for ticker in tickers for point in facts.rotation[ticker].tail]
    reach_x = max(abs(x - 100) for x, _ in points) * 1.12 or 1.0
    reach_y = max(abs(y - 100) for _, y in points) * 1.2 or 1.0
    axes.set_xlim(100 - reach_x, 100 + reach_x)
    axes.set_ylim(100 - reach_y, 100 + reach_y)
    axes.axhline(100, color=GREY, linewidth=0.6, clip_on=False)
    axes.axvline(100, color=GREY, linewidth=0.6, clip_on=False)
    axes.set_xticks(ticks := round_ticks(*axes.get_xlim()), [language.axis(tick) for tick in ticks])
    value_axis(axes, [(tick, language.axis(tick)) for tick in round_ticks(*axes.get_ylim())])
    corners = {"leading": (1, 1), "weakening": (1, 0), "lagging": (0, 0), "improving": (0, 1)}
    for name, (x, y) in corners.items():
        axes.text(
            x, y, language.label("quadrants", name), transform=axes.transAxes, color=GREY, fontsize=SMALL,
            ha="right" if x else "left", va="top" if y else "bottom",
        )  # fmt: skip
    for ticker in tickers:
        mine = ticker == facts.subject
        xs, ys = zip(*facts.rotation[ticker].tail, strict=True)
        colour = SUBJECT if mine else PALE
        axes.plot(xs, ys, color=colour, linewidth=1.3 if mine else 0.5, clip_on=False)
        axes.plot(
            xs[-1:],
            ys[-1:],
            marker="o",
            markersize=4.4 if mine else 3.2,
            color=SUBJECT if mine else GREY,
            markeredgewidth=0,
            clip_on=False,
        )
    heads = {ticker: facts.rotation[ticker].tail[-1] for ticker in reversed(tickers)}
    place_labels(axes, heads, facts.rotation[facts.subject].tail, facts.subject)
    return to_svg(figure, "rotation")


def distance(facts: Facts, ticker: str) -> float:
    """From the centre, for choosing what to show."""
    place = facts.rotation[ticker]
    return abs(place.rs_ratio - 100) + abs(place.rs_momentum - 100)


def place_labels(axes: Axes, heads: Mapping[str, Point], tail: Sequence[Point], subject: str) -> None:
    """Greedy: each label goes to the first offset where it touches no dot, no label and not the subject's tail."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    scale_x = (WIDTH - 24 - MARGIN) / (right - left)
    scale_y = (HEIGHT - 20) / (high - low)
    dots = {ticker: ((x - left) * scale_x, (y - low) * scale_y) for ticker, (x, y) in heads.items()}
    path = [((x - left) * scale_x, (y - low) * scale_y) for x, y in tail]
    steps = [(a[0] + (b[0] - a[0]) * t / 8, a[1] + (b[1] - a[1]) * t / 8) for a, b in pairwise(path) for t in range(9)]
    taken = [(x - 2, y - 2, x + 2, y + 2) for x, y in (*dots.values(), *steps)]
    for ticker, (x, y) in dots.items():
        width = 4.6 * len(ticker)
        for right_by, up_by in OFFSETS:
            start = x + right_by - (width if right_by < 0 else 0 if right_by > 0 else width / 2)
            box = (start, y + up_by - 3, start + width, y + up_by + 3)
            inside = box[0] >= 0 and box[2] <= WIDTH - 24 - 2
            if inside and not any(touch(box, other) for other in taken):
                taken.append(box)
                mine = ticker == subject
                axes.annotate(
                    ticker, heads[ticker], (right_by, up_by), textcoords="offset points", va="center_baseline",
                    ha="left" if right_by > 0 else "right" if right_by < 0 else "center",
                    fontsize=LABEL if mine else SMALL, color=SUBJECT if mine else INK, fontweight=600 if mine else 400,
                )  # fmt: skip
                break


def touch(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    """Whether two boxes (left, low, right, high) overlap."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
