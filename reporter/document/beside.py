"""What stands beside the text on a wide screen: no column of charts has a hole that the next chart could fill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from reporter.document.measure import Measure
from reporter.document.page import Page

#: Paper whose columns have about the proportions of a wide screen's, and the size of its type.
LIKE = Measure("A4", 9.3)
#: How much taller than on it a chart is on a screen, where its column is wider.
TALLER = 1.15
#: Points of a hole that nobody minds, and how many sections before its own a chart may stand.
HOLE, AHEAD = 40.0, 2


class Place(NamedTuple):
    """A chart by its name, or "table" for the one of returns."""

    name: str
    early: bool  # before its own section, and so above the heading of this one


def beside(page: Page, heights: Mapping[str, tuple[float, float, float]]) -> Mapping[str, tuple[Place, ...]]:
    """Section -> what stands beside it, in order. A phone, with one column, shows it above the text of the section.

    Args:
        heights: Least, natural and greatest of every chart, in points.
    """
    waiting = list(boxes(page, heights))
    found: dict[str, list[Place]] = {}
    text = column = 0.0
    for number, part in enumerate(page.parts):
        lines = LIKE.part(part, first=not number)
        end = text + sum(block.before + block.count * block.height for block in lines)
        while waiting:
            home, name, height = waiting[0]
            hole = end - max(column, text)
            if home > number and (hole < HOLE or home > number + AHEAD):
                break
            found.setdefault(part.name, []).append(Place(name, home > number))
            column = max(column, text) + height
            del waiting[0]
        text = end
    return {part.name: tuple(found.get(part.name, ())) for part in page.parts}


def boxes(page: Page, heights: Mapping[str, tuple[float, float, float]]) -> Iterator[tuple[int, str, float]]:
    """In their order: number of the section, name, height."""
    names = [part.name for part in page.parts]
    year = names.index("evidence") if "evidence" in names else 0
    for number, part in enumerate(page.parts):
        for figure in part.figures:
            yield number, figure.name, TALLER * (LIKE.around_figure(figure) + heights[figure.name][1] * LIKE.scale)
        if page.table and number == year:
            yield number, "table", TALLER * LIKE.returns(page.table)
