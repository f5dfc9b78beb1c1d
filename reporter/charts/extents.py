"""How much room a text takes, from the advance widths of the bundled fonts; kerning, which narrows, is left out."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from matplotlib.ft2font import FT2Font, LoadFlags

from reporter.words import BUNDLED

REGULAR, BOLD, SERIF, SERIF_ITALIC, SERIF_BOLD = (
    "Inter-Regular", "Inter-SemiBold", "SourceSerif4-Regular", "SourceSerif4-Italic", "SourceSerif4-SemiBold",
)  # fmt: skip
#: Units in which widths are kept; any size is in proportion.
EM = 1000.0
#: Height of a line of digits and lower-case letters with their stems, in ems.
TALL = 1.0


class Box(NamedTuple):
    """Points, y upward."""

    left: float
    low: float
    right: float
    high: float

    def touches(self, other: Box) -> bool:
        return self.left < other.right and other.left < self.right and self.low < other.high and other.low < self.high

    def within(self, other: Box) -> bool:
        return (
            other.left <= self.left and self.right <= other.right and other.low <= self.low and self.high <= other.high
        )

    def free_of(self, others: Iterable[Box]) -> bool:
        return not any(self.touches(other) for other in others)


@cache
def _font(name: str) -> FT2Font:
    return FT2Font(BUNDLED / "fonts" / f"{name}.ttf")


@cache
def _advance(character: str, name: str) -> float:
    """Of one character, in thousandths of the size; from the font's own table, without hinting."""
    font = _font(name)
    if not font.get_char_index(ord(character)):
        return float(EM)  # the font lacks it: whatever is drawn in its place is hardly wider
    font.set_size(EM / 10, 72)
    glyph = font.load_char(ord(character), flags=LoadFlags.NO_HINTING)
    return float(glyph.linearHoriAdvance) / 65536 * 10


@lru_cache(maxsize=8192)
def _length(text: str, name: str) -> float:
    """Of a text, in thousandths of the size: the same words are measured for many sizes and rooms."""
    return sum(_advance(character, name) for character in text)


def width(text: str, size: float, font: str = REGULAR) -> float:
    """Points that `text` takes at `size` points."""
    return _length(text, font) * size / EM


def text_box(x: float, y: float, text: str, size: float, font: str = REGULAR, *, align: str = "left") -> Box:
    """Of a text whose middle line is at `y`; `align` says what of it stands at `x`."""
    wide = width(text, size, font)
    left = x - wide * {"left": 0.0, "center": 0.5, "right": 1.0}[align]
    return Box(left, y - size * TALL / 2, left + wide, y + size * TALL / 2)
