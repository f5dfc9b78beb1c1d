"""Arranges the sheets: what stands beside the text on which page, and how tall each chart is.

Both columns of a page should end together, no chart is cut, no page is left half empty. The text flows; the boxes
beside it are dealt out to the pages in their order, and their charts stretch or shrink to the height of the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from math import inf

from reporter.document.measure import FIRST_TOP, TOP, Lines, Measure, flow
from reporter.document.page import Page

#: Sizes of type that are tried, in points; the first is the one to like.
SIZES = (9.3, 9.1, 8.9, 8.7)
#: Those tried as well where two pages are too few, so that the third is more than the note.
LARGER = (9.6, 9.9, 10.2, 10.5)
#: Points between two boxes: wanted, and at most.
GAP, WIDEST_GAP = 12.0, 20.0
#: Kept free at the foot of a page, for what the measure does not know.
SLACK = 6.0
#: The same for the note, whose narrow lines are the hardest to foresee: two of them.
SPARE = 16.0
#: How many of the last boxes may stand below the text, where that is short.
UNDER = (0, 1, 2)
#: After how many charts the table of returns may stand, the first one to like.
TABLE_AFTER = (1, 3)
#: The last page holds at least this share of a page.
STUB = 0.22
#: And a third or fourth one at least this much, or that costs something.
DECENT = 0.6
#: What charts beside no text at all cost, on a page after the first.
VOID = 150.0
METHOD_COLUMNS = 3


@dataclass(frozen=True)
class Box:
    """Something beside the text: fixed height around a chart of variable height. Points of paper."""

    name: str
    around: float
    least: float = 0.0
    natural: float = 0.0
    most: float = 0.0


@dataclass(frozen=True)
class Slot:
    """A box with its place taken: its whole height, and the room below it."""

    name: str
    height: float
    gap: float


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What the templates need to know of the sheets."""

    paper: str
    rem: float
    title_wide: float
    standfirst_wide: float
    sheets: tuple[tuple[Slot, ...], ...]  # beside the text, page by page
    charts: Mapping[str, float]  # height in points of a chart WIDTH wide
    under: tuple[Slot, ...]  # below the text, in its column
    method: tuple[tuple[int, ...], ...]  # rules by their number, column by column
    pages: int
    cost: float


def lay_out(page: Page, heights: Mapping[str, tuple[float, float, float]], paper: str) -> Layout:
    """The best arrangement of all that are tried.

    Args:
        heights: Least, natural and greatest of every chart.
    """
    best = cheapest(page, heights, paper, SIZES)
    assert best is not None  # noqa: S101 - the first that is tried costs less than infinity
    if best.pages <= 2:
        return best
    return cheapest(page, heights, paper, LARGER, best.cost) or best


def cheapest(
    page: Page,
    heights: Mapping[str, tuple[float, float, float]],
    paper: str,
    rems: Sequence[float],
    limit: float = inf,
) -> Layout | None:
    """Of every size of type, the first one to like, with all choices of places; None where none costs less."""
    best = None
    for n, sized in enumerate(sizes(page, heights, paper, rems)):
        for under in UNDER:
            for after in TABLE_AFTER:
                dear = n * 12.0 + under * 5.0 + (after > 1) * 15.0
                found = arranged(sized, sized.boxes[after], under=under, dear=dear, limit=limit)
                if found:
                    best, limit = found, found.cost
    return best


def in_one_column(layout: Layout) -> Layout:
    """All boxes below the text and none beside it: plain, but without the float on which WeasyPrint has failed."""
    return replace(layout, sheets=(), under=(*(slot for sheet in layout.sheets for slot in sheet), *layout.under))


@dataclass(frozen=True, kw_only=True)
class Sized:
    """What a size of type makes of a page, wherever its boxes stand."""

    measure: Measure
    title_wide: float
    standfirst_wide: float
    text: tuple[Lines, ...]
    rooms: tuple[float, ...]  # height of each page
    method: tuple[tuple[int, ...], ...]
    foot: float
    boxes: Mapping[int, tuple[Box, ...]]  # by TABLE_AFTER


