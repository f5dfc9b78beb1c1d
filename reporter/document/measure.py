"""How tall the blocks of a page are on paper, in points, from the widths of the fonts and the sizes of print.css.

Close, not exact: lines are counted as a typesetter casts off copy. What stands beside the text gets its height from
here as a style, so that only the text itself can come out a line longer or shorter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from markupsafe import Markup

from reporter.charts.extents import BOLD, REGULAR, SERIF, SERIF_BOLD, SERIF_ITALIC, width
from reporter.charts.style import WIDTH
from reporter.document.exhibits import Figure
from reporter.document.figures import NAME_WIDE, WINDOWS, Table
from reporter.document.page import Page, Part
from reporter.language import plain

MM = 72 / 25.4
PAPERS = {"A4": (210 * MM, 297 * MM), "Letter": (612.0, 792.0)}
#: As in print.css: margins, shares of the columns, and sizes in rem.
SIDE, TOP, FIRST_TOP, FOOT = 16 * MM, 15 * MM, 13 * MM, 14 * MM
TEXT_SHARE, FIGURE_SHARE, METHOD_SHARE = 0.525, 0.445, 0.315
#: Share of a line that is filled, hyphenated and set ragged right.
FILLED = 0.98
#: How much wider a narrow column of whole words would be that holds as much as a hyphenated one.
HYPHENED = 1.04
LINE, PARAGRAPH, SECTION, HEADING, LAST_HEADING = 1.38, 0.5, 0.95, 0.8 * 1.4 + 0.25, 1.4 + 0.4 + 0.25
SMALL_LINE = 1.35
LOGO = 2.0  # height of the brand's logo, rem
BARS = 0.16  # rem below a number, for its bar
LEFT = 0.4  # rem left of a number in a table
KEPT = 3  # orphans and widows
NOTE, CAPTION, METHOD, AHEAD = 0.74, 0.86, 0.72, 0.78


def needed(texts: Iterable[str], rem: float) -> float:
    """Points that the widest of the texts takes in a column; digits of a table are all as wide as a zero."""
    return max(width(re.sub(r"\d", "0", text), NOTE * rem, BOLD) for text in texts)


@dataclass(frozen=True)
class Lines:
    """A block of the text: `count` lines of `height`, below `before`."""

    before: float
    count: int
    height: float
    keep: bool = False  # with the block that follows


def flow(blocks: Sequence[Lines], rooms: Sequence[float]) -> list[float]:
    """How much of each page the text takes, its last one included; a paragraph is cut KEPT lines from its ends."""
    used, head, space = [0.0], 0.0, 0.0  # `head`: of headings that wait for their text, below `space`
    for block in blocks:
        if block.keep:
            space, head = (block.before if used[-1] else 0.0), head + block.count * block.height
            continue
        if not head:
            space = block.before if used[-1] else 0.0
        left = block.count
        while left:
            room = rooms[min(len(used), len(rooms)) - 1] - used[-1] - space - head
            fits = cut_at(left, int((room + 0.01) / block.height)) if used[-1] or room >= block.height else left
            if fits:
                used[-1] += space + head + fits * block.height
                left, head = left - fits, 0.0
            space = 0.0
            if left:
                used.append(0.0)
    return used


def cut_at(count: int, fit: int) -> int:
    """How many of `count` lines go on a page where `fit` have room."""
    if fit >= count:
        return count
    most = min(fit, count - KEPT)
    return most if most >= KEPT else 0


@dataclass(frozen=True)
class Measure:
    """Heights on one paper with one size of type."""

    paper: str
    rem: float  # points

    @property
    def wide(self) -> float:
        return PAPERS[self.paper][0] - 2 * SIDE

    @property
    def high(self) -> float:
        """Of a page after the first; the first is a little higher."""
        return PAPERS[self.paper][1] - TOP - FOOT

    @property
    def figure_wide(self) -> float:
        return self.wide * FIGURE_SHARE

    @property
    def scale(self) -> float:
        """Points of paper for a point of a chart."""
        return self.figure_wide / WIDTH

    def lines(self, text: str, wide: float, size: float, font: str = REGULAR) -> int:
        """Of unhyphenated text, word by word."""
        count, used, space = 1, 0.0, width(" ", size, font)
        for word in text.split(" "):
            long = width(word, size, font)
            if used and used + space + long > wide:
                count, used = count + 1, long
            else:
                used += long + (space if used else 0.0)
        return count

    def balanced(self, text: str, wide: float, size: float, font: str) -> float:
        """The narrowest room in which `text` still takes as few lines: no single word is left for the last one."""
        count = self.lines(text, wide, size, font)
        narrow = wide
        while count > 1 and narrow > wide / 2 and self.lines(text, narrow - 4, size, font) == count:
            narrow -= 4
        return narrow

    def title_wide(self, page: Page) -> float:
        return self.balanced(page.plain_title, self.wide * 0.86, 2.5 * self.rem, SERIF_BOLD)

    def standfirst_wide(self, page: Page) -> float:
        return self.balanced(plain(page.standfirst), self.wide * 0.84, 1.3 * self.rem, SERIF_ITALIC)

    def head(self, page: Page) -> float:
        """From the top of the first page to the text."""
        rem = self.rem
        title = self.lines(page.plain_title, self.wide * 0.86, 2.5 * rem, SERIF_BOLD) * 2.5 * 1.13 + 1.1
        standfirst = self.lines(plain(page.standfirst), self.wide * 0.84, 1.3 * rem, SERIF_ITALIC) * 1.3 * 1.32 + 0.45
        warnings = [page.simulated] if page.simulated else []
        if page.degraded:
            warnings.append(f"{page.labels['degraded']}. {page.labels['left_out']}: {'; '.join(page.degraded)}.")
        if page.currencies:
            warnings.append(f"{page.labels['currencies']}. {page.currencies}")
        notices = sum(self.lines(text, self.wide - 2 * rem, 0.78 * rem) * 0.78 * 1.4 + 1.6 for text in warnings)
        strip = 1.1 + 1.0 + (0.74 * 2 + 1.42) * SMALL_LINE if page.key_figures else 0.0
        room = self.wide / max(1, len(page.key_figures)) - 1.3 * rem
        for texts in ([one.label for one in page.key_figures], [plain(one.note) for one in page.key_figures]):
            strip += (max((self.lines(text, room, 0.74 * rem) for text in texts), default=1) - 1) * 0.74 * SMALL_LINE
        masthead = 0.25 + 0.55 + (LOGO if page.logo else 0.78 * 1.4)
        return (masthead + title + standfirst + notices + strip + 1.1) * rem

    def text(self, page: Page) -> Iterator[Lines]:
        """The article, in blocks."""
        for number, part in enumerate(page.parts):
            yield from self.part(part, first=not number)
        if page.ahead:
            said = f"{page.labels['ahead']}. {plain(page.ahead)}"
            count = self.lines(said, self.wide * TEXT_SHARE, AHEAD * self.rem)
            yield Lines(0.7 * self.rem, count, AHEAD * 1.4 * self.rem)

    def part(self, part: Part, *, first: bool) -> Iterator[Lines]:
        """A section of it; `first` of all, or not."""
        last, quoted = part.name == "bottom_line", part.name == "quote"
        inset, font = (self.rem, SERIF_ITALIC) if quoted else (0.0, SERIF)
        wide = (self.wide * TEXT_SHARE - inset) * FILLED
        if part.label:
            yield Lines(SECTION * self.rem, 1, (LAST_HEADING if last else HEADING) * self.rem, keep=True)
        for place, one in enumerate(part.paragraphs):
            count = ceil(width(plain(one), self.rem, font) / wide)
            before = PARAGRAPH if place or not (first or part.label) else 0.0
            yield Lines(before * self.rem, count, LINE * self.rem)

    def tests(self, page: Page) -> float:
        rows = page.tests.rows if page.tests else ()
        room = self.figure_wide - (1.3 + 0.8 + 6.5 * NOTE + 5.2 * NOTE) * self.rem
        return self.rows([(row.label, room) for row in rows])

    def returns(self, table: Table) -> float:
        """The table of returns: each row has its bars, and a name takes two lines where the numbers need the room."""
        room = self.figure_wide - sum(self.columns(table))
        names = [(" ".join(row.short).strip(), room * FILLED) for row in table.rows]
        return self.rows([("", 1.0), *names]) + len(names) * BARS * self.rem

    def columns(self, table: Table) -> tuple[float, ...]:
        """Points of the columns of numbers in that table, all the same where they can be; the names have the rest."""
        found = [
            needed((window, *(plain(row.cells[n]) for row in table.rows)), self.rem) + LEFT * self.rem
            for n, window in enumerate(table.windows)
        ]
        room = self.figure_wide - NAME_WIDE
        even = max(room / len(WINDOWS), *found)
        return (even,) * len(found) if even * len(found) <= room else tuple(found)

    def changes(self, labels: Sequence[str]) -> float:
        """The box on what changed."""
        return self.rows([(label, self.figure_wide * 0.55) for label in labels]) + 0.9 * self.rem

    def around_figure(self, figure: Figure) -> float:
        """All of a figure but its chart."""
        rem, wide = self.rem, self.figure_wide
        title = self.lines(plain(figure.title), wide, CAPTION * rem, BOLD) * CAPTION
        subtitle = self.lines(plain(figure.subtitle), wide, NOTE * rem) * NOTE
        return ((title + subtitle + 0.66) * SMALL_LINE + 0.35 + 0.3 + 0.2) * rem + 1.5

    def rows(self, labels: Sequence[tuple[str, float]]) -> float:
        """A small table with a caption: label of each row and the points of width that it has."""
        lines = [self.lines(label, wide, NOTE * self.rem) for label, wide in labels]
        height = sum(NOTE * 1.3 * count + 0.52 for count in lines)
        return (height + CAPTION * SMALL_LINE + 0.35 + 0.3) * self.rem + len(lines) * 0.75 + 1

    def method(self, rules: tuple[Markup, ...]) -> tuple[float, ...]:
        """Heights of the rules in a column of the note."""
        size, wide = METHOD * self.rem, self.wide * METHOD_SHARE

        def count(text: str) -> int:
            """Word by word, since dates and units keep together; what hyphens win is as if the column were wider."""
            return max(ceil(width(text, size) / (wide * FILLED)), self.lines(text, wide * HYPHENED, size))

        return tuple(count(plain(rule)) * size * 1.4 + 0.3 * self.rem for rule in rules)
