"""Tables on paper: how wide their columns are, and the bars of a row as one drawing behind its cells.

WeasyPrint sets each cell twice more to find widths that are known here, and a bar that is a box of its own costs it as
much as the number above.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate

from reporter.charts.extents import BOLD, width
from reporter.charts.style import inks
from reporter.document.figures import NAME_WIDE, WINDOWS, Table, Tests
from reporter.document.layout import Layout
from reporter.document.measure import BARS, NOTE, Measure
from reporter.document.page import Page
from reporter.language import plain

#: As in print.css and brief.css, rem: left of a number, below a bar, and left of the answers and numbers of the tests.
LEFT, BELOW, APART = 0.4, 0.14, 1.0
#: Ink of a bar by the kind of its row; of all others it is grey.
INKS = {"subject": "subject", "benchmark": "ink", "field": "pale"}


def needed(texts: Iterable[str], rem: float) -> float:
    """Points that the widest of the texts takes in a column; digits of a table are all as wide as a zero."""
    return max(width(re.sub(r"\d", "0", text), NOTE * rem, BOLD) for text in texts)


def return_columns(table: Table, measure: Measure) -> tuple[float, ...]:
    """Points of the columns of numbers in the table of returns, all the same where they can be; the names have the
    rest.
    """
    found = [
        needed((window, *(plain(row.cells[n]) for row in table.rows)), measure.rem) + LEFT * measure.rem
        for n, window in enumerate(table.windows)
    ]
    room = measure.figure_wide - NAME_WIDE
    even = max(room / len(WINDOWS), *found)
    return (even,) * len(found) if even * len(found) <= room else tuple(found)


def test_columns(tests: Tests, rem: float) -> tuple[float, float]:
    """Points of the columns of answers and of numbers in the verdict's tests."""
    answers, values = zip(*((row.answer, plain(row.value)) for row in tests.rows), strict=True)
    return needed(answers, rem) + APART * rem, needed(values, rem) + APART * rem


def row_bars(page: Page, layout: Layout) -> Iterator[tuple[str, str]]:
    """Name and SVG of the bars of each row, as wide as the columns of numbers."""
    if not page.table:
        return
    rem, colours = layout.rem, inks(page.accent)
    columns = return_columns(page.table, Measure(layout.paper, rem))
    wide, high = sum(columns), (BARS + BELOW) * rem
    for number, row in enumerate(page.table.rows):
        strokes = "".join(
            f"M{end - (column - LEFT * rem) * (1 - bar.start / 100):.2f} {BARS * rem / 2:.2f}"
            f"h{(column - LEFT * rem) * bar.length / 100:.2f}"
            for bar, column, end in zip(row.bars, columns, accumulate(columns), strict=True)
            if bar
        )
        drawing = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.2f}pt" height="{high:.2f}pt" '
            f'viewBox="0 0 {wide:.2f} {high:.2f}"><path d="{strokes}" fill="none" '
            f'stroke="{colours[INKS.get(row.kind, "grey")]}" stroke-width="{BARS * rem:.2f}"/></svg>'
        )
        yield f"bars-{number}", drawing