def sizes(
    page: Page, heights: Mapping[str, tuple[float, float, float]], paper: str, rems: Sequence[float]
) -> Iterator[Sized]:
    for rem in rems:
        measure = Measure(paper, rem)
        rules = measure.method(page.method_on_paper)
        columns = split(rules)
        yield Sized(
            measure=measure,
            title_wide=measure.title_wide(page),
            standfirst_wide=measure.standfirst_wide(page),
            text=tuple(measure.text(page)),
            rooms=(measure.high + TOP - FIRST_TOP - measure.head(page) - SLACK, *[measure.high - SLACK] * 5),
            method=columns,
            foot=max(sum(rules[n] for n in column) for column in columns) + 3.2 * rem + SPARE,
            boxes={after: tuple(boxes_of(page, heights, measure, table_after=after)) for after in TABLE_AFTER},
        )


def arranged(sized: Sized, every: Sequence[Box], *, under: int, dear: float, limit: float) -> Layout | None:
    """With one choice of type and places; None where it does not cost less than `limit`.

    Args:
        under: How many of the boxes stand below the text.
        dear: What the choice costs.
    """
    measure, rooms, foot = sized.measure, sized.rooms, sized.foot
    boxes, below = every[: max(0, len(every) - under)], every[max(0, len(every) - under) :]
    lower = tuple(Slot(box.name, box.around + box.natural, 0.0) for box in below)
    under_text = tuple(Lines(GAP, 1, slot.height) for slot in lower)
    text = flow((*sized.text, *under_text), rooms)
    longer = flow((*one_line_more(sized.text), *under_text), rooms)
    best, limit = None, limit - dear
    for dealt in deals(boxes):
        if judged := judge(dealt, text, longer, foot, rooms, limit):
            best, limit = (dealt, *judged), judged[0]
    if best is None:
        return None
    dealt, cost, targets, pages = best
    sheets: list[tuple[Slot, ...]] = []
    charts = {box.name: box.natural / measure.scale for box in below if box.natural}
    for sheet, target in zip(dealt, targets, strict=True):
        slots, drawn = fitted(sheet, target)
        sheets.append(slots)
        charts |= {name: height / measure.scale for name, height in drawn.items()}
    return Layout(
        paper=measure.paper,
        rem=measure.rem,
        title_wide=sized.title_wide,
        standfirst_wide=sized.standfirst_wide,
        sheets=tuple(sheets),
        charts=charts,
        under=lower,
        method=sized.method,
        pages=pages,
        cost=cost + dear,
    )


def one_line_more(text: Sequence[Lines]) -> Iterator[Lines]:
    """With a line that the measure has missed on the first page, which can push three of them to the next one."""
    missed = next((n for n, block in enumerate(text) if not block.keep), None)
    for number, block in enumerate(text):
        yield replace(block, count=block.count + 1) if number == missed else block


def boxes_of(
    page: Page,
    heights: Mapping[str, tuple[float, float, float]],
    measure: Measure,
    *,
    table_after: int,
) -> Iterator[Box]:
    """In the order of the page: charts with their sections, the tables among them, the verdict's tests last."""
    figures = [figure for part in page.parts for figure in part.figures]
    boxes = []
    for figure in figures:
        least, natural, most = (height * measure.scale for height in heights[figure.name])
        boxes.append(Box(figure.name, measure.around_figure(figure), least, natural, most))
    if page.table:
        boxes.insert(table_after, Box("table", measure.returns(page.table)))
    if page.changes:
        boxes.insert(1, Box("changes", measure.changes([row.label for row in page.changes.rows])))
    yield from boxes
    if page.tests:
        yield Box("tests", measure.tests(page))


def deals(boxes: Sequence[Box]) -> Iterator[tuple[tuple[Box, ...], ...]]:
    """Every way to deal the boxes, in their order, to one to four sheets."""
    for sheets in range(1, min(4, len(boxes)) + 1):
        for cuts in combinations(range(1, len(boxes)), sheets - 1):
            edges = (0, *cuts, len(boxes))
            yield tuple(tuple(boxes[a:b]) for a, b in pairwise(edges))
    if not boxes:
        yield ((),)


