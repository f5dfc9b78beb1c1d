"""Tables on paper: the columns of the tests, and the bars of a row of returns as one drawing behind its cells.

WeasyPrint sets each cell twice more to find widths that are known here, and a bar that is a box of its own costs it as
much as the number above.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from reporter.charts.style import inks
from reporter.document.figures import Tests
from reporter.document.layout import Layout
from reporter.document.measure import BARS, LEFT, Measure, needed
from reporter.document.page import Page
from reporter.language import plain

#: As in print.css and brief.css, rem: below a bar, and left of the answers and numbers of the tests.
BELOW, APART = 0.14, 1.0
#: Ink of a bar by the kind of its row; of all others it is grey.
INKS = {"subject": "subject", "benchmark": "ink", "field": "pale"}


def test_columns(tests: Tests, rem: float) -> tuple[float, float]:
    """Points of the columns of answers and of numbers in the verdict's tests."""
    answers, values = zip(*((row.answer, plain(row.value)) for row in tests.rows), strict=True)
    return needed(answers, rem) + APART * rem, needed(values, rem) + APART * rem


def row_bars(page: Page, layout: Layout) -> Iterator[tuple[str, str]]:
    """Name and SVG of the bars of each row, as wide as the columns of numbers."""
    if not page.table:
        return
    rem, colours = layout.rem, inks(page.accent)
    columns = Measure(layout.paper, rem).columns(page.table)
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