def judge(
    dealt: Sequence[Sequence[Box]],
    text: Sequence[float],
    longer: Sequence[float],
    foot: float,
    rooms: Sequence[float],
    limit: float,
) -> tuple[float, list[float], int] | None:
    """Cost of a deal, height that each sheet's boxes should take, and number of pages; None as soon as it is clear
    that it does not cost less than `limit`: most deals are far too dear on their first sheet.

    Args:
        text: What it takes of each page.
        longer: The same with one line more, for which there must be room as well.
        foot: Height of the note that stands below both columns at the end.
        rooms: Height of each page.
    """
    cost, targets = 0.0, []
    pages = max(len(dealt), len(text))
    for number in range(pages):
        here, room = text[number] if number < len(text) else 0.0, rooms[min(number, len(rooms) - 1)]
        sheet, last = dealt[number] if number < len(dealt) else (), number == pages - 1
        low, high = reach(sheet)
        cost += max(0.0, low - room) * 1000
        target = min(max(here, low), high, room)
        if number < len(dealt):
            targets.append(target)
        natural = sum(box.around + box.natural for box in sheet) + GAP * max(0, len(sheet) - 1)
        if number and sheet and not here:  # a column of charts beside a void
            cost += VOID
        used = max(here, target)
        cost += abs(target - here) * (1.0 if last else 2.5) + 0.08 * abs(target - natural)
        if not last:
            cost += (room - used) * 0.8
        elif len(longer) > pages or max((used, *longer[number : number + 1])) + foot > room:
            # The note goes to a page of its own.
            cost += 150 + (room - used) * 0.8
            pages, used = pages + 1, 0.0
        if last:
            share = (used + foot) / rooms[min(pages, 2) - 1]
            cost += max(0.0, STUB - share) * 2000 + pages * 30
            cost += max(0.0, DECENT - share) * 600 if pages > 2 else 0.0
        if cost >= limit:
            return None
    return cost, targets, pages


def reach(sheet: Sequence[Box]) -> tuple[float, float]:
    """Least and greatest height of the boxes of a sheet."""
    gaps = max(0, len(sheet) - 1)
    low = sum(box.around + box.least for box in sheet) + GAP * gaps
    return low, sum(box.around + box.most for box in sheet) + WIDEST_GAP * gaps


def fitted(sheet: Sequence[Box], target: float) -> tuple[tuple[Slot, ...], dict[str, float]]:
    """Heights that together take `target`: charts first, then the gaps."""
    gaps = max(0, len(sheet) - 1)
    wanted = target - GAP * gaps - sum(box.around for box in sheet)
    natural = sum(box.natural for box in sheet)
    way = sum(box.most - box.natural if wanted > natural else box.natural - box.least for box in sheet)
    share = max(-1.0, min(1.0, (wanted - natural) / way)) if way else 0.0
    drawn = {
        box.name: box.natural + share * ((box.most if share > 0 else 2 * box.natural - box.least) - box.natural)
        for box in sheet
        if box.natural
    }
    rest = wanted - sum(drawn.values())
    gap = GAP + min(WIDEST_GAP - GAP, max(0.0, rest / gaps)) if gaps else 0.0
    slots = tuple(
        Slot(box.name, box.around + drawn.get(box.name, 0.0), gap if number < gaps else 0.0)
        for number, box in enumerate(sheet)
    )
    return slots, drawn


def split(rules: Sequence[float]) -> tuple[tuple[int, ...], ...]:
    """Rules in METHOD_COLUMNS columns, in order, the tallest as low as can be."""
    count = len(rules)
    ways = ((0, *cuts, count) for cuts in combinations(range(1, count), min(METHOD_COLUMNS, count) - 1))
    edges = min(ways, key=lambda way: max(sum(rules[a:b]) for a, b in pairwise(way)))
    return tuple(tuple(range(a, b)) for a, b in pairwise(edges))
